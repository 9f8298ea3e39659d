"""Which factors of a drawn object differ between two pictures, by what the factor reader says of both."""

import torch
from torch import Tensor

from dcgan_course.data.drawn.pictures import OBJECT_NAMES
from dcgan_course.interpretability.features import ReadFactors, hue_distance

# From here on a factor counts as moved: a fifth of its range or more (hue: a sixth of the circle, yellow to green),
# several times the reader's mean error.
MOVED_BY = {"hue": 1 / 6, "size": 1.0, "right": 1.6, "down": 1.6, "turn": 0.25}
WITHOUT_TURN = tuple(OBJECT_NAMES.index(name) for name in ("circle", "ring"))


def moved_factors(before: ReadFactors, after: ReadFactors) -> dict[str, Tensor]:
    """Return {factor: (N,) bool}, true where the factor moved between the pictures before and after.

    The factors are kind, hue, size, right, down and turn. A turn counts only where neither object is a circle or a
    ring: those look the same at every turn.
    """
    moved = {name: (getattr(after, name) - getattr(before, name)).abs() > least for name, least in MOVED_BY.items()}
    moved["hue"] = hue_distance(before.hue, after.hue) > MOVED_BY["hue"]
    round_ones = torch.tensor(WITHOUT_TURN)
    moved["turn"] &= ~torch.isin(before.kind, round_ones) & ~torch.isin(after.kind, round_ones)
    return {"kind": before.kind != after.kind} | moved
