"""The formulas of the game: the best discriminator, the value of the game, the distance between two densities.

Densities are numbers at places on a line; integrals are sums over those places. The games that are really trained
are in `toy/line`.
"""

import math
from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from dcgan_course.errors import InvalidValue, seed_number

Normal: TypeAlias = tuple[float, float]  # (mean, width) of a normal distribution


def normal_density(x: Tensor, mean: float, width: float) -> Tensor:
    """Return the density of N(mean, width²) at x, any shape."""
    return torch.exp(-0.5 * ((x - mean) / width) ** 2) / (width * math.sqrt(2 * math.pi))


def optimal_discriminator(p_data: Tensor, p_fake: Tensor) -> Tensor:
    """Return p_data / (p_data + p_fake), the best D for a fixed generator; nan where nobody ever is.

    Args:
        p_data, p_fake: densities at the same places, any shape.

    Source: Goodfellow et al. 2014, proposition 1.
    """
    return p_data / (p_data + p_fake)


def value_of_game(d: Tensor, p_data: Tensor, p_fake: Tensor, x: Tensor) -> float:
    """Return V(D, G) = E_data[log D] + E_fake[log(1 − D)] by the trapezoid rule.

    Args:
        d, p_data, p_fake: (N,), D and both densities at the places x (N,), in order. Logarithms stop at log 10⁻¹⁶.

    Source: Goodfellow et al. 2014, equation 1.
    """
    parts = p_data * d.clamp(min=1e-16).log() + p_fake * (1 - d).clamp(min=1e-16).log()
    return float(torch.trapezoid(parts, x))


def jensen_shannon(p_data: Tensor, p_fake: Tensor, x: Tensor) -> float:
    """Return the Jensen–Shannon divergence in nats: 0 for equal densities, log 2 for densities that never meet.

    Args:
        p_data, p_fake: (N,), densities at the places x (N,), in order.

    V at the best D is 2 · JSD − log 4. Source: Goodfellow et al. 2014, theorem 1.
    """
    middle = (p_data + p_fake) / 2
    to_middle = torch.xlogy(p_data, p_data / middle) + torch.xlogy(p_fake, p_fake / middle)
    return float(torch.trapezoid(to_middle.nan_to_num(0.0), x)) / 2


def jensen_shannon_estimate(data: Normal, fake: Normal, count: int, seed: int) -> tuple[float, float]:
    """Estimate the Jensen–Shannon divergence of two normal distributions from samples, in nats.

    Args:
        data, fake: (mean, width) of each. count: samples drawn from each. seed: of the samples.

    Returns:
        The estimate and its standard error.
    """
    noise = torch.Generator().manual_seed(seed_number(seed))
    (data_mean, data_width), (fake_mean, fake_width) = data, fake
    real = data_mean + data_width * torch.randn(count, generator=noise, dtype=torch.float64)
    fakes = fake_mean + fake_width * torch.randn(count, generator=noise, dtype=torch.float64)
    at_real = log_twice_d(normal_logit(real, data, fake))
    at_fakes = log_twice_d(-normal_logit(fakes, data, fake))
    error = 0.5 * math.sqrt(float(at_real.var() + at_fakes.var()) / count)
    return 0.5 * float(at_real.mean() + at_fakes.mean()), error


def normal_logit(x: Tensor, data: Normal, fake: Normal) -> Tensor:
    """Return the logit of the best D for two normal distributions: log p_data(x) − log p_fake(x).

    Args:
        x: any shape. data, fake: (mean, width) of each. Far away, where both densities round to 0, it is still right.
    """
    (data_mean, data_width), (fake_mean, fake_width) = data, fake
    squares = ((x - fake_mean) / fake_width) ** 2 - ((x - data_mean) / data_width) ** 2
    return 0.5 * squares + math.log(fake_width / data_width)


