"""The checks of exercises 1 and 2 of lesson 06: the two blocks, judged by what they compute with their own weights."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcgan_course.checks.engine import fail, passed
from dcgan_course.checks.networks import CONVOLUTIONS, RESIZING, Call, asked, built, check_trained_layers, close, noted
from dcgan_course.models.dcgan import down, up

CASES = ((3, 5), (6, 2))
WANTED_WINDOW = (4, 2, 1)  # kernel, stride, padding
STRETCH = 10.0  # the scale of batch norm while it is judged: ReLU6 is ReLU to numbers below 6


@dataclass(frozen=True)
class Wanted:
    """What a block must be: its convolution's class, its activation, the package's block, and words for both."""

    exercise: str
    convolution: type[nn.Module]
    other: type[nn.Module]
    activation: Callable[[Tensor], Tensor]
    activation_name: str
    oracle: Callable[[int, int], nn.Module]
    size: str


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


UP = Wanted("write-up", nn.ConvTranspose2d, nn.Conv2d, F.relu, "ReLU", up, "twice as large")
DOWN = Wanted("write-down", nn.Conv2d, nn.ConvTranspose2d, _leaky, "LeakyReLU(0.2)", down, "half as large")


def write_up(function) -> None:
    """Check a learner's up(in_channels, out_channels)."""
    _check(function, UP)


def write_down(function) -> None:
    """Check a learner's down(in_channels, out_channels)."""
    _check(function, DOWN)


def _check(function, wanted: Wanted) -> None:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        for case in CASES:
            _check_case(function, case, wanted)
    passed(
        wanted.exercise,
        f"convolution, norm, {wanted.activation_name}: sizes and values agree for {len(CASES)} pairs of widths.",
    )


def window_complaint(convolution: nn.Module) -> str | None:
    """Say how a convolution of the right size differs from kernel 4, stride 2, padding 1; None if it does not."""
    if convolution.padding_mode != "zeros":
        return f"has padding_mode={convolution.padding_mode!r}; the padding here is of zeros, PyTorch's own."
    settings = [convolution.kernel_size, convolution.stride, convolution.padding]
    if settings == [(side, side) for side in WANTED_WINDOW]:
        return None
    kernel, stride, padding = (value[0] if isinstance(value, tuple) else value for value in settings)
    hint = ""
    if kernel != WANTED_WINDOW[0]:
        why = f": {kernel} is no multiple of the stride (lesson 02)" if kernel % WANTED_WINDOW[1] else ""
        hint = f"\n  Hint: right size, other kernel{why}."
    return (
        f"has kernel {kernel}, stride {stride}, padding {padding}; the task names kernel 4, stride 2, padding 1.{hint}"
    )


def _check_case(function, case, wanted: Wanted) -> None:
    exercise = wanted.exercise
    block = built(exercise, function, case)
    convolution = _convolution(block, wanted)
    norms = [layer for layer in block.modules() if isinstance(layer, nn.BatchNorm2d)]
    for norm in norms:
        if norm.affine:
            nn.init.constant_(norm.weight, STRETCH)
    x = torch.randn(4, case[0], 6, 6)
    with noted(block, (*CONVOLUTIONS, nn.BatchNorm2d)) as notes:
        got = asked(exercise, block.train(), x, lambda: _why_raised(convolution, case, notes))
    want = tuple(wanted.oracle(*case)(x).shape)
    if not isinstance(got, Tensor) or tuple(got.shape) != want:
        shape = tuple(got.shape) if isinstance(got, Tensor) else type(got).__name__
        fail(
            exercise,
            f"{tuple(x.shape)} became {shape}, but it should be {want}, {wanted.size}: kernel 4, stride 2, padding 1.",
        )
    other_window = window_complaint(convolution)
    if len(norms) != 1:
        fail(exercise, f"the block has {len(norms)} batch norms; rule 2 asks for one, behind the convolution.")
    _check_order(exercise, [call.module for call in notes], convolution, norms[0])
    if convolution.bias is not None:
        fail(exercise, "the convolution has a bias, and batch norm takes it off again: write bias=False.")
    if other_window:
        fail(exercise, f"the convolution {other_window}")
    check_trained_layers(exercise, block)
    _check_values(got, convolution(x), norms[0], wanted)


