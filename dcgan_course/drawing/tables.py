"""Tables of numbers, a rectangle a number."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from PIL import Image

from dcgan_course.drawing.canvas import COLOURS, Canvas, number_text

SMALLEST_NUMBER = 14  # points: a sheet of 1080 points is shown 934 px wide, and these are 12 px then
SMALLEST_LINED = 5  # below it, in points, lines would cover the colours
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
DARK = ("blue",)  # fills on which a number is white
PALETTE = np.array([list(bytes.fromhex(code.removeprefix("#"))) for code in COLOURS.values()], dtype=np.uint8)
PLACE_IN_PALETTE = {name: place for place, name in enumerate(COLOURS)}


@dataclass(frozen=True)
class TableStyle:
    """The look of a table.

    boxed: draw each rectangle with a border of its own and write every number; else draw one sheet with lines across,
    which is fast also for thousands, and leave out what is too small to be read.
    tall, wide: the most that a number may have of its rectangle: a digit's size as a share of the height, and the
    size times the number of letters as a share of the width. least: a size in points that `tall` does not shrink.
    """

    boxed: bool
    tall: float
    wide: float
    least: float


SQUARES = TableStyle(boxed=True, tall=0.42, wide=1.35, least=0)  # few and large: the pictures of lesson 01
MATRIX = TableStyle(
    boxed=False, tall=0.5, wide=1.35, least=SMALLEST_NUMBER
)  # many and small: the matrices of lesson 02


def draw_table(
    canvas: Canvas,
    values: ArrayLike,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    fills: ArrayLike = "paper",
    text: Callable[[float], str] = number_text,
    style: TableStyle = MATRIX,
    readable: bool | None = None,
) -> None:
    """Draw a table of numbers, one `width` × `height` rectangle a number.

    Args:
        values: (H, W) numbers; NaN leaves a rectangle without a number.
        x, y: upper left corner. width, height: of one rectangle, all in points.
        fills: colour names (H, W), or one name for all. text: writes a number. style: the look.
        readable: whether numbers are written in a table that is one sheet; None asks `numbers_fit`.
    """
    numbers = np.asarray(values, dtype=float)
    names = np.broadcast_to(np.asarray(fills), numbers.shape)
    if style.boxed:
        readable = True
        _draw_boxes(canvas, names, x, y, width, height)
    else:
        readable = numbers_fit(numbers, width, height, text) if readable is None else readable
        _draw_sheet(canvas, names, x, y, width, height, readable)
    if not readable:
        return
    for (row, column), number in np.ndenumerate(numbers):
        if np.isnan(number) or not (written := text(number)):
            continue
        size = _letters(len(written), width, height, style)
        ink = "paper" if names[row, column] in DARK else "ink"
        canvas.text(x + (column + 0.5) * width, y + (row + 0.5) * height, written, size=size, colour=ink, anchor="mm")


def _draw_boxes(canvas: Canvas, names: np.ndarray, x: float, y: float, width: float, height: float) -> None:
    for (row, column), name in np.ndenumerate(names):
        canvas.box(x + column * width, y + row * height, width, height, fill=name, outline="grey")


def _letters(count: int, width: float, height: float, style: TableStyle) -> float:
    """Return the size of a number of `count` letters in its rectangle, in points."""
    tallest = max(style.tall * height, min(style.least, 0.72 * height))
    return min(tallest, style.wide * width / max(count, 2))


def _draw_sheet(
    canvas: Canvas, names: np.ndarray, x: float, y: float, width: float, height: float, readable: bool
) -> None:
    rows, columns = names.shape
    pixels = PALETTE[np.array([[PLACE_IN_PALETTE[name] for name in line] for line in names.tolist()])]
    wide, high = (max(1, round(length * canvas.scale)) for length in (columns * width, rows * height))
    if high < rows:  # more rows than screen pixels: the darkest of the rows that share a pixel is seen
        pixels = np.minimum.reduceat(pixels, np.arange(high) * rows // high, axis=0)
    sheet = Image.fromarray(pixels).resize((wide, high), Image.Resampling.NEAREST)
    canvas.image.paste(sheet, (round(x * canvas.scale), round(y * canvas.scale)))
    if min(width, height) >= SMALLEST_LINED:
        colour = "grey" if readable else "light"
        for down in (y + row * height for row in range(rows + 1)):
            canvas.line(x, down, x + columns * width, down, colour=colour, line=1)
        for across in (x + column * width for column in range(columns + 1)):
            canvas.line(across, y, across, y + rows * height, colour=colour, line=1)
    canvas.box(x, y, columns * width, rows * height, outline="grey")


def numbers_fit(values: ArrayLike, width: float, height: float, text: Callable[[float], str] = number_text) -> bool:
    """Tell whether all numbers of a matrix can be read in rectangles of this size, in points; NaN is no number."""
    if _letters(0, width, height, MATRIX) < SMALLEST_NUMBER:
        return False
    numbers = np.unique(np.asarray(values, dtype=float))
    longest = max((len(text(number)) for number in numbers[~np.isnan(numbers)]), default=0)
    return _letters(longest, width, height, MATRIX) >= SMALLEST_NUMBER


def weight_name(value: float) -> str:
    """Write the number of a weight as its name: 9 is w₉; 0 is no weight and has none."""
    return f"w{int(value)}".translate(SUBSCRIPTS) if value else ""
