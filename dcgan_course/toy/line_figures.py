"""The figures of lesson 03, and the frame of its explorer. Data are black, fakes green, D is blue, as in the paper."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor

from dcgan_course.drawing.axes import LinePlot
from dcgan_course.drawing.canvas import COLOURS, INKS, Canvas
from dcgan_course.drawing.page import DATA, JUDGE, MODEL
from dcgan_course.toy.divergences import TwoNormals

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SATURATING, NON_SATURATING = COLOURS["orange"], COLOURS["purple"]
WIDTH, HEIGHT = 960, 624  # of the explorer's frame, in points
Moment: TypeAlias = tuple[str, Tensor, Tensor, Tensor, Tensor, tuple[Iterable[float], Iterable[float]]]


def people_figure(real: np.ndarray, fakes: np.ndarray, person: Sequence[float], title: str) -> "Figure":
    """Draw heights and weights as two clouds, with one person marked; returns the figure.

    Args:
        real, fakes: (N, 2), height in cm and weight in kg. person: (height, weight). title: states the finding.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), sharex=True, sharey=True)
    for place, cloud, name, colour in ((axes[0], real, "the model", DATA), (axes[1], fakes, "a careless model", MODEL)):
        place.scatter(*cloud.T, s=6, color=colour, alpha=0.35, linewidths=0)
        place.scatter(*person, s=160, marker="X", color=COLOURS["orange"], edgecolor="white", zorder=3)
        place.set_xlabel("height (cm)")
        place.set_title(f"2,000 samples of {name}", fontsize=14, fontweight="normal")
    axes[0].set_ylabel("weight (kg)")
    axes[0].annotate("180 cm, 40 kg", person, (0.62, 0.06), textcoords="axes fraction", color=INKS["orange"])
    figure.suptitle(title, fontweight="bold", fontsize=15)
    return figure


