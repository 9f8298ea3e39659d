"""Pictures of games on points: clouds beside the true modes, traces, and the share of every class."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from dcgan_course.drawing.axes import LinePlot
from dcgan_course.drawing.canvas import COLOURS, Canvas
from dcgan_course.toy.mixtures import PointMixture
from dcgan_course.toy.modes import count_modes
from dcgan_course.toy.points import ManyGans

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GAME_WIDTH, GAME_HEIGHT = 940, 440
SCATTER_SIZE, SCATTER_LEFT, SCATTER_TOP = 340, 40, 60
TRACE_LEFT, TRACE_TOP, TRACE_WIDTH, TRACE_HEIGHT = 470, 60, 440, 150
SHOWN_TRACES = (("p_real", "blue"), ("p_fake", "orange"), ("p_fake_for_g", "purple"))


def draw_game(game: ManyGans, rounds: int, title: str) -> Canvas:
    """Draw the first of a game's pairs: its points beside the modes, its answers and its gradient by round.

    Args:
        game: may have played no round yet. rounds: length of the time axis. title: one line above all.
    """
    canvas = Canvas(GAME_WIDTH, GAME_HEIGHT, scale=1)
    canvas.title(SCATTER_LEFT - 24, 10, title, size=18)
    points = game.points(500)[0]
    _draw_cloud(canvas, points, game.mixture)
    report = count_modes(points, game.mixture)
    words = f"{report.modes} of {report.of} modes · {report.high_quality:.0%} within 3σ"
    canvas.text(SCATTER_LEFT, SCATTER_TOP + SCATTER_SIZE + 8, words, size=15)
    answers = LinePlot(canvas, TRACE_LEFT, TRACE_TOP, TRACE_WIDTH, TRACE_HEIGHT, (0, rounds), (0, 1))
    for level, words in ((0, "0"), (0.5, "½"), (1, "1")):
        answers.level(level, words)
    for name, colour in SHOWN_TRACES:
        answers.curve(*_first_game(game, name), colour, line=2)
    legend = (("D(real)", "blue", 0), ("D(fake)", "orange", 105), ("D(fake) in G's step", "purple", 210))
    for text, colour, shift in legend:
        canvas.key(TRACE_LEFT + shift, TRACE_TOP - 22, text, colour)
    bottom = TRACE_TOP + TRACE_HEIGHT + 46
    lengths = LinePlot(canvas, TRACE_LEFT, bottom, TRACE_WIDTH, TRACE_HEIGHT, (0, rounds), (-6, 4))
    for level, words in ((-6, "10⁻⁶"), (-1, "0.1"), (4, "10⁴")):
        lengths.level(level, words)
    lengths.x_numbers((0, rounds))
    played, gradients = _first_game(game, "g_gradient")
    lengths.curve(played, np.log10(np.maximum(gradients, 1e-6)), "green", line=2)
    canvas.key(TRACE_LEFT, bottom - 22, "length of G's gradient", "green")
    canvas.text(TRACE_LEFT + TRACE_WIDTH / 2, bottom + TRACE_HEIGHT + 6, "round", size=15, anchor="ma")
    return canvas


def _first_game(game: ManyGans, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rounds 1, 2, … and a trace of the first of the games at them, both (N,)."""
    values = np.array([float(value[0]) for value in game.traces.get(name, [])])
    return np.arange(1, len(values) + 1), values


def _draw_cloud(canvas: Canvas, points: Tensor, mixture: PointMixture) -> None:
    """Draw the modes as grey rings and the points as dots; a point outside the square is drawn on its border."""
    reach = 1.5 * float(mixture.centres.abs().max())
    canvas.box(SCATTER_LEFT, SCATTER_TOP, SCATTER_SIZE, SCATTER_SIZE, outline="grey")

    def place(value: float, flip: bool) -> float:
        share = (value / reach + 1) / 2
        share = min(1.0, max(0.0, 1 - share if flip else share))
        return share * SCATTER_SIZE

    for x, y in mixture.centres.tolist():
        left, top = SCATTER_LEFT + place(x, False), SCATTER_TOP + place(y, True)
        canvas.box(left - 7, top - 7, 14, 14, outline="ink", line=2)
    for x, y in points[points.isfinite().all(dim=1)].tolist():
        left, top = SCATTER_LEFT + place(x, False), SCATTER_TOP + place(y, True)
        canvas.box(left - 1, top - 1, 2, 2, fill="orange", outline=None)


