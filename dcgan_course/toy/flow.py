"""Flow matching on points in the plane: the same small networks, but regression in place of a game.

A network learns a velocity. Noise moves along it for one unit of time and arrives as data. There is no opponent, so
nothing can circle; the price is many calls of the network for one cloud of points.
"""

import math

import torch
from torch import Tensor

from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.toy.mixtures import PointMixture
from dcgan_course.toy.point_networks import PointGenerators


def flow_matching_loss(networks: PointGenerators, real: Tensor, noise: Tensor, time: Tensor) -> Tensor:
    """Return the mean squared error of a velocity: on the straight way from noise to a real point it is real − noise.

    Args:
        networks: (M, N, 3), a place and its time, → velocity (M, N, 2). real, noise: (M, N, 2), any pairs.
        time: (M, N, 1), uniform in [0, 1]: the place is (1 − time) · noise + time · real.

    Source: Lipman et al. 2023, equation 23 with σ_min = 0; Liu et al. 2023, equation 1.
    """
    place = (1 - time) * noise + time * real
    velocity = networks(torch.cat([place, time], dim=2))
    return (velocity - (real - noise)).square().mean()


class PointFlows:
    """M flows on one mixture, each with a network of its own, trained as one.

    Args:
        networks: M. mixture: the real points. hidden_dim, hidden_layers: of the networks, which are those that lesson
            05's generators have; their input is a place and its time in place of z.
        seed: of the first weights, the points, the noise and the times.

    """

    def __init__(
        self, networks: int, mixture: PointMixture, hidden_dim: int = 64, hidden_layers: int = 2, seed: int = 0
    ) -> None:
        self.random = torch.Generator().manual_seed(seed_number(seed))
        self.velocity = PointGenerators(networks, 3, hidden_dim, hidden_layers, batch_norm=False, generator=self.random)
        self.networks, self.mixture = self.velocity.networks, mixture

    def train(self, steps: int = 8000, batch_size: int = 256, learning_rate: float = 1e-2) -> "PointFlows":
        """Take `steps` steps of Adam, whose rate falls along half a cosine to 0, and return this object."""
        steps, batch_size = whole_number("steps", steps), whole_number("batch_size", batch_size)
        shape = self.networks, batch_size
        optimizer = torch.optim.Adam(self.velocity.parameters(), learning_rate)
        for step in range(steps):
            optimizer.param_groups[0]["lr"] = learning_rate * (1 + math.cos(math.pi * step / steps)) / 2
            real = self.mixture.sample(shape, self.random)
            noise = torch.randn((*shape, 2), generator=self.random)
            time = torch.rand((*shape, 1), generator=self.random)
            loss = self.networks * flow_matching_loss(self.velocity, real, noise, time)  # each gets its own gradient
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        return self

    @torch.no_grad()
    def paths(self, count: int, steps: int = 20, seed: int = 1) -> Tensor:
        """Let noise move in `steps` equal steps of Euler's method; return all places (steps + 1, M, count, 2)."""
        steps, count = whole_number("steps", steps), whole_number("count", count)
        noise = torch.Generator().manual_seed(seed_number(seed))
        place = torch.randn(self.networks, count, 2, generator=noise)
        places = [place]
        for step in range(steps):
            time = torch.full((self.networks, count, 1), step / steps)
            place = place + self.velocity(torch.cat([place, time], dim=2)) / steps
            places.append(place)
        return torch.stack(places)

    def points(self, count: int, steps: int = 20, seed: int = 1) -> Tensor:
        """Draw points (M, count, 2): where `paths` end."""
        return self.paths(count, steps, seed)[-1]


def normal_velocity(place: Tensor, time: float, mean: Tensor, width: float) -> Tensor:
    """Return the best velocity (N, 2) at places (N, 2), where the data are one round Gaussian: known exactly.

    It is E[real − noise | place], and for Gaussians that is a straight line in the place.

    Args:
        time: in [0, 1]. mean: (2,), width: standard deviation of the data; not both width 0 and time 1.

    Raises:
        InvalidValue: width is 0 and time is 1: all places are the same then.
    """
    variance = (1 - time) ** 2 + (time * width) ** 2
    if variance == 0:
        raise InvalidValue("time is 1 and width is 0, but then every place is the mean: give a width above 0.")
    return mean + (time * width**2 - (1 - time)) / variance * (place - time * mean)
