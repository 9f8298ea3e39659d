"""The formulas of lesson 03 against closed forms."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.divergences import (
    TwoNormals,
    jensen_shannon,
    jensen_shannon_estimate,
    normal_density,
    normal_logit,
    optimal_discriminator,
    value_of_game,
)
from dcgan_course.toy.line import LineGame
from dcgan_course.training.losses import minimax, non_saturating

X = torch.linspace(-12, 12, 6001, dtype=torch.float64)
MEANS, WIDTHS = st.floats(-4, 4), st.floats(0.2, 3)


def test_density_is_torchs():
    wanted = torch.distributions.Normal(X.new_tensor(1.5), X.new_tensor(0.4)).log_prob(X).exp()
    torch.testing.assert_close(normal_density(X, 1.5, 0.4), wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("overlap", [0.0, 0.25, 0.5, 1.0])
def test_jsd_of_two_boxes_has_a_closed_form(overlap):
    x = torch.linspace(-1, 3, 40001, dtype=torch.float64)
    first = ((x > 0) & (x < 1)).double()
    second = ((x > 1 - overlap) & (x < 2 - overlap)).double()
    assert jensen_shannon(first, second, x) == pytest.approx((1 - overlap) * math.log(2), abs=3e-4)


def test_jsd_of_samples_agrees_within_its_error():
    exact = jensen_shannon(normal_density(X, 0, 1), normal_density(X, 2, 0.7), X)
    estimates = [jensen_shannon_estimate((0, 1), (2, 0.7), 20_000, seed) for seed in range(20)]
    for estimate, error in estimates:
        assert abs(estimate - exact) < 4 * error
    spread = torch.tensor([estimate for estimate, _ in estimates]).std()
    assert 0.5 < spread / estimates[0][1] < 1.7  # the error is as large as it says


@given(MEANS, WIDTHS, MEANS, WIDTHS)
def test_value_at_the_best_d_is_two_jsd_minus_log_four(data_mean, data_width, fake_mean, fake_width):
    p_data, p_fake = normal_density(X, data_mean, data_width), normal_density(X, fake_mean, fake_width)
    value = value_of_game(optimal_discriminator(p_data, p_fake).nan_to_num(0.5), p_data, p_fake, X)
    assert value == pytest.approx(2 * jensen_shannon(p_data, p_fake, X) - math.log(4), abs=1e-3)
    assert TwoNormals(data_mean, data_width, fake_mean, fake_width).value == pytest.approx(value, abs=2e-3)


def test_no_other_d_has_a_larger_value():
    p_data, p_fake = normal_density(X, 0, 1), normal_density(X, 1, 0.7)
    best = optimal_discriminator(p_data, p_fake).nan_to_num(0.5)
    top = value_of_game(best, p_data, p_fake, X)
    for change in (0.02 * torch.sin(X), torch.full_like(X, 0.01), -0.02 * torch.tanh(X)):
        assert value_of_game((best + change).clamp(1e-6, 1 - 1e-6), p_data, p_fake, X) < top


def test_equal_densities_give_minus_log_four():
    p = normal_density(X, 0.3, 1.2)
    assert value_of_game(optimal_discriminator(p, p).nan_to_num(0.5), p, p, X) == pytest.approx(-math.log(4), abs=1e-9)


@given(MEANS, WIDTHS, MEANS, WIDTHS)
def test_pushes_are_the_gradients_of_both_losses(data_mean, data_width, fake_mean, fake_width):
    state = TwoNormals(data_mean, data_width, fake_mean, fake_width)
    x = state.fake_x.clone().requires_grad_()
    for loss, push in ((minimax, state.push_minimax), (non_saturating, state.push_non_saturating)):
        value = len(x) * loss(normal_logit(x, state.data, state.fake))
        (gradient,) = torch.autograd.grad(value, x)
        torch.testing.assert_close(push, -gradient, rtol=1e-6, atol=1e-9)
    assert state.best_d.min() >= 0 and state.best_d.max() <= 1


def test_widths_must_be_above_zero():
    with pytest.raises(InvalidValue, match="above 0"):
        TwoNormals(0, 0, 1, 1)
    with pytest.raises(InvalidValue, match="at least 1"):
        LineGame(0, 10, 0)


@pytest.mark.parametrize(("mean", "width"), [(1.0, 1.0), (2.0, 0.7), (4.0, 0.5), (-3.0, 1.5)])
def test_each_push_at_the_best_d_goes_downhill_on_its_own_divergence(mean, width):
    """Arjovsky and Bottou 2017, theorem 2.5: −log D follows KL(fake ‖ data) − 2 JSD; log(1 − D) follows 2 JSD."""

    def kl(m):
        return math.log(1 / width) + (width**2 + m**2) / 2 - 0.5

    def jsd(m):
        return TwoNormals(0, 1, m, width).jsd

    step = 1e-4
    kl_slope, jsd_slope = ((f(mean + step) - f(mean - step)) / (2 * step) for f in (kl, jsd))
    game = TwoNormals(0, 1, mean, width)
    assert game.mean_push_minimax == pytest.approx(-2 * jsd_slope, abs=1e-6)
    assert game.mean_push_non_saturating == pytest.approx(2 * jsd_slope - kl_slope, abs=1e-6)
