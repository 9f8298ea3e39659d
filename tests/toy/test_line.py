"""The games on a line that are really trained, beside the formulas."""

import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.divergences import (
    normal_density,
    optimal_discriminator,
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


def descent(rate):
    return lambda parameters: torch.optim.SGD(parameters, lr=rate)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_with_plain_descent_the_saturating_loss_takes_longer_each_at_its_best_rate(seed):
    """Lesson 03: also when each loss may choose among the lesson's three rates."""
    trials = [rounds_until_mean(descent(rate), 6, 110, seed) for rate in (0.05, 0.2, 0.5)]
    non_saturating, saturating = (min(float(trial[row].mean()) for trial in trials) for row in (0, 1))
    assert saturating > 2 * non_saturating


def test_a_better_d_on_disjoint_boxes_ends_one_gradient_and_lets_the_other_grow_without_bound():
    """Lesson 03: D = sigmoid(T (1.5 − x)) on fakes in [2, 3]."""
    fakes = (even_z(100).flatten().double() + 2).requires_grad_()

    def push(loss, steepness):
        return float(torch.autograd.grad(loss(steepness * (1.5 - fakes)), fakes)[0].abs().sum())

    assert push(minimax, 1000) < push(minimax, 100) < 1e-20
    assert push(non_saturating, 1000) == pytest.approx(1000)


def test_rounds_that_do_not_suffice_are_infinite():
    counts = rounds_until_mean(lambda parameters: torch.optim.SGD(parameters, lr=1e-6), seeds=2, rounds=3, seed=0)
    assert counts.isinf().all()


@pytest.mark.parametrize("seed", range(5))
def test_disjoint_supports_saturating_gradient_goes_the_other_stays(seed):
    rows = disjoint_pushes(gap=1.0, looks=[30, 300, 1500], seed=seed)
    assert [row["steps"] for row in rows] == [30, 300, 1500]
    assert rows[-1]["d_real"] > 0.99 and rows[-1]["d_fake"] < 0.01
    assert rows[-1]["minimax"] < rows[0]["minimax"] / 20
    assert rows[-1]["non_saturating"] > rows[0]["non_saturating"]
