"""The three equal views of a transposed convolution: a product with Cᵀ, stamps added up, a turned kernel that slides.

Each view is computed in its own way. All numbers are integers that float32 holds exactly, so the views agree to
the last bit on every machine. The explorer, its static twin and the figures of lesson 02 are drawn here.
"""

import torch.nn.functional as F

from dcgan_course.convolution import arithmetic
from dcgan_course.convolution.transposed import TransposedLayer
from dcgan_course.drawing.canvas import Canvas, number_text
from dcgan_course.drawing.tables import draw_cells, numbers_fit

VIEWS_WIDTH, VIEWS_HEIGHT = 1080, 500  # points: the sheet of the three views


def draw_three_views(layer: TransposedLayer, input_square: int, output_square: int, scale: int = 2) -> Canvas:
    """Draw the three views at one moment.

    Args:
        layer: a layer that works. input_square: number of the input that stamps now, 0 … i·i − 1; it is the lit column
            of Cᵀ. output_square: number of the output that the window makes now, 0 … o·o − 1; it is the lit row.
        scale: pixels a point.
    """
    canvas = Canvas(VIEWS_WIDTH, VIEWS_HEIGHT, scale)
    _draw_product(canvas, layer, input_square, output_square, 4, 276)
    _draw_stamps(canvas, layer, input_square, 316, 290)
    _draw_slide(canvas, layer, input_square, output_square, 642, 432)
    return canvas


def draw_impossible(sentence: str, formula: str, scale: int = 2) -> Canvas:
    """Draw the sheet that stands in place of the views where a layer cannot work: the reason, and the formula."""
    canvas = Canvas(VIEWS_WIDTH, VIEWS_HEIGHT, scale)
    canvas.text(40, 120, "This combination is not possible", size=26, bold=True, colour="orange")
    line, y = "", 180
    for word in sentence.split() + [""]:
        if not word or canvas.text_width(f"{line} {word}", size=20) > VIEWS_WIDTH - 80:
            canvas.text(40, y, line, size=20)
            line, y = "", y + 32
        line = f"{line} {word}".strip()
    canvas.text(40, y + 24, f"The formula alone would say: {formula}", size=20)
    return canvas


TITLES_Y, SMALL_Y, MAIN_Y, FOOT_Y = 4, 66, 186, 462  # points from the top: titles, small grids, large grids, sentences


def _draw_product(canvas, layer, input_square, output_square, left, width) -> None:
    """View 1: Cᵀ · y. The lit column belongs to one input, the lit row to one output."""
    import numpy as np

    matrix, result = layer.matrix, layer.pytorch.flatten()
    rows, columns = matrix.shape
    gap, tall = 24, FOOT_Y - SMALL_Y - 10
    wide, high = min(26, (width - 2 * gap) / (columns + 2)), min(26, tall / rows)
    _titles(canvas, left, "1 · Product with Cᵀ", "A column is an input, a row is an output.")
    weight, in_row, in_column = ("light", "sky", "peach") if numbers_fit(wide, high) else ("grey", "blue", "orange")
    fills = [[weight if value else "paper" for value in line] for line in matrix.tolist()]
    for row in range(rows):
        fills[row][input_square] = in_column if matrix[row, input_square] else "paper"
    fills[output_square] = [in_row if value else "paper" for value in matrix[output_square].tolist()]
    draw_cells(canvas, _blank_zeros(matrix), left, SMALL_Y, wide, high, fills=fills)
    canvas.box(left + input_square * wide, SMALL_Y, wide, rows * high, outline="orange", line=3)
    canvas.box(left, SMALL_Y + output_square * high, columns * wide, high, outline="blue", line=3)
    x = left + columns * wide + gap
    canvas.text(x - gap / 2, SMALL_Y + 12, "·", size=20, bold=True, anchor="mm")
    column = layer.input.view(-1, 1)
    lit = [["peach" if index == input_square else "paper"] for index in range(columns)]
    draw_cells(canvas, column, x, SMALL_Y, wide, min(26, tall / columns), fills=lit)
    canvas.text(x + wide + gap / 2, SMALL_Y + 12, "=", size=20, bold=True, anchor="mm")
    shown = np.where(np.arange(rows) <= output_square, result, np.nan)[:, None]
    lit = _so_far(rows, 1, output_square, numbers_fit(wide, high))
    draw_cells(canvas, shown, x + wide + gap, SMALL_Y, wide, high, fills=lit)
    value = number_text(result[output_square])
    canvas.text(left, FOOT_Y, f"row {output_square + 1} · y = {value}", size=16, bold=True, colour="blue")
    canvas.text(
        left, FOOT_Y + 20, f"column {input_square + 1}: the stamp of input {input_square + 1}", size=14, colour="orange"
    )


