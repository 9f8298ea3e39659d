"""Exercise 4 of lesson 01: the parameters and the multiply-adds of a Conv2d."""

from collections.abc import Callable

from dcgan_course.checks.engine import Mistake, judge
from dcgan_course.checks.registry import exercise
from dcgan_course.convolution.arithmetic import conv_output_size


def _parameters(in_channels: int, out_channels: int, kernel_size: int, bias: bool) -> int:
    return out_channels * (in_channels * kernel_size**2 + bias)


PARAMETER_MISTAKES = [
    Mistake(
        lambda ins, outs, k, bias: outs * ins * k * k,
        "the bias is missing. Each output channel has one, unless bias is False.",
    ),
    Mistake(
        lambda ins, outs, k, bias: outs * (ins * k * k + 1),
        "you count a bias also where bias is False.",
    ),
    Mistake(
        lambda ins, outs, k, bias: outs * (k * k + bias),
        "the input channels are missing. Each output channel has one k × k kernel for each input channel.",
    ),
    Mistake(
        lambda ins, outs, k, bias: outs * ins * (k * k + bias),
        "you count a bias for each kernel. The results of all input channels are added first; then comes one bias.",
    ),
    Mistake(
        lambda ins, outs, k, bias: outs * ins * k * k + ins * bias,
        "you count one bias for each input channel. It belongs to the output channel.",
    ),
    Mistake(
        lambda ins, outs, k, bias: outs * ins * k * k + bias,
        "you count one bias for the whole layer. Each output channel has its own.",
    ),
    Mistake(
        lambda ins, outs, k, bias: outs * (ins * k + bias),
        "a kernel is a square: k · k weights, not k.",
    ),
    Mistake(
        lambda ins, outs, k, bias: (ins + outs) * k * k + outs * bias,
        "you added the channels. Every input channel is joined to every output channel: multiply them.",
    ),
    Mistake(
        lambda ins, outs, k, bias: ins * (k * k + bias),
        "the output channels are missing. Each of them has its own kernels and its own bias.",
    ),
]


@exercise("4a · the parameters", id="parameters", points=1)
def parameters(exercise: str, function: Callable[..., int]) -> None:
    """Check how many numbers a Conv2d learns."""
    cases = [
        (1, 5, 5, True),
        (3, 10, 5, True),
        (3, 64, 4, False),
        (64, 128, 4, False),
        (16, 8, 3, True),
        (2, 1, 1, True),
    ]
    judge(exercise, function, cases, _parameters, PARAMETER_MISTAKES, "as many as PyTorch counts.")


def _multiply_adds(ins: int, outs: int, k: int, size: int, stride: int = 1, padding: int = 0) -> int:
    return conv_output_size(size, k, stride, padding) ** 2 * outs * ins * k * k


WORK_MISTAKES = [
    Mistake(
        lambda ins, outs, k, size, s, p: outs * ins * k * k,
        "you counted each weight once. Every weight works again at every square of the output.",
    ),
    Mistake(
        lambda ins, outs, k, size, s, p: size**2 * outs * ins * k * k,
        "you multiplied with the squares of the input. The sums are made once for each square of the output.",
    ),
    Mistake(
        lambda ins, outs, k, size, s, p: conv_output_size(size, k, s, p) * outs * ins * k * k,
        "you multiplied with one side of the output. It has side · side squares.",
    ),
    Mistake(
        lambda ins, outs, k, size, s, p: conv_output_size(size, k, s, p) ** 2 * outs * k * k,
        "the input channels are missing. Each sum runs over all of them.",
    ),
    Mistake(
        lambda ins, outs, k, size, s, p: conv_output_size(size, k, s, p) ** 2 * ins * k * k,
        "the output channels are missing. You counted the work for one of them.",
    ),
    Mistake(
        lambda ins, outs, k, size, s, p: conv_output_size(size, k, s, p) ** 2 * outs * (ins * k * k + 1),
        "you counted the bias too. It is an addition without a multiplication; the usual count leaves it out.",
    ),
    Mistake(
        lambda ins, outs, k, size, s, p: 2 * _multiply_adds(ins, outs, k, size, s, p),
        "you counted multiplication and addition as two. Here a multiply-add is one.",
    ),
    Mistake(
        lambda ins, outs, k, size, s, p: (size - k + 1) ** 2 * outs * ins * k * k,
        "stride and padding have no effect on your number. They change the size of the output.",
    ),
]


@exercise("4b · the multiply-adds", id="multiply-adds", points=2)
def multiply_adds(exercise: str, function: Callable[..., int]) -> None:
    """Check the work of a Conv2d."""
    cases = [(1, 5, 5, 28, 1, 0), (3, 10, 5, 28, 1, 2), (3, 10, 5, 32, 1, 2), (3, 64, 4, 64, 2, 1), (8, 4, 3, 15, 2, 0)]
    judge(
        exercise,
        function,
        cases,
        _multiply_adds,
        WORK_MISTAKES,
        "the same work that PyTorch's counter finds.",
    )
