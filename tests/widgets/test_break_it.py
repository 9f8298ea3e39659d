"""The break-it panel: any order of clicks, both ends of every slider, every fault, and the twin."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan_course.drawing import COLOURS
from dcgan_course.errors import InvalidValue
from dcgan_course.toy.faults import FAULTS, play
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.toy.modes import count_modes
from dcgan_course.toy.point_figures import (
    GAME_HEIGHT,
    GAME_WIDTH,
    clouds_figure,
    epochs_figure,
    game_png,
    traces_figure,
)
from dcgan_course.toy.points import GameSettings, ManyGans, lopsided_game, pack
from dcgan_course.widgets import break_it_panel, break_it_twin
from dcgan_course.widgets.break_it import ROUNDS
from tests.helpers.pictures import pixels


def ticks(controls, count: int):
    """What the front end does while the clock plays."""
    for _ in range(count):
        controls["clock"].value += 1


def words(panel) -> str:
    return re.sub("<[^>]+>", "", panel.children[-1].value)


def test_start_trains_in_slices_stop_stops_and_reset_begins_anew():
    panel = break_it_panel()
    controls, first = panel.controls, panel.children[-2].value
    assert "Press Start" in words(panel)
    controls["start"].click()
    ticks(controls, 3)
    assert "Round 12 of 400: training" in words(panel)
    assert panel.children[-2].value != first
    controls["stop"].click()
    stopped = panel.children[-2].value
    ticks(controls, 3)  # ticks that were under way when Stop was pressed
    assert "Round 12 of 400: stopped" in words(panel) and panel.children[-2].value == stopped
    controls["start"].click()
    ticks(controls, 1)
    assert "Round 16 of 400" in words(panel)
    controls["reset"].click()
    assert "Round 0 of 400" in words(panel) and panel.children[-2].value == first
    assert not controls["clock"].playing


def test_it_ends_by_itself_and_start_begins_again():
    panel = break_it_panel()
    controls = panel.controls
    controls["fault"].value = "fake detached in G's step"
    controls["slice"].value = controls["slice"].max
    controls["start"].click()
    ticks(controls, ROUNDS // 20 + 3)
    assert "Round 400 of 400: done" in words(panel) and not controls["clock"].playing
    controls["start"].click()
    ticks(controls, 1)
    assert "Round 20 of 400" in words(panel)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_trains_and_is_explained(name):
    panel = break_it_panel()
    panel.controls["fault"].value = name
    panel.controls["start"].click()
    ticks(panel.controls, 1)
    panel.controls["explain"].value = True
    fault = FAULTS[name]
    assert all(sentence in panel.children[-1].value for sentence in (fault.symptom, fault.cause, fault.cure))
    assert pixels(panel.children[-2].value).shape == (GAME_HEIGHT, GAME_WIDTH, 3)


ACTIONS = ["start", "stop", "reset", "explain", "tick", "fault", "data", "seed", "slice"]


@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.booleans()), max_size=12))
@settings(max_examples=25, deadline=None)
def test_no_order_of_clicks_raises(actions):
    """Buttons are clicked, the clock ticks, lists and sliders go to one of their ends."""
    panel = break_it_panel()
    controls = panel.controls
    for name, high in actions:
        if name in ("start", "stop", "reset"):
            controls[name].click()
        elif name == "explain":
            controls[name].value = high
        elif name == "tick":
            ticks(controls, 1)
        elif name in ("fault", "data"):
            controls[name].value = controls[name].options[-1 if high else 0]
        else:
            controls[name].value = controls[name].max if high else controls[name].min
    assert words(panel).startswith("Round ") and pixels(panel.children[-2].value).any()


def test_the_twin_shows_three_faults():
    picture = pixels(break_it_twin(rounds=3))
    assert picture.shape == (3 * GAME_HEIGHT, GAME_WIDTH, 3)
    assert repr(break_it_panel()).startswith("The break-it panel")


def test_a_trace_is_drawn_where_it_belongs():
    """D's answer to real points of 1 runs along the upper border of its box, 0 along the lower."""
    game = play(FAULTS["nothing is wrong"])
    game.traces = {name: [torch.tensor([value])] * 10 for name, value in (("p_real", 1.0), ("p_fake", 0.0))}
    picture = pixels(game_png(game, 10, "a title"))
    blue = np.all(picture == tuple(bytes.fromhex(COLOURS["blue"][1:])), axis=2)[40:300, 520:905]
    orange = np.all(picture == tuple(bytes.fromhex(COLOURS["orange"][1:])), axis=2)[40:300, 700:905]
    assert set(np.nonzero(blue.mean(axis=1) > 0.9)[0] + 40) <= {59, 60, 61}
    assert set(np.nonzero(orange.mean(axis=1) > 0.9)[0] + 40) <= {209, 210, 211}
    assert (blue.mean(axis=1) > 0.9).any() and (orange.mean(axis=1) > 0.9).any()


