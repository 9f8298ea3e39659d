"""The formulas of the game: the best discriminator, the value of the game, the distance between two densities.

Densities are numbers at places on a line; integrals are sums over those places. The games that are really trained
are in `line_game`.
"""

import math

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from dcgan_course.errors import InvalidValue


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


def jensen_shannon_estimate(data, fake, count: int, seed: int) -> tuple[float, float]:
    """Estimate the Jensen–Shannon divergence of two normal distributions from samples, in nats.

    Args:
        data, fake: (mean, width) of each. count: samples drawn from each. seed: of the samples.

    Returns:
        The estimate and its standard error.
    """
    noise = torch.Generator().manual_seed(seed)
    (data_mean, data_width), (fake_mean, fake_width) = data, fake
    real = data_mean + data_width * torch.randn(count, generator=noise, dtype=torch.float64)
    fakes = fake_mean + fake_width * torch.randn(count, generator=noise, dtype=torch.float64)
    at_real = logsigmoid(normal_logit(real, data, fake)) + math.log(2)
    at_fakes = logsigmoid(-normal_logit(fakes, data, fake)) + math.log(2)
    error = 0.5 * math.sqrt(float(at_real.var() + at_fakes.var()) / count)
    return 0.5 * float(at_real.mean() + at_fakes.mean()), error


def normal_logit(x: Tensor, data, fake) -> Tensor:
    """Return the logit of the best D for two normal distributions: log p_data(x) − log p_fake(x).

    Args:
        x: any shape. data, fake: (mean, width) of each. Far away, where both densities round to 0, it is still right.
    """
    (data_mean, data_width), (fake_mean, fake_width) = data, fake
    squares = ((x - fake_mean) / fake_width) ** 2 - ((x - data_mean) / data_width) ** 2
    return 0.5 * squares + math.log(fake_width / data_width)


class TwoNormals:
    """The game between N(data_mean, data_width²) and N(fake_mean, fake_width²), played by the best D.

    Args:
        data_mean, data_width, fake_mean, fake_width: numbers; the widths are above 0.

    x (N,), from −9 to 9, with p_data, p_fake and best_d there; jsd in nats and value = V(D*, G); push_minimax and
    push_non_saturating at fake_x (the places where fakes are): −gradient of the generator's loss with respect to where
    a fake lies, above 0 to the right; mean_push_minimax and mean_push_non_saturating: their means over all fakes.

    Raises:
        InvalidValue: a width that is not above 0.
    """

    def __init__(self, data_mean: float, data_width: float, fake_mean: float, fake_width: float) -> None:
        if not (data_width > 0 and fake_width > 0):
            raise InvalidValue(f"The widths are {data_width} and {fake_width}, but both must be above 0.")
        self.data, self.fake = (data_mean, data_width), (fake_mean, fake_width)
        self.x = np.linspace(-9, 9, 361)
        self.p_data, self.p_fake = self._density(self.x, *self.data), self._density(self.x, *self.fake)
        self.best_d = _sigmoid(self._logit(self.x))
        self.jsd = 0.5 * (self._mean(self.data, self._log_twice_d) + self._mean(self.fake, self._log_twice_rest))
        self.value = 2 * self.jsd - math.log(4)
        reach = np.linspace(-3, 3, 121) * fake_width + fake_mean
        self.fake_x = reach[(reach >= self.x[0]) & (reach <= self.x[-1])]
        self.push_minimax, self.push_non_saturating = self._minimax(self.fake_x), self._non_saturating(self.fake_x)
        self.mean_push_minimax = self._mean(self.fake, self._minimax)
        self.mean_push_non_saturating = self._mean(self.fake, self._non_saturating)

    def _density(self, x, mean, width):
        return np.exp(-0.5 * ((x - mean) / width) ** 2) / (width * math.sqrt(2 * math.pi))

    def _logit(self, x):
        """log p_data(x) − log p_fake(x): right also where both densities round to 0."""
        return normal_logit(x, self.data, self.fake)

    def _log_twice_d(self, x):
        return math.log(2) - np.logaddexp(0, -self._logit(x))

    def _log_twice_rest(self, x):
        return math.log(2) - np.logaddexp(0, self._logit(x))

    def _slope(self, x):
        (data_mean, data_width), (fake_mean, fake_width) = self.data, self.fake
        return (x - fake_mean) / fake_width**2 - (x - data_mean) / data_width**2

    def _minimax(self, x):
        return _sigmoid(self._logit(x)) * self._slope(x)

    def _non_saturating(self, x):
        return _sigmoid(-self._logit(x)) * self._slope(x)

    def _mean(self, normal, function) -> float:
        """Return the mean of function(x) over x from a normal distribution, by quadrature within 8 widths."""
        t = np.linspace(-8, 8, 2001)
        return float(np.sum(self._density(t, 0, 1) * function(normal[0] + normal[1] * t)) * (t[1] - t[0]))


def _sigmoid(logit):
    return np.exp(-np.logaddexp(0, -logit))
