"""The game on points: packs, settings, and collapse with its cures: on the ring, 200 rounds, three games."""

import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.toy.modes import count_modes
from dcgan_course.toy.points import GameSettings, ManyGans, lopsided_game, pack


def test_packs_are_points_side_by_side():
    points = torch.arange(12.0).view(1, 6, 2)
    assert pack(points, 3).tolist() == [[[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]]
    with pytest.raises(InvalidValue, match="cut into packs of 4"):
        pack(points, 4)


def reverse_kl(**cure):
    game = lopsided_game(ring_of_8(), 3, **cure).run(200)
    reports = [count_modes(points, game.mixture) for points in game.points(1000)]
    return [report.reverse_kl for report in reports], game


def test_collapse_shows_in_the_modes_and_not_in_the_answers():
    values, game = reverse_kl()
    assert min(values) > 0.5, "log 8 = 2.08 is a single mode"
    for name in ("p_real", "p_fake"):
        assert abs(float(game.trace(name)[-20:].mean(0).median()) - 0.5) < 0.1


@pytest.mark.parametrize("cure", [{"packing": 2}, {"unrolled_steps": 3}])
def test_both_cures_keep_the_modes(cure):
    values, _ = reverse_kl(**cure)
    assert sum(values) < 0.5 * sum(reverse_kl()[0])


def test_wrong_input_is_refused_in_a_sentence():
    for settings_ in ({"batch_size": 1}, {"unrolled_steps": -1}, {"discriminator_steps": 0}, {"seed": 1.5}):
        with pytest.raises(InvalidValue, match="whole number"):
            GameSettings(**settings_)
    one, two = lopsided_game(ring_of_8(), 1), lopsided_game(ring_of_8(), 2)
    with pytest.raises(InvalidValue, match="needs one of both"):
        ManyGans(one.generators, two.discriminators, ring_of_8())
