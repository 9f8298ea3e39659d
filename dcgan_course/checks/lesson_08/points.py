"""Exercises 1 and 2 of lesson 08: slerp, and the mean of many z."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise
from dcgan_course.latent import paths

Repaired = tuple[float, Tensor]  # the length to expect of a mean, and a mean with the length of a random z


def _finite(value: Tensor) -> Tensor:
    """Write NaN as a number that no right answer has: NaN is not equal to itself, so no hint could find it."""
    return torch.nan_to_num(value, nan=-999.0) if isinstance(value, Tensor) else value


def _angle(a: Tensor, b: Tensor) -> Tensor:
    return torch.nn.functional.cosine_similarity(a, b, dim=-1).clamp(-1, 1).acos()[:, None]


def _mixed(a: Tensor, b: Tensor, t: float, angle: Tensor) -> Tensor:
    return (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()


def _normalised_lerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    line = paths.lerp(a, b, t)
    return line / line.norm(dim=-1, keepdim=True) * a.norm(dim=-1, keepdim=True)


def _not_normalised(a: Tensor, b: Tensor, t: float) -> Tensor:
    return _finite(_mixed(a, b, t, (a * b).sum(dim=-1, keepdim=True).acos()))


def _one_angle_for_all(a: Tensor, b: Tensor, t: float) -> Tensor:
    cosine = (a * b).sum() / (a.norm() * b.norm())
    return _finite(_mixed(a, b, t, cosine.clamp(-1, 1).acos().expand(len(a), 1)))


def _nan_for_equal(a: Tensor, b: Tensor, t: float) -> Tensor:
    return _finite(_mixed(a, b, t, _angle(a, b)))


def _unit(a: Tensor, b: Tensor, t: float) -> Tensor:
    arc = paths.slerp(a, b, t)
    return arc / arc.norm(dim=-1, keepdim=True)


SLERP_MISTAKES = [
    Mistake(paths.lerp, "that is lerp: the straight line, which leaves the shell."),
    Mistake(
        _normalised_lerp,
        "the length is right, but the direction does not turn evenly: it hurries in the middle. Weigh a and b with "
        "sines of the angle.",
    ),
    Mistake(
        _not_normalised,
        "the cosine of the angle is a · b divided by both lengths. Without the division acos gets numbers far above 1 "
        "and gives nan.",
    ),
    Mistake(
        _one_angle_for_all,
        "each row has its own angle: sum and norm along the last dimension, with keepdim=True.",
    ),
    Mistake(
        _nan_for_equal,
        "where a and b are equal the angle is 0, and 0 / sin 0 is nan. Take the straight line there (torch.where).",
    ),
    Mistake(_unit, "the direction is right, the length is lost: a z of length 1 is not one that G has seen."),
    Mistake(lambda a, b, t: paths.slerp(b, a, t), "t = 0 must give a, and t = 1 must give b: you have them swapped."),
    Mistake(
        lambda a, b, t: ((1 - t) * _angle(a, b)).sin() * a + (t * _angle(a, b)).sin() * b,
        "divide by the sine of the whole angle: else t = 0 does not give a.",
    ),
]


def _on_a_sphere(rows: int, latent_dim: int, length: float, seed: int) -> tuple[Tensor, Tensor]:
    """Two batches of points of one length; angles in the rows differ."""
    a, b = paths.sample(rows, latent_dim, seed), paths.sample(rows, latent_dim, seed + 1)
    a[0] += 0.8 * b[0]
    return length * a / a.norm(dim=1, keepdim=True), length * b / b.norm(dim=1, keepdim=True)


def slerp_cases() -> list[tuple[Tensor, Tensor, float]]:
    """Points of length 1, 3 and 10 at several shares, and a pair of equal points."""
    cases = [(*_on_a_sphere(3, 4, 10.0, seed), t) for seed, t in enumerate((0.0, 0.2, 0.5, 0.9, 1.0))]
    cases.append((*_on_a_sphere(2, 100, 3.0, 9), 0.3))
    a, b = _on_a_sphere(2, 3, 10.0, 11)
    a[1] = b[1] = torch.tensor([6.0, 0.0, 8.0])  # their cosine is 1 to the bit, so that 0 / 0 is reached
    return [*cases, (a, b, 0.4)]


@exercise("1 · write slerp", id="slerp", points=3)
def slerp(exercise: str, function: Callable[[Tensor, Tensor, float], Tensor]) -> None:
    """Check a learner's slerp(a, b, t) for rows of equal length."""

    @functools.wraps(function)
    def finite(a: Tensor, b: Tensor, t: float) -> Tensor:
        return _finite(function(a, b, t))

    judge(
        exercise,
        finite,
        slerp_cases(),
        paths.slerp,
        SLERP_MISTAKES,
        "the arc is right at every share, row by row, also where a and b are equal.",
        tolerance=1e-3,
    )


def _mean_oracle(z: Tensor) -> Repaired:
    """The length to expect of a mean of N z is √(D / N); the repaired mean has length √D."""
    mean = z.mean(dim=0)
    return (z.shape[1] / len(z)) ** 0.5, z.shape[1] ** 0.5 * mean / mean.norm()


def _with_length(length: Callable[[Tensor], float]) -> Callable[[Tensor], Repaired]:
    return lambda z: (length(z), _mean_oracle(z)[1])


def _with_repair(repair: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Repaired]:
    return lambda z: (_mean_oracle(z)[0], repair(z))


MEAN_MISTAKES = [
    Mistake(
        _with_length(lambda z: z.shape[1] ** 0.5 / len(z)),
        "random z do not pull the same way, so the mean shrinks with √N, not with N.",
    ),
    Mistake(
        _with_length(lambda z: z.shape[1] ** 0.5),
        "that is the length of one z. In a mean the numbers cancel: each entry has variance 1/N.",
    ),
    Mistake(_with_length(lambda z: z.shape[1] / len(z)), "that is the expected squared length: take the root."),
    Mistake(
        _with_length(lambda z: float(z.mean(dim=0).norm())),
        "that is the length of this mean. Wanted is the one to expect, from N and D alone.",
    ),
    Mistake(
        _with_repair(lambda z: z.mean(dim=0)), "the repaired mean must have length √D; yours is still the plain mean."
    ),
    Mistake(
        _with_repair(lambda z: z.mean(dim=0) * len(z) ** 0.5),
        "times √N gives about the right length. Divide by the mean's own length, and then take it times √D.",
    ),
    Mistake(
        _with_repair(lambda z: z.mean(dim=0) / z.mean(dim=0).norm()),
        "that has length 1. A random z of D numbers has length √D.",
    ),
    Mistake(
        _with_repair(lambda z: z.shape[1] * z.mean(dim=0) / z.mean(dim=0).norm()),
        "that has length D. The squared length of a random z is about D; take the root.",
    ),
    Mistake(
        lambda z: _mean_oracle(z)[::-1],
        "the order is turned: the expected length first, then the repaired mean.",
    ),
]


@exercise("2 · the mean of 100 z", id="mean-of-many", points=2)
def mean_and_repair(exercise: str, function: Callable[[Tensor], Repaired]) -> None:
    """Check a learner's mean_and_repair(z) → (expected length of the mean, mean brought to length √D)."""
    judge(
        exercise,
        function,
        [(paths.sample(count, latent_dim, seed=count),) for count, latent_dim in ((100, 100), (9, 4), (1, 16))],
        _mean_oracle,
        MEAN_MISTAKES,
        "the expected length is √(D / N), and the repaired mean is back in the shell.",
    )
