"""What a training measured, over its epochs: losses and probabilities as figures."""

import math
from typing import TYPE_CHECKING, Protocol

from dcgan_course.drawing.canvas import COLOURS
from dcgan_course.drawing.page import FAKE, REAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


class Measured(Protocol):
    """What these figures read of `training.state.History`: one entry an epoch."""

    discriminator_loss: list[float]
    generator_loss: list[float]
    p_real: list[float]
    p_fake: list[float]

    def __len__(self) -> int: ...


def _one_panel() -> "tuple[Figure, Axes]":
    """Return a figure that pyplot does not know: it needs no backend, which a machine may lack."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def probability_traces(history: Measured, title: str) -> "Figure":
    """Draw p_real and p_fake of a training, means over pictures, over its epochs; returns the figure.

    Args:
        history: of the training. title: states the finding.
    """
    figure, axes = _one_panel()
    epochs = range(1, len(history) + 1)
    axes.axhline(0.5, color=COLOURS["grey"], linewidth=1.5, label="0.5: D cannot tell")
    axes.plot(epochs, history.p_real, color=REAL, marker="o", markersize=4, label="p_real: D(x) of test pictures")
    axes.plot(epochs, history.p_fake, color=FAKE, marker="s", markersize=4, label="p_fake: D(G(z))")
    axes.set(title=title, xlabel="epoch", ylabel="probability of being real", ylim=(0, 1))
    axes.legend(loc="upper center", ncols=3, bbox_to_anchor=(0.5, -0.2))
    return figure


def loss_traces(history: Measured, title: str) -> "Figure":
    """Draw both losses of a training over its epochs, each beside the value that guessing gives; returns the figure.

    Args:
        history: of a training with the non-saturating loss. title: states the finding.
    """
    figure, axes = _one_panel()
    epochs = range(1, len(history) + 1)
    for losses, colour, name, guess in (
        (history.discriminator_loss, COLOURS["blue"], "discriminator", 2 * math.log(2)),
        (history.generator_loss, COLOURS["orange"], "generator", math.log(2)),
    ):
        axes.plot(epochs, losses, color=colour, marker="o", markersize=4, label=f"{name}'s loss")
        axes.axhline(guess, color=colour, linewidth=1.5, linestyle=":", label=f"{name}, if D guesses: {guess:.2f}")
    axes.set(title=title, xlabel="epoch", ylabel="loss (nats)", ylim=(0, None))
    axes.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, -0.2))
    return figure
