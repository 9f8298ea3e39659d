"""The shape table of networks, drawn: a box for every stack of maps, an arrow for every layer between them."""

import math
from typing import TYPE_CHECKING

from dcgan_course.drawing.canvas import COLOURS
from dcgan_course.drawing.page import FAKE, REAL
from dcgan_course.models.shapes import ShapeRow, shape_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Stage = tuple[tuple[int, ...], list[str], int]  # shape, names of the layers that lead to it, their parameters
STEPS = ("Conv", "Linear", "MaxPool", "Upsample")  # layers that make a new stack of maps; the others stay on its arrow
SHORT = {"BatchNorm2d": "batch norm", "BatchNorm1d": "batch norm", "Conv2d": "conv", "ConvTranspose2d": "transp. conv"}
TALLEST, GAP, NARROW = 2.6, 1.9, 0.22  # inches: the largest picture, between two boxes, the thinnest box


def networks_figure(networks: list[tuple[str, tuple[int, ...], list[ShapeRow]]], title: str) -> "Figure":
    """Draw networks one below the other, each from left to right; returns the figure.

    A box is as tall as its maps are (square root of the side) and as thick as there are many (logarithm). Under an
    arrow stand the layers between two boxes, over it their parameters.

    Args:
        networks: (name, shape that goes in without the batch axis, rows of `shapes.shape_table`).
        title: states the finding.
    """
    import matplotlib.pyplot as plt

    chains = [(name, _stages(given, rows)) for name, given, rows in networks]
    side = max(shape[-1] if len(shape) == 3 else 1 for _, stages in chains for shape, _, _ in stages)
    figure, axes = plt.subplots(len(chains), 1, figsize=(11, 3.3 * len(chains) + 0.6), squeeze=False)
    for index, (axis, (name, stages)) in enumerate(zip(axes[:, 0], chains, strict=True)):
        _draw_chain(axis, name, stages, side, FAKE if index == 0 else REAL)
    figure.suptitle(title, fontsize=15, fontweight="bold", x=0.01, ha="left")
    return figure


def _stages(given: tuple[int, ...], rows: list[ShapeRow]) -> list[Stage]:
    """Group rows into boxes."""
    stages: list[Stage] = [(given, [], 0)]
    for row in rows:
        starts = row.name.startswith(STEPS)
        waiting = len(stages) == 1 or (starts and any(name.startswith(STEPS) for name in stages[-1][1]))
        before, names, parameters = ((), [], 0) if waiting else stages.pop()
        shape = before if row.name == "Flatten" and not waiting else row.shape
        stages.append((shape, [*names, row.name], parameters + row.parameters))
    return stages


def _words(name: str) -> str:
    """Write a layer as the figure names it."""
    kind, _, settings = name.partition(" ")
    return f"{SHORT.get(kind, kind)}\n{settings}".strip()


def _draw_chain(axis: "Axes", name: str, stages: list[Stage], side: int, colour: str) -> None:
    from matplotlib.patches import Rectangle

    x = 0.0
    for number, (shape, layers, parameters) in enumerate(stages):
        pixels = shape[-1] if len(shape) == 3 else 1
        tall = TALLEST * math.sqrt(pixels / side)
        thick = NARROW + 0.11 * math.log2(shape[0] if shape else 1)
        if number:
            axis.annotate("", (x + GAP - 0.1, 0), (x + 0.1, 0), arrowprops={"arrowstyle": "-|>", "lw": 2})
            axis.text(x + GAP / 2, 0.1, f"{parameters:,}", ha="center", va="bottom", fontsize=12, fontweight="bold")
            words = "\n".join(_words(layer) for layer in layers if "latten" not in layer)
            axis.text(x + GAP / 2, -0.14, words, ha="center", va="top", fontsize=12, linespacing=1.25)
            x += GAP
        axis.add_patch(Rectangle((x, -tall / 2), thick, tall, facecolor=colour, edgecolor=COLOURS["ink"], alpha=0.75))
        axis.text(x + thick / 2, tall / 2 + 0.08, shape_text(shape), ha="center", va="bottom", fontsize=13)
        x += thick
    axis.set(xlim=(-0.3, x + 0.4), ylim=(-TALLEST / 2 - 0.15, TALLEST / 2 + 0.4), aspect="equal")
    total = sum(parameters for _, _, parameters in stages)
    axis.set_title(f"{name}: {total:,} parameters", fontsize=14)
    axis.axis("off")
