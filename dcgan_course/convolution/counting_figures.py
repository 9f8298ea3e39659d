"""Figures for counting in lesson 01: places of a window, squares it never reads, weights, and what one square sees."""

from collections.abc import Sequence

import numpy as np

from dcgan_course.convolution.arithmetic import coverage, squares_seen
from dcgan_course.convolution.scene_figures import WIDTH
from dcgan_course.drawing.canvas import Canvas
from dcgan_course.drawing.tables import SQUARES, draw_table

LINE_HEIGHT = 34
LABEL_SPACE = 240  # left of the squares


def positions_figure(
    input_size: int, kernel_size: int, title: str, *, stride: int = 1, padding: int = 0, dilation: int = 1
) -> bytes:
    """Draw every legal place of a window on one row of squares, one place a line, and the first illegal one.

    Squares that no window reads are purple.

    Args:
        input_size, kernel_size, stride, padding, dilation: whole numbers, as in `conv_output_size`.
        title: states the finding. Returns PNG bytes.
    """
    padded, span = input_size + 2 * padding, dilation * (kernel_size - 1) + 1
    starts = list(range(0, padded - span + 1, stride))
    illegal = starts[-1] + stride
    cell = min(56, (WIDTH - LABEL_SPACE - 30) / (illegal + span))
    canvas = Canvas(WIDTH, 110 + int(cell) + LINE_HEIGHT * (len(starts) + 1))
    canvas.title(20, 12, title)
    x, y = LABEL_SPACE, 62
    row = "one padded row" if padding else "one row"
    canvas.text(x - 14, y + cell / 2, f"{row}: {padded} squares", size=16, anchor="rm")
    read = {start + tap for start in starts for tap in range(0, span, dilation)}
    for column in range(padded):
        inside = padding <= column < padded - padding
        fill = "purple" if column not in read else "sky" if inside else "light"
        canvas.box(x + column * cell, y, cell, cell, fill=fill, outline="grey")
        canvas.text(x + (column + 0.5) * cell, y + cell / 2, str(column), size=cell * 0.4, anchor="mm")
    bottom = y + cell + 12 + LINE_HEIGHT * (len(starts) + 1)
    canvas.line(x + padded * cell, y - 8, x + padded * cell, bottom, colour="ink", line=2)
    for number, start in enumerate([*starts, illegal]):
        top = y + cell + 12 + number * LINE_HEIGHT
        legal, last = start != illegal, start == starts[-1]
        name = f"place {number + 1}, start {start}" if legal else f"start {start}: not legal"
        canvas.text(x - 14, top + 12, name, size=16, bold=last, colour="orange" if last else "ink", anchor="rm")
        fill, outline = ("peach", "orange") if legal else ("paper", "grey")
        for tap in range(start, start + span, dilation):
            canvas.box(x + tap * cell, top, cell, 24, fill=fill, outline=outline)
        canvas.box(x + start * cell, top, span * cell, 24, outline=outline, line=3 if last else 1.5)
    return canvas.png()


