"""Axes drawn with Pillow: a frame, ticks and lines, quick enough for a slider."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike

from dcgan_course.drawing.canvas import Canvas


class LinePlot:
    """A frame with axes on a Canvas, to draw curves in.

    Args:
        canvas: the sheet. left, top, width, height: the frame, in points.
        x_range, y_range: what its edges stand for.
    """

    def __init__(
        self,
        canvas: Canvas,
        left: float,
        top: float,
        width: float,
        height: float,
        x_range: tuple[float, float],
        y_range: tuple[float, float],
    ) -> None:
        self.canvas, self.frame = canvas, (left, top, width, height)
        self.x_range, self.y_range = x_range, y_range
        canvas.box(left, top, width, height, outline="grey")

    def place(self, x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
        """Return where (x, y), of any shape, lies on the sheet; what lies outside is put on the frame's edge."""
        left, top, width, height = self.frame
        across = np.clip((np.asarray(x) - self.x_range[0]) / (self.x_range[1] - self.x_range[0]), 0, 1)
        up = np.clip((np.asarray(y) - self.y_range[0]) / (self.y_range[1] - self.y_range[0]), 0, 1)
        return left + width * across, top + height * (1 - up)

    def curve(self, x: ArrayLike, y: ArrayLike, colour: str, *, line: float = 3, dotted: bool = False) -> None:
        """Draw y over x, both (N,), without the places where y is not finite.

        Dotted draws pieces of 6 points with gaps of 6, along the curve.
        """
        numbers = np.asarray(y)
        finite = np.isfinite(numbers)
        across, down = self.place(np.asarray(x)[finite], numbers[finite])
        if dotted:
            along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(across), np.diff(down)))])
            cuts = np.arange(0, along[-1], 6)
            across, down = np.interp(cuts, along, across), np.interp(cuts, along, down)
        points = list(zip(across.tolist(), down.tolist(), strict=True))
        pieces = list(zip(points, points[1:], strict=False))
        for one, other in pieces[::2] if dotted else pieces:
            self.canvas.line(*one, *other, colour=colour, line=line)

    def level(self, y: float, text: str, colour: str = "light") -> None:
        """Draw a thin line across at y, with its number to the left of the frame."""
        left, _, width, _ = self.frame
        _, height = self.place(0, y)
        self.canvas.line(left, float(height), left + width, float(height), colour=colour, line=1)
        self.canvas.text(left - 8, float(height), text, size=14, anchor="rm")

    def x_numbers(self, numbers: Iterable[float]) -> None:
        """Write numbers under the frame."""
        _, top, _, height = self.frame
        for number in numbers:
            place, _ = self.place(number, 0)
            self.canvas.text(float(place), top + height + 6, f"{number:g}".replace("-", "−"), size=14, anchor="ma")
