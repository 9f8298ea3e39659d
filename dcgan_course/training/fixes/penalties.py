"""What keeps D's slope small: three penalties on its gradient with respect to pictures, and clipping of its weights.

A penalty is one more term of D's loss. Each picture needs a slope of its own, so D must have no batch norm: with it,
D's answer to one picture depends on the others.
"""

import functools
from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.models.protocols import Network

Judge = Callable[[Tensor], Tensor]  # (N, …) → (N,)


def slopes(discriminator: Judge, images: Tensor) -> Tensor:
    """Return (N,): ‖∇D(x)‖, the length of the gradient of D's number with respect to each picture, with its graph.

    Args:
        images: (N, C, H, W), or any shape that begins with N. discriminator: answers each picture by itself, before
            any sigmoid.
    """
    return torch.linalg.vector_norm(_gradients(discriminator, images), dim=1)


def squared_slopes(discriminator: Judge, images: Tensor) -> Tensor:
    """Return (N,): ‖∇D(x)‖², with its graph. A length has a corner where the slope is 0; its square has none."""
    return _gradients(discriminator, images).square().sum(dim=1)


def _gradients(discriminator: Judge, images: Tensor) -> Tensor:
    """Return the gradient of D's number with respect to each picture, in one row: (N, C · H · W)."""
    images = images.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(discriminator(images).sum(), images, create_graph=True)
    return gradient.flatten(1)


def r1(discriminator: Judge, real: Tensor, fake: Tensor, weight: float) -> Tensor:
    """Return weight / 2 · mean ‖∇D(x)‖² over real pictures: where the data are, D shall become flat.

    Args:
        real, fake: (N, C, H, W). weight: γ.

    Source: Mescheder et al. 2018, section 4.
    """
    return weight / 2 * squared_slopes(discriminator, real).mean()


def r2(discriminator: Judge, real: Tensor, fake: Tensor, weight: float) -> Tensor:
    """Return weight / 2 · mean ‖∇D(G(z))‖² over fakes.

    Source: Mescheder et al. 2018, section 4.
    """
    return weight / 2 * squared_slopes(discriminator, fake).mean()


def r1_r2(discriminator: Judge, real: Tensor, fake: Tensor, weight: float) -> Tensor:
    """Return the sum of `r1` and `r2`, with the same weight.

    Source: Huang et al. 2024, section 2, where it stands beside the relativistic loss.
    """
    return r1(discriminator, real, fake, weight) + r2(discriminator, real, fake, weight)


def gradient_penalty(
    discriminator: Judge,
    real: Tensor,
    fake: Tensor,
    weight: float,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return weight · mean (‖∇D(x̂)‖ − 1)², where x̂ = ε x + (1 − ε) G(z) lies between a real and a fake.

    Args:
        real, fake: (N, C, H, W). weight: λ. generator: ε, uniform in [0, 1) and one for each pair, comes from it.

    Source: Gulrajani et al. 2017, equation 3 and algorithm 1.
    """
    share = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device, generator=generator)
    mixed = share * real + (1 - share) * fake
    return weight * (slopes(discriminator, mixed) - 1).square().mean()


@torch.no_grad()
def clip_weights(discriminator: Network, bound: float) -> None:
    """Bring every parameter of D into [−bound, bound], in place, after D's step.

    Source: Arjovsky et al. 2017, algorithm 1.
    """
    for parameter in discriminator.parameters():
        parameter.clamp_(-bound, bound)


PENALTIES: dict[str, Callable[..., Tensor]] = {"gradient": gradient_penalty, "r1": r1, "r2": r2, "r1_r2": r1_r2}
WEIGHTS = {"clip": 0.01, "gradient": 10.0, "r1": 10.0, "r2": 10.0, "r1_r2": 10.0}  # of the papers and their programs


def weight_of(name: str, weight: float | None) -> float:
    """Return the weight of a penalty: as given, or that of its paper."""
    return WEIGHTS[name] if weight is None else weight


def penalty_of(name: str, weight: float | None) -> Callable[[Judge, Tensor, Tensor], Tensor] | None:
    """Return a penalty with its weight, a function of (discriminator, real, fake); None for "none" and "clip"."""
    return functools.partial(PENALTIES[name], weight=weight_of(name, weight)) if name in PENALTIES else None
