"""Exercises 7 and 8 of lesson 06: first weights, and a count of parameters."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from dcgan_course.checks.engine import Mistake, answer, fail, judge, passed
from dcgan_course.checks.registry import exercise

MARK = 7.0  # a value that no initialisation leaves behind


@exercise("7 · first weights", id="first-weights", points=2)
def first_weights(exercise: str, function: Callable[[nn.Module], None]) -> None:
    """Check a learner's init_weights(network): every kind of layer that a DCGAN has, at two depths."""
    torch.manual_seed(0)
    network, transposed, norm, convolution = _network()
    own, buffers = dict(network.named_parameters()), {name: b.clone() for name, b in network.named_buffers()}
    answer(exercise, function, (network,))
    if all(bool((parameter == MARK).all()) for parameter in network.parameters()):
        fail(exercise, "your function changed nothing: all numbers of the network were left as they were.")
    _refuse_other_changes(exercise, network, own, buffers)
    _check_weights(exercise, transposed.weight, "transposed convolutions", "nn.ConvTranspose2d is no nn.Conv2d")
    _check_weights(exercise, convolution.weight, "convolutions", "ask for nn.Conv2d, too")
    _check_scale(exercise, norm.weight)
    for name, bias in (("batch norm's shifts", norm.bias), ("the biases of convolutions", convolution.bias)):
        if bias is not None and float(bias.detach().abs().max()) > 0:
            words = "were left as they were" if bool((bias == MARK).all()) else f"have σ {_std(bias):.3g}"
            fail(exercise, f"{name} {words}; they should be 0.")
    other, again, *_ = _network()
    answer(exercise, function, (other,))
    if torch.equal(again.weight, transposed.weight):
        fail(
            exercise,
            "two networks got the same numbers: your function sets a seed. Then G and D, and every training, begin "
            "alike whatever seed the program was given. Leave `torch.manual_seed` to the caller.",
        )
    passed(exercise, "weights N(0, 0.02), scales N(1, 0.02), all shifts 0, at every depth of the network.")


def _network() -> tuple[nn.Module, nn.ConvTranspose2d, nn.BatchNorm2d, nn.Conv2d]:
    """Build a network with every kind of layer that a DCGAN has, all its parameters MARK; return it, and its layers."""
    transposed, norm, convolution = (
        nn.ConvTranspose2d(40, 50, 4, bias=False),
        nn.BatchNorm2d(4000),
        nn.Conv2d(50, 40, 4),
    )
    network = nn.Sequential(transposed, nn.Sequential(norm, nn.ReLU()), convolution)
    for parameter in network.parameters():
        nn.init.constant_(parameter, MARK)
    return network, transposed, norm, convolution


def _refuse_other_changes(
    exercise: str, network: nn.Module, own: dict[str, nn.Parameter], buffers: dict[str, Tensor]
) -> None:
    """Raise CheckFailed if anything but the numbers in the parameters was changed."""
    now = dict(network.named_parameters())
    if now.keys() != own.keys() or any(now[name] is not parameter for name, parameter in own.items()):
        fail(
            exercise,
            "your function put other parameters into the network. An optimiser that was made before holds the old "
            "ones, and would train those. Change the numbers in place: `nn.init.normal_(layer.weight, 0, 0.02)`.",
        )
    if any(not parameter.requires_grad for parameter in own.values()):
        fail(exercise, "your function left parameters frozen (requires_grad=False): they would never learn.")
    if any(parameter.dtype != torch.float32 for parameter in own.values()):
        fail(exercise, "your function changed the type of the numbers: the parameters were float32 before.")
    if any(parameter.grad is not None for parameter in own.values()):
        fail(exercise, "your function left gradients behind: the first step of training would add them to its own.")
    if not all(layer.training for layer in network.modules()):
        fail(exercise, "your function left the network in eval mode. It should only set numbers.")
    if any(not torch.equal(buffer, buffers[name]) for name, buffer in network.named_buffers()):
        fail(
            exercise,
            "your function changed batch norm's running statistics. They are no weights: training gathers them.",
        )


def _std(values: Tensor) -> float:
    return float(values.detach().std())


def _check_weights(exercise: str, weight: Tensor, name: str, forgotten: str) -> None:
    std, centre = _std(weight), float(weight.detach().mean())
    if bool((weight == MARK).all()):
        fail(exercise, f"the weights of {name} were left as they were: {forgotten}.")
    if abs(std - 0.02) < 1e-3 and abs(centre) < 1e-3:
        if float(weight.detach().abs().max()) < 0.0501:
            fail(exercise, f"the weights of {name} have no tails: take the normal distribution, not the uniform one.")
        tails = float((weight.detach() / std).pow(4).mean())  # 3 of a normal distribution; ± 0.03 for 32,000 numbers
        if abs(tails - 3) > 0.12:
            kind = "cut off" if tails < 3 else "too heavy"
            fail(exercise, f"mean and σ of the weights of {name} are right, but the tails are {kind}: N(0, 0.02).")
        return
    hints = {
        0.02**2: "0.0004 is the variance; nn.init.normal_ takes the standard deviation, 0.02.",
        math.sqrt(0.02): "you took the root: 0.02 is the standard deviation already.",
        0.04 / math.sqrt(12): "that is the uniform distribution from −0.02 to 0.02; take the normal one.",
    }
    hint = next((f"\n  Hint: {text}" for value, text in hints.items() if abs(std - value) < 0.04 * value), "")
    if abs(centre - 1) < 0.01:
        hint = "\n  Hint: mean 1 is for the scales of batch norm; convolutions get mean 0."
    fail(exercise, f"the weights of {name} have mean {centre:.2g} and σ {std:.3g}, but should be N(0, 0.02).{hint}")


