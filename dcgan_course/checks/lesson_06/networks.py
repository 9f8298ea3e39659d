"""Exercises 3 and 4 of lesson 06: both networks, judged rule by rule while a batch passes."""

import itertools
from collections.abc import Callable, Iterable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dcgan_course.checks.engine import fail, passed
from dcgan_course.checks.lesson_06.blocks import STRETCH, window_complaint
from dcgan_course.checks.networks import (
    CONVOLUTIONS,
    RESIZING,
    Call,
    Convolution,
    asked,
    built,
    check_one_picture,
    check_trained_layers,
    close,
    not_logits,
    noted,
)
from dcgan_course.checks.registry import exercise
from dcgan_course.errors import CheckFailed

WEIGHTED = (*CONVOLUTIONS, nn.Linear)
DROPOUT = (nn.Dropout, nn.Dropout2d, nn.AlphaDropout, nn.FeatureAlphaDropout)
# What learners put behind a hidden layer, right and wrong.
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "ReLU": F.relu,
    "LeakyReLU(0.2)": lambda x: F.leaky_relu(x, 0.2),
    "LeakyReLU(0.01), PyTorch's own slope": F.leaky_relu,
    "no activation": lambda x: x,
    "ReLU6, which cuts at 6": F.relu6,
    "tanh": torch.tanh,
    "a sigmoid": torch.sigmoid,
    "ELU": F.elu,
    "GELU": F.gelu,
    "SiLU": F.silu,
}


class _Layer(NamedTuple):
    """A convolution on the way of a batch: what leaves it, and whether a norm follows."""

    module: Convolution
    shape: tuple[int, ...]
    normed: bool


def _pass_through(exercise: str, network: nn.Module, x: Tensor) -> tuple[Tensor, list[_Layer]]:
    """Send a batch through and note every convolution in order, and whether a batch norm was called behind it."""
    with noted(network, (*WEIGHTED, nn.BatchNorm2d, *RESIZING, *DROPOUT)) as notes:
        result = asked(exercise, network.train(), x)
    _check_kinds(exercise, notes)
    seen: list[_Layer] = []
    for call in notes:
        if isinstance(call.module, CONVOLUTIONS):
            seen.append(_Layer(call.module, tuple(call.left.shape[1:]), False))
        elif isinstance(call.module, nn.BatchNorm2d) and seen:
            seen[-1] = seen[-1]._replace(normed=True)
    return result, seen


def _check_kinds(exercise: str, notes: list[Call]) -> None:
    """Say which layer the rules or the task leave out, and by which rule."""
    for call in notes:
        name = type(call.module).__name__
        if isinstance(call.module, (nn.AvgPool2d, nn.AdaptiveAvgPool2d)) and call.left.shape[2:] == (1, 1):
            fail(
                exercise,
                f"{name} to 1×1 is global average pooling. Rule 3 names it for D's end: stable, but slow to learn. "
                "This task asks for a convolution with kernel 4.",
            )
        if isinstance(call.module, RESIZING):
            fail(exercise, f"there is {name} on the way; rule 1: strides do the resizing.")
        if isinstance(call.module, DROPOUT):
            fail(exercise, f"there is {name} on the way; no rule asks for it, and this task wants the rules alone.")
    weighted = [call.module for call in notes if isinstance(call.module, WEIGHTED)]
    if any(isinstance(module, nn.Linear) for module in weighted[1:-1]):
        fail(exercise, "there is a fully connected hidden layer; rule 3 leaves it out: all layers are convolutions.")
    for place, module in (("first", weighted[:1]), ("last", weighted[-1:])):
        if module and isinstance(module[0], nn.Linear):
            fail(
                exercise,
                f"the {place} layer is fully connected. Rule 3 allows it there, but this task asks for a convolution: "
                "kernel 4, padding 0, between 1×1 and 4×4.",
            )


def _check_ladder(exercise: str, seen: list[_Layer], wanted: list[tuple[int, int, int]]) -> None:
    if [layer.shape for layer in seen] == wanted:
        return
    shown = [" → ".join(f"{c}@{h}×{w}" for c, h, w in shapes) for shapes in ([layer.shape for layer in seen], wanted)]
    hint = ""
    if [shape[0] for shape in wanted[:-1]][::-1] == [layer.shape[0] for layer in seen[:-1]]:
        hint = "\n  Hint: the widths are the right ones in the wrong order."
    elif seen and seen[0].shape[1:] == (2, 2):
        hint = "\n  Hint: the first block doubles 1×1, too. Give it its own numbers: kernel 4, stride 1, padding 0."
    fail(exercise, f"the maps are {shown[0]}, but they should be {shown[1]}.{hint}")


