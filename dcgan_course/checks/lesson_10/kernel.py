"""Exercise 3 of lesson 10: the kernel distance, unbiased."""

from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.checks.bench import with_hints
from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise

ERROR_HINTS = {
    "must match": "the clouds may have different numbers of points: add the means of the three tables, not the tables.",
}


def _kernel(a: Tensor, b: Tensor, *, divide: bool = True, one: float = 1, power: int = 3) -> Tensor:
    products = a.double() @ b.double().T
    return (products / (a.shape[1] if divide else 1) + one) ** power


def _within(table: Tensor, diagonal: bool = False, squared: bool = False) -> Tensor:
    """The mean of a cloud's kernels with itself; without the diagonal, unless that is the mistake."""
    count = len(table)
    total = table.sum() if diagonal else table.sum() - table.trace()
    return total / (count**2 if diagonal or squared else count * (count - 1))


def _distance(
    a: Tensor,
    b: Tensor,
    *,
    diagonal: bool = False,
    squared: bool = False,
    cross: float = 2,
    divide: bool = True,
    one: float = 1,
    power: int = 3,
) -> float:
    """The unbiased estimate, with parts that can be wrong."""

    def table(x: Tensor, y: Tensor) -> Tensor:
        return _kernel(x, y, divide=divide, one=one, power=power)

    within = _within(table(a, a), diagonal, squared) + _within(table(b, b), diagonal, squared)
    return float(within - cross * table(a, b).mean())


def _clouds() -> list[tuple[Tensor, Tensor]]:
    random = torch.Generator().manual_seed(11)

    def cloud(count: int, features: int, shift: float = 0) -> Tensor:
        return torch.randn(count, features, generator=random) + shift

    same = cloud(5, 2)
    return [
        (torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [2.0]])),
        (same, same.clone()),  # below 0
        (cloud(7, 3), cloud(5, 3, shift=1)),
        (cloud(4, 5, shift=-0.5), cloud(9, 5)),
    ]


@exercise("3 · the kernel distance", id="kernel-distance", points=3)
def kernel_distance(exercise: str, function: Callable[[Tensor, Tensor], float]) -> None:
    """Check a learner's function of two clouds (N, F) and (M, F)."""
    judge(
        exercise,
        with_hints(function, ERROR_HINTS),
        _clouds(),
        _distance,
        [
            Mistake(
                lambda a, b: max(0.0, _distance(a, b)),
                "you cut off what is below 0. The estimate is right in the mean, so for equal clouds it must fall "
                "below 0 about as often as above. Cut off, it would be too large.",
            ),
            Mistake(lambda a, b: abs(_distance(a, b)), "do not take the absolute value: below 0 is a right answer."),
            Mistake(
                lambda a, b: _distance(a, b, diagonal=True),
                "each point is compared with itself, too. k(x, x) is large, so few points make a large distance: that "
                "is the bias. Leave the diagonals of the two inner tables out, and divide by n(n − 1).",
            ),
            Mistake(
                lambda a, b: _distance(a, b, squared=True),
                "the diagonal is left out of the sum, but you still divide by n². There are n(n − 1) pairs left.",
            ),
            Mistake(
                lambda a, b: float(
                    _within(_kernel(a, a)) + _within(_kernel(b, b)) - 2 * _kernel(a, b).sum() / (len(a) * (len(b) - 1))
                ),
                "in the mixed term no point meets itself: it has n · m pairs, and its mean is divided by n · m.",
            ),
            Mistake(
                lambda a, b: _distance(a, b, divide=False),
                "x · y must be divided by F, the number of features. Else the kernel depends on how many there are.",
            ),
            Mistake(lambda a, b: _distance(a, b, one=0), "the + 1 in the kernel is missing: (x · y / F + 1)³."),
            Mistake(
                lambda a, b: _distance(a, b, power=1), "the power of 3 is missing; so only the means are compared."
            ),
            Mistake(
                lambda a, b: _distance(a, b, power=2),
                "the kernel is a cube, not a square. The square sees means and covariances; the cube skewness, too.",
            ),
            Mistake(
                lambda a, b: _distance(a, b, cross=1),
                "the mixed term counts twice: once for a with b, once for b with a.",
            ),
            Mistake(
                lambda a, b: -_distance(a, b),
                "the sign is turned: the two inner means are added, the mixed one is subtracted twice.",
            ),
            Mistake(
                lambda a, b: max(0.0, _distance(a, b)) ** 0.5,
                "no root: the published number is the square, and it can be below 0.",
            ),
        ],
        praise="right on four pairs; two equal clouds come out below 0, as they must.",
    )
