"""Guided backpropagation: which pixels speak for a unit, by a gradient that lets only what is positive pass.

Source: J. T. Springenberg et al., "Striving for Simplicity: The All Convolutional Net" (2014), section 3.4.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function

from dcgan_course.data.pixels import floats
from dcgan_course.interpretability.blocks import convolutions, cut, refuse_other_pictures, refuse_other_unit
from dcgan_course.models.inference import eval_mode
from dcgan_course.models.protocols import BlockDiscriminator


class _GuidedStep(Function):
    """Forward: what the activation gave. Backward: what is positive, where the activation's input was positive."""

    @staticmethod
    def forward(ctx: Any, before: Tensor, after: Tensor) -> Tensor:
        ctx.save_for_backward(before > 0)
        return after.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (was_positive,) = ctx.saved_tensors
        return gradient.clamp(min=0) * was_positive, None


def guided_gradients(
    discriminator: BlockDiscriminator, pictures: Tensor, layer: int, unit: int, *, guided: bool = True
) -> Tensor:
    """Return the gradient of a unit's largest response with respect to the pixels: (N, C, H, W).

    Guided, an activation lets a gradient through only where its input was positive on the way forward and the gradient
    is positive on the way back (Springenberg et al. 2014, section 3.4). The paper has ReLU networks. The course's D has
    LeakyReLU with slope 0.2: its answer stays as it is, and on the way back its negative side counts as shut, as in a
    ReLU. A fifth of the gradient would pass there otherwise, by way of numbers below zero, and they speak against the
    unit. So a unit whose largest response is not positive has a guided gradient of zero.

    The gradient is exactly 0 outside the unit's window (`unit_window`). The network is left as it was: its mode, its
    parameters and their `.grad`, no hooks.

    Args:
        discriminator: a `models.Discriminator`. pictures: (N, C, H, W), uint8 or float in [−1, 1]. unit: number of a
            map, from 0. guided: False gives the plain gradient.

    Raises:
        InvalidValue: a layer or unit that is not there, or pictures of another shape or range.
    """
    part = cut(discriminator, layer, "discriminator")[0]
    refuse_other_unit(unit, convolutions(part)[-1].out_channels)
    refuse_other_pictures(discriminator, pictures)
    pixels = floats(pictures.detach()).clone().requires_grad_()
    with torch.enable_grad(), eval_mode(discriminator), _guided_activations(part if guided else nn.Identity()):
        largest = part(pixels)[:, unit].flatten(1).max(dim=1).values  # (N,)
        (gradients,) = torch.autograd.grad(largest.sum(), pixels)
    return gradients


@contextlib.contextmanager
def _guided_activations(part: nn.Module) -> Iterator[None]:
    """Let every ReLU and LeakyReLU of `part` follow the guided rule, and undo that at the end."""
    activations = [module for module in part.modules() if isinstance(module, (nn.ReLU, nn.LeakyReLU))]
    handles = [
        module.register_forward_hook(lambda module, given, answer: _GuidedStep.apply(given[0], answer))
        for module in activations
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