def four_panels(panels: Sequence[Moment], title: str) -> "Figure":
    """Draw the game at four moments side by side, as figure 1 of Goodfellow et al. 2014; returns the figure.

    Args:
        panels: of each moment a name, x (N,), p_data, p_fake and D at x, and arrows (from z in (0, 1), to x).
        title: states the finding.
    """
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(
        2, len(panels), figsize=(13, 5.4), sharex=True, sharey="row", gridspec_kw={"height_ratios": [3, 1.2]}
    )
    for (upper, lower), (name, x, p_data, p_fake, d, arrows) in zip(all_axes.T, panels, strict=True):
        upper.plot(x, p_data, ":", color=DATA, linewidth=3, label="data density")
        upper.plot(x, p_fake, color=MODEL, label="density of the fakes")
        upper.plot(x, d, "--", color=JUDGE, label="D(x)")
        upper.axhline(0.5, color=COLOURS["grey"], linewidth=1)
        upper.set_title(name, fontsize=14, fontweight="normal")
        low, high = float(x[0]), float(x[-1])
        for z, place in zip(*arrows, strict=True):
            start = low + (high - low) * (0.2 + 0.6 * z)
            lower.annotate("", (place, 1), (start, 0), arrowprops={"arrowstyle": "->", "color": COLOURS["grey"]})
        lower.axhline(1, color=DATA, linewidth=1.5)
        lower.plot([low + 0.2 * (high - low), low + 0.8 * (high - low)], [0, 0], color=DATA, linewidth=1.5)
        lower.set(ylim=(-0.15, 1.2), xlim=(low, high), yticks=[0, 1], xlabel="x")
        lower.set_yticklabels(["z", "x"])
        lower.grid(visible=False)
    all_axes[0, 0].set(ylabel="density, and D", ylim=(-0.03, 1.05))
    figure.suptitle(title, fontweight="bold", fontsize=16)
    figure.legend(*all_axes[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def circles_figure(
    together: Sequence[tuple[float, float]], in_turns: Sequence[tuple[float, float]], title: str
) -> "Figure":
    """Draw two paths of the game V = x y side by side, around the middle where nobody can gain; returns the figure.

    Args:
        together, in_turns: (x, y) after each step. title: states the finding.
    """
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(1, 2, figsize=(10, 4.8), sharex=True, sharey=True)
    reach = 1.1 * max(abs(number) for path in (together, in_turns) for point in path for number in point)
    for axes, path, name in zip(
        all_axes, (together, in_turns), ("both move together", "they move in turns"), strict=True
    ):
        axes.plot(*zip(*path, strict=True), "-o", color=JUDGE, markersize=4, linewidth=1.5)
        axes.plot(*path[0], "o", color=MODEL, markersize=12, label="start")
        axes.plot(0, 0, "X", color=COLOURS["orange"], markersize=14, label="the middle")
        axes.set(
            xlabel="x, owned by the player who wants V low", xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal"
        )
        axes.set_title(name, fontsize=14, fontweight="normal")
    all_axes[0].set_ylabel("y, owned by the one who wants V high")
    all_axes[1].legend(loc="lower right")
    figure.suptitle(title, fontweight="bold", fontsize=15)
    return figure


def move_frame(x: Tensor, p_data: Tensor, p_fake: Tensor, d: Tensor) -> Tensor:
    """Draw densities and D after one move, as a frame of a film: uint8 (1, 3, 220, 480).

    Args:
        x: (N,) places, in order. p_data, p_fake, d: (N,) there.
    """
    canvas = Canvas(480, 220, scale=1)
    plot = LinePlot(canvas, 44, 10, 422, 178, (float(x[0]), float(x[-1])), (0, 1.02))
    for level in (0.0, 0.5, 1.0):
        plot.level(level, f"{level:g}")
    plot.x_numbers(range(-4, 6))
    plot.curve(x, p_data, "ink", line=4, dotted=True)
    plot.curve(x, p_fake, "green")
    plot.curve(x, d, "blue")
    return torch.from_numpy(np.array(canvas.image)).permute(2, 0, 1)[None]


def moves_figure(frames: Sequence[Tensor], which: Sequence[int], labels: Sequence[str], title: str) -> "Figure":
    """Lay some frames of `move_frame` out as one figure; returns it.

    Args:
        frames: of `move_frame`. which: four numbers of frames. labels: a sentence a frame. title: states the finding.
    """
    import matplotlib.pyplot as plt

    figure, all_axes = plt.subplots(2, 2, figsize=(12, 6.6))
    for axes, number in zip(all_axes.flat, which, strict=True):
        axes.imshow(frames[number][0].permute(1, 2, 0))
        axes.set_title(labels[number], fontsize=13, fontweight="normal")
        axes.axis("off")
    figure.suptitle(title, fontweight="bold", fontsize=16)
    return figure


def two_discriminators_figure(
    x: ArrayLike, trained: ArrayLike, formula: ArrayLike, p_data: ArrayLike, p_fake: ArrayLike, title: str
) -> "Figure":
    """Draw the trained D over the formula's D, with both densities below; returns the figure."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4.4))
    axes.fill_between(x, p_data, color=COLOURS["light"], label="data density")
    axes.fill_between(x, p_fake, color=COLOURS["mint"], alpha=0.7, label="density of the fakes")
    axes.plot(x, formula, color=COLOURS["orange"], linewidth=6, alpha=0.55, label="p_data / (p_data + p_fake)")
    axes.plot(x, trained, "--", color=JUDGE, label="D, trained alone")
    axes.set(xlabel="x", ylabel="D(x), and density", title=title, ylim=(-0.03, 1.05))
    axes.legend(fontsize=12)
    return figure


def distance_figure(distances: ArrayLike, divergences: ArrayLike, title: str) -> "Figure":
    """Draw the Jensen–Shannon divergence of two densities over the distance of their means; returns the figure."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4))
    axes.plot(distances, divergences, color=JUDGE, label="JSD (nats)")
    axes.axhline(np.log(2), linestyle="--", color=COLOURS["orange"], linewidth=2, label="log 2, the largest possible")
    axes.set(xlabel="distance of the two means (in widths)", ylabel="JSD (nats)", title=title, ylim=(-0.02, 0.78))
    axes.legend(loc="lower right")
    return figure


def losses_figure(d: np.ndarray, title: str) -> "Figure":
    """Draw both losses of G and the size of their gradients with respect to the logit; returns the figure.

    Args:
        d: (N,), values of D(G(z)) between 0 and 1, both left out. title: states the finding.
    """
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2))
    left.plot(d, np.log(1 - d), color=SATURATING, label="saturating: log(1 − D)")
    left.plot(d, -np.log(d), "--", color=NON_SATURATING, label="non-saturating: −log D")
    right.plot(d, d, color=SATURATING, label="saturating: D")
    right.plot(d, 1 - d, "--", color=NON_SATURATING, label="non-saturating: 1 − D")
    left.set(xlabel="D(G(z)): how real the fake looks", ylabel="loss of the generator", ylim=(-5, 5))
    right.set(
        xlabel="D(G(z)): how real the fake looks", ylabel="size of the gradient\nin the logit", ylim=(-0.03, 1.45)
    )
    for axes in (left, right):
        axes.legend(fontsize=12, loc="upper right")
    figure.suptitle(title, fontweight="bold", fontsize=15)
    return figure


