"""The three equal views of a transposed convolution: stamps added up, a turned kernel that slides, a product with Cᵀ.

Each view is computed in its own way. All numbers are integers that float32 holds exactly, so the views agree to
the last bit on every machine. The explorer, its static twin and the figures of lesson 02 are drawn here.
"""

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from dcgan_course.convolution import arithmetic
from dcgan_course.convolution.transposed import TransposedLayer, window_sum
from dcgan_course.drawing.canvas import Canvas, number_text
from dcgan_course.drawing.tables import draw_table, numbers_fit

VIEWS_WIDTH, VIEWS_HEIGHT = 1080, 604  # points: the sheet of the three views


def draw_three_views(layer: TransposedLayer, input_square: int, output_square: int, scale: int = 2) -> Canvas:
    """Draw the three views at one moment.

    Args:
        layer: a layer that works. input_square: number of the input that stamps now, 0 … i·i − 1; it is the lit column
            of Cᵀ. output_square: number of the output that the window makes now, 0 … o·o − 1; it is the lit row.
        scale: pixels a point.
    """
    canvas = Canvas(VIEWS_WIDTH, VIEWS_HEIGHT, scale)
    _draw_stamps(canvas, layer, input_square, 4, 290)
    _draw_slide(canvas, layer, input_square, output_square, 330, 432)
    _draw_product(canvas, layer, input_square, output_square, 786, 276)
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


TITLES_Y, SMALL_Y, MAIN_Y, FOOT_Y = 4, 66, 190, 566  # points from the top: titles, small grids, large grids, sentences


def _draw_product(
    canvas: Canvas, layer: TransposedLayer, input_square: int, output_square: int, left: float, width: float
) -> None:
    """View 3: Cᵀ · y. The lit column belongs to one input, the lit row to one output."""
    matrix, result = layer.matrix.numpy(), layer.pytorch.flatten().numpy()
    rows, columns = matrix.shape
    gap, tall = 22, FOOT_Y - SMALL_Y - 10
    wide, high = min(26, (width - 2 * gap) / (columns + 2)), min(26, tall / rows)
    _titles(canvas, left, "3 · Product with Cᵀ", "A column is an input, a row is an output.")
    seen = np.where(matrix == 0, np.nan, matrix)
    readable = numbers_fit(seen, wide, high)
    weight, in_row, in_column = ("light", "sky", "peach") if readable else ("grey", "blue", "orange")
    in_lit_row, in_lit_column = np.arange(rows)[:, None] == output_square, np.arange(columns) == input_square
    fills = np.select([matrix == 0, in_lit_row, in_lit_column], ["paper", in_row, in_column], weight)
    draw_table(canvas, seen, left, SMALL_Y, wide, high, fills=fills, readable=readable)
    canvas.box(left + input_square * wide, SMALL_Y, wide, rows * high, outline="orange", line=3)
    canvas.box(left, SMALL_Y + output_square * high, columns * wide, high, outline="blue", line=3)
    x = left + columns * wide + gap
    canvas.text(x - gap / 2, SMALL_Y + 12, "·", size=20, bold=True, anchor="mm")
    lit = np.where(in_lit_column, "peach", "paper")[:, None]
    draw_table(canvas, layer.input.view(-1, 1), x, SMALL_Y, wide, min(26, tall / columns), fills=lit)
    canvas.text(x + wide + gap / 2, SMALL_Y + 12, "=", size=20, bold=True, anchor="mm")
    _draw_so_far(canvas, result[:, None], output_square, x + wide + gap, SMALL_Y, wide, high)
    value = number_text(result[output_square])
    canvas.text(left, FOOT_Y, f"row {output_square + 1} · y = {value}", size=16, bold=True, colour="blue")
    stamp = f"column {input_square + 1}: the stamp of input {input_square + 1}"
    canvas.text(left, FOOT_Y + 20, stamp, size=14, colour="orange")


def _draw_stamps(canvas: Canvas, layer: TransposedLayer, input_square: int, left: float, width: float) -> None:
    """View 1: every input stamps the kernel, times its value, `stride` squares further; then p is cut off."""
    step, i, reach = layer.stride, layer.input_size, layer.reach
    row, column = divmod(input_square, i)
    value = number_text(layer.input[row, column])
    sheet = layer.stamped(input_square + 1)
    size = len(sheet)
    _titles(canvas, left, "1 · Stamp and add", "Input × kernel, s squares apart; p is cut off.")
    small = min(22, 108 / max(i, layer.kernel_size))
    lit = np.full((i, i), "mint", dtype=object)
    lit[row, column] = "peach"
    draw_table(canvas, layer.input, left, SMALL_Y, small, small, fills=lit)
    canvas.text(left + i * small + 16, SMALL_Y + i * small / 2, "×", size=20, bold=True, anchor="mm")
    draw_table(canvas, layer.kernel, left + i * small + 32, SMALL_Y, small, small)
    cell = min(38, width / size, (FOOT_Y - MAIN_Y - 10) / size)
    readable = numbers_fit(layer.stamped(i * i), cell, cell)
    fills = np.full((size, size), "light", dtype=object)
    fills[layer.kept, layer.kept] = "paper"
    if not readable:
        fills[sheet.numpy() != 0] = "peach"
    stamp = (slice(corner * step, corner * step + reach, layer.dilation) for corner in (row, column))
    fills[tuple(stamp)] = "peach" if readable else "orange"
    draw_table(canvas, sheet, left, MAIN_Y, cell, cell, fills=fills, readable=readable)
    canvas.frame(left + column * step * cell, MAIN_Y + row * step * cell, cell, reach, reach)
    corner = (left + layer.padding * cell, MAIN_Y + layer.padding * cell)
    canvas.frame(*corner, cell, layer.output_size, layer.output_size, colour="ink")
    canvas.text(left, FOOT_Y, f"stamp {value} × kernel", size=16, bold=True, colour="orange")
    cut = f"outside the black frame: cut by p = {layer.padding}" if layer.padding else "p = 0: nothing is cut off"
    canvas.text(left, FOOT_Y + 20, cut, size=14)


