"""The settings of one training, checked where they are made."""

import reprlib
import sys
from dataclasses import dataclass

from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.training.acceleration import PRECISIONS


@dataclass(frozen=True)
class TrainConfig:
    """The settings of one training. The defaults are the recipe of lesson 04.

    Args:
        epochs: passes over the pictures. batch_size: pictures a step.
        learning_rate, betas: Adam's, for both networks.
        discriminator_steps: k, discriminator steps for each generator step.
        seed: of z, of the order of the pictures and of dropout; from 0 to 2³² − 1.
        precision, channels_last, compile: what makes a step faster, see `acceleration`.
        reuse_fakes: True lets G's step judge the fakes that D has just learned from, as most published programs do;
            False draws fresh z for it, as the paper's algorithm 1. True saves one call of G in each step.
        ema_decay: how much of the averaged generator stays at each step, if `train` is given one to average into.

    Raises:
        InvalidValue: a value that no training can have.
    """

    epochs: int = 200
    batch_size: int = 200
    learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.999)
    discriminator_steps: int = 1
    seed: int = 0
    precision: str = "auto"
    channels_last: bool = True
    compile: bool = False
    reuse_fakes: bool = False
    ema_decay: float = 0.999

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise InvalidValue(
                f"precision is {reprlib.repr(self.precision)}, but it must be one of: {', '.join(PRECISIONS)}."
            )
        for name in ("channels_last", "compile", "reuse_fakes"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidValue(f"{name} is {reprlib.repr(getattr(self, name))}, but it must be True or False.")
        if not (_is_number(self.ema_decay) and 0 <= self.ema_decay < 1):
            raise InvalidValue(
                f"ema_decay is {reprlib.repr(self.ema_decay)}, but it must be a number of at least 0 and below 1."
            )
        for name in ("epochs", "batch_size", "discriminator_steps"):
            self._keep(name, whole_number(name, getattr(self, name)))
        if not (_is_number(self.learning_rate) and 0 < self.learning_rate <= sys.float_info.max):
            raise InvalidValue(f"learning_rate is {reprlib.repr(self.learning_rate)}, but it must be a number above 0.")
        betas = self.betas if isinstance(self.betas, (tuple, list)) else ()
        if len(betas) != 2 or not all(_is_number(beta) and 0 <= beta < 1 for beta in betas):
            raise InvalidValue(
                f"betas is {reprlib.repr(self.betas)}, but it must be two numbers, each at least 0 and below 1."
            )
        self._keep("betas", tuple(betas))  # a file gives a list
        self._keep("seed", seed_number(self.seed))

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the class is frozen


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


DCGAN = TrainConfig(batch_size=128, learning_rate=2e-4, betas=(0.5, 0.999))  # Radford et al. 2015, section 4
