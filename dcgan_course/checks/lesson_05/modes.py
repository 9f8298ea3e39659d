"""The check of exercise 2 of lesson 05: a mode counter."""

import math

import torch
from torch import Tensor

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.toy import modes
from dcgan_course.toy.mixtures import PointMixture, grid_of_25, ring_of_8


def _oracle(points: Tensor, centres: Tensor, sigma: float) -> tuple[int, float, float]:
    report = modes.count_modes(points, PointMixture("exercise", centres, sigma))
    return report.modes, report.high_quality, report.reverse_kl


def _parts(points, centres, sigma):
    """Distances (N, K), index of the closest centre, and which points are within 3σ."""
    distance = torch.cdist(points.double(), centres.double())
    smallest, index = distance.min(dim=1)
    return distance, index, smallest < 3 * sigma


def _kl(index, modes):
    shares = torch.bincount(index, minlength=modes).double() / max(1, len(index))
    shares = shares[shares > 0]
    return float((shares * (shares * modes).log()).sum())


def _covered_by_any_point(points, centres, sigma):
    _, index, good = _parts(points, centres, sigma)
    return len(index.unique()), float(good.double().mean()), _kl(index, len(centres))


def _sigma_forgotten(points, centres, sigma):
    distance, index, _ = _parts(points, centres, sigma)
    good = distance.min(dim=1).values < 3
    return len(index[good].unique()), float(good.double().mean()), _kl(index, len(centres))


def _one_sigma(points, centres, sigma):
    return _parts_with(points, centres, sigma, 1)


def _parts_with(points, centres, sigma, times):
    distance, index, _ = _parts(points, centres, sigma)
    good = distance.min(dim=1).values < times * sigma
    return len(index[good].unique()), float(good.double().mean()), _kl(index, len(centres))


def _squared(points, centres, sigma):
    distance, index, _ = _parts(points, centres, sigma)
    good = distance.min(dim=1).values.square() < 3 * sigma
    return len(index[good].unique()), float(good.double().mean()), _kl(index, len(centres))


def _box(points, centres, sigma):
    gap = (points.double()[:, None] - centres.double()[None]).abs().amax(dim=2)
    _, index, _ = _parts(points, centres, sigma)
    good = gap.min(dim=1).values < 3 * sigma
    return len(index[good].unique()), float(good.double().mean()), _kl(index, len(centres))


def _entropy(points, centres, sigma):
    modes, good, kl = _oracle(points, centres, sigma)
    return modes, good, math.log(len(centres)) - kl


def _base_two(points, centres, sigma):
    modes, good, kl = _oracle(points, centres, sigma)
    return modes, good, kl / math.log(2)


def _forward_kl(points, centres, sigma):
    modes, good, _ = _oracle(points, centres, sigma)
    _, index, _ = _parts(points, centres, sigma)
    shares = torch.bincount(index, minlength=len(centres)).double() / len(index)
    return _readable((modes, good, float((-(shares * len(centres)).log() / len(centres)).sum())))


def _negative(points, centres, sigma):
    modes, good, kl = _oracle(points, centres, sigma)
    return modes, good, -kl


MISTAKES = [
    Mistake(
        _covered_by_any_point,
        "a mode is covered only if a point lies within 3σ of it. You count every mode that is closest to some point.",
    ),
    Mistake(_sigma_forgotten, "3σ is 3 times sigma. You compare the distance with 3."),
    Mistake(_one_sigma, "the border is 3σ, not σ: compare with 3 * sigma."),
    Mistake(_squared, "compare like with like: a distance with 3σ, or a squared distance with (3σ)²."),
    Mistake(_box, "within 3σ means a circle: take the Euclidean distance, not the larger of the two coordinates."),
    Mistake(_entropy, "that is the entropy of the shares. The reverse KL is Σ q log(K q): log K minus the entropy."),
    Mistake(_base_two, "take the natural logarithm: the answer is in nats."),
    Mistake(
        _forward_kl,
        "that is the KL the other way round, Σ p log(p/q). It is infinite as soon as a mode is missing.",
    ),
    Mistake(_negative, "the sign: Σ q log(K q) is never below 0."),
]


def _readable(given):
    """Write an infinite third number as a word: infinity minus infinity is no number, so two could not be compared."""
    if isinstance(given, tuple) and len(given) == 3 and not math.isfinite(float(given[2])):
        return (*given[:2], "infinite")
    return given


def cases():
    """A perfect sample, a collapsed one, a sloppy one, and one with a single lucky point."""
    random = torch.Generator().manual_seed(0)
    ring, grid = ring_of_8(), grid_of_25()
    perfect = ring.sample((400,), random)
    collapsed = ring.centres[2] + 0.02 * torch.randn(300, 2, generator=random)
    sloppy = grid.sample((500,), random) + 0.12 * torch.randn(500, 2, generator=random)
    lucky = torch.cat([grid.centres[:3].repeat(50, 1), grid.centres[20:21], grid.centres[7:8] + 0.9])
    return [
        (perfect, ring.centres, ring.sigma),
        (collapsed, ring.centres, ring.sigma),
        (sloppy, grid.centres, grid.sigma),
        (lucky, grid.centres, grid.sigma),
    ]


def count_modes(function) -> None:
    """Check a learner's (points, centres, sigma) → (modes, high-quality share, reverse KL)."""
    judge(
        "count-modes",
        lambda *case: _readable(function(*case)),
        cases(),
        _oracle,
        MISTAKES,
        "modes, high-quality share and reverse KL agree on a perfect, a collapsed, a sloppy and a lucky sample.",
    )
