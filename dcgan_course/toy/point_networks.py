"""Generators and discriminators of points in the plane, many of them side by side.

The defaults are the networks of the published protocol for mixtures of Gaussians: Lin et al. 2018 (PacGAN). Their first
weights are those of `start_small`, which only the long benchmark uses: small networks start slowly from them.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import relu
from torch.nn.utils.parametrize import register_parametrization

from dcgan_course.errors import whole_number
from dcgan_course.toy.stacked import StackedBatchNorm, StackedLinear, StackedMaxout, StackedSpectralNorm


class PointGenerators(nn.Module):
    """M generators of points: z → hidden layers with batch norm and ReLU → (x, y).

    Args:
        networks: M. latent_dim: length of z. hidden_dim, hidden_layers: width and number of the hidden layers.
        batch_norm: put a batch norm behind every hidden layer. norm_eps: what it adds to the variance.
        tanh: end in tanh, so that coordinates stay within [−1, 1]; else they are free.
        generator: source of randomness for the first weights, which are nn.Linear's.

    forward: z (M, N, latent_dim), from N(0, 1) → points (M, N, 2).
    """

    def __init__(
        self,
        networks: int,
        latent_dim: int = 2,
        hidden_dim: int = 400,
        hidden_layers: int = 4,
        batch_norm: bool = True,
        norm_eps: float = 1e-5,
        tanh: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.networks, self.latent_dim = whole_number("networks", networks), whole_number("latent_dim", latent_dim)
        self.tanh = tanh
        hidden_layers = whole_number("hidden_layers", hidden_layers, 0)
        sizes = [self.latent_dim] + [hidden_dim] * hidden_layers
        self.hidden = nn.ModuleList(StackedLinear(networks, size, hidden_dim, generator) for size in sizes[:-1])
        self.norms = nn.ModuleList(
            StackedBatchNorm(networks, hidden_dim, norm_eps) if batch_norm else nn.Identity()
            for _ in range(hidden_layers)
        )
        self.out = StackedLinear(networks, sizes[-1], 2, generator)

    def forward(self, z: Tensor) -> Tensor:
        for linear, norm in zip(self.hidden, self.norms, strict=True):
            z = relu(norm(linear(z)))
        points = self.out(z)
        return points.tanh() if self.tanh else points


class PointDiscriminators(nn.Module):
    """M discriminators of points, or of packs of points: maxout layers, then one logit.

    Args:
        networks: M. packing: points that are judged together; 1 is the usual discriminator.
        hidden_dim, hidden_layers, pieces: width and number of the maxout layers, and linear pieces a unit.
        batch_norm: put a batch norm behind every maxout layer but the first.
        batch_deviation: show D, beside each pack, the standard deviation of each coordinate over the batch.
        spectral_norm: divide every weight by its largest singular value.
        generator: source of randomness for the first weights, which are nn.Linear's.

    forward: packs (M, N, 2 · packing) → logits (M, N).
    """

    def __init__(
        self,
        networks: int,
        packing: int = 1,
        hidden_dim: int = 200,
        hidden_layers: int = 3,
        pieces: int = 5,
        batch_norm: bool = False,
        batch_deviation: bool = False,
        spectral_norm: bool = False,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.batch_deviation = batch_deviation
        self.networks, self.packing = whole_number("networks", networks), whole_number("packing", packing)
        sizes = [2 * self.packing * (2 if batch_deviation else 1)] + [hidden_dim] * whole_number(
            "hidden_layers", hidden_layers, 0
        )
        layers: list[nn.Module] = []
        for index, size in enumerate(sizes[:-1]):
            layers.append(StackedMaxout(networks, size, hidden_dim, pieces, generator))
            if batch_norm and index > 0:
                layers.append(StackedBatchNorm(networks, hidden_dim))
        self.hidden = nn.Sequential(*layers)
        self.out = StackedLinear(networks, sizes[-1], 1, generator)
        if spectral_norm:
            for layer in [layer for layer in self.modules() if isinstance(layer, StackedLinear)]:
                register_parametrization(layer, "weight", StackedSpectralNorm(layer.weight, generator))

    def forward(self, packs: Tensor) -> Tensor:
        if self.batch_deviation:
            deviation = (packs.var(dim=1, keepdim=True, correction=0) + 1e-8).sqrt()  # (M, 1, 2 · packing)
            packs = torch.cat([packs, deviation.expand_as(packs)], dim=2)
        return self.out(self.hidden(packs)).squeeze(2)


def start_small(network: nn.Module, generator: torch.Generator | None) -> None:
    """Set every linear layer's weights to N(0, 0.02) and its biases to 0, in place: the published start."""
    for layer in network.modules():
        if isinstance(layer, StackedLinear):
            nn.init.normal_(layer.weight, 0.0, 0.02, generator=generator)
            nn.init.zeros_(layer.bias)