def coverage_figure(size: int, kernel_size: int, stride: int, title: str) -> bytes:
    """Draw how many windows read each input square; a square that no window reads is purple. Returns PNG bytes."""
    counts = coverage(size, kernel_size, stride)
    cell = min(44, 400 / size)
    canvas = Canvas(WIDTH, int(70 + cell * size + 16))
    canvas.title(20, 12, title)
    x, y = 60, 58
    draw_table(canvas, counts, x, y, cell, cell, fills=np.where(counts == 0, "purple", "sky"), style=SQUARES)
    last = ((size - kernel_size) // stride) * stride
    canvas.frame(x + last * cell, y + last * cell, cell, kernel_size, kernel_size, line=4)
    key = x + size * cell + 50
    unread = int((counts == 0).sum())
    words = [
        ("sky", f"read by so many windows: {size * size - unread} squares"),
        ("purple", f"read by no window: {unread} squares"),
        (None, "the window at its last legal place"),
    ]
    for index, (fill, text) in enumerate(words):
        top = y + 10 + index * 48
        canvas.box(key, top, 30, 30, fill=fill, outline="grey" if fill else "orange", line=1 if fill else 4)
        canvas.text(key + 44, top + 15, text, size=17, anchor="lm")
    return canvas.png()


def weights_figure(weight_shape: tuple[int, ...], title: str) -> bytes:
    """Draw a convolution's weights as tiles: a column an output channel, a row an input channel, a bias below.

    Args:
        weight_shape: (C_out, C_in, k, k). title: states the finding. Returns PNG bytes.
    """
    out_channels, in_channels, kernel_size, _ = weight_shape
    step = min(110, (WIDTH - LABEL_SPACE - 20) / out_channels)
    cell = min(14, (step - 12) / kernel_size)
    tile = cell * kernel_size
    row_step = tile + 12
    canvas = Canvas(WIDTH, int(96 + in_channels * row_step + 50))
    canvas.title(20, 12, title)
    canvas.text(LABEL_SPACE - 14, 70, "output channel", size=16, anchor="rm")
    bias_top = 90 + in_channels * row_step
    canvas.text(LABEL_SPACE - 14, bias_top + 12, "bias", size=16, anchor="rm")
    empty = np.full((kernel_size, kernel_size), np.nan)
    for row in range(in_channels):
        middle = 90 + row * row_step + tile / 2
        canvas.text(LABEL_SPACE - 14, middle, f"input channel {row + 1}", size=16, anchor="rm")
    for column in range(out_channels):
        x = LABEL_SPACE + column * step
        canvas.text(x + tile / 2, 70, str(column + 1), size=16, bold=True, anchor="mm")
        for row in range(in_channels):
            draw_table(canvas, empty, x, 90 + row * row_step, cell, cell, fills="peach", style=SQUARES)
        canvas.box(x + tile / 2 - 12, bias_top, 24, 24, fill="sky", outline="grey")
    return canvas.png()


def receptive_field_figure(layers: Sequence[tuple[int, int]], title: str) -> bytes:
    """Draw which squares of each layer one square of the last layer can see, on one row. Returns PNG bytes.

    Args:
        layers: (kernel_size, stride) of each layer, from the input on. title: states the finding.
    """
    sizes = squares_seen(layers)
    cell = min(40, (WIDTH - LABEL_SPACE - 30) / sizes[0])
    height = min(cell, 34)
    row_step = 84
    canvas = Canvas(WIDTH, int(60 + row_step * len(layers) + height + 20))
    canvas.title(20, 12, title)
    centre = (WIDTH + LABEL_SPACE) / 2
    jumps = [1]  # input squares between two neighbours of each layer
    for _, stride in layers:
        jumps.append(jumps[-1] * stride)

    def middle(level: int, index: int) -> float:
        return centre + (index - (sizes[level] - 1) / 2) * jumps[level] * cell

    for level, size in enumerate(sizes):
        y = 60 + (len(layers) - level) * row_step
        name = f"layer {level}" if level else "input"
        canvas.text(LABEL_SPACE - 14, y + height / 2 - 10, name, size=16, bold=True, anchor="rm")
        canvas.text(LABEL_SPACE - 14, y + height / 2 + 10, f"{size} square" + "s" * (size > 1), size=16, anchor="rm")
        for index in range(size):
            if level:
                kernel_size, stride = layers[level - 1]
                for end, side in ((0, -1), (kernel_size - 1, 1)):
                    below = middle(level - 1, index * stride + end) + side * cell / 2
                    canvas.line(middle(level, index) + side * cell / 2, y + height, below, y + row_step, colour="grey")
            fill = "orange" if size == 1 else "peach" if level else "sky"
            canvas.box(middle(level, index) - cell / 2, y, cell, height, fill=fill, outline="ink")
    return canvas.png()
