"""Exercises 2a and 2b of lesson 07b: the work of a layer, and the hours of a training."""

import statistics
from collections.abc import Callable
from math import ceil

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise

LAYERS = [(3, 64, 4, 16, 16), (64, 128, 4, 8, 8), (1, 8, 5, 24, 12), (5, 7, 1, 3, 10)]


def _flop(in_channels: int, out_channels: int, kernel: int, height: int, width: int) -> int:
    return 2 * in_channels * out_channels * kernel**2 * height * width


FLOP_MISTAKES = [
    Mistake(
        lambda i, o, k, h, w: _flop(i, o, k, h, w) // 2,
        "these are the multiplications. Each product is also added: a multiplication and an addition are two FLOP.",
    ),
    Mistake(
        lambda i, o, k, h, w: 2 * i * o * k * h * w,
        "a kernel is a square: it has kernel · kernel weights for each pair of channels.",
    ),
    Mistake(
        lambda i, o, k, h, w: 2 * i * o * k**2,
        "this is twice the number of weights. Each weight is used once for *every pixel* of the output.",
    ),
    Mistake(
        lambda i, o, k, h, w: i * o * k**2,
        "this is the number of weights. Each weight is used once for *every pixel* of the output, in a product and a "
        "sum.",
    ),
    Mistake(
        lambda i, o, k, h, w: 2 * o * k**2 * h * w,
        "each output looks at all input channels: their number is missing.",
    ),
    Mistake(
        lambda i, o, k, h, w: 2 * i * k**2 * h * w,
        "this is the work for one output channel. There are `out_channels` of them.",
    ),
    Mistake(
        lambda i, o, k, h, w: 2 * i * o * k**2 * h**2,
        "the maps are not always square: `height` and `width` may differ.",
    ),
    Mistake(
        lambda i, o, k, h, w: 2 * (i + o) * k**2 * h * w,
        "channels are not added: each of the `out_channels` maps looks at each of the `in_channels` maps.",
    ),
    Mistake(
        lambda i, o, k, h, w: 3 * _flop(i, o, k, h, w),
        "this is forward and backward together. One forward pass is asked for.",
    ),
    Mistake(
        lambda i, o, k, h, w: _flop(i, o, k, h, w) + o * h * w,
        "this counts a bias, too. The layer has none.",
    ),
    Mistake(
        lambda i, o, k, h, w: _flop(i, o, k, h, w) / 1e9,
        "these are GFLOP. FLOP are asked for: do not divide.",
    ),
]


@exercise("2a · the work of a layer", id="layer-flop", points=2)
def layer_flop(exercise: str, function: Callable[[int, int, int, int, int], int]) -> None:
    """Check a learner's layer_flop(in_channels, out_channels, kernel, height, width) of a forward pass, one picture."""
    judge(
        exercise,
        function,
        LAYERS,
        _flop,
        FLOP_MISTAKES,
        praise="two for each weight and each pixel of the output.",
        tolerance=1e-9,
    )


TIMES = [  # the first step is slow; one of the others met a busy moment; an odd number of steps follows the first
    ([9.0, 0.5, 0.52, 0.48, 3.0, 0.51], 128, 50_000, 200),
    ([2.0, 0.21, 0.2, 0.9], 64, 573, 40),
    ([0.004, 0.001, 0.0012, 0.0009, 0.0011, 0.05], 32, 60_001, 12),
]


def _hours(seconds: list[float], batch_size: int, pictures: int, epochs: int) -> float:
    return statistics.median(seconds[1:]) * (pictures // batch_size) * epochs / 3600


def _by(second: float, batch_size: int, pictures: int, epochs: int) -> float:
    """The hours if a step takes so many seconds."""
    return second * (pictures // batch_size) * epochs / 3600


HOURS_MISTAKES = [
    Mistake(
        lambda s, b, n, e: _by(statistics.mean(s), b, n, e),
        "the mean counts the first step, which prepares memory and chooses ways to compute, and one step that met a "
        "busy moment. Leave the first out and take the middle of the others.",
    ),
    Mistake(
        lambda s, b, n, e: _by(statistics.mean(s[1:]), b, n, e),
        "the first step is left out. But one of the others met a busy moment of the machine, and a mean is drawn "
        "towards it: take the middle one, the median.",
    ),
    Mistake(
        lambda s, b, n, e: _by(statistics.median(s), b, n, e),
        "the median is right. But the first step, which prepares memory, is no sample of the others: leave it out.",
    ),
    Mistake(
        lambda s, b, n, e: _by(min(s), b, n, e),
        "the fastest step is the machine at its best moment. A training meets all moments: take the middle.",
    ),
    Mistake(
        lambda s, b, n, e: _by(s[-1], b, n, e),
        "the last step alone may have met a busy moment: take the middle of all but the first.",
    ),
    Mistake(
        lambda s, b, n, e: _by(s[0], b, n, e),
        "the first step prepares memory and chooses ways to compute: it is the one that does not count.",
    ),
    Mistake(
        lambda s, b, n, e: statistics.median(s[1:]) * ceil(n / b) * e / 3600,
        "the last batch of an epoch is not full, and `train` leaves it out: the number of steps is rounded down.",
    ),
    Mistake(
        lambda s, b, n, e: statistics.median(s[1:]) * n / b * e / 3600,
        "an epoch has a whole number of steps: `train` leaves the last batch out where it is not full.",
    ),
    Mistake(
        lambda s, b, n, e: statistics.median(s[1:]) * n * e / 3600,
        "a step plays a whole batch, not one picture: divide the pictures by the batch size.",
    ),
    Mistake(
        lambda s, b, n, e: _hours(s, b, n, 1),
        "this is one epoch. All `epochs` are asked for.",
    ),
    Mistake(
        lambda s, b, n, e: _hours(s, b, n, e) * 60,
        "these are minutes. Hours are asked for.",
    ),
    Mistake(
        lambda s, b, n, e: _hours(s, b, n, e) * 3600,
        "these are seconds. Hours are asked for: 3,600 seconds each.",
    ),
]


@exercise("2b · hours before you start", id="hours", points=2)
def hours(exercise: str, function: Callable[[list[float], int, int, int], float]) -> None:
    """Check a learner's hours(seconds, batch_size, pictures, epochs) of a training, from the times of a few steps."""
    judge(
        exercise,
        function,
        TIMES,
        _hours,
        HOURS_MISTAKES,
        praise="the middle step, times the steps of an epoch, times the epochs.",
        tolerance=1e-6,
    )
