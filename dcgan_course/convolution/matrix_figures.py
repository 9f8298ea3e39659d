"""The drawings of lesson 02: number grids side by side, and weight matrices in which every weight has its name."""

from dcgan_course.drawing.canvas import COLOURS, Canvas, number_text

SHEET_WIDTH = 960  # points: the width on the page of every drawing of lesson 02
SMALLEST_NUMBER = 14  # squares smaller than this many points stay without a number
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
DARK = ("blue", "orange")  # fills on which a number is white
KERNEL_ROWS = ("sky", "peach", "mint")  # the colour of a weight tells its row in the kernel


def draw_cells(canvas: Canvas, values, x, y, width, height, *, fills=None, names=False):
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


def weight_fills(matrix, kernel_size: int):
    """Return colour names, (H, W), for a matrix of weight numbers 1, 2, 3 …; 0 is white."""
    return [
        [KERNEL_ROWS[(int(value) - 1) // kernel_size % 3] if value else "paper" for value in line]
        for line in matrix.tolist()
    ]


def weight_matrices(matrices: dict, kernel_size: int = 3, *, caption: str = "", largest: int = 54) -> bytes:
    """Draw matrices side by side, with the name of the weight in every entry that is not zero.

    Args:
        matrices: {title: (H, W) tensor whose entries are the numbers of the weights, 0 for none}.
        kernel_size: side of the kernel. caption: a line below. largest: side of a square at most, in points.

    Returns:
        PNG bytes.
    """
    fills = {title: weight_fills(matrix, kernel_size) for title, matrix in matrices.items()}
    return _side_by_side(matrices, fills, "", caption, largest, names=True)


def number_grids(grids: dict, *, signs: str = "", marks: dict | None = None, caption: str = "", largest=54) -> bytes:
    """Draw number grids side by side.

    Args:
        grids: {title: (H, W) tensor}. signs: one character for each gap between them, for example "+=".
        marks: {title: {value or (row, column): colour name}}; a place wins over a value.
        caption: a line below. largest: side of a square at most, in points.

    Returns:
        PNG bytes.
    """
    fills = {title: _marked(grid, (marks or {}).get(title, {})) for title, grid in grids.items()}
    return _side_by_side(grids, fills, signs, caption, largest, names=False)


def _marked(grid, marks: dict):
    return [
        [marks.get((row, column), marks.get(value, "paper")) for column, value in enumerate(line)]
        for row, line in enumerate(grid.tolist())
    ]


def _side_by_side(grids, fills, signs, caption, largest, names) -> bytes:
    gap, edge, letters = 36, 8, 16
    ruler = Canvas(1, 1)
    title_widths = [max(ruler.text_width(line, size=letters, bold=True) for line in t.split("\n")) for t in grids]
    top = 10 + 20 * max(title.count("\n") + 1 for title in grids)
    cell = float(largest)
    while sum(_slots(grids, title_widths, cell)) + gap * (len(grids) - 1) + 2 * edge > SHEET_WIDTH and cell > 4:
        cell -= 0.5
    tallest = max(grid.shape[0] for grid in grids.values()) * cell
    canvas = Canvas(SHEET_WIDTH, round(top + tallest + (42 if caption else 12)))
    x = edge
    for index, ((title, grid), slot) in enumerate(zip(grids.items(), _slots(grids, title_widths, cell), strict=True)):
        for number, line in enumerate(title.split("\n")):
            canvas.text(x, 4 + 20 * number, line, size=letters, bold=True)
        draw_cells(canvas, grid, x, top, cell, cell, fills=fills[title], names=names)
        if index < len(signs):
            middle = top + grid.shape[0] * cell / 2
            canvas.text(x + slot + gap / 2, middle, signs[index], size=26, bold=True, anchor="mm")
        x += slot + gap
    if caption:
        canvas.text(edge, top + tallest + 12, caption, size=17)
    return canvas.png()


def _slots(grids: dict, title_widths: list[float], cell: float) -> list[float]:
    """Width of each grid with its title above it."""
    return [max(grid.shape[1] * cell, width) for grid, width in zip(grids.values(), title_widths, strict=True)]