def clouds_figure(rows: Sequence[tuple[str, Sequence[Tensor] | Tensor]], mixture: PointMixture, title: str) -> "Figure":
    """Draw clouds of points beside the true modes; returns the figure.

    Args:
        rows: [(name, clouds)], clouds (M, N, 2) or a list of such; one row of panels each.
        mixture: its centres are drawn as open circles. title: states the finding.
    """
    import matplotlib.pyplot as plt

    columns = max(len(clouds) for _, clouds in rows)
    figure, axes = plt.subplots(len(rows), columns, figsize=(9.5, 1.9 * len(rows) + 0.6), squeeze=False)
    reach = 1.35 * float(mixture.centres.abs().max())
    for line, (name, clouds) in zip(axes, rows, strict=True):
        for axis in line:
            axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
            axis.grid(False)
            for side in axis.spines.values():
                side.set_visible(True)
        for axis, cloud in zip(line, clouds, strict=False):
            cloud = torch.as_tensor(cloud).clamp(-reach, reach)
            axis.plot(*mixture.centres.T, "o", mfc="none", mec=COLOURS["ink"], ms=7, mew=1.2)
            axis.plot(*cloud.T, ".", color=COLOURS["orange"], ms=3, alpha=0.6)
        line[0].set_ylabel(name, fontsize=13)
    figure.suptitle(title, fontsize=15, fontweight="bold", x=0.01, ha="left")
    return figure


def flow_figure(places: Tensor, mixture: PointMixture, title: str, panels: int = 5) -> "Figure":
    """Draw a cloud on its way from noise to data, at moments that are evenly spaced in time; returns the figure.

    Args:
        places: (steps + 1, N, 2), of one network of `flow.PointFlows.paths`. title: states the finding.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, panels, figsize=(2.5 * panels, 3.1))
    reach = 2.4 * float(mixture.centres.abs().max())
    for panel, axis in enumerate(axes):
        step = round(panel * (len(places) - 1) / (panels - 1))
        axis.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal", xticks=[], yticks=[])
        axis.grid(visible=False)
        axis.plot(*mixture.centres.T, "o", mfc="none", mec=COLOURS["ink"], ms=7, mew=1.2)
        axis.plot(*places[step].clamp(-reach, reach).T, ".", color=COLOURS["orange"], ms=2.5, alpha=0.6)
        for side in axis.spines.values():
            side.set_visible(True)
        axis.set_title(f"time {step / (len(places) - 1):.2f}", fontsize=13, fontweight="normal")
    figure.suptitle(title, fontsize=15, fontweight="bold", x=0.01, ha="left")
    return figure


def traces_figure(
    games: Sequence[Mapping[str, Tensor]], names: Sequence[str], title: str, columns: int = 4
) -> "Figure":
    """Draw p_real, p_fake and D's answer in G's step, one panel a game; returns the figure.

    Args:
        games: list of {trace name: (rounds,) tensor}. names: one for each panel. title: states the finding.
    """
    import matplotlib.pyplot as plt

    rows = -(-len(games) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(11, 2.5 * rows + 0.9), squeeze=False, sharex=True, sharey=True)
    for axis in axes.flat[len(games) :]:
        axis.axis("off")
    for axis, traces, name in zip(axes.flat, games, names, strict=False):
        for key, colour in SHOWN_TRACES:
            axis.plot(traces[key], color=COLOURS[colour], lw=1.5)
        axis.set_title(textwrap.fill(name, 22), fontsize=12)
        axis.set_ylim(-0.03, 1.03)
    labels = ("D(real)", "D(fake)", "D(fake) in G's step")
    handles = axes.flat[0].get_lines()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    for axis in axes[-1]:
        axis.set_xlabel("round", fontsize=13)
    figure.suptitle(title, fontsize=15, fontweight="bold", x=0.01, ha="left")
    return figure


def epochs_figure(record: dict[str, Any], title: str) -> "Figure":
    """Draw modes, high-quality share and reverse KL by epoch for the cells of the long run; returns the figure.

    The start, epoch 0, is left out: all samples lie at (0, 0) there, which happens to be a centre of the grid.

    Args:
        record: results.json of benchmarks/modes_table. title: states the finding.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 3, figsize=(11, 6), sharex=True)
    rows = {"ring": 0, "grid": 1}
    looks = {1: (COLOURS["orange"], "GAN", "-"), 2: (COLOURS["blue"], "packs of 2", "--")}
    measures = (("modes", "modes covered"), ("high_quality", "share within 3σ"), ("reverse_kl", "reverse KL (nats)"))
    last = min(cell["history"][-1]["epoch"] for cell in record["cells"].values())
    for cell in record["cells"].values():
        colour, label, style = looks[cell["packing"]]
        history = [entry for entry in cell["history"] if 0 < entry["epoch"] <= last]
        epochs = [entry["epoch"] for entry in history]
        for axis, (key, words) in zip(axes[rows[cell["mixture"]]], measures, strict=True):
            values = torch.tensor([entry[key] for entry in history], dtype=torch.float64)
            mean, spread = values.mean(dim=1), values.std(dim=1)
            axis.plot(epochs, mean, style, color=colour, label=label)
            axis.fill_between(epochs, mean - spread, mean + spread, color=colour, alpha=0.15, lw=0)
            axis.set_ylabel(words, fontsize=13)
    axes[0, 0].set_title("ring of 8", fontsize=13)
    axes[1, 0].set_title("grid of 25", fontsize=13)
    for axis in axes[:, 0]:
        if axis.get_lines():
            axis.legend(fontsize=12)
    for axis in axes[1]:
        axis.set_xlabel("epoch (1,000 steps)", fontsize=13)
    figure.suptitle(title, fontsize=15, fontweight="bold", x=0.01, ha="left")
    return figure