def _why_raised(convolution: nn.Module, case, notes: list[Call]) -> str:
    """Say which number of maps is wrong in a block that raised an error, or nothing."""
    before, after = case
    if (convolution.in_channels, convolution.out_channels) == (after, before):
        return f"the channels are swapped: the block gets {before} maps and gives {after}. in_channels comes first."
    if not notes or notes[-1].output is not None or not isinstance(notes[-1].module, nn.BatchNorm2d):
        return ""  # another layer raised the error
    if convolution not in [call.module for call in notes]:
        return "the norm stands before the convolution; it belongs between convolution and activation."
    return f"the norm behind the convolution gets {convolution.out_channels} maps: BatchNorm2d(out_channels)."


def _check_order(exercise: str, called: list[nn.Module], convolution: nn.Module, norm: nn.Module) -> None:
    if norm not in called:
        fail(exercise, "batch norm is there but never called.")
    if called.index(norm) < called.index(convolution):
        fail(exercise, "the norm stands before the convolution; it belongs between convolution and activation.")


def _convolution(block: nn.Module, wanted: Wanted) -> nn.Module:
    resizing = [type(layer).__name__ for layer in block.modules() if isinstance(layer, RESIZING)]
    if resizing:
        fail(wanted.exercise, f"there is {resizing[0]}; rule 1: no pooling, no upsampling, the stride does that work.")
    if any(isinstance(layer, wanted.other) for layer in block.modules()):
        fail(
            wanted.exercise,
            f"there is {wanted.other.__name__}, but rule 1 asks for {wanted.convolution.__name__} here: "
            "a stride makes maps smaller in Conv2d and larger in ConvTranspose2d.",
        )
    found = [layer for layer in block.modules() if isinstance(layer, wanted.convolution)]
    if len(found) != 1:
        fail(wanted.exercise, f"the block has {len(found)} {wanted.convolution.__name__} layers; it needs one.")
    return found[0]


def _check_values(got: Tensor, convolved: Tensor, norm: nn.BatchNorm2d, wanted: Wanted) -> None:
    """Compare with the right order of layers, then with the orders and activations that learners write."""

    def normed(x):
        return F.batch_norm(x, None, None, norm.weight, norm.bias, training=True, eps=norm.eps)

    right = wanted.activation
    if close(got, right(normed(convolved))):
        if norm.eps > 1e-3:
            fail(wanted.exercise, f"batch norm's eps is {norm.eps:g}: the second argument is eps, not the momentum.")
        return
    hints = [
        (normed(convolved), f"the activation is missing: {wanted.activation_name} comes last."),
        (
            normed(right(convolved)),
            "the norm stands behind the activation; it belongs between convolution and activation.",
        ),
        (_leaky(normed(convolved)), "this is LeakyReLU(0.2), the activation of D. G has ReLU."),
        (F.relu(normed(convolved)), "this is ReLU, the activation of G. D has LeakyReLU(0.2)."),
        (F.leaky_relu(normed(convolved)), "the slope is 0.01, PyTorch's own; DCGAN has LeakyReLU(0.2)."),
        (F.relu6(normed(convolved)), "ReLU6 cuts at 6; DCGAN has ReLU."),
        (normed(convolved).tanh(), "tanh belongs to the end of G alone."),
        (right(convolved), "batch norm is there but its result is not used."),
    ]
    for value, hint in hints:
        if close(got, value):
            fail(wanted.exercise, f"the sizes are right, the values are not.\n  Hint: {hint}")
    fail(
        wanted.exercise,
        f"the sizes are right, the values are not: convolution, batch norm, {wanted.activation_name}, in that order.",
    )
