"""A convolution drawn as three tables: padded input with the window on it, kernel, output. No kernel needed to look.

The lesson draws its figures with this file and the explorer its frames, so the two cannot disagree.
"""

from dataclasses import dataclass

import numpy as np

from dcgan_course.convolution.scene import ConvolutionScene, product_lines
from dcgan_course.drawing.canvas import Canvas, number_text
from dcgan_course.drawing.tables import SQUARES, draw_table

WIDTH = 1000  # of every figure here, in points
LARGEST_CELL = 44
SYMBOL_SPACE = 46  # for the star and the equals sign between the tables
NAME_SIZE, NAME_SPACE = 17, 30  # the name above each table
Place = tuple[int, int]  # (row, column) of an output square, from 0


def _input_fills(scene: ConvolutionScene, place: Place | None) -> np.ndarray:
    """Colours of the padded input: padding grey, numbers above zero blue, what the kernel sees orange."""
    inside = np.pad(np.ones((scene.input_size, scene.input_size), dtype=bool), scene.padding)
    fills = np.where(inside, np.where(scene.padded > 0, "sky", "paper"), "light")
    if place is not None:
        rows, columns = (slice(n * scene.stride, n * scene.stride + scene.span, scene.dilation) for n in place)
        fills[rows, columns] = "peach"
    return fills


def _draw_input(canvas: Canvas, scene: ConvolutionScene, x: float, y: float, cell: float, place: Place | None) -> None:
    """Draw the padded input with the window at the output square `place`."""
    draw_table(canvas, scene.padded, x, y, cell, cell, fills=_input_fills(scene, place), style=SQUARES)
    if scene.padding:
        corner = x + scene.padding * cell, y + scene.padding * cell
        canvas.frame(*corner, cell, scene.input_size, scene.input_size, colour="blue", line=2)
    if place is not None:
        top, left = place[0] * scene.stride, place[1] * scene.stride
        canvas.frame(x + left * cell, y + top * cell, cell, scene.span, scene.span, line=4)


def _draw_output(
    canvas: Canvas,
    scene: ConvolutionScene,
    x: float,
    y: float,
    cell: float,
    place: Place | None,
    filled: int | None = None,
) -> None:
    """Draw the output; only its first `filled` squares hold a number (None: all)."""
    shown = scene.output.round(9)  # 0.9999… of a sum of thirds is 1
    if filled is not None:
        shown.flat[filled:] = np.nan
    fills = np.select([shown > 0, shown < 0], ["mint", "purple"], "paper")
    draw_table(canvas, shown, x, y, cell, cell, fills=fills, style=SQUARES)
    if place is not None:
        canvas.frame(x + place[1] * cell, y + place[0] * cell, cell, 1, 1, line=4)


def _times(size: int) -> str:
    return f"{size} × {size}"


@dataclass(frozen=True)
class _Layout:
    """Where the three tables of one figure stand, in points."""

    cell: float
    lefts: list[float]
    names: list[str]
    name_middles: list[float]
    height: float


def _layout(canvas: Canvas, scene: ConvolutionScene, largest_cell: float) -> _Layout:
    """Find the largest squares with which input, kernel and output fit side by side under their names."""
    sizes = [len(scene.padded), len(scene.taps), scene.output_size]
    padded = ", padded" if scene.padding else ""
    names = [
        f"{name}: {_times(size)}" for name, size in zip(["input" + padded, "kernel", "output"], sizes, strict=True)
    ]
    needed = [canvas.text_width(name, size=NAME_SIZE, bold=True) for name in names]
    cell = largest_cell
    while cell > 10:
        slots = [max(size * cell, width) for size, width in zip(sizes, needed, strict=True)]
        left = (canvas.width - sum(slots) - 2 * SYMBOL_SPACE) / 2
        if left >= 10:
            break
        cell -= 0.5
    slot_lefts = [left, left + slots[0] + SYMBOL_SPACE, left + slots[0] + slots[1] + 2 * SYMBOL_SPACE]
    middles = [start + slot / 2 for start, slot in zip(slot_lefts, slots, strict=True)]
    lefts = [middle - size * cell / 2 for middle, size in zip(middles, sizes, strict=True)]
    return _Layout(cell, lefts, names, middles, max(sizes) * cell)


def _kernel_notes(scene: ConvolutionScene) -> list[str]:
    ending = {2: "nd", 3: "rd"}.get(scene.dilation, "th")
    notes = [f"on every {scene.dilation}{ending} square"] if scene.dilation > 1 else []
    return notes + ([f"then ÷ {number_text(scene.divisor)}"] if scene.divisor != 1 else [])