def _draw_slide(
    canvas: Canvas, layer: TransposedLayer, input_square: int, output_square: int, left: float, width: float
) -> None:
    """View 2: zeros between the inputs, p′ around them, then the turned kernel slides with stride 1."""
    row, column = divmod(output_square, layer.output_size)
    sheet, fills, start = _slide_sheet(layer)
    size, o, reach = len(sheet), layer.output_size, layer.reach
    _titles(canvas, left, "2 · Slide the turned kernel", "s − 1 zeros between the inputs, p′ around them, stride 1.")
    small = min(22, 108 / layer.kernel_size)
    draw_table(canvas, layer.kernel.flip(0, 1), left, SMALL_Y, small, small)
    _legend(canvas, left + layer.kernel_size * small + 24, SMALL_Y, layer)
    cell = min(38, (width - 30) / (size + o), (FOOT_Y - MAIN_Y - 10) / max(size, o))
    rows, columns = (slice(n + start, n + start + reach, layer.dilation) for n in (row, column))
    fills[rows, columns] = np.where(fills[rows, columns] == "mint", "blue", "sky")
    draw_table(canvas, sheet, left, MAIN_Y, cell, cell, fills=fills)
    kept = len(layer.padded)
    canvas.frame(left + start * cell, MAIN_Y + start * cell, cell, kept, kept, colour="ink", line=2)
    canvas.frame(left + (column + start) * cell, MAIN_Y + (row + start) * cell, cell, reach, reach, colour="blue")
    down, right = (n * layer.stride + max(layer.slide_padding, 0) for n in divmod(input_square, layer.input_size))
    canvas.frame(left + right * cell, MAIN_Y + down * cell, cell, 1, 1, line=2.5)
    x = left + size * cell + 30
    canvas.text(x - 15, MAIN_Y + size * cell / 2, "→", size=20, bold=True, anchor="mm")
    _draw_so_far(canvas, layer.slid.numpy(), output_square, x, MAIN_Y, cell, cell)
    canvas.frame(x + column * cell, MAIN_Y + row * cell, cell, 1, 1, colour="blue")
    canvas.text(left, FOOT_Y, f"window: {window_sum(layer, output_square)}", size=16, bold=True, colour="blue")
    canvas.text(left, FOOT_Y + 20, f"the same sum as row {output_square + 1} · y in view 3", size=14)


def _draw_so_far(
    canvas: Canvas, output: np.ndarray, current: int, x: float, y: float, width: float, height: float
) -> None:
    """Draw an output that is filled square by square; without numbers the filled ones need a colour."""
    readable = numbers_fit(output, width, height)
    done, now = ("paper", "sky") if readable else ("sky", "blue")
    place = np.arange(output.size).reshape(output.shape)
    fills = np.select([place == current, place < current], [now, done], "paper")
    draw_table(canvas, np.where(place <= current, output, np.nan), x, y, width, height, fills=fills, readable=readable)


def _slide_sheet(layer: TransposedLayer) -> tuple[Tensor, np.ndarray, int]:
    """Return what view 2 slides over, its colours, and where the kept part begins (above 0 if p′ is below 0)."""
    p, extra = layer.slide_padding, layer.output_padding
    inserted = arithmetic.insert_zeros(layer.input, layer.stride)
    low, high, start = max(p, 0), max(p + extra, 0), max(-p, 0)
    sheet = F.pad(inserted, (low, high, low, high))
    fills = np.full(sheet.shape, "paper", dtype=object)
    inside = fills[low : low + len(inserted), low : low + len(inserted)]
    inside[...] = "light"
    inside[:: layer.stride, :: layer.stride] = "mint"
    cut = np.ones(sheet.shape, dtype=bool)
    cut[start : start + len(layer.padded), start : start + len(layer.padded)] = False
    fills[cut] = "grey"
    return sheet, fills, start


def _legend(canvas: Canvas, left: float, top: float, layer: TransposedLayer) -> None:
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


def _titles(canvas: Canvas, left: float, title: str, sentence: str) -> None:
    canvas.text(left, TITLES_Y, title, size=19, bold=True)
    canvas.text(left, TITLES_Y + 30, sentence, size=14)
