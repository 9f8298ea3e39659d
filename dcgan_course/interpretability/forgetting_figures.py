"""What is left of a thing and of the rest when maps are dropped, for chosen maps beside others."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dcgan_course.drawing.canvas import COLOURS
from dcgan_course.interpretability.forgetting import Comparison

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def forgetting_panels(results: dict[str, Sequence[Comparison]], title: str) -> "Figure":
    """Draw a panel for each thing: across what is left of it, upwards what is left of the rest; returns the figure.

    Args:
        results: the comparisons of each thing, one for every seed, made with a `rest`. title: states the finding.

    Upper left is the goal: the thing is gone, the rest is there. Lower left, all is gone; upper right, nothing.
    """
    import matplotlib.pyplot as plt

    figure, panels = plt.subplots(1, len(results), figsize=(4.2 * len(results) + 0.4, 4.8), sharey=True, squeeze=False)
    for axes, (name, comparisons) in zip(panels[0], results.items(), strict=True):
        groups = (
            ([effect for one in comparisons for effect in one.random], "as many at random", "o", "grey", 30),
            ([effect for one in comparisons for effect in one.equally_active], "as active", "s", "blue", 30),
            ([one.chosen for one in comparisons], "chosen", "*", "orange", 260),
        )
        for effects, label, marker, colour, size in groups:
            across = [effect.thing_left for effect in effects]
            up = [effect.rest_left for effect in effects]
            line = (
                {"facecolors": "none", "edgecolors": COLOURS[colour]} if marker == "s" else {"color": COLOURS[colour]}
            )
            axes.scatter(across, up, s=size, marker=marker, label=label, zorder=3, clip_on=False, **line)
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="share of the thing that is left")
        axes.set_title(f"forget {name}", fontweight="normal")
    panels[0][0].set_ylabel("share of the rest that is left")
    figure.legend(*panels[0][0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.suptitle(title, fontweight="bold", fontsize=15)
    return figure
