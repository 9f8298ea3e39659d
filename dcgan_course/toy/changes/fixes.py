"""Each fix as edits of DCGAN's own code, with the options of `training.TrainConfig` that do the same."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor
from torch.nn.functional import relu
from torch.nn.utils.parametrizations import spectral_norm

from dcgan_course.drawing.diffs import Diff, changed, diff
from dcgan_course.errors import InvalidValue
from dcgan_course.toy.changes import plain
from dcgan_course.training.fixes.augmentation import shift
from dcgan_course.training.fixes.averaging import move_average
from dcgan_course.training.fixes.penalties import clip_weights, gradient_penalty, r1, r2
from dcgan_course.training.fixes.variety import MinibatchDeviation

Edits = tuple[tuple[str, str], ...]
D_LOSS = "softplus(-real_logits).mean() + softplus(fake_logits).mean()"
G_LOSS = "softplus(-fake_logits).mean()"
D_MOVE = "    move_d(d_loss)\n"
G_MOVE = "    move_g(g_loss)"
ANSWERS = "discriminator(real), discriminator(fake)"
ANSWER = "discriminator(generator(z_for_g))"
FIRST = "nn.Conv2d(1, width, 4, 2, 1, bias=False)"
SECOND = "nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False)"
LAST = "nn.Conv2d(2 * width, 1, 7, bias=False)"
NORM = "        nn.BatchNorm2d(2 * width),\n"


def pack(images: Tensor, count: int) -> Tensor:
    """Lay pictures that follow each other on each other as channels: (N, C, H, W) → (N / count, count · C, H, W)."""
    return images.unflatten(0, (-1, count)).flatten(1, 2)


NAMES = {  # what the new lines call
    each.__name__: each
    for each in (
        relu,
        spectral_norm,
        clip_weights,
        gradient_penalty,
        r1,
        r2,
        MinibatchDeviation,
        shift,
        move_average,
        pack,
    )
}


@dataclass(frozen=True)
class Change:
    """One fix: what it changes, how `TrainConfig` is told to do the same, and where it comes from.

    round, discriminator, optimizers: edits of the three functions of `plain`. options: of TrainConfig. source: author
    and year, with the place in the paper.
    """

    source: str
    options: dict[str, Any] = field(default_factory=dict)
    round: Edits = ()
    discriminator: Edits = ()
    optimizers: Edits = ()

    @property
    def parts(self) -> list[tuple[Callable[..., Any], Edits]]:
        """The functions that change, each with its edits."""
        every = (
            (plain.play_round, self.round),
            (plain.make_discriminator, self.discriminator),
            (plain.make_optimizers, self.optimizers),
        )
        return [(function, edits) for function, edits in every if edits]

    def function(self, name: str) -> Callable[..., Any]:
        """Return one of the three functions as this fix has it: "play_round", "make_discriminator", …"""
        for function, edits in self.parts:
            if function.__name__ == name:
                return changed(function, *edits, using=NAMES)
        found: Callable[..., Any] = getattr(plain, name)
        return found


def _penalty(call: str) -> tuple[str, str]:
    return (D_MOVE, f"    d_loss = d_loss + {call}\n{D_MOVE}")


WASSERSTEIN: Edits = ((D_LOSS, "fake_logits.mean() - real_logits.mean()"), (G_LOSS, "-fake_logits.mean()"))
CHANGES: dict[str, Change] = {
    "least squares": Change(
        "Mao 2017, equation 9",
        {"loss": "least_squares"},
        (
            (D_LOSS, "((real_logits - 1).square().mean() + fake_logits.square().mean()) / 2"),
            (G_LOSS, "(fake_logits - 1).square().mean() / 2"),
        ),
    ),
    "hinge": Change(
        "Lim and Ye 2017; Miyato 2018, equations 16 and 17",
        {"loss": "hinge"},
        ((D_LOSS, "relu(1 - real_logits).mean() + relu(1 + fake_logits).mean()"), (G_LOSS, "-fake_logits.mean()")),
    ),
    "relativistic": Change(
        "Jolicoeur-Martineau 2018, section 3",
        {"loss": "relativistic"},
        (
            (D_LOSS, "softplus(fake_logits - real_logits).mean()"),
            (f"    fake_logits = {ANSWER}", f"    real_logits, fake_logits = discriminator(real), {ANSWER}"),
            (G_LOSS, "softplus(real_logits - fake_logits).mean()"),
        ),
    ),
    "Wasserstein, weights clipped": Change(
        "Arjovsky 2017, algorithm 1",
        {"loss": "wasserstein", "penalty": "clip", "penalty_weight": 0.01},
        (*WASSERSTEIN, (D_MOVE, f"{D_MOVE}    clip_weights(discriminator, 0.01)\n")),
    ),
    "Wasserstein, gradient penalty": Change(
        "Gulrajani 2017, equation 3",
        {"loss": "wasserstein", "penalty": "gradient", "penalty_weight": 10.0},
        (*WASSERSTEIN, _penalty("gradient_penalty(discriminator, real, fake, 10)")),
    ),
    "no batch norm in D": Change(
        "Gulrajani 2017, section 4",
        {"discriminator_norm": False},
        discriminator=((SECOND, SECOND.replace("False", "True")), (NORM, "")),
    ),
    "R1": Change(
        "Mescheder 2018, equation 9",
        {"penalty": "r1", "penalty_weight": 0.1},
        (_penalty("r1(discriminator, real, fake, 0.1)"),),
    ),
    "R1 and R2": Change(
        "Mescheder 2018, equations 9 and 10",
        {"penalty": "r1_r2", "penalty_weight": 0.1},
        (_penalty("r1(discriminator, real, fake, 0.1) + r2(discriminator, real, fake, 0.1)"),),
    ),
    "spectral norm": Change(
        "Miyato 2018, algorithm 1",
        {"spectral_norm": True},
        discriminator=tuple((layer, f"spectral_norm({layer})") for layer in (FIRST, SECOND, LAST)),
    ),
    "packs of 2": Change(
        "Lin 2018, section 2.1",
        {"packing": 2},
        (
            (ANSWERS, "discriminator(pack(real, 2)), discriminator(pack(fake, 2))"),
            (ANSWER, "discriminator(pack(generator(z_for_g), 2))"),
        ),
        discriminator=((FIRST, FIRST.replace("1, width", "2, width", 1)),),
    ),
    "minibatch deviation": Change(
        "Karras 2018, section 3",
        {"minibatch_deviation": True},
        discriminator=(
            (f"        {LAST}", "        MinibatchDeviation(),\n        nn.Conv2d(2 * width + 1, 1, 7, bias=False)"),
        ),
    ),
    "DiffAugment": Change(
        "Zhao 2020, equations 4 to 6",
        {"augment": ("shift",)},
        (
            (ANSWERS, "discriminator(shift(real)), discriminator(shift(fake))"),
            (ANSWER, "discriminator(shift(generator(z_for_g)))"),
        ),
    ),
    "average of G (EMA)": Change(
        "Yazıcı 2019",
        {"ema_decay": 0.99},
        ((G_MOVE, f"{G_MOVE}\n    move_average(average, generator, 0.99)"),),
    ),
    "two rates": Change(
        "Heusel 2017, section 2",
        {"learning_rate": 0.0005, "discriminator_learning_rate": 0.002},
        optimizers=(
            ("generator.parameters(), lr=0.001", "generator.parameters(), lr=0.0005"),
            ("discriminator.parameters(), lr=0.001", "discriminator.parameters(), lr=0.002"),
        ),
    ),
    "conditional": Change(
        "Mirza and Osindero 2014, section 3.2",
        {"conditional": "projection"},
        (
            ("z_for_g: Tensor", "z_for_g: Tensor, labels: Tensor"),
            ("generator(z_for_d)", "generator(z_for_d, labels)"),
            (ANSWERS, "discriminator(real, labels), discriminator(fake, labels)"),
            (ANSWER, "discriminator(generator(z_for_g, labels), labels)"),
        ),
    ),
}


@dataclass(frozen=True)
class Shown:
    """Several differences under each other, for the end of a cell."""

    diffs: tuple[Diff, ...]

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.diffs))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(each._repr_html_() for each in self.diffs)


def show(*names: str) -> Shown:
    """Return what these fixes change in DCGAN's code, each under its name, source and options.

    Raises:
        InvalidValue: a name that is not in CHANGES.
    """
    unknown = [name for name in names if name not in CHANGES]
    if unknown or not names:
        given = repr(unknown[0]) if unknown else "nothing"
        raise InvalidValue(f"the change is {given}, but it must be one of: {', '.join(CHANGES)}.")
    found = []
    for name in names:
        change = CHANGES[name]
        options = ", ".join(f"{key}={value!r}" for key, value in change.options.items())
        for function, edits in change.parts:
            after = changed(function, *edits, using=NAMES)
            found.append(
                diff(function, after, f"{name}: {function.__name__}", f"{change.source} · TrainConfig({options})")
            )
    return Shown(tuple(found))
