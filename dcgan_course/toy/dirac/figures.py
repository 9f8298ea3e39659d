"""The figures of Dirac-GAN: paths over the field that pushes them, and how the distance from the equilibrium falls."""

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from dcgan_course.drawing.canvas import COLOURS
from dcgan_course.toy.dirac.game import DiracGame, radius

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LINES = ("-", "--", "-.", ":")


def arrows(game: DiracGame, reach: float, count: int = 11) -> tuple[Tensor, Tensor]:
    """Return places (count², 2) on a square lattice within ±reach, and the field's direction there, of length 1 or 0.

    Args:
        game: clipped games are pushed inside the box only: arrows outside are left out, as 0.
    """
    line = torch.linspace(-reach, reach, count, dtype=torch.float64)
    places = torch.cartesian_prod(line, line)
    field = game.field(places)
    if game.penalty == "clip":
        field[places[:, 1].abs() > game.weight] = 0
    return places, torch.nn.functional.normalize(field, dim=-1, eps=1e-9)


def paths_figure(
    panels: Sequence[tuple[str, DiracGame, Tensor]], title: str, reach: float = 2.0, columns: int = 3
) -> "Figure":
    """Draw paths in the plane of θ and ψ, over the field, one panel a game; returns the figure.

    Args:
        panels: (name, game, path (N, 2)) of each. title: states the finding. reach: the plane is drawn to ±reach.
    """
    import matplotlib.pyplot as plt

    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure, all_axes = plt.subplots(
        rows, columns, figsize=(3.6 * columns, 3.2 * rows + 0.7), squeeze=False, sharex=True, sharey=True
    )
    for axes in all_axes.flat[len(panels) :]:
        axes.axis("off")
    for axes, (name, game, path) in zip(all_axes.flat, panels, strict=False):
        places, directions = arrows(game, reach)
        seen = directions.any(dim=1)
        axes.quiver(
            *places[seen].T, *directions[seen].T, color=COLOURS["grey"], alpha=0.6, pivot="mid", scale=14, width=0.006
        )
        axes.plot(*path.T, color=COLOURS["purple"], linewidth=1.2)
        axes.plot(*path[0], "o", color=COLOURS["orange"], markersize=9, label="start")
        axes.plot(*path[-1], "s", color=COLOURS["green"], markersize=9, label="end")
        axes.plot(0, 0, "+", color=COLOURS["ink"], markersize=13, markeredgewidth=2.5, label="equilibrium")
        axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
        axes.grid(visible=False)
        axes.set_title(textwrap.fill(name, 28), fontsize=13, fontweight="normal")
    for axes in all_axes[-1]:
        axes.set_xlabel("θ, the fake")
    for axes in all_axes[:, 0]:
        axes.set_ylabel("ψ, the slope of D")
    figure.legend(*all_axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle(title, fontweight="bold", fontsize=15, x=0.01, ha="left")
    return figure


def decay_figure(paths: Sequence[tuple[str, Tensor]], title: str) -> "Figure":
    """Draw the distance from the equilibrium over the steps, on a logarithmic axis; returns the figure.

    Args:
        paths: (name, path (N, 2)) of each, at most eight. title: states the finding.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4.4))
    colours = ("orange", "purple", "blue", "green")
    for number, (name, path) in enumerate(paths):
        colour, style = COLOURS[colours[number % 4]], LINES[(number % 4 + number // 4) % 4]
        axes.plot(radius(path).clamp(min=1e-6), style, color=colour, label=name, linewidth=2.5)
    axes.set(yscale="log", ylim=(1e-4, 10), xlabel="step", ylabel="distance from (0, 0)", title=title)
    axes.legend(fontsize=12, ncols=2)
    return figure