def log_twice_d(logit: Tensor) -> Tensor:
    """Return log 2D for a logit of D: log(p_data / m) for the best D, where m is the mean of both densities.

    With the logit turned round it is log 2(1 − D). Half the mean of the first over data and half the mean of the second
    over fakes are the Jensen–Shannon divergence.
    """
    return logsigmoid(logit) + math.log(2)


class TwoNormals:
    """The game between N(data_mean, data_width²) and N(fake_mean, fake_width²), played by the best D.

    Args:
        data_mean, data_width, fake_mean, fake_width: numbers; the widths are above 0.

    x (N,) are places from −9 to 9, 0.05 apart; what is asked for is computed once, in float64.

    Raises:
        InvalidValue: a width that is not above 0.
    """

    def __init__(self, data_mean: float, data_width: float, fake_mean: float, fake_width: float) -> None:
        if not (data_width > 0 and fake_width > 0):
            raise InvalidValue(f"The widths are {data_width} and {fake_width}, but both must be above 0.")
        self.data, self.fake = (data_mean, data_width), (fake_mean, fake_width)
        self.x = torch.arange(361, dtype=torch.float64) * 0.05 - 9

    @cached_property
    def p_data(self) -> Tensor:
        """The density of the data at x."""
        return normal_density(self.x, *self.data)

    @cached_property
    def p_fake(self) -> Tensor:
        """The density of the fakes at x."""
        return normal_density(self.x, *self.fake)

    @cached_property
    def best_d(self) -> Tensor:
        """The best D at x."""
        return self._logit(self.x).sigmoid()

    @cached_property
    def jsd(self) -> float:
        """The Jensen–Shannon divergence in nats."""
        over_data = _mean(self.data, lambda x: log_twice_d(self._logit(x)))
        return 0.5 * (over_data + _mean(self.fake, lambda x: log_twice_d(-self._logit(x))))

    @cached_property
    def value(self) -> float:
        """V(D*, G), the value of the game at the best D."""
        return 2 * self.jsd - math.log(4)

    @cached_property
    def fake_x(self) -> Tensor:
        """Places within three widths of the fakes' mean and within x: where fakes are."""
        mean, width = self.fake
        reach = (torch.arange(121, dtype=torch.float64) * 0.05 - 3) * width + mean
        return reach[(reach >= self.x[0]) & (reach <= self.x[-1])]

    @cached_property
    def push_minimax(self) -> Tensor:
        """−gradient of the saturating loss with respect to where a fake lies, at fake_x; above 0 to the right."""
        return self._minimax(self.fake_x)

    @cached_property
    def push_non_saturating(self) -> Tensor:
        """−gradient of the non-saturating loss with respect to where a fake lies, at fake_x."""
        return self._non_saturating(self.fake_x)

    @cached_property
    def mean_push_minimax(self) -> float:
        """The mean push of the saturating loss over all fakes."""
        return _mean(self.fake, self._minimax)

    @cached_property
    def mean_push_non_saturating(self) -> float:
        """The mean push of the non-saturating loss over all fakes."""
        return _mean(self.fake, self._non_saturating)

    def _logit(self, x: Tensor) -> Tensor:
        return normal_logit(x, self.data, self.fake)

    def _slope(self, x: Tensor) -> Tensor:
        (data_mean, data_width), (fake_mean, fake_width) = self.data, self.fake
        return (x - fake_mean) / fake_width**2 - (x - data_mean) / data_width**2

    def _minimax(self, x: Tensor) -> Tensor:
        return self._logit(x).sigmoid() * self._slope(x)

    def _non_saturating(self, x: Tensor) -> Tensor:
        return (-self._logit(x)).sigmoid() * self._slope(x)


def _mean(normal: Normal, function: Callable[[Tensor], Tensor]) -> float:
    """Return the mean of function(x) over x from a normal distribution, by quadrature within 8 widths."""
    mean, width = normal
    t = torch.linspace(-8, 8, 2001, dtype=torch.float64)
    return float(torch.trapezoid(normal_density(t, 0, 1) * function(mean + width * t), t))
