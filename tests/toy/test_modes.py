"""The three numbers of the published protocol, beside counts made by hand and beside the true mixture."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.mixtures import grid_of_25, ring_of_8
from dcgan_course.toy.modes import TRUE_SHARE, chance_clouds, closest_mode, count_modes

MIXTURES = {"ring": ring_of_8(), "grid": grid_of_25()}


@pytest.mark.parametrize("name", MIXTURES)
def test_the_true_mixture_is_judged_as_theory_says(name):
    """100,000 real points: all modes, 1 − exp(−4.5) of them within 3σ, reverse KL near (K − 1) / 2N."""
    mixture = MIXTURES[name]
    report = count_modes(mixture.sample((100_000,), torch.Generator().manual_seed(0)), mixture)
    assert report.modes == report.of == mixture.modes
    assert abs(report.high_quality - TRUE_SHARE) < 0.0015  # four standard errors
    assert report.reverse_kl < 4 * (mixture.modes - 1) / 200_000


@given(name=st.sampled_from(list(MIXTURES)), kept=st.integers(1, 8), seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_points_on_some_centres_only(name, kept, seed):
    """`kept` modes drawn equally often: so many modes, all of high quality, reverse KL log(K / kept)."""
    mixture = MIXTURES[name]
    order = torch.randperm(mixture.modes, generator=torch.Generator().manual_seed(seed))[:kept]
    report = count_modes(mixture.centres[order].repeat(20, 1), mixture)
    assert report.modes == kept
    assert report.high_quality == 1
    assert math.isclose(report.reverse_kl, math.log(mixture.modes / kept), abs_tol=1e-9)
    assert set(report.counts.nonzero().flatten().tolist()) == set(order.tolist())


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_closest_mode_is_a_loop_over_centres(seed):
    mixture = MIXTURES["grid"]
    points = 6 * torch.rand(30, 2, generator=torch.Generator().manual_seed(seed)) - 3
    index, distance = closest_mode(points, mixture)
    for point, found, far in zip(points.tolist(), index.tolist(), distance.tolist(), strict=True):
        distances = [math.dist(point, centre) for centre in mixture.centres.tolist()]
        assert math.isclose(min(distances), distances[found], abs_tol=1e-9)
        assert math.isclose(min(distances) / 0.05, far, rel_tol=1e-6)


def test_the_border_is_three_sigma():
    ring = MIXTURES["ring"]
    away = torch.tensor([[1.0, 0.0299], [1.0, 0.0301]])
    assert count_modes(away[:1], ring).high_quality == 1
    report = count_modes(away[1:], ring)
    assert (report.high_quality, report.modes, int(report.counts[0])) == (0, 0, 1)


def test_points_that_are_not_numbers_are_bad_samples():
    report = count_modes(torch.tensor([[math.nan, 0.0], [1.0, 0.0], [math.inf, 1.0]]), MIXTURES["ring"])
    assert (report.modes, report.counts.sum().item()) == (1, 1)
    assert math.isclose(report.high_quality, 1 / 3)
    assert count_modes(torch.full((4, 2), math.nan), MIXTURES["ring"]).reverse_kl == math.inf


@pytest.mark.parametrize("bad", [torch.zeros(0, 2), torch.zeros(5, 3), torch.zeros(2, 5, 2), [[1.0, 2.0]]])
def test_other_shapes_are_refused(bad):
    with pytest.raises(InvalidValue, match=r"\(N, 2\)"):
        count_modes(bad, MIXTURES["ring"])


def test_chance_fools_modes_and_reverse_kl_and_not_the_quality():
    """2,500 points on the whole circle: eight modes, even shares, and 8 · 6σ / 2π = 7.6 % of high quality."""
    clouds = chance_clouds(ring_of_8(), (2500,), torch.Generator().manual_seed(0))
    found = {name: count_modes(cloud, ring_of_8()) for name, cloud in clouds.items()}
    circle, disc = found["the whole circle"], found["a disc of radius 1.2"]
    assert circle.modes == 8 and circle.reverse_kl < 0.01 and abs(circle.high_quality - 0.0764) < 0.02
    assert disc.modes >= 5 and disc.reverse_kl < 0.01 and disc.high_quality < 0.015
    square = count_modes(
        chance_clouds(grid_of_25(), (2500,), torch.Generator().manual_seed(0))["a square, ±4.5"], grid_of_25()
    )
    assert square.modes >= 20 and square.reverse_kl < 0.05 and square.high_quality < 0.04
