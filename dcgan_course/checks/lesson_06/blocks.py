"""Exercises 1 and 2 of lesson 06: the two blocks, judged by what they compute with their own weights."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcgan_course.checks.engine import fail, passed
from dcgan_course.checks.networks import (
    CONVOLUTIONS,
    RESIZING,
    Call,
    Convolution,
    asked,
    built,
    check_trained_layers,
    close,
    noted,
)
from dcgan_course.checks.registry import exercise

CASES = ((3, 5, 2), (6, 2, 3), (4, 3, 4))  # maps before, maps behind, factor
WANTED_WINDOW = (4, 2, 1)  # kernel, stride, padding of DCGAN's own blocks
Block = Callable[[int, int, int], nn.Module]
STRETCH = 10.0  # the scale of batch norm while it is judged: ReLU6 is ReLU to numbers below 6


@dataclass(frozen=True)
class Wanted:
    """What a block must be: its convolution's class, its activation, the package's block, and words for both."""

    convolution: type[Convolution]
    other: type[Convolution]
    activation: Callable[[Tensor], Tensor]
    activation_name: str
    size: str

    def side(self, before: int, factor: int) -> int:
        """The side of the maps that leave the block."""
        return before * factor if self.convolution is nn.ConvTranspose2d else before // factor

    def paddings(self, factor: int) -> set[tuple[int, int]]:
        """All (padding, output_padding) with which kernel 2 · factor and stride `factor` make the wanted size."""
        if self.convolution is nn.Conv2d:
            return {(-(-factor // 2), 0)}  # the smallest
        return {(p, 2 * p - factor) for p in range(2 * factor) if 0 <= 2 * p - factor < factor}


def _leaky(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2)


UP = Wanted(nn.ConvTranspose2d, nn.Conv2d, F.relu, "ReLU", "larger by the factor")
DOWN = Wanted(nn.Conv2d, nn.ConvTranspose2d, _leaky, "LeakyReLU(0.2)", "smaller by the factor")


@exercise("1 · the block that makes maps larger", id="write-up", points=2)
def write_up(exercise: str, function: Block) -> None:
    """Check a learner's up(in_channels, out_channels, factor)."""
    _check(exercise, function, UP)


@exercise("2 · the block that makes maps smaller", id="write-down", points=2)
def write_down(exercise: str, function: Block) -> None:
    """Check a learner's down(in_channels, out_channels, factor)."""
    _check(exercise, function, DOWN)


def _check(exercise: str, function: Block, wanted: Wanted) -> None:
    torch.manual_seed(0)
    for case in CASES:
        _check_case(exercise, function, case, wanted)
    one, other = (list(built(exercise, function, CASES[0]).parameters()) for _ in range(2))
    if any(p is q for p in one for q in other):
        fail(
            exercise,
            "two calls gave back blocks that share their weights. A network has many blocks, and each has its own: "
            "make new layers inside the function.",
        )
    passed(
        exercise,
        f"convolution, norm, {wanted.activation_name}: sizes and values agree for factors 2, 3 and 4.",
    )


def window_complaint(convolution: Convolution) -> str | None:
    """Say how a convolution of the right size differs from kernel 4, stride 2, padding 1; None if it does not."""
    if convolution.padding_mode != "zeros":
        return f"has padding_mode={convolution.padding_mode!r}; the padding here is of zeros, PyTorch's own."
    settings = [convolution.kernel_size, convolution.stride, convolution.padding]
    if settings == [(side, side) for side in WANTED_WINDOW]:
        return None
    kernel, stride = convolution.kernel_size[0], convolution.stride[0]
    padding = convolution.padding if isinstance(convolution.padding, str) else convolution.padding[0]
    hint = ""
    if kernel != WANTED_WINDOW[0]:
        why = f": {kernel} is no multiple of the stride (lesson 02)" if kernel % WANTED_WINDOW[1] else ""
        hint = f"\n  Hint: right size, other kernel{why}."
    return (
        f"has kernel {kernel}, stride {stride}, padding {padding}; the task names kernel 4, stride 2, padding 1.{hint}"
    )


