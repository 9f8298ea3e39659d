"""Axes drawn with Pillow: a frame, ticks and lines, quick enough for a slider."""

import numpy as np

from dcgan_course.drawing.canvas import Canvas


class LinePlot:
    """A frame with axes on a Canvas, to draw curves in.

    Args:
        canvas: the sheet. left, top, width, height: the frame, in points.
        x_range, y_range: what its edges stand for.
    """

    def __init__(self, canvas: Canvas, left, top, width, height, x_range, y_range) -> None:
        self.canvas, self.frame = canvas, (left, top, width, height)
        self.x_range, self.y_range = x_range, y_range
        canvas.box(left, top, width, height, outline="grey")

    def place(self, x, y):
        """Return where (x, y) lies on the sheet; what lies outside is put on the frame's edge."""
        left, top, width, height = self.frame
        across = np.clip((np.asarray(x) - self.x_range[0]) / (self.x_range[1] - self.x_range[0]), 0, 1)
        up = np.clip((np.asarray(y) - self.y_range[0]) / (self.y_range[1] - self.y_range[0]), 0, 1)
        return left + width * across, top + height * (1 - up)

    def curve(self, x, y, colour: str, *, line=3, dotted=False) -> None:
        """Draw y over x, both (N,); dotted draws pieces of 6 points with gaps of 6, along the curve."""
        across, down = self.place(x, y)
        if dotted:
            along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(across), np.diff(down)))])
            cuts = np.arange(0, along[-1], 6)
            across, down = np.interp(cuts, along, across), np.interp(cuts, along, down)
        points = list(zip(across.tolist(), down.tolist(), strict=True))
        pieces = list(zip(points, points[1:], strict=False))
        for one, other in pieces[::2] if dotted else pieces:
            self.canvas.line(*one, *other, colour=colour, line=line)

    def level(self, y, text: str) -> None:
        """Draw a thin line across at y, with its number to the left of the frame."""
        left, _, width, _ = self.frame
        _, height = self.place(0, y)
        self.canvas.line(left, float(height), left + width, float(height), colour="light", line=1)
        self.canvas.text(left - 8, float(height), text, size=14, anchor="rm")

    def x_numbers(self, numbers) -> None:
        """Write numbers under the frame."""
        _, top, _, height = self.frame
        for number in numbers:
            place, _ = self.place(number, 0)
            self.canvas.text(float(place), top + height + 6, f"{number:g}".replace("-", "−"), size=14, anchor="ma")
