"""Exercise 6 of lesson 01: which squares of the input does one number of a deep network see?"""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise

Layers = Sequence[tuple[int, int, int]]  # (kernel_size, stride, padding) of each, the first layer first


def _seen(layers: Layers, place: int) -> tuple[int, int]:
    first = last = place
    for kernel_size, stride, padding in reversed(layers):
        first, last = first * stride - padding, last * stride - padding + kernel_size - 1
    return first, last


def measured(layers: Layers, place: int, size: int) -> tuple[int, int]:
    """Return the first and the last input square that one output square sees, by the gradient.

    Args:
        layers: (kernel_size, stride, padding) of each. place: of the output square. size: of the input; what is seen
            must lie inside.
    """
    row = torch.zeros(1, 1, size, requires_grad=True)
    with torch.enable_grad():
        y = row
        for kernel_size, stride, padding in layers:
            y = F.conv1d(y, torch.ones(1, 1, kernel_size), stride=stride, padding=padding)
        (gradient,) = torch.autograd.grad(y[0, 0, place], row)
    squares = gradient[0, 0].nonzero().flatten()
    return int(squares[0]), int(squares[-1])


def _with(
    layers: Layers, place: int, *, reverse: bool = True, padded: bool = True, less: int = 1, once: bool = False
) -> tuple[int, int]:
    """The walk as learners write it: from the wrong end, without padding, with k in place of k − 1."""
    first = last = place
    for kernel_size, stride, padding in reversed(layers) if reverse else layers:
        off = padding if padded else 0
        first, last = first * stride - off, last * stride - off + kernel_size - less
        if once:
            break
    return first, last


def _width_from_zero(layers: Layers, place: int) -> tuple[int, int]:
    first, last = _seen(layers, place)
    return 0, last - first


def _no_stride(layers: Layers, place: int) -> tuple[int, int]:
    return _seen([(kernel_size, 1, padding) for kernel_size, _, padding in layers], place)


def _padding_added(layers: Layers, place: int) -> tuple[int, int]:
    return _seen([(kernel_size, stride, -padding) for kernel_size, stride, padding in layers], place)


def _clipped(layers: Layers, place: int) -> tuple[int, int]:
    first, last = _seen(layers, place)
    return max(first, 0), last


MISTAKES = [
    Mistake(
        lambda layers, n: _with(layers, n, reverse=False),
        "you walked from the input on. Begin at the output square and go back: the LAST layer first.",
    ),
    Mistake(
        lambda layers, n: _with(layers, n, padded=False),
        "the padding is missing. Square 0 of a padded row is square −p of the picture: subtract p in each layer.",
    ),
    Mistake(
        _padding_added,
        "you added the padding. It stands BEFORE the picture, so a window begins p squares earlier: subtract it.",
    ),
    Mistake(
        lambda layers, n: _with(layers, n, less=0),
        "the last square is too far: a window that begins at a ends at a + k − 1.",
    ),
    Mistake(_no_stride, "the stride is missing: window n begins at square n·s of the padded row."),
    Mistake(
        _width_from_zero,
        "this is how MANY squares it sees, counted from 0. Where they lie depends on the output square, too.",
    ),
    Mistake(
        lambda layers, n: _with(layers, n, once=True),
        "you went back through one layer only. Its squares have windows of their own in the layer before.",
    ),
    Mistake(
        _clipped,
        "you stopped at square 0. Squares below 0 are padding, and the exercise counts them: a negative number says "
        "how much of the window is invented.",
    ),
    Mistake(
        lambda layers, n: (_seen(layers, n)[0], _seen(layers, n)[1] - _seen(layers, n)[0] + 1),
        "the second number is the width. Give the number of the last square.",
    ),
]


@exercise("6 · what one number sees", id="seen", points=2)
def seen(exercise: str, function: Callable[[Layers, int], tuple[int, int]]) -> None:
    """Check the first and the last input square that one output square sees."""
    cases: list[tuple[Layers, int]] = [
        ([(3, 1, 0)], 2),
        ([(3, 1, 0), (3, 2, 0)], 3),
        ([(4, 2, 1)] * 3, 2),
        ([(5, 1, 2), (3, 3, 1)], 0),
        ([(4, 2, 1), (4, 2, 1), (4, 2, 1), (4, 2, 1), (4, 1, 0)], 0),
    ]
    judge(
        exercise,
        function,
        cases,
        _seen,
        MISTAKES,
        "also for D of DCGAN: its last number sees 15 invented squares on each side of the 64.",
    )
