"""Directions in latent space: arithmetic with points, and directions found from labels, weights or activations."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.latent.paths import sample
from dcgan_course.models.inference import eval_mode
from dcgan_course.models.protocols import LatentGenerator


def arithmetic(
    plus: Tensor, minus: Tensor, base: Tensor, *, count: int = 9, noise: float = 0.25, seed: int = 0
) -> Tensor:
    """Return mean(plus) − mean(minus) + mean(base), and points around it.

    Args:
        plus, minus, base: (K, latent_dim) each, K z whose pictures show one thing; the paper takes three each.
        count: rows of the answer. noise: the rows after the first have a number from U(−noise, noise) added to each
            entry. seed: of the noise.

    Returns:
        (count, latent_dim); the first row is the exact result.

    Raises:
        InvalidValue: count is no whole number of at least 1, or seed is no seed.

    Source: Radford et al. 2015, section 6.3.2 and figure 7.
    """
    count, source = whole_number("count", count), torch.Generator().manual_seed(seed_number(seed))
    result = plus.mean(dim=0) - minus.mean(dim=0) + base.mean(dim=0)
    around = torch.rand(count, len(result), generator=source, dtype=result.dtype)
    around = noise * (2 * around - 1)
    around[0] = 0
    return result + around


def attribute_direction(z: Tensor, has_attribute: Tensor) -> Tensor:
    """Return the vector from the mean z without an attribute to the mean z with it: (latent_dim,).

    Args:
        z: (N, latent_dim). has_attribute: (N,) bool, what the pictures of these z show; both kinds must be there.

    With four z on each side it is the turn vector of Radford et al. 2015, figure 8; with many it is the direction that
    tells the two kinds best apart if both are equally wide in every direction.

    Raises:
        InvalidValue: all pictures have the attribute, or none has it.
    """
    if not has_attribute.any() or has_attribute.all():
        which = "have it" if has_attribute.any() else "lack it"
        raise InvalidValue(f"All {len(z)} pictures {which}, but a direction needs pictures with and without.")
    return z[has_attribute].mean(dim=0) - z[~has_attribute].mean(dim=0)


def weight_directions(generator: LatentGenerator, count: int) -> Tensor:
    """Return the directions of z that move the output of the generator's first layer most: (count, latent_dim).

    Unit vectors, orthogonal, the strongest first. They need no samples: they are the singular vectors of the first
    layer's weights; of a conditional generator, of those that z meets. Source: Shen and Zhou 2021, equation 4.

    Raises:
        InvalidValue: count is no whole number from 1 to the number of these directions.
    """
    first = next(layer for layer in generator.modules() if isinstance(layer, (nn.Linear, nn.ConvTranspose2d)))
    weight = first.weight.detach().float()
    matrix = weight.T if isinstance(first, nn.Linear) else weight.flatten(1)  # (latent_dim, outputs)
    matrix = matrix[: generator.latent_dim]  # the rows behind belong to the vector of a class
    directions = torch.linalg.svd(matrix, full_matrices=False).U.T
    if whole_number("count", count) > len(directions):
        raise InvalidValue(f"count is {count}, but this generator has 1 to {len(directions)} such directions.")
    return directions[:count].contiguous()


def activation_directions(generator: LatentGenerator, count: int, *, samples: int = 1000, seed: int = 0) -> Tensor:
    """Return the directions of z along which the first layer's activations vary most: (count, latent_dim).

    Args:
        generator: asked in eval mode. samples: z that are drawn, more than count. seed: of these z.

    Unit vectors, the strongest first. The principal components of the activations, after batch norm and ReLU, are
    found, and z is fitted to the samples' places on each. Unlike `weight_directions` they know what ReLU cuts off; they
    need not be orthogonal, and other samples give somewhat other directions.

    Raises:
        InvalidValue: count is outside of these limits.

    Source: Härkönen et al. 2020, section 2.2 and equation 3.
    """
    count, samples = whole_number("count", count, 0), whole_number("samples", samples)
    if not 1 <= count < min(samples, generator.latent_dim + 1):
        raise InvalidValue(
            f"count is {count}, but it must be at least 1, at most {generator.latent_dim}, the length of z, and below "
            f"samples, {samples}."
        )
    first = next(layer for layer in generator.modules() if isinstance(layer, (nn.ReLU, nn.LeakyReLU)))
    kept: list[Tensor] = []
    hook = first.register_forward_hook(lambda layer, inputs, output: kept.append(output.flatten(1).float()))
    try:
        with torch.no_grad(), eval_mode(generator):
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
class Directions:
    """Directions of one latent space, each with a name.

    names: K of them, such as "learned: slant". vectors: (K, latent_dim), unit vectors in the same order.
    """

    names: tuple[str, ...]
    vectors: Tensor
