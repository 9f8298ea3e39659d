"""What the faults claim, measured: 100 rounds, three games each, the median."""

import math
from dataclasses import replace

import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.faults import FAULTS, play


@pytest.fixture(scope="module")
def broken():
    return {name: play(fault, 3, seed=0).run(100) for name, fault in FAULTS.items()}


def end(game, name) -> float:
    return float(game.trace(name)[-20:].mean(0).median())


def test_nothing_is_wrong(broken):
    game = broken["nothing is wrong"]
    assert abs(end(game, "p_real") - end(game, "p_fake")) < 0.1
    assert abs(end(game, "d_loss") - 1.386) < 0.15


def test_a_strong_discriminator_moves_the_answers_apart(broken):
    game, fair = broken["D too strong"], broken["nothing is wrong"]
    assert end(game, "p_real") - end(game, "p_fake") > 0.4
    assert end(game, "g_loss") > 1.5 and end(game, "g_gradient") > 10 * end(fair, "g_gradient")


def test_the_saturating_loss_is_below_zero_and_its_gradient_shorter(broken):
    game = broken["saturating loss"]
    assert end(game, "g_loss") < 0 and end(game, "p_fake") < 0.35
    assert end(game, "g_gradient") < 0.5 * end(broken["D too strong"], "g_gradient")


def test_a_high_learning_rate_throws_the_losses(broken):
    assert float(broken["learning rate too high"].trace("d_loss").max()) > 20


def test_a_mixed_batch_norm_answers_twice(broken):
    game = broken["real and fake in one batch norm"]
    assert end(game, "p_fake") < 0.25 and abs(end(game, "p_fake_for_g") - 0.5) < 0.1


def gap(game) -> float:
    """How far D's answer to fakes in G's step lies above that in its own step."""
    return float((game.trace("p_fake_for_g") - game.trace("p_fake"))[-20:].mean(0).median())


def test_only_the_mixed_batch_norm_answers_twice(broken):
    others = [abs(gap(game)) for name, game in broken.items() if name != "real and fake in one batch norm"]
    assert gap(broken["real and fake in one batch norm"]) > max(0.3, 2 * max(others))


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4])
def test_two_answers_take_batch_norm_and_one_batch(seed):
    mixed = FAULTS["real and fake in one batch norm"]
    apart = replace(mixed, settings=replace(mixed.settings, mixed_batch=False))
    game = play(mixed, 3, seed).run(100)
    assert gap(game) > 0.3
    assert abs(gap(play(apart, 3, seed).run(60))) < 0.05
    assert abs(gap(play(replace(mixed, discriminator_norm=False), 3, seed).run(60))) < 0.05
    with torch.no_grad():
        real, fake = game.real(), game.fake()  # one D and the same fakes, alone and beside real points
        alone, beside = game.discriminators(fake), game.discriminators(torch.cat([real, fake], dim=1))[:, 100:]
    assert (alone.sigmoid().mean(1) - beside.sigmoid().mean(1)).median() > 0.3


def test_tanh_does_not_reach(broken):
    game = broken["data outside tanh"]
    assert float(game.trace("reach").max()) <= 1 and end(game, "p_fake") < 0.25


def test_eps_08_begins_in_one_point(broken):
    assert float(broken["batch norm with eps 0.8"].trace("spread")[0].max()) < 0.01
    assert float(broken["nothing is wrong"].trace("spread")[0].min()) > 0.1


def test_a_detached_fake_leaves_no_gradient(broken):
    game = broken["fake detached in G's step"]
    assert float(game.trace("g_gradient").max()) == 0
    fresh = play(FAULTS["fake detached in G's step"], 3, seed=0)
    torch.testing.assert_close(game.generators.out.weight, fresh.generators.out.weight, rtol=0, atol=0)


def test_the_second_argument_of_batch_norm_is_eps():
    norm, x = torch.nn.BatchNorm2d(1, 0.8), 3 + 0.1 * torch.randn(20_000, 1, 1, 1)
    assert (norm.eps, norm.momentum) == (0.8, 0.1)
    assert abs(norm(x).std().item() - 0.1 / math.sqrt(0.1**2 + 0.8)) < 0.005
    assert abs(norm.running_mean.item() - 0.3) < 0.01


def test_a_name_is_no_fault():
    with pytest.raises(InvalidValue, match="one of FAULTS"):
        play("D too strong")