def _check_scale(exercise: str, scale: Tensor) -> None:
    std, centre = _std(scale), float(scale.detach().mean())
    if bool((scale == MARK).all()):
        fail(exercise, "batch norm's scales were left as they were: it may lie deeper; go through network.modules().")
    if abs(std - 0.02) < 2e-3 and abs(centre - 1) < 2e-3:
        return
    hint = ""
    if abs(centre) < 0.01:
        hint = "\n  Hint: a scale near 0 switches the map off. Batch norm's scales are drawn around 1."
    elif std == 0:
        hint = "\n  Hint: the scales are all 1, PyTorch's own start. DCGAN draws them from N(1, 0.02)."
    fail(exercise, f"batch norm's scales have mean {centre:.2g} and σ {std:.3g}, but should be N(1, 0.02).{hint}")


def _count(
    latent_dim: int,
    start: int,
    widths: Sequence[int],
    channels: int,
    kernel: int = 16,
    norm: int = 2,
    normed_last: int = 0,
    bias: int = 0,
) -> int:
    outs = [*widths, channels]
    ins = [latent_dim, *widths]
    places = [start**2] + [kernel] * len(widths)
    weights = sum(a * b * k for a, b, k in zip(ins, outs, places, strict=True))
    return weights + norm * (sum(widths) + normed_last * channels) + bias * sum(outs)


def _variant(**settings: int) -> Callable[[int, int, Sequence[int], int], int]:
    return lambda latent_dim, start, widths, channels: _count(latent_dim, start, widths, channels, **settings)


MISTAKES = [
    Mistake(_variant(norm=0), "batch norm trains two numbers a map, a scale and a shift; you left them out."),
    Mistake(
        _variant(norm=3), "the convolutions in front of a norm have no bias: the norm has two numbers a map, not three."
    ),
    Mistake(_variant(norm=1), "batch norm trains two numbers a map, not one: a scale and a shift."),
    Mistake(_variant(norm=4), "the running mean and variance are not trained: two numbers a map, not four."),
    Mistake(
        lambda latent_dim, start, widths, channels: (
            _count(latent_dim, start, widths, channels, norm=4) + len(widths)  # num_batches_tracked, one a norm
        ),
        "state_dict() holds more than parameters: batch norm's running mean and variance, and a counter of batches.",
    ),
    Mistake(_variant(bias=1), "the convolutions have no bias here."),
    Mistake(
        lambda latent_dim, start, widths, channels: _count(latent_dim, start, widths, channels) + channels,
        "the last convolution has no bias either, though no norm follows it.",
    ),
    Mistake(_variant(kernel=4), "a kernel of 4×4 has 16 places, not 4."),
    Mistake(_variant(normed_last=1), "there is no batch norm after the last layer: it adds no parameters there."),
    Mistake(
        lambda latent_dim, start, widths, channels: (
            _count(latent_dim, start, widths, channels) - latent_dim * widths[0] * (start**2 - start)
        ),
        "the first kernel is start×start: square it.",
    ),
    Mistake(
        lambda latent_dim, start, widths, channels: (
            _count(latent_dim, start, widths, channels) - latent_dim * widths[0] * (start**2 - 16)
        ),
        "the first kernel is as large as the first maps, start×start, not 4×4.",
    ),
    Mistake(
        lambda latent_dim, start, widths, channels: (
            _count(latent_dim, start, widths, channels) - widths[-1] * channels * 16
        ),
        "the last layer, from the last hidden maps to the picture, is missing.",
    ),
    Mistake(
        lambda latent_dim, start, widths, channels: (
            _count(latent_dim, start, widths, channels) - latent_dim * widths[0] * start**2
        ),
        "the first layer, from z to the first maps, is missing.",
    ),
]


@exercise("8 · count the parameters", id="count-generator", points=2)
def count_generator(exercise: str, function: Callable[[int, int, list[int], int], int]) -> None:
    """Check a learner's count_generator(latent_dim, start, widths, channels)."""
    judge(
        exercise,
        function,
        [(100, 4, [512, 256, 128, 64], 3), (100, 7, [32, 16], 1), (10, 6, [64, 32, 16], 3), (5, 3, [7], 2)],
        _count,
        MISTAKES,
        "the count agrees for four generators, the 64×64 one among them.",
        tolerance=0,  # a count is exact
    )
