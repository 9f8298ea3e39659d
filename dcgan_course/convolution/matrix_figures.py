"""The drawings of lesson 02: number grids side by side, and weight matrices in which every weight has its name."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike
from torch import Tensor

from dcgan_course.drawing.canvas import Canvas, number_text
from dcgan_course.drawing.tables import draw_table, weight_name

SHEET_WIDTH = 960  # points: the width on the page of every drawing of lesson 02
KERNEL_ROWS = np.array(["sky", "peach", "mint"])  # the colour of a weight tells its row in the kernel
Marks: TypeAlias = Mapping[float | tuple[int, int], str]  # {value or (row, column): colour name}


def weight_fills(matrix: Tensor, kernel_size: int) -> np.ndarray:
    """Return colour names, (H, W), for a matrix of weight numbers 1, 2, 3 …; 0 is white."""
    numbers = matrix.numpy().astype(int)
    return np.where(numbers == 0, "paper", KERNEL_ROWS[(numbers - 1) // kernel_size % 3])


def weight_matrices(
    matrices: Mapping[str, Tensor], kernel_size: int = 3, *, title: str = "", largest: float = 54
) -> bytes:
    """Draw matrices side by side, with the name of the weight in every entry that is not zero.

    Args:
        matrices: {name: (H, W) tensor whose entries are the numbers of the weights, 0 for none}.
        kernel_size: side of the kernel. title: states the finding, above all. largest: side of a square at most, in
            points.

    Returns:
        PNG bytes.
    """
    fills = {name: weight_fills(matrix, kernel_size) for name, matrix in matrices.items()}
    return _side_by_side(matrices, fills, "", title, largest, weight_name)


def number_grids(
    grids: Mapping[str, Tensor],
    *,
    signs: str = "",
    marks: Mapping[str, Marks] | None = None,
    title: str = "",
    largest: float = 54,
) -> bytes:
    """Draw number grids side by side.

    Args:
        grids: {name: (H, W) tensor}. signs: one character for each gap between them, for example "+=".
        marks: {name: marks}; a place wins over a value.
        title: states the finding, above all. largest: side of a square at most, in points.

    Returns:
        PNG bytes.
    """
    fills = {name: _marked(grid, (marks or {}).get(name, {})) for name, grid in grids.items()}
    return _side_by_side(grids, fills, signs, title, largest, number_text)


def _marked(grid: Tensor, marks: Marks) -> list[list[str]]:
    return [
        [marks.get((row, column), marks.get(value, "paper")) for column, value in enumerate(line)]
        for row, line in enumerate(grid.tolist())
    ]


def _side_by_side(
    grids: Mapping[str, Tensor],
    fills: Mapping[str, ArrayLike],
    signs: str,
    title: str,
    largest: float,
    text: Callable[[float], str],
) -> bytes:
    gap, edge, letters = 36, 8, 16
    ruler = Canvas(1, 1)
    name_widths = [max(ruler.text_width(line, size=letters, bold=True) for line in t.split("\n")) for t in grids]
    top = 10 + 20 * max(name.count("\n") + 1 for name in grids)
    cell = float(largest)
    while sum(_slots(grids, name_widths, cell)) + gap * (len(grids) - 1) + 2 * edge > SHEET_WIDTH and cell > 4:
        cell -= 0.5
    tallest = max(grid.shape[0] for grid in grids.values()) * cell
    canvas = Canvas(SHEET_WIDTH, round(top + tallest + 12))
    x = float(edge)
    for index, ((name, grid), slot) in enumerate(zip(grids.items(), _slots(grids, name_widths, cell), strict=True)):
        for number, line in enumerate(name.split("\n")):
            canvas.text(x, 4 + 20 * number, line, size=letters, bold=True)
        draw_table(canvas, grid, x, top, cell, cell, fills=fills[name], text=text)
        if index < len(signs):
            middle = top + grid.shape[0] * cell / 2
            canvas.text(x + slot + gap / 2, middle, signs[index], size=26, bold=True, anchor="mm")
        x += slot + gap
    return canvas.titled(title, edge=edge).png()


def _slots(grids: Mapping[str, Tensor], name_widths: list[float], cell: float) -> list[float]:
    """Width of each grid with its name above it."""
    return [max(grid.shape[1] * cell, width) for grid, width in zip(grids.values(), name_widths, strict=True)]
