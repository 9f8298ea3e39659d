"""What the break-it panel of the pages must know: the faults of lesson 05 and the points that they are tried on."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from dcgan_course.toy import faults
from dcgan_course.toy.faults import FAULTS, Fault
from dcgan_course.training.losses import minimax
from dcgan_course.widgets.break_it import MIXTURES, ROUNDS

LOSSES: dict[Callable[[Tensor], Tensor] | None, str] = {  # of G, and how the page names them
    None: "non_saturating",
    minimax: "saturating",
    faults._detached: "detached",
}


def facts() -> dict[str, Any]:
    """Return {"faults": …, "mixtures": …, "rounds": …}, as JSON can hold it."""
    mixtures = {
        name: {"centres": mixture.centres.tolist(), "sigma": mixture.sigma} for name, mixture in MIXTURES.items()
    }
    return {"faults": {name: of_fault(fault) for name, fault in FAULTS.items()}, "mixtures": mixtures, "rounds": ROUNDS}


def of_fault(fault: Fault) -> dict[str, Any]:
    """Return what a fault says of itself, and how its game is played."""
    settings = fault.settings
    return {
        "change": fault.change,
        "symptom": fault.symptom,
        "cause": fault.cause,
        "cure": fault.cure,
        "discriminator_steps": settings.discriminator_steps,
        "generator_rate": settings.generator_learning_rate,
        "discriminator_rate": settings.discriminator_learning_rate,
        "generator_loss": LOSSES[settings.generator_loss],
        "scale": fault.scale,
        "tanh": fault.tanh,
        "norm_eps": fault.norm_eps,
        "small_start": fault.small_start,
        "discriminator_norm": fault.discriminator_norm,
    }
