"""Exercises 5 and 6 of lesson 02: the size of a transposed convolution, and p′."""

from collections.abc import Callable

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise
from dcgan_course.convolution.arithmetic import conv_transpose_output_size

SIZE_MISTAKES = [
    Mistake(
        lambda i, k, s, p, extra, d: (i + 2 * p - d * (k - 1) - 1) // s + 1,
        "this is the size of a CONVOLUTION. Think in stamps: (i − 1)·s from first to last, then one whole stamp.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + d * (k - 1) + 1,
        "output_padding is missing. It is added at the end, once.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + d * (k - 1) + 2 * extra + 1,
        "you added output_padding twice. It works at one end only: at the right, and at the bottom.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + k,
        "this is right for dilation 1 and output_padding 0 only: a stamp spans d(k − 1) + 1; add output_padding.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + k + extra,
        "the dilation is missing. A dilated stamp covers d·(k − 1) + 1 squares, not k.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + d * k + extra,
        "your stamp covers d·k squares. Between k weights there are k − 1 gaps, so it covers d·(k − 1) + 1.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - 2 * p + d * (k - 1) + extra,
        "the + 1 is missing. A stamp of d·(k − 1) steps covers d·(k − 1) + 1 squares.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: i * s - 2 * p + d * (k - 1) + extra + 1,
        "you counted i·s. From the first of i stamps to the last there are i − 1 steps.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: i * s,
        "i·s is right for some layers only, such as kernel 4, stride 2, padding 1. Think in stamps: (i − 1)·s from the "
        "first to the last, then one whole stamp; the kernel counts, too.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s - p + d * (k - 1) + extra + 1,
        "you cut the padding once. It is cut at both ends: 2p.",
    ),
    Mistake(
        lambda i, k, s, p, extra, d: (i - 1) * s + 2 * p + d * (k - 1) + extra + 1,
        "you added the padding. Here it makes the output SMALLER: − 2p.",
    ),
]


@exercise("5 · the size", id="transposed-size", points=2)
def transposed_size(exercise: str, function: Callable[..., int]) -> None:
    """Check the size as a function of six numbers."""
    cases = [
        (1, 4, 1, 0, 0, 1),
        (4, 4, 2, 1, 0, 1),
        (2, 3, 2, 0, 0, 1),
        (3, 3, 2, 1, 1, 1),
        (6, 3, 3, 1, 1, 1),
        (5, 3, 1, 0, 0, 2),
        (4, 3, 2, 2, 1, 3),
        (7, 2, 4, 1, 3, 2),
    ]
    judge(
        exercise,
        function,
        cases,
        conv_transpose_output_size,
        SIZE_MISTAKES,
        "right on 8 layers, with dilation and output_padding.",
    )


P_PRIME_MISTAKES = [
    Mistake(
        lambda k, p, d: p,
        "you gave back the argument. It is p of the convolution that is transposed; p′ = d·(k − 1) − p.",
    ),
    Mistake(
        lambda k, p, d: k - 1 - p,
        "the dilation is missing. The kernel reaches d·(k − 1) squares further than its first weight.",
    ),
    Mistake(
        lambda k, p, d: d * (k - 1) + 1 - p,
        "one too many. The first window overlaps the input in ONE square, so d·(k − 1) of its squares lie outside.",
    ),
    Mistake(
        lambda k, p, d: k - p,
        "k − p is one too many already without dilation: the first window overlaps the input in ONE square, so k − 1 "
        "of its squares lie outside. With dilation it is d·(k − 1).",
    ),
    Mistake(
        lambda k, p, d: p - d * (k - 1),
        "the sign is turned. A larger argument p cuts more off the output, so p′ becomes smaller.",
    ),
    Mistake(
        lambda k, p, d: max(0, d * (k - 1) - p),
        "you stopped at 0. If p is larger than d·(k − 1), p′ is negative: the zero-inserted input is cut.",
    ),
    Mistake(
        lambda k, p, d: abs(d * (k - 1) - p), "p′ can be negative: then the zero-inserted input is cut. Keep the sign."
    ),
    Mistake(
        lambda k, p, d: d * (k - 1),
        "the argument p is missing. Each square that p cuts off the output is one zero less.",
    ),
]


@exercise("6 · the padding argument and p′", id="p-prime", points=2)
def p_prime(exercise: str, function: Callable[..., int]) -> None:
    """Check the way from the padding argument to p′."""
    judge(
        exercise,
        function,
        [(3, 0, 1), (3, 2, 1), (3, 1, 1), (4, 1, 1), (5, 2, 2), (4, 0, 3), (3, 3, 1)],
        lambda k, p, d: d * (k - 1) - p,
        P_PRIME_MISTAKES,
        "argument 0 is p′ = 2 for a kernel of 3, and argument 2 is p′ = 0.",
    )