def rounds_figure(rows: Sequence[tuple[str, Tensor]], title: str) -> "Figure":
    """Draw one dot a training, one line a way of training, both losses of G in each; returns the figure.

    Args:
        rows: (name, rounds (2, S)) of each line, top to bottom: row 0 of the numbers non-saturating, row 1
            saturating; what is not finite is left out. title: states the finding.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(10, 4.6))
    losses = ((NON_SATURATING, "o", "non-saturating", 0.14), (SATURATING, "D", "saturating", -0.14))
    for place, (_, counts) in enumerate(rows):
        for (colour, marker, name, up), rounds in zip(losses, counts, strict=True):
            finite = rounds[rounds.isfinite()].numpy()
            at = np.full(len(finite), up - place)
            words = name if place == 0 else None
            axes.scatter(finite, at, s=70, color=colour, marker=marker, alpha=0.6, linewidths=0, label=words)
            if len(finite):
                axes.plot([finite.mean()] * 2, [up - place - 0.16, up - place + 0.16], color=DATA, linewidth=3)
    axes.set(
        xscale="log",
        xlabel="rounds until the fakes' mean is within 0.1 of the data's (bars: means)",
        title=title,
        ylim=(-len(rows) + 0.5, 0.5),
    )
    axes.set_yticks([-place for place in range(len(rows))], [name for name, _ in rows])
    axes.legend(loc="lower right", fontsize=12)
    return figure


def pushes_figure(rows: Sequence[Mapping[str, float]], title: str) -> "Figure":
    """Draw how both gradients change while D learns two clouds that do not meet; returns the figure.

    Args:
        rows: of `toy/line.disjoint_pushes`. title: states the finding.
    """
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4.2))
    steps = [row["steps"] for row in rows]
    for name, colour, style, words in (
        ("non_saturating", NON_SATURATING, "--", "non-saturating loss"),
        ("minimax", SATURATING, "-", "saturating loss"),
    ):
        axes.plot(steps, [row[name] for row in rows], style, marker="o", color=colour, label=words)
    axes.set(
        xscale="log", yscale="log", xlabel="training steps of D alone", ylabel="mean gradient at a fake", title=title
    )
    axes.legend()
    return figure


def _legend(canvas: Canvas, x: float, y: float, entries: Sequence[tuple[str, str]]) -> None:
    """Write (colour, text) entries in one row."""
    for colour, text in entries:
        canvas.line(x, y, x + 30, y, colour=colour, line=4)
        canvas.text(x + 38, y, text, size=15, anchor="lm")
        x += 62 + canvas.text_width(text, size=15)


def _gauge(canvas: Canvas, y: float, name: str, value: float, low: float, high: float, ends: tuple[str, str]) -> None:
    """Draw a bar from `low` to `high`, filled up to `value`."""
    left, width = 330, 420
    share = min(1.0, max(0.0, (value - low) / (high - low)))
    canvas.text(left - 108, y + 9, name, size=17, bold=True, anchor="rm")
    canvas.text(left - 8, y + 9, ends[0], size=14, anchor="rm")
    canvas.box(left, y, width, 18, outline="grey")
    if share > 0:
        canvas.box(left, y, width * share, 18, fill="sky", outline=None)
    canvas.text(left + width + 8, y + 9, ends[1], size=14, anchor="lm")


def signed(number: float) -> str:
    """Write a number with its sign and three decimals, or with a power of ten where those would not show it."""
    if abs(number) < 1e-9:
        return "0"
    text = f"{number:+.3f}" if 0.001 <= abs(number) < 1000 else f"{number:+.1e}"
    return text.replace("-", "−")


def plain(number: float) -> str:
    """Write a number with three decimals; what rounds to 0 has no sign."""
    return f"{round(number, 3) + 0.0:.3f}".replace("-", "−")


def densities_frame(state: TwoNormals, title: str = "") -> bytes:
    """Draw one frame of the explorer: densities and D*, V and JSD as bars, both pushes. Returns PNG bytes.

    Args:
        state: of the two densities. title: states the finding, above all.
    """
    canvas = Canvas(WIDTH, HEIGHT, scale=1)
    x, left, wide = state.x, 70, WIDTH - 90
    densities = [("ink", "data density"), ("green", "density of the fakes"), ("blue", "D*(x)")]
    _legend(canvas, left, 14, densities)
    canvas.text(left + wide, 14, "the higher density is drawn up to 1", size=14, anchor="rm")
    top = max(float(state.p_data.max()), float(state.p_fake.max()))
    upper = LinePlot(canvas, left, 32, wide, 218, (-9, 9), (0, 1.06))
    for level in (0.0, 0.5, 1.0):
        upper.level(level, f"{level:g}")
    upper.x_numbers(range(-9, 10, 3))
    upper.curve(x, state.p_data / top, "ink", line=4, dotted=True)
    upper.curve(x, state.p_fake / top, "green")
    upper.curve(x, state.best_d, "blue")
    _gauge(canvas, 294, f"JSD {plain(state.jsd)}", state.jsd, 0, np.log(2), ("0", "log 2 = 0.693"))
    _gauge(canvas, 324, f"V {plain(state.value)}", state.value, -np.log(4), 0, ("−log 4", "0"))
    canvas.text(left, 362, "push on a fake that lies at x (above 0: to the right)", size=17, bold=True)
    pushes = [("orange", f"saturating, mean {signed(state.mean_push_minimax)}")]
    pushes.append(("purple", f"non-saturating, mean {signed(state.mean_push_non_saturating)}"))
    _legend(canvas, left, 400, pushes)
    size = max(0.1, float(state.push_minimax.abs().max()), float(state.push_non_saturating.abs().max()))
    lower = LinePlot(canvas, left, 420, wide, 170, (-9, 9), (-1.1 * size, 1.1 * size))
    for level in (-size, 0, size):
        words = "0" if level == 0 else f"{level:.0f}" if size >= 10 else f"{level:.1f}"
        lower.level(level, words.replace("-", "−"))
    lower.x_numbers(range(-9, 10, 3))
    lower.curve(state.fake_x, state.push_non_saturating, "purple")
    lower.curve(state.fake_x, state.push_minimax, "orange")
    return canvas.titled(title).png(compress_level=1)