def _window_of_factor(convolution: Convolution, factor: int, wanted: Wanted) -> str | None:
    """Say how a convolution differs from kernel 2 · factor, stride factor and a right padding; None if it does not."""
    if convolution.padding_mode != "zeros":
        return f"has padding_mode={convolution.padding_mode!r}; the padding here is of zeros, PyTorch's own."
    kernel, stride = convolution.kernel_size, convolution.stride
    pair = convolution.padding, convolution.output_padding
    if (kernel, stride) == ((2 * factor,) * 2, (factor,) * 2) and pair in {
        ((p, p), (o, o)) for p, o in wanted.paddings(factor)
    }:
        return None
    hint = ""
    if kernel[0] != 2 * factor:
        why = f": {kernel[0]} is no multiple of the stride (lesson 02)" if kernel[0] % factor else ""
        hint = f"\n  Hint: right size, other kernel{why}."
    elif wanted.convolution is nn.Conv2d:
        hint = "\n  Hint: right size, but a smaller padding makes it, too. The task asks for the smallest."
    return (
        f"has kernel {kernel[0]}, stride {stride[0]} and padding {convolution.padding} for factor {factor}; the task "
        f"names kernel {2 * factor} and stride {factor}.{hint}"
    )


def _size_hint(got: int, want: int, factor: int, wanted: Wanted) -> str:
    """Say how to find the padding of a factor, where the size is wrong."""
    if factor == 2:
        return "for factor 2 it is kernel 4, stride 2, padding 1."
    if wanted.convolution is nn.ConvTranspose2d and factor % 2 and abs(got - want) == 1:
        return "an odd number of squares has to go: padding takes two at a time. What gives one back, at one end?"
    return "solve the formula of the size (lesson 01 or 02) for the padding, with this kernel and this stride."


def _check_case(exercise: str, function: Block, case: tuple[int, int, int], wanted: Wanted) -> None:
    block = built(exercise, function, case)
    convolution = _convolution(exercise, block, wanted)
    if not all(layer.training for layer in block.modules()):
        fail(
            exercise,
            "your block comes in eval mode: batch norm would use statistics that it has not gathered yet. Leave "
            "`.eval()` out; whoever uses the network decides.",
        )
    if any(not parameter.requires_grad for parameter in block.parameters()):
        fail(exercise, "your block comes frozen: with `requires_grad=False` its parameters never learn.")
    norms = [layer for layer in block.modules() if isinstance(layer, nn.BatchNorm2d)]
    for norm in norms:
        if norm.affine:
            nn.init.constant_(norm.weight, STRETCH)
    nn.init.normal_(convolution.weight, 0, 0.2)  # whatever it came with, the values must tell the orders apart
    before = [(parameter, parameter.detach().clone()) for parameter in block.parameters()]
    factor, side = case[2], 6 if wanted.convolution is nn.ConvTranspose2d else 12
    x = torch.randn(4, case[0], side, side)
    with noted(block, (*CONVOLUTIONS, nn.BatchNorm2d)) as notes:
        got = asked(exercise, block.train(), x, lambda: _why_raised(convolution, case, notes))
    now = list(block.parameters())
    if len(now) != len(before) or any(
        p is not q or not torch.equal(p, r) for p, (q, r) in zip(now, before, strict=True)
    ):
        fail(
            exercise,
            "asking your block changes its parameters. What is set or drawn in `forward` is gone at the next call, and "
            "nothing can be learned: make layers in `__init__`, and only use them in `forward`.",
        )
    want = (len(x), case[1], *[wanted.side(side, factor)] * 2)
    if tuple(got.shape) != want:
        fail(
            exercise,
            f"with factor {factor}, {tuple(x.shape)} became {tuple(got.shape)}, but it should be {want}, "
            f"{wanted.size}.\n  Hint: {_size_hint(got.shape[-1], want[-1], factor, wanted)}",
        )
    other_window = _window_of_factor(convolution, factor, wanted)
    if len(norms) != 1:
        fail(exercise, f"the block has {len(norms)} batch norms; rule 2 asks for one, behind the convolution.")
    _check_order(exercise, [call.module for call in notes], convolution, norms[0])
    _check_norm(exercise, norms[0])
    if convolution.bias is not None:
        fail(exercise, "the convolution has a bias, and batch norm takes it off again: write bias=False.")
    if other_window:
        fail(exercise, f"the convolution {other_window}")
    check_trained_layers(exercise, block)
    _check_values(exercise, got, convolution(x), norms[0], wanted)


