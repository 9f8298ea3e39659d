"""The formulas of lesson 03 against closed forms, and the trained games against the formulas."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.formulas import (
    TwoNormals,
    jensen_shannon,
    jensen_shannon_estimate,
    normal_density,
    normal_logit,
    optimal_discriminator,
    value_of_game,
)
from dcgan_course.toy.line import (
    LineGame,
    LineGenerator,
    disjoint_pushes,
    distance_from_half,
    even_z,
    generator_density,
    play_round,
    rounds_until_mean,
)
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


def test_generator_starts_as_the_normal_it_says():
    generator = LineGenerator(3, 2.0, 0.7, torch.Generator().manual_seed(0))
    x = torch.linspace(-2, 6, 161, dtype=torch.float64)
    for game in range(3):
        density = generator_density(generator, x, game)
        assert (density - normal_density(x, 2.0, 0.7)).abs().max() < 2e-3
        assert torch.trapezoid(density, x) == pytest.approx(1, abs=1e-3)
    with pytest.raises(InvalidValue, match="from 0 to 2"):
        generator_density(generator, x, 3)


def test_z_never_leaves_the_open_interval():
    game = LineGame(2, 5, 0)
    z = game.sample_z()
    assert z.min() > 0 and z.max() < 1 and game.generator(z).isfinite().all()
    assert even_z(4).flatten().tolist() == [0.125, 0.375, 0.625, 0.875]


def test_a_discriminator_trained_alone_is_the_formula():
    game = LineGame(5, 10, 1)
    game.train_discriminator(600)
    x = torch.linspace(-2.576, 3.8, 200, dtype=torch.float64)
    with torch.no_grad():
        d = game.discriminator(x.float().view(1, -1, 1).expand(5, -1, -1)).sigmoid().squeeze(2).double()
    gap = (d - optimal_discriminator(normal_density(x, 0, 1), normal_density(x, 2, 0.7))).abs().amax(dim=1)
    assert gap.max() < 0.02  # the lesson claims 0.01 after 1,000 steps


def test_the_game_ends_at_one_half_in_every_game():
    """The claim of the lesson: |D − ½| < 0.05 over 99 % of the data, here in 8 games, and the density fits."""
    game = LineGame(8, 800, seed=3)
    game.train_discriminator(30)
    game.play(800)
    assert distance_from_half(game.discriminator).max() < 0.05
    x = torch.linspace(-4, 4, 161, dtype=torch.float64)
    for index in range(8):
        assert (generator_density(game.generator, x, index) - normal_density(x, 0, 1)).abs().max() < 0.05


def test_only_the_network_whose_step_it_is_moves():
    game = LineGame(2, 10, 0)
    g_before = {name: tensor.clone() for name, tensor in game.generator.state_dict().items()}
    d_before = {name: tensor.clone() for name, tensor in game.discriminator.state_dict().items()}
    game.train_discriminator(3)
    assert all(torch.equal(tensor, g_before[name]) for name, tensor in game.generator.state_dict().items())
    assert not torch.equal(game.discriminator.hidden.weight, d_before["hidden.weight"])
    d_before = {name: tensor.clone() for name, tensor in game.discriminator.state_dict().items()}
    game.train_generator(3)
    assert all(torch.equal(tensor, d_before[name]) for name, tensor in game.discriminator.state_dict().items())
    assert not torch.equal(game.generator.straight.bias, g_before["straight.bias"])


def test_a_round_of_d_steps_then_one_g_step():
    class Counting:
        def __init__(self, optimizer, name, log):
            self.optimizer, self.name, self.log = optimizer, name, log

        def zero_grad(self):
            self.optimizer.zero_grad()

        def step(self):
            self.log.append(self.name)
            self.optimizer.step()

    game, log = LineGame(1, 10, 0), []
    game.generator_optimizer = Counting(game.generator_optimizer, "G", log)
    game.discriminator_optimizer = Counting(game.discriminator_optimizer, "D", log)
    play_round(game, non_saturating, discriminator_steps=3)
    assert log == ["D", "D", "D", "G"]


def test_games_side_by_side_share_nothing():
    """Spoiling game 1 leaves game 0 to the same numbers."""
    runs = []
    for spoil in (False, True):
        game = LineGame(2, 20, 0)
        if spoil:
            game.generator.straight.bias.data[1] += 1.0
        game.play(5)
        runs.append(game.generator.straight.bias[0].item())
    assert runs[0] == pytest.approx(runs[1], abs=1e-6)


def test_the_saturating_loss_takes_longer_with_plain_descent():
    counts = rounds_until_mean(lambda parameters: torch.optim.SGD(parameters, lr=0.05), seeds=10, rounds=400, seed=0)
    assert counts.shape == (2, 10) and counts.isfinite().all()
    assert counts[1].mean() > 3 * counts[0].mean()  # the lesson claims more than 8
    assert (counts[1] > counts[0]).all()


def test_rounds_that_do_not_suffice_are_infinite():
    counts = rounds_until_mean(lambda parameters: torch.optim.SGD(parameters, lr=1e-6), seeds=2, rounds=3, seed=0)
    assert counts.isinf().all()


def test_disjoint_supports_saturating_gradient_goes_the_other_stays():
    rows = disjoint_pushes(gap=1.0, looks=[30, 300, 1500], seed=0)
    assert [row["steps"] for row in rows] == [30, 300, 1500]
    assert rows[-1]["d_real"] > 0.99 and rows[-1]["d_fake"] < 0.01
    assert rows[-1]["minimax"] < rows[0]["minimax"] / 20
    assert rows[-1]["non_saturating"] > rows[0]["non_saturating"]