def test_points_that_are_not_numbers_are_drawn_as_nothing():
    game = play(FAULTS["learning rate too high"])
    with torch.no_grad():
        game.generators.out.bias.fill_(torch.nan)
    game.traces = {name: [torch.tensor([torch.nan])] * 3 for name in ("p_real", "p_fake", "p_fake_for_g", "g_gradient")}
    assert pixels(game_png(game, 10, "not a number")).shape == (GAME_HEIGHT, GAME_WIDTH, 3)


# What the faults claim, measured: 100 rounds, three games each, the median.


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


# Collapse and its cures, on the ring: 200 rounds, three games.


def reverse_kl(**cure):
    game = lopsided_game(ring_of_8(), 3, **cure).run(200)
    reports = [count_modes(points, game.mixture) for points in game.points(1000)]
    return [report.reverse_kl for report in reports], game


def test_collapse_shows_in_the_modes_and_not_in_the_answers():
    values, game = reverse_kl()
    assert min(values) > 0.5, "log 8 = 2.08 is a single mode"
    assert abs(end(game, "p_real") - 0.5) < 0.1 and abs(end(game, "p_fake") - 0.5) < 0.1


@pytest.mark.parametrize("cure", [{"packing": 2}, {"unrolled_steps": 3}])
def test_both_cures_keep_the_modes(cure):
    values, _ = reverse_kl(**cure)
    assert sum(values) < 0.5 * sum(reverse_kl()[0])


def test_figures_of_the_lesson():
    import matplotlib.pyplot as plt

    ring = ring_of_8()
    figure = clouds_figure([("one", torch.zeros(2, 10, 2)), ("two", [torch.ones(4, 2)])], ring, "a title")
    assert len(figure.axes) == 4
    traces = {name: torch.rand(9) for name in ("p_real", "p_fake", "p_fake_for_g")}
    assert len(traces_figure([traces] * 5, list("ABCDE"), "a title").axes) == 8
    entry = {"modes": [1, 2], "high_quality": [0.5, 0.6], "reverse_kl": [0.1, 0.2]}
    cell = {"packing": 1, "mixture": "grid", "history": [entry | {"epoch": epoch} for epoch in (0, 1, 2)]}
    assert len(epochs_figure({"cells": {"one": cell}}, "a title").axes) == 6
    plt.close("all")


def test_packs_are_points_side_by_side():
    points = torch.arange(12.0).view(1, 6, 2)
    assert pack(points, 3).tolist() == [[[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]]
    with pytest.raises(InvalidValue, match="cut into packs of 4"):
        pack(points, 4)


def test_wrong_input_is_refused_in_a_sentence():
    with pytest.raises(InvalidValue, match="one of FAULTS"):
        play("D too strong")
    for settings_ in ({"batch_size": 1}, {"unrolled_steps": -1}, {"discriminator_steps": 0}, {"seed": 1.5}):
        with pytest.raises(InvalidValue, match="whole number"):
            GameSettings(**settings_)
    one, two = lopsided_game(ring_of_8(), 1), lopsided_game(ring_of_8(), 2)
    with pytest.raises(InvalidValue, match="needs one of both"):
        ManyGans(one.generators, two.discriminators, ring_of_8())
