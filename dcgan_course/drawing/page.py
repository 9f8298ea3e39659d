"""The look of every figure in the course, and the two doors through which a picture reaches the page."""

import io
import textwrap
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike
from torch import Tensor

from dcgan_course.drawing.canvas import COLOURS, facts_of
from dcgan_course.drawing.letters import letters_of
from dcgan_course.drawing.sheets import tile_pictures
from dcgan_course.errors import InvalidValue

if TYPE_CHECKING:
    from IPython.display import Image
    from matplotlib.figure import Figure

DATA, MODEL, JUDGE = COLOURS["ink"], COLOURS["green"], COLOURS["blue"]  # as in Goodfellow et al. 2014, figure 1
REAL, FAKE = COLOURS["blue"], COLOURS["orange"]
DPI = 100  # pixels an inch of a figure on the page


def use_course_style() -> None:
    """Set fonts, sizes and colours that can be read from the last row of a lecture hall."""
    import matplotlib
    from cycler import cycler

    order = ["blue", "orange", "green", "purple", "ink", "grey"]
    matplotlib.rcParams.update(
        {
            "figure.figsize": (9, 4.2),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "font.size": 14,
            "axes.titlesize": 15,
            "axes.titleweight": "bold",
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "grid.color": COLOURS["light"],
            "lines.linewidth": 2.5,
            "legend.frameon": False,
            "axes.prop_cycle": cycler(color=[COLOURS[name] for name in order]),
        }
    )


def show_png(png: bytes, alt: str, width: int | None = None) -> "Image":
    """Return a picture for the end of a cell, with the text that is read aloud to those who cannot see it.

    Args:
        png: the bytes of a PNG file. alt: what the picture shows, in a sentence.
        width: width on the page in CSS pixels; None keeps the picture's own.

    Raises:
        InvalidValue: alt is no sentence.
    """
    from IPython.display import Image

    class Picture(Image):
        """A picture whose text form is its alternative text, for pages and readers without pictures."""

        def __repr__(self) -> str:
            return f"[picture: {alt}]"

    if not alt or len(alt) < 20:
        raise InvalidValue(f"alt is {alt!r}, but a picture needs a sentence that says what it shows.")
    return Picture(data=png, format="png", alt=alt, width=width)


def show(figure: "Figure", alt: str) -> "Image":
    """Close a matplotlib figure and return it as a picture with alternative text, for the end of a cell.

    A title that is wider than the figure gets a second line.
    """
    import matplotlib.pyplot as plt

    _fit_titles(figure)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata=facts_of(*letters_of(figure, DPI), _title(figure)))
    plt.close(figure)
    return show_png(buffer.getvalue(), alt)


def _title(figure: "Figure") -> str:
    """Return the title over all panels, or else the first that one of them has; "" if there is none."""
    over = [axes.get_title(place) for axes in figure.axes for place in ("left", "center", "right")]
    titles = [figure.get_suptitle(), *over]
    return next((" ".join(title.split()) for title in titles if title.strip()), "")


def _fit_titles(figure: "Figure") -> None:
    """Break each title that would be cut off at an edge of the figure."""
    from matplotlib.text import Text

    titles = [text for text in figure.texts if text.get_text() == figure.get_suptitle()]
    for axes in figure.axes:  # of the texts that stand in axes, those that nobody wrote at a place are the titles
        titles += [child for child in axes.get_children() if isinstance(child, Text) and child not in axes.texts]
    for title in titles:
        title.set_parse_math(False)  # a name in it may hold dollar signs
    for _ in range(3):  # a title that was broken may move its panel
        figure.canvas.draw()  # places the titles
        before = [title.get_text() for title in titles]
        for title in titles:
            text, box, right = title.get_text(), title.get_window_extent(), figure.bbox.x1
            middle = (box.x0 + box.x1) / 2
            room = {"left": right - box.x0, "center": 2 * min(middle, right - middle), "right": box.x1}
            if text and room[title.get_horizontalalignment()] < box.width:
                letters = room[title.get_horizontalalignment()] / box.width * max(map(len, text.split("\n")))
                title.set_text(textwrap.fill(text, max(15, int(0.9 * letters))))
        if before == [title.get_text() for title in titles]:
            return


def image_grid(images: Tensor | ArrayLike, title: str, columns: int = 10, zoom: int = 2) -> "Figure":
    """Draw pictures side by side under a title; returns the figure.

    Args:
        images: (N, C, H, W), float in [−1, 1] or uint8. title: states the finding. columns: pictures in a row.
    """
    import matplotlib.pyplot as plt

    sheet = tile_pictures(images, columns, zoom)
    width = 9.0
    figure, axes = plt.subplots(figsize=(width, width * sheet.height / sheet.width + 0.5))
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255)
    axes.set_title(title)
    axes.axis("off")
    return figure
