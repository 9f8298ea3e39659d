"""Exercises 5 and 6 of lesson 02: layers that multiply the size, and the price of the inserted zeros."""

import functools
from collections.abc import Callable

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise
from dcgan_course.convolution.arithmetic import conv_transpose_output_size

Pairs = list[tuple[int, int]]


def _multiplying(kernel_size: int, stride: int) -> Pairs:
    """All (padding, output_padding) that make stride · i of i, found by trying two sizes."""
    return [
        (padding, extra)
        for padding in range(kernel_size + stride)
        for extra in range(stride)
        if all(_size(i, kernel_size, stride, padding, extra) == i * stride for i in (kernel_size + 5, kernel_size + 8))
    ]


def _size(i: int, kernel_size: int, stride: int, padding: int, extra: int) -> int:
    return conv_transpose_output_size(i, kernel_size, stride, padding, extra)


def _solutions(kernel_size: int, stride: int, lowest: int, end: int, shift: int = 0, times: int = 2) -> Pairs:
    """(padding, output_padding) of the equation output_padding = 2 · padding + stride − kernel_size, within bounds."""
    found = [(p, times * p + stride - kernel_size + shift) for p in range(kernel_size + stride)]
    return [(p, extra) for p, extra in found if lowest <= extra < end]


MULTIPLY_MISTAKES = [
    Mistake(
        lambda k, s: _solutions(k, s, 0, 1),
        "you took output_padding 0 only. It may be 1, too, wherever the stride is larger than 1.",
    ),
    Mistake(
        lambda k, s: _solutions(k, s, 0, 1000),
        "PyTorch asks for an output_padding BELOW the stride. You have larger ones.",
    ),
    Mistake(
        lambda k, s: _solutions(k, s, 0, s + 1),
        "an output_padding that is as large as the stride is refused: one more input would make these squares.",
    ),
    Mistake(
        lambda k, s: _solutions(k, s, -1000, s),
        "an output_padding below 0 is not allowed: squares are cut by the padding alone.",
    ),
    Mistake(
        lambda k, s: _solutions(k, s, 1 - s, 1),
        "the sign of output_padding is turned: (i − 1)·s + k − 2p + output_padding = i·s, solved for output_padding.",
    ),
    Mistake(
        lambda k, s: [(p, -extra) for p, extra in _solutions(k, s, 1 - s, 1)],
        "the sign of output_padding is turned: (i − 1)·s + k − 2p + output_padding = i·s, solved for output_padding.",
    ),
    Mistake(
        lambda k, s: _solutions(k, s, 0, s, times=1),
        "you cut the padding once. It is cut at both ends: 2p.",
    ),
    Mistake(
        lambda k, s: _solutions(k, s, 0, s, shift=-s),
        "you counted i·s steps between the stamps. From the first of i stamps to the last there are i − 1 steps.",
    ),
    Mistake(
        lambda k, s: [pair for pair in _multiplying(k, s) if pair[0]],
        "padding 0 is allowed, too: a stride that is larger than the kernel needs no cut at all.",
    ),
    Mistake(
        lambda k, s: _multiplying(k, s)[:1],
        "you found one layer of several. Try every padding: which output_padding would it need?",
    ),
    Mistake(
        lambda k, s: [(extra, p) for p, extra in _multiplying(k, s)],
        "the order is turned round: (padding, output_padding).",
    ),
    Mistake(
        lambda k, s: _multiplying(k, s) if k % s == 0 else [],
        "you left out kernels that the stride does not divide. They paint unevenly, but their sizes can be right.",
    ),
]