def _check_bias(exercise: str, seen: list[_Layer]) -> None:
    for number, layer in enumerate(seen, start=1):
        if layer.module.bias is not None:
            fail(exercise, f"convolution {number} has a bias; write bias=False in all of them.")


def _check_activations(exercise: str, network: nn.Module, x: Tensor, wanted: str) -> tuple[Tensor, Tensor]:
    """Compare what goes into each layer with what left the layer before; return the result and its last layer's output.

    The norms are stretched first: ReLU6 is ReLU to numbers below 6.
    """
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.affine:
            nn.init.constant_(module.weight, STRETCH)
    with noted(network, (*CONVOLUTIONS, nn.BatchNorm2d)) as notes, torch.no_grad():
        result = network(x)
    number = 0
    for before, after in itertools.pairwise(notes):
        number += isinstance(before.module, CONVOLUTIONS)
        if not number:
            fail(exercise, "batch norm stands in front of the first layer; rule 2 puts it behind layers.")
        left, given = before.left, after.given
        if isinstance(after.module, nn.BatchNorm2d):
            if not close(given, left):
                fail(exercise, f"something stands between layer {number} and its norm: first the norm, then {wanted}.")
        elif not close(given, ACTIVATIONS[wanted](left)):
            found = [name for name, activation in ACTIVATIONS.items() if close(given, activation(left))]
            what = f"{found[0]}; it should be {wanted}" if found else f"not {wanted} alone"
            fail(exercise, f"behind layer {number} there is {what}.")
    return result, notes[-1].left


@exercise("3 · the generator from the rules", id="write-generator", points=3)
def write_generator(exercise: str, function: Callable[[int, int], nn.Module]) -> None:
    """Check a learner's build_generator(latent_dim, width)."""
    torch.manual_seed(0)
    for latent_dim, width in ((10, 4), (7, 6)):
        network = built(exercise, function, (latent_dim, width))
        z = 3 * torch.randn(16, latent_dim)
        _check_first_input(exercise, network, z)
        result, seen = _pass_through(exercise, network, z)
        _check_ladder(exercise, seen, [(4 * width, 4, 4), (2 * width, 8, 8), (width, 16, 16), (3, 32, 32)])
        if any(isinstance(layer.module, nn.Conv2d) for layer in seen):
            fail(exercise, "there is a Conv2d on the way; G has transposed convolutions.")
        _check_plain_kernel(exercise, seen, 1)
        _check_windows(exercise, seen, range(2, 5))
        if tuple(result.shape) != (16, 3, 32, 32):
            fail(exercise, f"z (16, {latent_dim}) became {tuple(result.shape)}, but should be (16, 3, 32, 32).")
        _check_generator_norms(exercise, seen)
        _check_bias(exercise, seen)
        check_trained_layers(exercise, network)
        _check_end(exercise, *_check_activations(exercise, network, z, "ReLU"))
    passed(
        exercise, "all five rules are kept: four transposed convolutions, three norms, ReLU inside, tanh at the end."
    )


