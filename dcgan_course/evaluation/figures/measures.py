"""Figures of what measures look at: two clouds as two ellipses, balls on a line, and which measures prefer whom."""

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from dcgan_course.drawing.canvas import COLOURS
from dcgan_course.drawing.page import FAKE, REAL
from dcgan_course.errors import InvalidValue

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 300  # points of a cloud that are drawn
FARTHEST = 20.0  # bars are cut here


def ellipses_figure(clouds: Mapping[str, Tensor], title: str) -> "Figure":
    """Draw each cloud over the first, in the plane in which the first is widest, with an ellipse at two σ of each.

    Args:
        clouds: {name: (N, F)}, two or more; the first is real. title: states the finding.

    Raises:
        InvalidValue: fewer than two clouds.
    """
    import matplotlib.pyplot as plt

    if len(clouds) < 2:
        raise InvalidValue(f"There is {len(clouds)} cloud, but one is compared with others: give two or more.")
    (real_name, real), *others = clouds.items()
    middle = real.double().mean(dim=0)
    _, vectors = torch.linalg.eigh(torch.cov(real.double().T))
    plane = vectors[:, [-1, -2]]  # the two directions with the largest variance
    figure, panels = plt.subplots(1, len(others), figsize=(9, 9 / len(others) + 0.9), sharex=True, sharey=True)
    for axes, (name, cloud) in zip(np.atleast_1d(panels), others, strict=True):
        for points, colour in ((real, REAL), (cloud, FAKE)):
            _draw_cloud(axes, (points.double() - middle) @ plane, colour)
        axes.set_title(textwrap.fill(name, 54 // len(others)), fontsize=14)
        axes.set_xlabel("widest direction")
        axes.set_aspect("equal")
    first = np.atleast_1d(panels)[0]
    first.set_ylabel("second widest")
    handles = [first.plot([], [], "o", color=colour)[0] for colour in (REAL, FAKE)]
    figure.legend(handles, [real_name, "the other set"], loc="upper right", ncols=2, borderaxespad=0)
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=15)
    return figure


def _draw_cloud(axes: "Axes", points: Tensor, colour: str) -> None:
    across, up = points[:SHOWN].T.numpy()
    axes.scatter(across, up, s=6, color=colour, alpha=0.5, linewidths=0)
    values, vectors = torch.linalg.eigh(torch.cov(points.T))
    turn = torch.linspace(0, 2 * torch.pi, 100, dtype=torch.float64)
    circle = torch.stack([turn.cos(), turn.sin()])
    rim = points.mean(dim=0)[:, None] + 2 * (vectors * values.clamp_min(0).sqrt()) @ circle
    axes.plot(*rim.numpy(), color=colour, linewidth=3)


def balls_figure(centres: Tensor, others: Tensor, k: int, title: str) -> "Figure":
    """Draw the balls of points on a line, one a row, and points of the other kind as lines across all rows.

    Args:
        centres: (N, 1), the real points; a ball reaches to the k-th neighbour among them. others: (M, 1), the fakes.
        title: states the finding.

    Raises:
        InvalidValue: points that are not on a line, or too few for k.
    """
    import matplotlib.pyplot as plt

    if centres.shape[1:] != (1,) or others.shape[1:] != (1,) or not 0 < k < len(centres):
        raise InvalidValue(
            f"The points are {tuple(centres.shape)} and {tuple(others.shape)} with k = {k}, but balls are drawn on a "
            "line: give (N, 1) and (M, 1), and k from 1 to N − 1."
        )
    places = centres[:, 0].double()
    radii = (places[:, None] - places).abs().sort(dim=1).values[:, k]
    figure, axes = plt.subplots(figsize=(9, 3.6))
    for row, (place, radius) in enumerate(zip(places.tolist(), radii.tolist(), strict=True)):
        axes.plot(
            [place - radius, place + radius], [row, row], color=REAL, linewidth=9, alpha=0.35, solid_capstyle="butt"
        )
        axes.plot(place, row, "o", color=REAL, markersize=9)
    for number, place in enumerate(others[:, 0].tolist()):
        axes.axvline(place, color=FAKE, linestyle="--", label=None if number else "fake")
    axes.plot([], [], "o", color=REAL, label="real, and its ball")
    axes.set(title=title, xlabel="place on the line", yticks=range(len(places)), ylim=(len(places) - 0.5, -0.5))
    axes.set_yticklabels([f"real at {place:g}" for place in places.tolist()])
    axes.legend(loc="upper right", frameon=True, framealpha=1)
    return figure


def preferences_figure(gaps: Mapping[str, float], names: Sequence[str], title: str) -> "Figure":
    """Draw one bar a measure: to the left where it prefers the first of two generators, to the right for the second.

    Args:
        gaps: {measure: how much better the second is, in standard deviations over draws}; below 0 the first is better.
            Bars are cut at 20. names: of the two. title: states the finding.

    Raises:
        InvalidValue: not two names.
    """
    import matplotlib.pyplot as plt

    if len(names) != 2:
        raise InvalidValue(f"names has {len(names)} names, but a bar points to one of two generators.")
    figure, axes = plt.subplots(figsize=(9, 0.45 * len(gaps) + 1.6))
    cut = [max(-FARTHEST, min(FARTHEST, gap)) for gap in gaps.values()]
    axes.barh(list(gaps), cut, color=[COLOURS["green" if gap > 0 else "purple"] for gap in cut])
    axes.invert_yaxis()
    axes.axvline(0, color=COLOURS["ink"], linewidth=1)
    axes.set_xlim(-1.05 * FARTHEST, 1.05 * FARTHEST)
    axes.set_title(title)
    axes.set_xlabel(f"← {names[0]} better   (in spreads over draws)   {names[1]} better →")
    return figure
