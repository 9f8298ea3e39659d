"""How the checks of lesson 06 build a learner's network, send a batch through it, and note what passes its layers."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

from dcgan_course.checks.engine import answer, describe, describe_error, fail
from dcgan_course.models.inference import eval_mode

Convolution = nn.Conv2d | nn.ConvTranspose2d
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)
RESIZING = (
    nn.MaxPool2d,
    nn.AvgPool2d,
    nn.AdaptiveMaxPool2d,
    nn.AdaptiveAvgPool2d,
    nn.Upsample,
    nn.PixelShuffle,
    nn.PixelUnshuffle,
)


class Call(NamedTuple):
    """One layer's work on a batch: the layer, what it was given, and what left it (None if it raised an error)."""

    module: nn.Module
    given: Tensor
    output: Tensor | None

    @property
    def left(self) -> Tensor:
        """What left the layer, where the whole network has passed without an error."""
        if self.output is None:
            raise RuntimeError(f"{type(self.module).__name__} raised an error: nothing has left it.")
        return self.output


@contextlib.contextmanager
def noted(network: nn.Module, kinds: tuple[type[nn.Module], ...]) -> Iterator[list[Call]]:
    """Inside the block, write the calls of all layers of these kinds into the list given back, in their order."""
    notes: list[Call] = []

    def before(module: nn.Module, given: tuple[Tensor, ...]) -> None:
        notes.append(Call(module, given[0].detach().clone(), None))  # a copy: a layer behind may work in place

    def after(module: nn.Module, given: tuple[Tensor, ...], output: Tensor) -> None:
        notes[-1] = notes[-1]._replace(output=output.detach().clone())

    layers = [module for module in network.modules() if isinstance(module, kinds)]
    hooks: list[RemovableHandle] = [layer.register_forward_pre_hook(before) for layer in layers]
    hooks += [layer.register_forward_hook(after) for layer in layers]
    try:
        yield notes
    finally:
        for hook in hooks:
            hook.remove()


def built(exercise: str, function: Callable[..., nn.Module], case: Sequence[object]) -> nn.Module:
    """Call a learner's function that builds a network."""
    network = answer(exercise, function, case)
    if not isinstance(network, nn.Module):
        fail(exercise, f"your function gave back {describe(network)}, not a network. Return nn.Sequential(…).")
    return network


def asked(exercise: str, network: nn.Module, x: Tensor, hint: Callable[[], str] = str) -> Tensor:
    """Send a batch through a learner's network; say of an error that the network raised it, with hint() behind it."""
    try:
        result = network(x)
    except (Exception, SystemExit) as error:  # noqa: BLE001  whatever the learner's layers raise is the finding
        why = f"\n  Hint: {hint()}" if hint() else ""
        fail(
            exercise,
            f"your network raised {type(error).__name__} for a batch of shape {tuple(x.shape)}: "
            f"{describe_error(error)}{why}",
        )
    if not isinstance(result, Tensor):
        fail(exercise, f"your network gave back {describe(result)}, not a tensor.")
    return result


def check_one_picture(exercise: str, network: nn.Module, image: Tensor) -> None:
    """A batch of one, image (1, C, H, W), must keep its axis: squeeze() drops it."""
    with eval_mode(network):
        single = asked(exercise, network, image)
    if tuple(single.shape) != (1,):
        fail(
            exercise,
            f"a batch of one picture got an answer of shape {tuple(single.shape)}, but it should be (1,).\n"
            "  Hint: squeeze() removes every axis of length 1, the batch's too; nn.Flatten(0) keeps one.",
        )


def check_trained_layers(exercise: str, network: nn.Module) -> None:
    """Nothing but convolutions and batch norms may hold trained numbers: a PReLU starts like LeakyReLU and moves."""
    for module in network.modules():
        own = sum(parameter.numel() for parameter in module.parameters(recurse=False))
        if own and not isinstance(module, (*CONVOLUTIONS, nn.BatchNorm2d)):
            numbers = "a trained number" if own == 1 else f"{own} trained numbers"
            fail(
                exercise,
                f"{type(module).__name__} has {numbers} of its own; only convolutions and batch norms have any here.",
            )


def close(one: Tensor, other: Tensor) -> bool:
    """Tell whether two tensors have the same shape and the same numbers, but for rounding."""
    return one.shape == other.shape and bool(torch.allclose(one, other, rtol=1e-4, atol=1e-4))


def not_logits(answers: Tensor) -> str:
    """Say what stands between the last layer and these answers, as far as their range shows it."""
    low, high = float(answers.min()), float(answers.max())
    if low >= 0 and high <= 1:
        return "the answers stay between 0 and 1: leave the sigmoid out, the loss puts it in."
    if low >= -1 and high <= 1:
        return "the answers stay between −1 and 1, as after tanh: leave tanh out, a logit may be any number."
    if low >= 0:
        return "no answer is below 0, as after ReLU: D could never say `fake`. Leave out what makes it so."
    if high <= 0:
        return "no answer is above 0, as after a log-sigmoid: D could never say `real`. Leave out what makes it so."
    return "something behind the last layer changes the answers, such as LeakyReLU; a logit leaves D as it is."
