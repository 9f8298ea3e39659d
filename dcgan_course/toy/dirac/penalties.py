"""Penalties on the slope of D at its inputs. D takes x (N, …) and answers with logits (N,)."""

from collections.abc import Callable

import torch
from torch import Tensor

Judge = Callable[[Tensor], Tensor]


def squared_slopes(discriminator: Judge, x: Tensor) -> Tensor:
    """Return the squared length of D's gradient at each of the inputs x (N, …), with its graph: (N,)."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return gradient.flatten(1).square().sum(dim=1)


def slopes(discriminator: Judge, x: Tensor) -> Tensor:
    """Return the length of D's gradient at each of the inputs x (N, …), with its graph: (N,)."""
    x = x.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return torch.linalg.vector_norm(gradient.flatten(1), dim=1)


def r1(discriminator: Judge, real: Tensor, fake: Tensor, weight: float) -> Tensor:
    """Return weight / 2 · the mean squared slope at reals."""
    return weight / 2 * squared_slopes(discriminator, real).mean()


def r2(discriminator: Judge, real: Tensor, fake: Tensor, weight: float) -> Tensor:
    """Return weight / 2 · the mean squared slope at fakes."""
    return weight / 2 * squared_slopes(discriminator, fake).mean()


def r1_r2(discriminator: Judge, real: Tensor, fake: Tensor, weight: float) -> Tensor:
    """Return the sum of both."""
    return r1(discriminator, real, fake, weight) + r2(discriminator, real, fake, weight)


def gradient_penalty(
    discriminator: Judge, real: Tensor, fake: Tensor, weight: float, generator: torch.Generator | None = None
) -> Tensor:
    """Return weight · mean (slope − 1)² between reals and fakes."""
    share = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device, generator=generator)
    mixed = share * real + (1 - share) * fake
    return weight * (slopes(discriminator, mixed) - 1).square().mean()


PENALTIES = {"gradient": gradient_penalty, "r1": r1, "r2": r2, "r1_r2": r1_r2}
