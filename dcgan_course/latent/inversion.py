"""The way back: a point in latent space for a given picture."""

from dataclasses import dataclass

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, whole_number
from dcgan_course.latent.paths import sample
from dcgan_course.models.inference import eval_mode
from dcgan_course.models.protocols import LatentGenerator


@dataclass(frozen=True)
class Inversion:
    """A z whose picture comes close to a wanted one.

    z: (latent_dim,). picture: (C, H, W), G(z). residual: root of the mean squared pixel difference, in the units of
    pictures, whose range is 2. residuals: (restarts,), that of every start; `residual` is the smallest.
    """

    z: Tensor
    picture: Tensor
    residual: float
    residuals: Tensor


def invert(
    generator: LatentGenerator,
    picture: Tensor,
    *,
    restarts: int = 8,
    steps: int = 200,
    learning_rate: float = 0.05,
    seed: int = 0,
) -> Inversion:
    """Find a z whose picture is close to a wanted one, by descent on the squared pixel difference.

    Args:
        generator: asked in eval mode. picture: (C, H, W) in [−1, 1]. restarts: random z to begin from, all at once;
            descent ends in different valleys. steps, learning_rate: Adam's. seed: of the first z.

    The generator's parameters get no gradient and stay as they are, and so do its modes. A picture that it cannot draw
    keeps a large residual: that is an answer too.

    Raises:
        InvalidValue: a picture of another shape than the generator draws; restarts or steps below 1.

    Source: Creswell and Bharath 2016, equation 2, without their penalty on z.
    """
    restarts, steps = whole_number("restarts", restarts), whole_number("steps", steps)
    if tuple(picture.shape) != tuple(generator.image_shape):
        raise InvalidValue(
            f"picture is {tuple(picture.shape)}, but the generator draws {tuple(generator.image_shape)}: resize it."
        )
    z = sample(restarts, generator.latent_dim, seed).requires_grad_(True)
    optimizer = torch.optim.Adam([z], lr=learning_rate)
    with eval_mode(generator):
        for _ in range(steps):
            squares = (generator(z) - picture).square().flatten(1).mean(dim=1)
            (z.grad,) = torch.autograd.grad(squares.sum(), z)  # a sum: each start gets its own gradient
            optimizer.step()
        with torch.no_grad():
            pictures = generator(z)
            residuals = (pictures - picture).square().flatten(1).mean(dim=1).sqrt()
    best = int(residuals.argmin())
    return Inversion(z.detach()[best], pictures[best], float(residuals[best]), residuals)