def _why_raised(convolution: Convolution, case: tuple[int, int, int], notes: list[Call]) -> str:
    """Say which number of maps is wrong in a block that raised an error, or nothing."""
    before, after, _ = case
    if (convolution.in_channels, convolution.out_channels) == (after, before):
        return f"the channels are swapped: the block gets {before} maps and gives {after}. in_channels comes first."
    if not notes or notes[-1].output is not None or not isinstance(notes[-1].module, nn.BatchNorm2d):
        return ""  # another layer raised the error
    if convolution not in [call.module for call in notes]:
        return "the norm stands before the convolution; it belongs between convolution and activation."
    return f"the norm behind the convolution gets {convolution.out_channels} maps: BatchNorm2d(out_channels)."


def _check_norm(exercise: str, norm: nn.BatchNorm2d) -> None:
    """Batch norm must have what it learns and what eval mode needs."""
    if not norm.affine:
        fail(exercise, "the norm has no scale and no shift (affine=False); DCGAN's norms have both, and train them.")
    if not norm.track_running_stats:
        fail(
            exercise,
            "the norm keeps no running statistics (track_running_stats=False): in eval mode a picture would still hang "
            "on the others of its batch.",
        )
    if norm.momentum in (0, 1):
        what = "never move" if norm.momentum == 0 else "are those of the last batch alone"
        fail(exercise, f"with momentum={norm.momentum:g} the norm's running statistics {what}. PyTorch's own is 0.1.")


def _check_order(exercise: str, called: list[nn.Module], convolution: Convolution, norm: nn.Module) -> None:
    if norm not in called:
        fail(exercise, "batch norm is there but never called.")
    if called.index(norm) < called.index(convolution):
        fail(exercise, "the norm stands before the convolution; it belongs between convolution and activation.")


def _convolution(exercise: str, block: nn.Module, wanted: Wanted) -> Convolution:
    resizing = [type(layer).__name__ for layer in block.modules() if isinstance(layer, RESIZING)]
    if resizing:
        fail(exercise, f"there is {resizing[0]}; rule 1: no pooling, no upsampling, the stride does that work.")
    if any(isinstance(layer, wanted.other) for layer in block.modules()):
        fail(
            exercise,
            f"there is {wanted.other.__name__}, but rule 1 asks for {wanted.convolution.__name__} here: "
            "a stride makes maps smaller in Conv2d and larger in ConvTranspose2d.",
        )
    found = [layer for layer in block.modules() if isinstance(layer, wanted.convolution)]
    if len(found) != 1:
        fail(exercise, f"the block has {len(found)} {wanted.convolution.__name__} layers; it needs one.")
    return found[0]


def _check_values(exercise: str, got: Tensor, convolved: Tensor, norm: nn.BatchNorm2d, wanted: Wanted) -> None:
    """Compare with the right order of layers, then with the orders and activations that learners write."""

    def normed(x: Tensor) -> Tensor:
        return F.batch_norm(x, None, None, norm.weight, norm.bias, training=True, eps=norm.eps)

    right = wanted.activation
    if close(got, right(normed(convolved))):
        if norm.eps > 1e-3:
            fail(exercise, f"batch norm's eps is {norm.eps:g}: the second argument is eps, not the momentum.")
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
            fail(exercise, f"the sizes are right, the values are not.\n  Hint: {hint}")
    fail(
        exercise,
        f"the sizes are right, the values are not: convolution, batch norm, {wanted.activation_name}, in that order.",
    )
