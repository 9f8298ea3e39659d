"""Tables of numbers, a square a number."""

from dcgan_course.drawing.canvas import COLOURS, Canvas, number_text

SMALLEST_NUMBER = 14  # squares smaller than this many points stay without a number


SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


DARK = ("blue", "orange")  # fills on which a number is white


def draw_cells(canvas: Canvas, values, x, y, width, height, *, fills=None, names=False) -> None:
    """Draw a table of numbers, one `width` × `height` rectangle a number; fast also for thousands of them.

    Args:
        values: (H, W) array or tensor; NaN leaves a rectangle without a number.
        x, y: upper left corner. width, height: of one rectangle, all in points.
        fills: (H, W) colour names, None for white. names: write n as wₙ, and nothing for 0.
    """
    import numpy as np
    from PIL import Image

    values = np.asarray(values, dtype=float)
    rows, columns = values.shape
    named = fills if fills is not None else [["paper"] * columns] * rows
    palette = np.array([[int(code[place : place + 2], 16) for place in (1, 3, 5)] for code in COLOURS.values()])
    number_of = {name: number for number, name in enumerate(COLOURS)}
    pixels = palette.astype(np.uint8)[np.array([[number_of[name] for name in line] for line in named])]
    scale = canvas.scale
    size = (max(1, round(columns * width * scale)), max(1, round(rows * height * scale)))
    if size[1] < rows:  # more rows than screen pixels: the darkest of the rows that share a pixel is seen
        pixels = np.minimum.reduceat(pixels, np.arange(size[1]) * rows // size[1], axis=0)
    canvas.image.paste(Image.fromarray(pixels).resize(size, Image.NEAREST), (round(x * scale), round(y * scale)))
    if min(width, height) >= 5:
        colour = "grey" if numbers_fit(width, height) else "light"
        for row in range(rows + 1):
            canvas.line(x, y + row * height, x + columns * width, y + row * height, colour=colour, line=1)
        for column in range(columns + 1):
            canvas.line(x + column * width, y, x + column * width, y + rows * height, colour=colour, line=1)
    canvas.box(x, y, columns * width, rows * height, outline="grey")
    if not numbers_fit(width, height):
        return
    for (row, column), value in np.ndenumerate(values):
        if np.isnan(value) or (names and value == 0):
            continue
        text = weight_name(value) if names else number_text(value)
        letters = min(max(0.5 * height, min(12, 0.72 * height)), 1.25 * width / max(len(text), 2))
        ink = "paper" if named[row][column] in DARK else "ink"
        middle = (x + (column + 0.5) * width, y + (row + 0.5) * height)
        canvas.text(*middle, text, size=letters, colour=ink, anchor="mm")


def numbers_fit(width: float, height: float) -> bool:
    """Tell whether a number can be read in a rectangle of this size, in points."""
    return min(width, height) >= SMALLEST_NUMBER


def weight_name(value: float) -> str:
    """Write the number of a weight as its name: 9 is w₉."""
    return f"w{int(value)}".translate(SUBSCRIPTS)
