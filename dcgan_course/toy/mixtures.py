"""Points in the plane whose modes are known: eight Gaussians on a ring, twenty-five on a grid.

Where the true density is written down, a missing mode cannot hide. The numbers are those of the published protocol:
Srivastava et al. 2017 (VEEGAN), its synthetic data, taken over by Lin et al. 2018 (PacGAN).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue


@dataclass(frozen=True, eq=False)
class PointMixture:
    """Equal parts of round Gaussians in the plane.

    name: for titles. centres: (K, 2), the modes. sigma: standard deviation of each, along each axis.
    """

    name: str
    centres: Tensor
    sigma: float

    @property
    def modes(self) -> int:
        """How many modes there are, K."""
        return len(self.centres)

    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
        """Draw points (*shape, 2): first a mode, each as likely as the others, then a place around its centre."""
        which = torch.randint(self.modes, shape, generator=generator)
        return self.centres[which] + self.sigma * torch.randn((*shape, 2), generator=generator)

    def moved(self, scale: float, shift: float) -> "PointMixture":
        """Return the same mixture with every point x at scale · x + shift; scale must be above 0."""
        if not 0 < scale < math.inf:
            raise InvalidValue(f"scale is {scale!r}, but it must be a number above 0.")
        return PointMixture(self.name, self.centres * scale + shift, self.sigma * scale)


def ring_of_8() -> PointMixture:
    """Return eight Gaussians of σ = 0.01 on a circle of radius 1."""
    angles = torch.arange(8, dtype=torch.float64) * (2 * math.pi / 8)
    centres = torch.stack([angles.cos(), angles.sin()], dim=1).float()
    return PointMixture("ring of 8", centres, 0.01)


def grid_of_25() -> PointMixture:
    """Return twenty-five Gaussians of σ = 0.05 at the crossings of −4, −2, 0, 2, 4."""
    line = torch.arange(-4.0, 5.0, 2.0)
    return PointMixture("grid of 25", torch.cartesian_prod(line, line), 0.05)