@exercise("5 · layers that multiply the size", id="multiplying-layers", points=2)
def multiplying_layers(exercise: str, function: Callable[[int, int], Pairs]) -> None:
    """Check all (padding, output_padding) with which a layer makes stride · i of every i."""

    @functools.wraps(function)
    def listed(kernel_size: int, stride: int) -> object:
        given = function(kernel_size, stride)
        try:
            return None if given is None else sorted((int(p), int(extra)) for p, extra in given)
        except (TypeError, ValueError):
            return given  # shown as it is, beside the list that it should be

    def wanted(kernel_size: int, stride: int) -> Pairs:
        return sorted(_multiplying(kernel_size, stride))

    mistakes = [
        Mistake(lambda k, s, wrong=mistake.wrong: sorted(wrong(k, s)), mistake.hint) for mistake in MULTIPLY_MISTAKES
    ]
    judge(
        exercise,
        listed,
        [(4, 2), (3, 2), (5, 2), (2, 3), (5, 3), (3, 1), (4, 1), (7, 4)],
        wanted,
        mistakes,
        "all layers found, for 8 kernels and strides; kernel 4 with stride 1 has none.",
    )


def _side(i: int, k: int, s: int) -> int:
    return (i - 1) * s + k


PRICE_MISTAKES = [
    Mistake(
        lambda i, k, s: (_side(i, k, s) ** 2 * k**2, i**2 * k**2),
        "the order is turned round: stamping first, then sliding.",
    ),
    Mistake(
        lambda i, k, s: (i * k, _side(i, k, s) * k),
        "you counted along one side. A picture has i · i inputs, and a kernel k · k weights.",
    ),
    Mistake(
        lambda i, k, s: (i**2 * k**2, i**2 * k**2),
        "sliding, every OUTPUT costs k² products, also those with inserted zeros. How many outputs are there?",
    ),
    Mistake(
        lambda i, k, s: (_side(i, k, s) ** 2 * k**2,) * 2,
        "stamping, nothing is multiplied by an inserted zero: every INPUT costs k² products.",
    ),
    Mistake(
        lambda i, k, s: (i**2 * k**2, (i * s) ** 2 * k**2),
        "the output has (i − 1)·s + k squares along a side here, not i·s: nothing is cut.",
    ),
    Mistake(
        lambda i, k, s: (i**2 * k**2, max(0, (i - 1) * s + 2 - k) ** 2 * k**2),
        "you let the window stand only where it lies inside the zero-inserted input. It also hangs over the border: "
        "there are as many places as outputs.",
    ),
    Mistake(
        lambda i, k, s: (i**2 * k**2, ((i - 1) * s + 1) ** 2 * k**2),
        "you counted the squares of the zero-inserted input. The window also stands where it hangs over the border.",
    ),
    Mistake(
        lambda i, k, s: (i**2 * k**2, (_side(i, k, s) + k - 1) ** 2 * k**2),
        "you counted the squares of the PADDED input. The window stands at as many places as there are outputs.",
    ),
    Mistake(
        lambda i, k, s: (i**2, _side(i, k, s) ** 2),
        "these are the stamps and the windows. Each of them costs k² products.",
    ),
    Mistake(
        lambda i, k, s: (i**2 * k**2, _side(i, k, s) ** 2 * k**2 - i**2 * k**2),
        "these are only the wasted products. Sliding makes them and the useful ones.",
    ),
]


@exercise("6 · the price of the zeros", id="price-of-zeros", points=2)
def price_of_zeros(exercise: str, function: Callable[[int, int, int], tuple[int, int]]) -> None:
    """Check the products of the stamping and of the sliding view."""

    @functools.wraps(function)
    def pair(i: int, k: int, s: int) -> tuple[int, ...] | None:
        given = function(i, k, s)
        return None if given is None else tuple(int(number) for number in given)

    judge(
        exercise,
        pair,
        [(4, 4, 2), (1, 4, 1), (7, 3, 2), (5, 2, 3), (16, 4, 2)],
        lambda i, k, s: (i**2 * k**2, _side(i, k, s) ** 2 * k**2),
        PRICE_MISTAKES,
        "for 16 inputs a side, kernel 4 and stride 2: 4,096 products against 18,496.",
    )
