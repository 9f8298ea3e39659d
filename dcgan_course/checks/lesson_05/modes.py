"""Exercise 2 of lesson 05: a mode counter."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.checks.engine import Mistake, answer, fail, judge, one_float
from dcgan_course.checks.registry import exercise
from dcgan_course.toy import modes
from dcgan_course.toy.mixtures import PointMixture, grid_of_25, ring_of_8

Report = tuple[int, float, float]  # modes covered, share of high-quality samples, reverse KL in nats


def _oracle(points: Tensor, centres: Tensor, sigma: float) -> Report:
    report = modes.count_modes(points, PointMixture("exercise", centres, sigma))
    return report.modes, report.high_quality, report.reverse_kl


def _closest(points: Tensor, centres: Tensor) -> tuple[Tensor, Tensor]:
    """Distance of each point to its closest centre, (N,), and the index of that centre, (N,)."""
    smallest, index = torch.cdist(points.double(), centres.double()).min(dim=1)
    return smallest, index


def _report(points: Tensor, centres: Tensor, good: Tensor) -> Report:
    """What somebody reports for whom these points, (N,) of True and False, are good."""
    _, index = _closest(points, centres)
    shares = torch.bincount(index, minlength=len(centres)).double() / max(1, len(index))
    shares = shares[shares > 0]
    reverse_kl = float((shares * (shares * len(centres)).log()).sum())
    return len(index[good].unique()), float(good.double().mean()), reverse_kl


def _covered_by_any_point(points: Tensor, centres: Tensor, sigma: float) -> Report:
    distance, index = _closest(points, centres)
    return len(index.unique()), *_report(points, centres, distance < 3 * sigma)[1:]


def _box(points: Tensor, centres: Tensor, sigma: float) -> Report:
    gap = (points.double()[:, None] - centres.double()[None]).abs().amax(dim=2)
    return _report(points, centres, gap.min(dim=1).values < 3 * sigma)


def _forward_kl(points: Tensor, centres: Tensor, sigma: float) -> Report:
    _, index = _closest(points, centres)
    shares = torch.bincount(index, minlength=len(centres)).double() / len(index)
    return *_oracle(points, centres, sigma)[:2], float((-(shares * len(centres)).log() / len(centres)).sum())


def _kl_of_the_good(points: Tensor, centres: Tensor, sigma: float) -> Report:
    distance, index = _closest(points, centres)
    shares = torch.bincount(index[distance < 3 * sigma], minlength=len(centres)).double()
    shares = shares[shares > 0] / shares.sum()
    return *_oracle(points, centres, sigma)[:2], float((shares * (shares * len(centres)).log()).sum())


def _kl_of_the_covered(points: Tensor, centres: Tensor, sigma: float) -> Report:
    shares = torch.bincount(_closest(points, centres)[1]).double() / len(points)
    shares = shares[shares > 0]
    return *_oracle(points, centres, sigma)[:2], float((shares * (shares * len(shares)).log()).sum())


def _pairs_of_a_point_and_a_centre(points: Tensor, centres: Tensor, sigma: float) -> Report:
    near = torch.cdist(points.double(), centres.double()) < 3 * sigma
    modes, _, kl = _oracle(points, centres, sigma)
    return modes, float(near.sum() / len(points)), kl


def _with_second(change: Callable[[float, int], float]) -> Callable[[Tensor, Tensor, float], Report]:
    """Answer rightly, but for the second number: `change` makes it of the share and the number of points."""

    def report(points: Tensor, centres: Tensor, sigma: float) -> Report:
        modes, good, kl = _oracle(points, centres, sigma)
        return modes, change(good, len(points)), kl

    return report


def _with_third(change: Callable[[float, int], float]) -> Callable[[Tensor, Tensor, float], Report]:
    """Answer rightly, but for the third number: `change` makes it of the reverse KL and the number of modes."""

    def report(points: Tensor, centres: Tensor, sigma: float) -> Report:
        modes, good, kl = _oracle(points, centres, sigma)
        return modes, good, change(kl, len(centres))

    return report


MISTAKES = [
    Mistake(
        _covered_by_any_point,
        "a mode is covered only if a point lies within 3σ of it. You count every mode that is closest to some point.",
    ),
    Mistake(
        lambda points, centres, sigma: _report(points, centres, _closest(points, centres)[0] < 3),
        "3σ is 3 times sigma. You compare the distance with 3.",
    ),
    Mistake(
        lambda points, centres, sigma: _report(points, centres, _closest(points, centres)[0] < sigma),
        "the border is 3σ, not σ: compare with 3 * sigma.",
    ),
    Mistake(
        lambda points, centres, sigma: _report(points, centres, _closest(points, centres)[0].square() < 3 * sigma),
        "compare like with like: a distance with 3σ, or a squared distance with (3σ)².",
    ),
    Mistake(_box, "within 3σ means a circle: take the Euclidean distance, not the larger of the two coordinates."),
    Mistake(
        _with_third(lambda kl, count: math.log(count) - kl),
        "that is the entropy of the shares. The reverse KL is Σ q log(K q): log K minus the entropy.",
    ),
    Mistake(_with_third(lambda kl, count: kl / math.log(2)), "take the natural logarithm: the answer is in nats."),
    Mistake(
        _forward_kl, "that is the KL the other way round, Σ p log(p/q). It is infinite as soon as a mode is missing."
    ),
    Mistake(_with_third(lambda kl, count: -kl), "the sign: Σ q log(K q) is never below 0."),
    Mistake(_with_third(lambda kl, count: kl / count), "the reverse KL is the sum over the modes, not their mean."),
    Mistake(
        _kl_of_the_good,
        "the shares are those of all points, also of the bad ones: each belongs to its closest centre. You took the "
        "good ones alone.",
    ),
    Mistake(
        _kl_of_the_covered,
        "K is the number of all modes, also of those that no point found. You compare with the found ones alone, and "
        "then a collapsed sample looks perfect.",
    ),
    Mistake(
        _pairs_of_a_point_and_a_centre,
        "a point that lies within 3σ of two centres is one good point. Take the closest centre of each point first.",
    ),
    Mistake(_with_second(lambda good, points: 100 * good), "this is in percent. The share is asked for, 0 to 1."),
    Mistake(_with_second(lambda good, points: good * points), "this is the number of good points, not their share."),
    Mistake(
        _with_second(lambda good, points: 1 - good), "this is the share of bad points; the good ones are asked for."
    ),
]
NOT_A_NUMBER = (
    "the reverse KL is nan: a mode without points gives 0 · log 0, whose limit is 0. Leave such modes out of the "
    "sum, or use `torch.xlogy`."
)


def cases() -> list[tuple[Tensor, Tensor, float]]:
    """A perfect sample, a collapsed one, a sloppy one, one with a single lucky point, and one of modes that overlap."""
    random = torch.Generator().manual_seed(0)
    ring, grid = ring_of_8(), grid_of_25()
    perfect = ring.sample((400,), random)
    collapsed = ring.centres[2] + 0.02 * torch.randn(300, 2, generator=random)
    sloppy = grid.sample((500,), random) + 0.12 * torch.randn(500, 2, generator=random)
    lucky = torch.cat([grid.centres[:3].repeat(50, 1), grid.centres[20:21], grid.centres[7:8] + 0.9])
    close = torch.tensor([[0.0, 0.0], [0.3, 0.0], [3.0, 0.0]])
    overlapping = close[:2].repeat(60, 1) + 0.12 * torch.randn(120, 2, generator=random)
    return [
        (perfect, ring.centres, ring.sigma),
        (collapsed, ring.centres, ring.sigma),
        (sloppy, grid.centres, grid.sigma),
        (lucky, grid.centres, grid.sigma),
        (overlapping, close, 0.1),
    ]


@exercise("2 · count the modes", id="count-modes", points=3)
def count_modes(exercise: str, function: Callable[[Tensor, Tensor, float], Report]) -> None:
    """Check a learner's (points, centres, sigma) → (modes, high-quality share, reverse KL)."""
    for case in cases():
        got = answer(exercise, function, case)
        if isinstance(got, (tuple, list)) and len(got) == 3:
            third = one_float(got[2])
            if third is not None and math.isnan(third):
                fail(exercise, NOT_A_NUMBER)
    judge(
        exercise,
        function,
        cases(),
        _oracle,
        MISTAKES,
        "modes, high-quality share and reverse KL agree on a perfect, a collapsed, a sloppy and a lucky sample, and "
        "where modes overlap.",
    )