def _draw_stamps(canvas, layer, input_square, left, width) -> None:
    """View 2: every input stamps the kernel, times its value, `stride` squares further; then p is cut off."""
    step, i, reach = layer.stride, layer.input_size, layer.reach
    row, column = divmod(input_square, i)
    value = number_text(layer.input[row, column])
    sheet = layer.stamped(input_square + 1)
    size = len(sheet)
    _titles(canvas, left, "2 · Stamp and add", "Input × kernel, s squares apart; p is cut off.")
    small = min(22, 108 / max(i, layer.kernel_size))
    lit = [["peach" if (r, c) == (row, column) else "mint" for c in range(i)] for r in range(i)]
    draw_cells(canvas, layer.input, left, SMALL_Y, small, small, fills=lit)
    canvas.text(left + i * small + 16, SMALL_Y + i * small / 2, "×", size=20, bold=True, anchor="mm")
    draw_cells(canvas, layer.kernel, left + i * small + 32, SMALL_Y, small, small)
    cell = min(38, width / size, (FOOT_Y - MAIN_Y - 10) / size)
    kept = range(layer.padding, layer.padding + layer.output_size)
    fills = [["paper" if r in kept and c in kept else "light" for c in range(size)] for r in range(size)]
    readable = numbers_fit(cell, cell)
    if not readable:
        fills = [["peach" if sheet[r, c] else fills[r][c] for c in range(size)] for r in range(size)]
    for r in range(row * step, row * step + reach, layer.dilation):
        for c in range(column * step, column * step + reach, layer.dilation):
            fills[r][c] = "peach" if readable else "orange"
    draw_cells(canvas, sheet, left, MAIN_Y, cell, cell, fills=fills)
    canvas.frame(left + column * step * cell, MAIN_Y + row * step * cell, cell, reach, reach)
    corner = (left + layer.padding * cell, MAIN_Y + layer.padding * cell)
    canvas.frame(*corner, cell, layer.output_size, layer.output_size, colour="ink")
    canvas.text(left, FOOT_Y, f"stamp {value} × kernel", size=16, bold=True, colour="orange")
    cut = f"outside the black frame: cut by p = {layer.padding}" if layer.padding else "p = 0: nothing is cut off"
    canvas.text(left, FOOT_Y + 20, cut, size=14)


def _draw_slide(canvas, layer, input_square, output_square, left, width) -> None:
    """View 3: zeros between the inputs, p′ around them, then the turned kernel slides with stride 1."""
    import numpy as np

    row, column = divmod(output_square, layer.output_size)
    sheet, fills, start = _slide_sheet(layer)
    size, o, reach = len(sheet), layer.output_size, layer.reach
    _titles(canvas, left, "3 · Slide the turned kernel", "s − 1 zeros between the inputs, p′ around them, stride 1.")
    small = min(22, 108 / layer.kernel_size)
    draw_cells(canvas, layer.kernel.flip(0, 1), left, SMALL_Y, small, small)
    _legend(canvas, left + layer.kernel_size * small + 24, SMALL_Y, layer)
    cell = min(38, (width - 30) / (size + o), (FOOT_Y - MAIN_Y - 10) / max(size, o))
    for r in range(row + start, row + start + reach, layer.dilation):
        for c in range(column + start, column + start + reach, layer.dilation):
            fills[r][c] = "blue" if fills[r][c] == "mint" else "sky"
    draw_cells(canvas, sheet, left, MAIN_Y, cell, cell, fills=fills)
    kept = len(layer.padded)
    canvas.frame(left + start * cell, MAIN_Y + start * cell, cell, kept, kept, colour="ink", line=2)
    canvas.frame(left + (column + start) * cell, MAIN_Y + (row + start) * cell, cell, reach, reach, colour="blue")
    down, right = (n * layer.stride + max(layer.slide_padding, 0) for n in divmod(input_square, layer.input_size))
    canvas.frame(left + right * cell, MAIN_Y + down * cell, cell, 1, 1, line=2.5)
    x = left + size * cell + 30
    canvas.text(x - 15, MAIN_Y + size * cell / 2, "→", size=20, bold=True, anchor="mm")
    result = layer.slid
    shown = np.where(np.arange(o * o).reshape(o, o) <= output_square, result, np.nan)
    draw_cells(canvas, shown, x, MAIN_Y, cell, cell, fills=_so_far(o, o, output_square, numbers_fit(cell, cell)))
    canvas.frame(x + column * cell, MAIN_Y + row * cell, cell, 1, 1, colour="blue")
    canvas.text(left, FOOT_Y, f"window: {window_sum(layer, output_square)}", size=16, bold=True, colour="blue")
    canvas.text(left, FOOT_Y + 20, f"the same sum as row {output_square + 1} · y in view 1", size=14)


