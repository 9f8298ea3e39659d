"""How much of a known mixture did a generator find? Modes covered, share of high-quality samples, reverse KL.

Modes covered and the share within three standard deviations: Srivastava et al. 2017 (VEEGAN), on ring and grid. Reverse
KL over modes: Metz et al. 2017 (Unrolled GAN), there over the classes of stacked MNIST. All three together, on ring
and grid, from 2,500 samples: Lin et al. 2018 (PacGAN), table 1.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.mixtures import PointMixture

PROTOCOL_SAMPLES = 2500
TRUE_SHARE = 1 - math.exp(-4.5)  # of a round 2-D Gaussian within 3σ: real points reach 98.89 %, not 100 %


@dataclass(frozen=True, eq=False)
class ModeReport:
    """What a sample says about a generator.

    modes: how many modes have at least one high-quality sample. of: how many there are.
    high_quality: share of samples within 3σ of the closest centre, 0 to 1. reverse_kl: in nats, 0 is perfect.
    counts: (K,) samples whose closest centre is mode k, of any quality.
    """

    modes: int
    of: int
    high_quality: float
    reverse_kl: float
    counts: Tensor

    def __str__(self) -> str:
        return (
            f"{self.modes} of {self.of} modes, {self.high_quality:.1%} high-quality samples, "
            f"reverse KL {self.reverse_kl:.2f}"
        )


def closest_mode(points: Tensor, mixture: PointMixture) -> tuple[Tensor, Tensor]:
    """Return the index of the closest centre (N,) and the distance to it in units of σ (N,), for points (N, 2)."""
    if not isinstance(points, Tensor) or points.dim() != 2 or points.shape[1] != 2 or len(points) == 0:
        found = tuple(points.shape) if isinstance(points, Tensor) else type(points).__name__
        raise InvalidValue(f"points is {found}, but it must be a tensor (N, 2) with at least one point.")
    distance, index = torch.cdist(points.double(), mixture.centres.double()).min(dim=1)
    return index, distance / mixture.sigma


def count_modes(points: Tensor, mixture: PointMixture) -> ModeReport:
    """Judge generated points against the mixture they should follow.

    Args:
        points: (N, 2); the protocol takes 2,500. mixture: as in `toy/mixtures`.

    reverse_kl is KL(q ‖ p) = Σ_k q_k log(q_k / p_k), where q_k is the share of samples closest to mode k and p_k is
    1/K. A mode that is never drawn adds nothing, so the number stays finite. One mode alone gives log K.

    Points that are not finite count as bad samples of no mode.

    Raises:
        InvalidValue: points is not (N, 2).
    """
    index, distance = closest_mode(points, mixture)
    finite = points.isfinite().all(dim=1)
    good = finite & (distance < 3)
    counts = torch.bincount(index[finite], minlength=mixture.modes)
    shares = counts.double() / max(1, int(counts.sum()))
    some = shares[shares > 0]
    reverse_kl = float((some * (some * mixture.modes).log()).sum()) if len(some) else math.inf
    covered = len(index[good].unique())
    return ModeReport(covered, mixture.modes, float(good.double().mean()), reverse_kl, counts)


def chance_clouds(mixture: PointMixture, shape: tuple[int, ...], generator: torch.Generator) -> dict[str, Tensor]:
    """Draw {name: points (*shape, 2)} that know about where a mixture's points lie, but none of its modes.

    What a trained generator must beat before its numbers say that it found modes. For a ring: a disc, a blob, and the
    whole circle of radius 1, with the mixture's σ around it. For a grid: a square and a blob.
    """
    if not mixture.name.startswith("ring"):
        square = 9 * torch.rand((*shape, 2), generator=generator) - 4.5
        return {"a square, ±4.5": square, "a blob, N(0, 2²)": 2 * torch.randn((*shape, 2), generator=generator)}
    angle = 2 * math.pi * torch.rand(shape, generator=generator)
    around = torch.stack([angle.cos(), angle.sin()], dim=-1)
    return {
        "a disc of radius 1.2": 1.2 * torch.rand((*shape, 1), generator=generator).sqrt() * around,
        "a blob, N(0, 0.7²)": 0.7 * torch.randn((*shape, 2), generator=generator),
        "the whole circle": around + mixture.sigma * torch.randn((*shape, 2), generator=generator),
    }