def _check_first_input(exercise: str, network: nn.Module, z: Tensor) -> None:
    """Say what is missing where z reaches the first transposed convolution as a table, not as maps."""

    def before(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        if given[0].dim() != 4:
            fail(
                exercise,
                f"z reaches the first convolution with shape {tuple(given[0].shape)}, "
                "but it takes (N, maps, height, width)."
                "\n  Hint: begin with nn.Unflatten(1, (latent_dim, 1, 1)): each number of z becomes a map of 1×1.",
            )

    hooks = [m.register_forward_pre_hook(before) for m in network.modules() if isinstance(m, CONVOLUTIONS)]
    try:
        with torch.no_grad():
            network(z)
    except CheckFailed:
        raise
    except Exception:  # noqa: BLE001  any other error is said by the pass that follows
        return
    finally:
        for hook in hooks:
            hook.remove()


def _check_windows(exercise: str, seen: list[_Layer], numbers: Iterable[int]) -> None:
    for number in numbers:
        complaint = window_complaint(seen[number - 1].module)
        if complaint:
            fail(exercise, f"convolution {number} {complaint}")


def _check_plain_kernel(exercise: str, seen: list[_Layer], number: int) -> None:
    """Between 1×1 and 4×4 the kernel covers all four rows, without padding; the stride has no say there."""
    module = seen[number - 1].module
    if (module.kernel_size, module.padding) != ((4, 4), (0, 0)):
        kernel, padding = module.kernel_size[0], module.padding[0]
        fail(exercise, f"convolution {number} has kernel {kernel}, padding {padding}; 1×1 and 4×4 ask for 4 and 0.")


def _check_generator_norms(exercise: str, seen: list[_Layer]) -> None:
    if seen[-1].normed:
        fail(exercise, "there is batch norm behind the last layer: it would give every batch the same brightness.")
    missing = [number for number, layer in enumerate(seen[:-1], start=1) if not layer.normed]
    if missing:
        fail(exercise, f"batch norm is missing behind layer {missing[0]}: rule 2 leaves out G's last layer only.")


def _check_end(exercise: str, result: Tensor, left: Tensor) -> None:
    """The pictures must be tanh of what left the last convolution, and nothing else."""
    if close(result, left.tanh()):
        return
    ends = [
        (left, "tanh is missing at the end: nothing holds the pictures in [−1, 1]."),
        (
            left.sigmoid(),
            "the pictures are in [0, 1], as after a sigmoid; the real ones are in [−1, 1]: end with tanh.",
        ),
        (left.relu().tanh(), "a ReLU stands in front of tanh: no pixel is below 0. Let tanh stand alone at the end."),
        (F.hardtanh(left), "Hardtanh cuts at −1 and 1; rule 4 asks for tanh at the end."),
        (F.softsign(left), "Softsign stands at the end; rule 4 asks for tanh."),
    ]
    found = [text for values, text in ends if close(result, values)]
    fail(
        exercise,
        found[0] if found else "the pictures are not tanh of what left the last convolution: let tanh stand alone.",
    )


@exercise("4 · the discriminator from the rules", id="write-discriminator", points=3)
def write_discriminator(exercise: str, function: Callable[[int], nn.Module]) -> None:
    """Check a learner's build_discriminator(width)."""
    torch.manual_seed(0)
    for width in (4, 6):
        network = built(exercise, function, (width,))
        images = torch.randn(16, 3, 32, 32)
        result, seen = _pass_through(exercise, network, images)
        _check_ladder(exercise, seen, [(width, 16, 16), (2 * width, 8, 8), (4 * width, 4, 4), (1, 1, 1)])
        if tuple(result.shape) != (16,):
            fail(
                exercise, f"16 pictures got answers of shape {tuple(result.shape)}, not (16,): end with nn.Flatten(0)."
            )
        _check_windows(exercise, seen, range(1, 4))
        _check_plain_kernel(exercise, seen, 4)
        _check_discriminator_norms(exercise, seen)
        _check_bias(exercise, seen)
        check_trained_layers(exercise, network)
        _check_logits(exercise, network, 30 * images, seen[-1].module)
        check_one_picture(exercise, network, images[:1])
    passed(
        exercise,
        "all five rules are kept: four convolutions, norms in the middle two, LeakyReLU, and a logit a picture.",
    )


def _check_logits(exercise: str, network: nn.Module, images: Tensor, last: Convolution) -> None:
    """The answers must be what left the last convolution, also with its weights turned round."""
    pairs = []
    for _ in range(2):
        pairs.append(_check_activations(exercise, network, images, "LeakyReLU(0.2)"))
        with torch.no_grad():
            last.weight.neg_()  # answers of both signs, else a ReLU could hide
    answers, left = (torch.cat([values.flatten() for values in side]) for side in zip(*pairs, strict=True))
    if not close(answers, left):
        fail(exercise, not_logits(answers))


def _check_discriminator_norms(exercise: str, seen: list[_Layer]) -> None:
    if seen[0].normed:
        fail(
            exercise, "there is batch norm behind the first layer: it takes the batch's contrast away before D saw it."
        )
    if seen[-1].normed:
        fail(exercise, "there is batch norm behind the last layer: the mean answer of each batch would be a constant.")
    missing = [number for number, layer in enumerate(seen[1:-1], start=2) if not layer.normed]
    if missing:
        fail(exercise, f"batch norm is missing behind layer {missing[0]}: only D's first and last layer go without.")