def _so_far(rows, columns, current, readable):
    """Colours of an output that is filled square by square; without numbers the filled ones need a colour."""
    done, now = ("paper", "sky") if readable else ("sky", "blue")
    numbers = [[row * columns + column for column in range(columns)] for row in range(rows)]
    return [[now if n == current else done if n < current else "paper" for n in line] for line in numbers]


def _slide_sheet(layer):
    """Return what view 3 slides over, its colours, and where the kept part begins (above 0 if p′ is below 0)."""
    p, extra = layer.slide_padding, layer.output_padding
    inserted = arithmetic.insert_zeros(layer.input, layer.stride)
    low, high, start = max(p, 0), max(p + extra, 0), max(-p, 0)
    sheet = F.pad(inserted, (low, high, low, high))
    kept = range(start, start + len(layer.padded))
    inside = range(low, low + len(inserted))
    fills = [["paper"] * len(sheet) for _ in sheet]
    for r in range(len(sheet)):
        for c in range(len(sheet)):
            if r not in kept or c not in kept:
                fills[r][c] = "grey"
            elif r in inside and c in inside:
                real = (r - low) % layer.stride == 0 and (c - low) % layer.stride == 0
                fills[r][c] = "mint" if real else "light"
    return sheet, fills, start


def _legend(canvas, left, top, layer) -> None:
    p = layer.slide_padding
    rows = [("mint", "input"), ("light", "inserted zero"), *border_legend(p, layer.output_padding)]
    first, step = (34, 25) if len(rows) == 3 else (30, 21)
    for number, (colour, text) in enumerate(rows):
        y = top + first + step * number
        canvas.box(left, y, 18, 18, fill=colour, outline="ink")
        canvas.text(left + 26, y + 9, text, size=15, anchor="lm")
    sentence = f"argument p = {layer.padding}, so p′ = {layer.reach - 1} − {layer.padding} = {p}".replace("= -", "= −")
    canvas.text(left, top, sentence, size=16, bold=True)


def border_legend(slide_padding: int, output_padding: int) -> list[tuple[str, str]]:
    """Return (colour, words) of the squares around the zero-inserted input; output_padding is for two sides only."""
    p, rest = slide_padding, slide_padding + output_padding  # left and top; right and bottom
    if p >= 0:
        return [("paper", f"padding p′ = {p}" + (f"; right and bottom {rest}" if output_padding else ""))]
    if not output_padding:
        return [("grey", f"p′ = −{-p}: cut {-p} on each side")]
    if rest < 0:
        return [("grey", f"cut: {-p} left and top, {-rest} right and bottom")]
    cut = ("grey", f"p′ = −{-p}: cut {-p} left and top")
    return [cut, ("paper", f"padding: {rest} right and bottom")] if rest else [cut]


def window_sum(layer: TransposedLayer, output_square: int, most: int = 4) -> str:
    """Write the sum that the window of view 3 makes at one output square: input · weight for inputs that are not 0."""
    row, column = divmod(output_square, layer.output_size)
    reach, step = layer.reach, layer.dilation
    window = layer.padded[row : row + reach : step, column : column + reach : step]
    pairs = zip(window.flatten().tolist(), layer.kernel.flip(0, 1).flatten().tolist(), strict=True)
    terms = [f"{number_text(value)}·{number_text(weight)}" for value, weight in pairs if value]
    total = number_text(layer.slid[row, column])
    if not terms:
        return "no input reached = 0"
    most = most if max(map(len, terms)) < 5 else most - 1
    return " + ".join(terms[:most]) + (" + …" if len(terms) > most else "") + f" = {total}"


def _blank_zeros(matrix):
    """Return the matrix with NaN in place of 0, so that only weights are written."""
    import numpy as np

    return np.where(matrix == 0, np.nan, matrix)


def _titles(canvas, left, title, sentence) -> None:
    canvas.text(left, TITLES_Y, title, size=19, bold=True)
    canvas.text(left, TITLES_Y + 30, sentence, size=14)
