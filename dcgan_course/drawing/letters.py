"""What is written in a matplotlib figure: how large, and how well it can be read on what is drawn beneath it."""

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dcgan_course.drawing.contrast import contrast_on

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def letters_of(figure: "Figure", dpi: float) -> tuple[set[float], set[float]]:
    """Return what is drawn as text: sizes in pixels of a PNG of `dpi`, and contrasts with what is drawn beneath."""
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.mathtext import MathTextParser

    points: set[float] = set()
    contrasts: set[float] = set()

    class Listener(RendererAgg):
        """Hears of every text that is drawn: hidden ticks and axes that are off are no texts to a reader."""

        def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None) -> None:  # type: ignore[no-untyped-def]
            if not s.strip():
                return
            if ismath:  # an exponent is smaller than its basis
                points.update(size for _, size, *_ in MathTextParser("path").parse(s, 72, prop).glyphs)
            else:
                points.add(prop.get_size_in_points())
            width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
            turn = np.exp(-1j * np.radians(angle))  # y goes down
            corners = x + 1j * y + turn * np.array([0, width, -1j * height, width - 1j * height]) + turn * 1j * descent
            box = (corners.real.min(), corners.imag.min(), corners.real.max(), corners.imag.max())
            sheet = Image.fromarray(np.asarray(self.buffer_rgba())[..., :3])
            red, green, blue, opacity = gc.get_rgb()
            letters = (round(255 * red), round(255 * green), round(255 * blue))
            contrasts.add(contrast_on(letters, sheet, box, opacity))

    figure.draw(Listener(*figure.bbox.size, figure.dpi))
    return {size * dpi / 72 for size in points}, contrasts
