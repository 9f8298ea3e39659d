"""The settings of one training, checked where they are made.

The fixes of lesson 11 are settings like the others, and `train` plays them all in its one loop:

    config = TrainConfig(loss="relativistic", penalty="r1_r2", penalty_weight=0.1, discriminator_norm=False)
    generator, discriminator = build_networks(config, (1, 28, 28), width=16)
    train(generator, discriminator, images, config)

`fixes.networks.build_networks` builds the pair that a config speaks of (spectral_norm, discriminator_norm, packing,
minibatch_deviation, conditional). Any other pair will do where none of these is changed from its default.
"""

import dataclasses
import reprlib
import sys
from collections.abc import Collection
from dataclasses import dataclass

from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.training.acceleration import PRECISIONS
from dcgan_course.training.fixes.augmentation import AUGMENTATIONS
from dcgan_course.training.fixes.penalties import PENALTIES, WEIGHTS
from dcgan_course.training.losses import GAMES

CHOICES: dict[str, tuple[str, ...]] = {
    "precision": PRECISIONS,
    "loss": tuple(GAMES),
    "penalty": ("none", *WEIGHTS),
    "conditional": ("none", "concatenated", "projection"),
    "augment": tuple(AUGMENTATIONS),
}


@dataclass(frozen=True)
class TrainConfig:
    """The settings of one training. The defaults are the recipe of lesson 04.

    Args:
        epochs: passes over the pictures. batch_size: pictures a step.
        learning_rate, betas: Adam's, for both networks.
        discriminator_steps: k, discriminator steps for each generator step.
        seed: of z, of the order of the pictures and of dropout; from 0 to 2³² − 1.
        precision, channels_last, compile: what makes a step faster, see `acceleration`.
        cuda_graph: on a GPU, ask for a whole step at once, see `acceleration`: the same numbers. A hook must change
            no setting of the optimisers then. It takes k = 1. Elsewhere, and under torchrun, it changes nothing.
        reuse_fakes: True lets G's step judge the fakes that D has just learned from, as most published programs do;
            False draws fresh z for it, as the paper's algorithm 1. True saves one call of G in each step.
        ema_decay: how much of the averaged generator stays at each step, if `train` is given one to average into.
        loss: non_saturating, minimax, least_squares, wasserstein, hinge or relativistic, see `losses.GAMES`. With the
            first two D(x) is a chance; p_real and p_fake of the others are the sigmoid of a score.
        penalty: none, clip, gradient, r1, r2 or r1_r2, see `fixes.penalties`. All but clip need a D without batch norm.
        penalty_weight: γ of r1, r2 and r1_r2, λ of gradient, the bound of clip; None is `fixes.penalties.WEIGHTS`.
        discriminator_learning_rate: Adam's for D, where it has one of its own (two rates, Heusel et al. 2017).
        augment: of shift, colour and cutout, what D sees every picture through, see `fixes.augmentation`.
        packing: pictures that D sees at a time. minibatch_deviation: D sees how much a batch varies. See
            `fixes.variety`.
        spectral_norm: D's weights are divided by their largest singular value. discriminator_norm: batch norm in D.
        conditional: none, or how D is told the class: concatenated or projection, see `models.conditional`. `train`
            then needs labels.

    Raises:
        InvalidValue: a value that no training can have, or two that do not go together.
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
    cuda_graph: bool = False
    reuse_fakes: bool = False
    ema_decay: float = 0.999
    loss: str = "non_saturating"
    penalty: str = "none"
    penalty_weight: float | None = None
    discriminator_learning_rate: float | None = None
    augment: tuple[str, ...] = ()
    packing: int = 1
    minibatch_deviation: bool = False
    spectral_norm: bool = False
    discriminator_norm: bool = True
    conditional: str = "none"

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name == "augment":
                self._keep("augment", _names("augment", value, CHOICES["augment"]))
            elif field.name in CHOICES and not (isinstance(value, str) and value in CHOICES[field.name]):
                allowed = ", ".join(CHOICES[field.name])
                raise InvalidValue(f"{field.name} is {reprlib.repr(value)}, but it must be one of: {allowed}.")
            elif isinstance(field.default, bool) and not isinstance(value, bool):
                raise InvalidValue(f"{field.name} is {reprlib.repr(value)}, but it must be True or False.")
        if not (_is_number(self.ema_decay) and 0 <= self.ema_decay < 1):
            raise InvalidValue(
                f"ema_decay is {reprlib.repr(self.ema_decay)}, but it must be a number of at least 0 and below 1."
            )
        for name in ("epochs", "batch_size", "discriminator_steps", "packing"):
            self._keep(name, whole_number(name, getattr(self, name)))
        for name in ("learning_rate", "discriminator_learning_rate", "penalty_weight"):
            value = getattr(self, name)
            may_be_absent = name != "learning_rate" and value is None
            if not (may_be_absent or (_is_number(value) and 0 < value <= sys.float_info.max)):
                raise InvalidValue(f"{name} is {reprlib.repr(value)}, but it must be a number above 0.")
        betas = self.betas if isinstance(self.betas, (tuple, list)) else ()
        if len(betas) != 2 or not all(_is_number(beta) and 0 <= beta < 1 for beta in betas):
            raise InvalidValue(
                f"betas is {reprlib.repr(self.betas)}, but it must be two numbers, each at least 0 and below 1."
            )
        self._keep("betas", tuple(betas))  # a file gives a list
        self._keep("seed", seed_number(self.seed))
        self._refuse_what_does_not_go_together()

    def _refuse_what_does_not_go_together(self) -> None:
        if self.penalty == "none" and self.penalty_weight is not None:
            raise InvalidValue(
                f"penalty_weight is {self.penalty_weight:g}, but there is no penalty: choose one of "
                f"{', '.join(WEIGHTS)}, or leave the weight out."
            )
        if self.compile and self.penalty in PENALTIES:
            raise InvalidValue(
                f"penalty is {self.penalty!r}, but torch.compile cannot differentiate a gradient again: leave compile "
                "out."
            )
        if self.cuda_graph and self.discriminator_steps > 1:
            raise InvalidValue(
                f"discriminator_steps is {self.discriminator_steps}, but a CUDA graph is the same at every step: leave "
                "cuda_graph out."
            )
        if self.batch_size % self.packing:
            raise InvalidValue(
                f"packing is {self.packing}, but batch_size is {self.batch_size}: it must be a multiple of "
                f"{self.packing}."
            )
        if self.conditional != "none" and (self.packing > 1 or self.minibatch_deviation):
            raise InvalidValue(
                f"conditional is {self.conditional!r}, but a D of packs, or one that sees the deviation of a batch, "
                "takes no labels: choose one of them."
            )

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)  # the class is frozen


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _names(setting: str, value: object, allowed: Collection[str]) -> tuple[str, ...]:
    """Return some of the allowed names, each once, as a tuple; a file gives a list."""
    names = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(set(map(str, names))) < len(names) or not all(isinstance(name, str) and name in allowed for name in names):
        raise InvalidValue(
            f"{setting} is {reprlib.repr(value)}, but it must be a tuple of some of {', '.join(allowed)}, each once."
        )
    return names


DCGAN = TrainConfig(batch_size=128, learning_rate=2e-4, betas=(0.5, 0.999))  # Radford et al. 2015, section 4
