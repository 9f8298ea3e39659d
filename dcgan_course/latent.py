"""Points and paths in latent space."""

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue


def sample(count: int, latent_dim: int, seed: int) -> Tensor:
    """Draw z (count, latent_dim) from N(0, 1); the same seed gives the same z."""
    return torch.randn(count, latent_dim, generator=torch.Generator().manual_seed(seed))


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Walk from a to b on an arc: for t from 0 to 1 the direction turns evenly and the length stays between theirs.

    Args:
        a, b: (..., latent_dim), the same shape. t: share of the way, 0 gives a and 1 gives b.

    Where a and b point the same way, or exactly opposite ways, or one is zero, no arc is defined: there the straight
    line is taken. Source: Shoemake 1985, section 3.3.
    """
    if a.shape != b.shape:
        raise InvalidValue(f"a is {tuple(a.shape)} and b is {tuple(b.shape)}, but they must have the same shape.")
    lengths = a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True)
    cosine = ((a * b).sum(dim=-1, keepdim=True) / lengths.clamp_min(1e-12)).clamp(-1, 1)
    angle = cosine.acos()
    sine = angle.sin()
    safe = sine.clamp_min(1e-6)
    arc = ((1 - t) * angle).sin() / safe * a + (t * angle).sin() / safe * b
    return torch.where((sine < 1e-4) | (lengths < 1e-12), (1 - t) * a + t * b, arc)


def walk(points: Tensor, steps: int) -> Tensor:
    """Return a closed walk along arcs through the points and back to the first.

    Args:
        points: (P, latent_dim), at least two. steps: moves from one point to the next, at least one.

    Returns:
        (P · steps, latent_dim); every `steps`-th row is one of the points.
    """
    if len(points) < 2 or steps < 1:
        raise InvalidValue(f"A walk needs at least 2 points and 1 step; given were {len(points)} and {steps}.")
    following = points.roll(-1, dims=0)
    parts = [slerp(a, b, step / steps) for a, b in zip(points, following, strict=True) for step in range(steps)]
    return torch.stack(parts)
