"""Exercise 9 of lesson 10: the line a + b/n through distances measured with n pictures."""

import functools
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise

Line = tuple[float, float]


def _fit(x: Tensor, y: Tensor) -> list[float]:
    """Least squares for y = a + b·x: [a, b]."""
    x, y = x.double(), y.double()
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum())
    return [float(y.mean()) - slope * float(x.mean()), slope]


def _right(n: Tensor, values: Tensor) -> list[float]:
    return _fit(1 / n.double(), values)


def _through_zero(n: Tensor, values: Tensor) -> list[float]:
    x, y = 1 / n.double(), values.double()
    return [0.0, float((x * y).sum() / x.square().sum())]


def _cases() -> list[tuple[Tensor, Tensor]]:
    random = torch.Generator().manual_seed(14)
    counts = torch.tensor([100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0])
    cases = []
    for a, b in ((1.5, 2400.0), (50.0, 1200.0), (20.0, -300.0)):
        cases.append((counts, a + b / counts + 0.5 * torch.rand(6, generator=random)))
        counts = counts[torch.randperm(6, generator=random)]
    return cases


@exercise("9 · the line to infinitely many", id="bias-line", points=2)
def bias_line(exercise: str, function: Callable[[Tensor, Tensor], Line]) -> None:
    """Check a learner's function of n (K,) and values (K,) → (a, b) of the least-squares line a + b/n."""

    @functools.wraps(function)
    def listed(*case: Tensor) -> object:
        given: Iterable[float] | None = function(*case)
        if isinstance(given, Tensor) and given.dim() == 1:
            return given.tolist()
        return [float(number) for number in given] if isinstance(given, tuple) else given

    def ends(n: Tensor, values: Tensor, chosen: tuple[Tensor, Tensor]) -> list[float]:
        both = torch.stack(chosen)
        return _fit(1 / n.double()[both], values[both])

    judge(
        exercise,
        listed,
        _cases(),
        _right,
        [
            Mistake(
                lambda n, v: _fit(n, v),
                "you fitted a line in n. The distance does not fall along a line in n; it is a line in 1/n.",
            ),
            Mistake(lambda n, v: _fit(n.log(), v), "you fitted a line in log n. The bias falls like 1/n."),
            Mistake(
                lambda n, v: _fit(n.double() ** -0.5, v),
                "1/√n is how a mean's spread falls. The bias falls faster, like 1/n.",
            ),
            Mistake(lambda n, v: _right(n, v)[::-1], "a and b are exchanged: a is where the line meets 1/n = 0."),
            Mistake(
                lambda n, v: [float(v[n.argmax()]), _right(n, v)[1]],
                "a is not the value at the largest n, but where the line ends when n has no end.",
            ),
            Mistake(
                lambda n, v: [float(v.double().mean()), _right(n, v)[1]],
                "a is not the mean of the values; that is the line's height over the mean of 1/n.",
            ),
            Mistake(
                lambda n, v: _through_zero(n, v),
                "your line was forced through 0: least squares needs a column of ones beside 1/n.",
            ),
            Mistake(
                lambda n, v: ends(n, v, (n.argmin(), n.argmax())),
                "this line goes through the smallest and the largest n alone. Use all points: least squares.",
            ),
            Mistake(
                lambda n, v: ends(n, v, (torch.tensor(0), torch.tensor(len(n) - 1))),
                "this line goes through the first and the last point alone. Use all points: least squares.",
            ),
            Mistake(
                lambda n, v: [_right(n, v)[0], -_right(n, v)[1]],
                "the sign of b is turned: b is above 0 where few pictures make the distance larger.",
            ),
            Mistake(
                lambda n, v: [_right(n, v)[0] - _right(n, v)[1] / float(n.max()), _right(n, v)[1]],
                "you took b/n off once more: a already is the value without it.",
            ),
        ],
        praise="a is what infinitely many pictures would give, b/n what few add. The reference's own bias stays.",
        tolerance=2e-3,
    )