def draw_scene(
    canvas: Canvas,
    scene: ConvolutionScene,
    top: float,
    place: Place | None = None,
    filled: int | None = None,
    largest_cell: float = LARGEST_CELL,
) -> float:
    """Draw input, kernel and output side by side, all with squares of one size; returns the height that was used.

    Args:
        top: upper edge in points. place: (row, column) of the output square whose window is drawn, from 0.
        filled: how many output squares hold a number already; None means all. largest_cell: side of a square.
    """
    layout = _layout(canvas, scene, largest_cell)
    cell, y = layout.cell, top + NAME_SPACE
    sizes = [len(scene.padded), len(scene.taps), scene.output_size]
    downs = [y + (layout.height - size * cell) / 2 for size in sizes]
    for name, middle, down in zip(layout.names, layout.name_middles, downs, strict=True):
        canvas.text(middle, down - 8, name, size=NAME_SIZE, bold=True, anchor="ms")
    _draw_input(canvas, scene, layout.lefts[0], downs[0], cell, place)
    draw_table(canvas, scene.taps, layout.lefts[1], downs[1], cell, cell, fills="peach", style=SQUARES)
    _draw_output(canvas, scene, layout.lefts[2], downs[2], cell, place, filled)
    notes = _kernel_notes(scene)
    kernel_bottom = downs[1] + sizes[1] * cell
    for index, note in enumerate(notes):
        canvas.text(layout.name_middles[1], kernel_bottom + 8 + 20 * index, note, size=15, anchor="ma")
    for symbol, index in (("⋆", 0), ("=", 1)):
        right = max(layout.lefts[index] + sizes[index] * cell, layout.name_middles[index])
        left = min(layout.lefts[index + 1], layout.name_middles[index + 1])
        canvas.text((right + left) / 2, y + layout.height / 2, symbol, size=36, anchor="mm")
    return max(NAME_SPACE + layout.height, kernel_bottom + 8 + 20 * len(notes) - top)


def draw_impossible(canvas: Canvas, scene: ConvolutionScene, top: float) -> None:
    """Draw a window that sticks out of its padded input."""
    squares = max(scene.span, len(scene.padded))
    cell = min(LARGEST_CELL, (canvas.height - top - 20) / squares)
    x = (canvas.width - cell * squares) / 2
    _draw_input(canvas, scene, x, top, cell, (0, 0))


def convolution_figure(scene: ConvolutionScene, title: str, place: Place | None = None) -> bytes:
    """Draw a whole convolution under a title that states the finding; returns PNG bytes.

    Args:
        place: (row, column) of the output square whose window is drawn, counted from 0; None draws no window.
    """
    draft = Canvas(WIDTH, 10)  # tells the height, then the real sheet is cut to it
    used = draw_scene(draft, scene, 46, place)
    canvas = Canvas(WIDTH, int(46 + used + 14))
    canvas.title(20, 12, title)
    draw_scene(canvas, scene, 46, place)
    return canvas.png()


def window_figure(scene: ConvolutionScene, title: str, place: Place) -> bytes:
    """Draw one window, the kernel and the one number they make, without the rest of the output; returns PNG bytes."""
    cell, size, width = LARGEST_CELL, len(scene.padded), len(scene.taps)
    canvas = Canvas(WIDTH, 96 + size * cell)
    canvas.title(20, 12, title)
    left, top = 120, 80
    canvas.text(left, top - 8, "input", size=NAME_SIZE, bold=True, anchor="ls")
    _draw_input(canvas, scene, left, top, cell, place)
    kernel_left, kernel_top = left + size * cell + 2 * SYMBOL_SPACE, top + (size - width) * cell / 2
    middle = top + size * cell / 2
    canvas.text(kernel_left - SYMBOL_SPACE, middle, "·", size=40, bold=True, anchor="mm")
    canvas.text(kernel_left, kernel_top - 8, "kernel", size=NAME_SIZE, bold=True, anchor="ls")
    draw_table(canvas, scene.taps, kernel_left, kernel_top, cell, cell, fills="peach", style=SQUARES)
    for index, note in enumerate(_kernel_notes(scene)):
        canvas.text(kernel_left, kernel_top + width * cell + 8 + 20 * index, note, size=15)
    sums_left = kernel_left + width * cell + SYMBOL_SPACE
    for index, line in enumerate(product_lines(scene, *place)):
        canvas.text(sums_left, middle + 28 * (index - width / 2) - 8, line, size=20)
    divided = f"then ÷ {number_text(scene.divisor)} " * (scene.divisor != 1)
    value = number_text(round(float(scene.output[place]), 9))
    canvas.text(sums_left, middle + 14 * width + 4, f"{divided}= {value}", size=20, bold=True)
    return canvas.png()


def walk_figure(scene: ConvolutionScene, title: str, places: int = 4) -> bytes:
    """Draw the window at several places, left to right, with the output filled so far below; returns PNG bytes."""
    size = scene.output_size
    squares = size * size
    indices = sorted({round(index * (squares - 1) / (places - 1)) for index in range(places)})
    column_width = (WIDTH - 20) / len(indices)
    cell = min(LARGEST_CELL, (column_width - 20) / max(len(scene.padded), size))
    input_top, output_top = 96, 96 + len(scene.padded) * cell + 44
    canvas = Canvas(WIDTH, int(output_top + size * cell + 50))
    canvas.title(20, 12, title)
    canvas.text(20, 40, f"output size: {scene.formula()}", size=18)
    for number, index in enumerate(indices):
        place = divmod(index, size)
        left = 20 + number * column_width
        canvas.text(left, input_top - 8, f"square {index + 1} of {squares}", size=17, bold=True, anchor="ls")
        _draw_input(canvas, scene, left, input_top, cell, place)
        value = number_text(round(float(scene.output[place]), 9))
        canvas.text(left, output_top - 8, f"the sum is {value}", size=17, anchor="ls")
        _draw_output(canvas, scene, left, output_top, cell, place, index + 1)
    canvas.text(20, canvas.height - 32, scene.agreement(), size=17)
    return canvas.png()
