"""Points, paths, directions and sums in latent space, and the way back from a picture to its z."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dcgan_course.errors import InvalidValue, refuse_below_one


def sample(count: int, latent_dim: int, seed: int) -> Tensor:
    """Draw z (count, latent_dim) from N(0, 1); the same seed gives the same z."""
    return torch.randn(count, latent_dim, generator=torch.Generator().manual_seed(seed))


def lerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Return the point at share t of the straight line from a to b.

    Args:
        a, b: (..., latent_dim), the same shape. t: 0 gives a and 1 gives b.

    Between two random z the line comes closer to zero than any z that G has seen in training: halfway its length is
    1/√2 of theirs, in the mean.
    """
    _refuse_other_shape(a, b)
    return (1 - t) * a + t * b


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Return the point at share t of the arc from a to b: the direction turns evenly, the length changes evenly.

    Args:
        a, b: (..., latent_dim), the same shape; each row has its own arc. t: 0 gives a and 1 gives b.

    Where a and b point the same way, or exactly opposite ways, or one is zero, no arc is defined: there the straight
    line is taken. Source: Shoemake 1985, section 3.3, for the direction; White 2016 for z.
    """
    _refuse_other_shape(a, b)
    length_a, length_b = a.norm(dim=-1, keepdim=True), b.norm(dim=-1, keepdim=True)
    unit_a, unit_b = a / length_a.clamp_min(1e-12), b / length_b.clamp_min(1e-12)
    # The angle from both the sum and the difference: exact for nearly equal directions too, where acos is not.
    angle = 2 * torch.atan2((unit_a - unit_b).norm(dim=-1, keepdim=True), (unit_a + unit_b).norm(dim=-1, keepdim=True))
    sine = angle.sin()
    direction = (((1 - t) * angle).sin() * unit_a + (t * angle).sin() * unit_b) / sine.clamp_min(1e-12)
    arc = ((1 - t) * length_a + t * length_b) * direction
    no_arc = (sine < 1e-4) | (length_a < 1e-12) | (length_b < 1e-12)
    return torch.where(no_arc, (1 - t) * a + t * b, arc)


def walk(
    points: Tensor, steps: int, mode: Callable[[Tensor, Tensor, float], Tensor] = slerp, loop: bool = False
) -> Tensor:
    """Return a walk through the points.

    Args:
        points: (P, latent_dim), at least two. steps: moves from one point to the next, at least one.
        mode: `slerp` or `lerp`. loop: walk back from the last point to the first, and stop one move before it, so
            that the walk can be shown again and again.

    Returns:
        (P · steps, latent_dim) for a loop, else ((P − 1) · steps + 1, latent_dim); every `steps`-th row is a point.
    """
    if len(points) < 2 or steps < 1:
        raise InvalidValue(f"A walk needs at least 2 points and 1 step; given were {len(points)} and {steps}.")
    following = points.roll(-1, dims=0)
    pairs = list(zip(points, following, strict=True))[: None if loop else -1]
    parts = [mode(a, b, step / steps) for a, b in pairs for step in range(steps)]
    return torch.stack(parts if loop else [*parts, points[-1]])


def arithmetic(plus: Tensor, minus: Tensor, base: Tensor, *, count: int = 9, noise: float = 0.25, seed: int = 0):
    """Return mean(plus) − mean(minus) + mean(base), and points around it.

    Args:
        plus, minus, base: (K, latent_dim) each, K z whose pictures show one thing; the paper takes three each.
        count: rows of the answer. noise: the rows after the first have a number from U(−noise, noise) added to each
            entry. seed: of the noise.

    Returns:
        (count, latent_dim); the first row is the exact result.

    Source: Radford et al. 2015, section 6.3.2 and figure 7.
    """
    refuse_below_one(count=count)
    result = plus.mean(dim=0) - minus.mean(dim=0) + base.mean(dim=0)
    around = torch.rand(count, len(result), generator=torch.Generator().manual_seed(seed), dtype=result.dtype)
    around = noise * (2 * around - 1)
    around[0] = 0
    return result + around


def attribute_direction(z: Tensor, has_attribute: Tensor) -> Tensor:
    """Return the vector from the mean z without an attribute to the mean z with it: (latent_dim,).

    Args:
        z: (N, latent_dim). has_attribute: (N,) bool, what the pictures of these z show; both kinds must be there.

    With four z on each side it is the turn vector of Radford et al. 2015, figure 8; with many it is the direction that
    tells the two kinds best apart if both are equally wide in every direction.
    """
    if not has_attribute.any() or has_attribute.all():
        which = "have it" if has_attribute.any() else "lack it"
        raise InvalidValue(f"All {len(z)} pictures {which}, but a direction needs pictures with and without.")
    return z[has_attribute].mean(dim=0) - z[~has_attribute].mean(dim=0)


def weight_directions(generator: nn.Module, count: int) -> Tensor:
    """Return the directions of z that move the output of the generator's first layer most: (count, latent_dim).

    Unit vectors, orthogonal, the strongest first. They need no samples: they are the singular vectors of the first
    layer's weights. Source: Shen and Zhou 2021, equation 4.
    """
    first = next(layer for layer in generator.modules() if isinstance(layer, (nn.Linear, nn.ConvTranspose2d)))
    weight = first.weight.detach().float()
    matrix = weight.T if isinstance(first, nn.Linear) else weight.flatten(1)  # (latent_dim, outputs)
    directions = torch.linalg.svd(matrix, full_matrices=False).U.T
    if not 1 <= count <= len(directions):
        raise InvalidValue(f"count is {count}, but this generator has 1 to {len(directions)} such directions.")
    return directions[:count].contiguous()


def activation_directions(generator: nn.Module, count: int, *, samples: int = 1000, seed: int = 0) -> Tensor:
    """Return the directions of z along which the first layer's activations vary most: (count, latent_dim).

    Args:
        generator: in eval mode. samples: z that are drawn, more than count. seed: of these z.

    Unit vectors, the strongest first. The principal components of the activations, after batch norm and ReLU, are
    found, and z is fitted to the samples' places on each. Unlike `weight_directions` they know what ReLU cuts off; they
    need not be orthogonal, and other samples give somewhat other directions.

    Source: Härkönen et al. 2020, section 2.2 and equation 3.
    """
    if not 1 <= count < min(samples, generator.latent_dim + 1):
        raise InvalidValue(
            f"count is {count}, but it must be at least 1, at most {generator.latent_dim}, the length of z, and below "
            f"samples, {samples}."
        )
    first = next(layer for layer in generator.modules() if isinstance(layer, (nn.ReLU, nn.LeakyReLU)))
    kept = []
    hook = first.register_forward_hook(lambda layer, inputs, output: kept.append(output.flatten(1).float()))
    try:
        with torch.no_grad():
            z = sample(samples, generator.latent_dim, seed)
            for part in z.split(250):
                generator(part)
    finally:
        hook.remove()
    activations = torch.cat(kept)
    centred = activations - activations.mean(dim=0)
    places = torch.linalg.eigh(centred @ centred.T).eigenvectors.flip(1)[:, :count]  # (samples, count), best first
    directions = places.T @ (z - z.mean(dim=0))  # least squares: the places on two components are not correlated
    return directions / directions.norm(dim=1, keepdim=True)


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
    generator: nn.Module,
    picture: Tensor,
    *,
    restarts: int = 8,
    steps: int = 200,
    learning_rate: float = 0.05,
    seed: int = 0,
) -> Inversion:
    """Find a z whose picture is close to a wanted one, by descent on the squared pixel difference.

    Args:
        generator: in eval mode. picture: (C, H, W) in [−1, 1]. restarts: random z to begin from, all at once; descent
            ends in different valleys. steps, learning_rate: Adam's. seed: of the first z.

    The generator's parameters get no gradient and stay as they are. A picture that the generator cannot draw keeps a
    large residual: that is an answer too.

    Source: Creswell and Bharath 2016, equation 2, without their penalty on z.
    """
    refuse_below_one(restarts=restarts, steps=steps)
    if tuple(picture.shape) != tuple(generator.image_shape):
        raise InvalidValue(
            f"picture is {tuple(picture.shape)}, but the generator draws {tuple(generator.image_shape)}: resize it."
        )
    z = sample(restarts, generator.latent_dim, seed).requires_grad_(True)
    optimizer = torch.optim.Adam([z], lr=learning_rate)
    for _ in range(steps):
        squares = (generator(z) - picture).square().flatten(1).mean(dim=1)
        (z.grad,) = torch.autograd.grad(squares.sum(), z)  # a sum: each start gets its own gradient
        optimizer.step()
    with torch.no_grad():
        pictures = generator(z)
        residuals = (pictures - picture).square().flatten(1).mean(dim=1).sqrt()
    best = int(residuals.argmin())
    return Inversion(z.detach()[best], pictures[best], float(residuals[best]), residuals)


def _refuse_other_shape(a: Tensor, b: Tensor):
    if a.shape != b.shape:
        raise InvalidValue(f"a is {tuple(a.shape)} and b is {tuple(b.shape)}, but they must have the same shape.")
