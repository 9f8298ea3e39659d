"""Pictures of games on points: where a trace is drawn, and what is left out."""

import numpy as np
import torch

from dcgan_course.drawing import COLOURS
from dcgan_course.toy.faults import FAULTS, play
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.toy.point_figures import (
    GAME_HEIGHT,
    GAME_WIDTH,
    clouds_figure,
    draw_game,
    epochs_figure,
    flow_figure,
    traces_figure,
)
from tests.helpers.pictures import pixels


def test_a_trace_is_drawn_where_it_belongs():
    """D's answer to real points of 1 runs along the upper border of its box, 0 along the lower."""
    game = play(FAULTS["nothing is wrong"])
    game.traces = {name: [torch.tensor([value])] * 10 for name, value in (("p_real", 1.0), ("p_fake", 0.0))}
    picture = pixels(draw_game(game, 10, "a title").png())
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
    assert pixels(draw_game(game, 10, "not a number").png()).shape == (GAME_HEIGHT, GAME_WIDTH, 3)


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


def test_a_flow_is_drawn_at_even_moments():
    places = torch.zeros(21, 30, 2)
    figure = flow_figure(places, ring_of_8(), "a finding")
    titles = [axes.get_title() or axes.get_title("left") for axes in figure.axes]
    assert titles == [f"time {time:.2f}" for time in (0, 0.25, 0.5, 0.75, 1)]
