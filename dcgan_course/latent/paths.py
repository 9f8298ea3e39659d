"""Points in latent space, and paths between them."""

import math
from collections.abc import Callable
from statistics import NormalDist

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.models.inference import rows_of_z


def sample(count: int, latent_dim: int, seed: int) -> Tensor:
    """Draw z (count, latent_dim) from N(0, 1), on the CPU. Row n of a seed is the same, however many rows are drawn.

    Raises:
        InvalidValue: count is no whole number, latent_dim none of at least 1, or seed is no seed.
    """
    count, latent_dim = whole_number("count", count, 0), whole_number("latent_dim", latent_dim)
    source = torch.Generator().manual_seed(seed_number(seed))
    return rows_of_z(count, latent_dim, source)


def pick(z: Tensor, members: Tensor, count: int, source: torch.Generator) -> Tensor:
    """Draw `count` of the z whose pictures show something, at random, none twice: (count, latent_dim).

    Args:
        z: (N, latent_dim). members: (N,) bool, true for those to draw from. source: the chance; it moves on.

    A mean of z that were drawn with repeats is a mean of fewer: it is longer, and holds more of what each has by
    accident. So a group that is too small is refused.

    Raises:
        InvalidValue: count is no whole number of at least 1, or fewer z than that are members.
    """
    count, index = whole_number("count", count), members.nonzero()[:, 0]
    if len(index) < count:
        raise InvalidValue(
            f"{count} z are wanted, but only {len(index)} of {len(z)} show it: draw more z, or take fewer for a mean."
        )
    return z[index[torch.randperm(len(index), generator=source)[:count]]]


def shell(latent_dim: int) -> tuple[float, float]:
    """Return the lengths between which 9 of 10 random z lie.

    By Fisher's approximation of χ², √2 times the length is about normal, with mean √(2 · latent_dim − 1) and variance
    1. For 100 numbers the answers are right to 0.02, for two to 0.3.

    Raises:
        InvalidValue: latent_dim is no whole number of at least 1.
    """
    middle = math.sqrt(whole_number("latent_dim", latent_dim) - 0.5)
    half = NormalDist().inv_cdf(0.95) / math.sqrt(2)
    return max(middle - half, 0.0), middle + half


def sample_labels(labels: Tensor, count: int, seed: int) -> Tensor:
    """Draw labels (count,) with the shares that they have among given ones: what a conditional G is asked for beside z.

    Args:
        labels: int64 (N,), those of the data.

    Raises:
        InvalidValue: no labels are given, count is no whole number, or seed is no seed.
    """
    count, source = whole_number("count", count, 0), torch.Generator().manual_seed(seed_number(seed))
    if len(labels) == 0:
        raise InvalidValue("labels is empty, but it must hold those of the data: their shares are drawn from.")
    return labels[torch.randint(len(labels), (count,), generator=source)]


def lerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Return the point at share t of the straight line from a to b.

    Args:
        a, b: (..., latent_dim), the same shape. t: 0 gives a and 1 gives b.

    Between two random z the line comes closer to zero than any z that G has seen in training: halfway its length is
    1/√2 of theirs, in the mean.

    Raises:
        InvalidValue: a and b have different shapes.
    """
    _refuse_other_shape(a, b)
    return (1 - t) * a + t * b


def slerp(a: Tensor, b: Tensor, t: float) -> Tensor:
    """Return the point at share t of the arc from a to b: the direction turns evenly, the length changes evenly.

    Args:
        a, b: (..., latent_dim), the same shape; each row has its own arc. t: 0 gives a and 1 gives b.

    Where a and b point the same way, or exactly opposite ways, or one is zero, no arc is defined: there the straight
    line is taken. Source: Shoemake 1985, section 3.3, for the direction; White 2016 for z.

    Raises:
        InvalidValue: a and b have different shapes.
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

    Raises:
        InvalidValue: fewer than two points, or steps that are no whole number of at least 1.
    """
    steps = whole_number("steps", steps)
    if len(points) < 2:
        raise InvalidValue(f"A walk needs at least 2 points and 1 step; given were {len(points)} and {steps}.")
    following = points.roll(-1, dims=0)
    pairs = list(zip(points, following, strict=True))[: None if loop else -1]
    parts = [mode(a, b, step / steps) for a, b in pairs for step in range(steps)]
    return torch.stack(parts if loop else [*parts, points[-1]])


def _refuse_other_shape(a: Tensor, b: Tensor) -> None:
    if a.shape != b.shape:
        raise InvalidValue(f"a is {tuple(a.shape)} and b is {tuple(b.shape)}, but they must have the same shape.")
