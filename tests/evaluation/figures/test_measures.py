"""The figures of measures: ellipses lie where mean and covariance are, balls reach to the k-th neighbour."""

import matplotlib.pyplot as plt
import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation.figures.measures import balls_figure, ellipses_figure, preferences_figure


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def line(*numbers: float) -> torch.Tensor:
    return torch.tensor(numbers, dtype=torch.float64)[:, None]


def test_an_ellipse_lies_at_two_sigma_of_its_cloud():
    source = torch.Generator().manual_seed(0)
    real = torch.randn(5000, 3, generator=source) * torch.tensor([3.0, 1.0, 0.1])
    other = real / 2 + torch.tensor([6.0, 0, 0])
    panel = ellipses_figure({"real": real, "half as wide": other}, "one half").axes[0]
    rims = [rim for rim in panel.lines if len(rim.get_xdata())]  # the others are of the legend
    widths = [float(rim.get_xdata().max() - rim.get_xdata().min()) for rim in rims]
    assert widths[0] == pytest.approx(4 * 3, rel=0.05) and widths[1] == pytest.approx(widths[0] / 2, rel=0.01)
    middles = [float((rim.get_xdata().max() + rim.get_xdata().min()) / 2) for rim in rims]
    assert abs(middles[1] - middles[0]) == pytest.approx(6, abs=0.1)


def test_there_is_a_panel_for_each_other_cloud():
    cloud = torch.randn(20, 4, generator=torch.Generator().manual_seed(1))
    figure = ellipses_figure({"real": cloud, "a": cloud + 1, "b": 2 * cloud}, "two")
    assert [axes.get_title() or axes.get_title("left") for axes in figure.axes] == ["a", "b"]
    with pytest.raises(InvalidValue, match="give two or more"):
        ellipses_figure({"real": cloud}, "alone")


def test_balls_reach_to_the_kth_neighbour():
    axes = balls_figure(line(0, 1, 2, 10), line(0.5, 20), 1, "an outlier").axes[0]
    bars = [bar.get_xdata() for bar in axes.lines if len(bar.get_xdata()) == 2 and bar.get_linewidth() == 9]
    assert [tuple(bar) for bar in bars] == [(-1, 1), (0, 2), (1, 3), (2, 18)]


@pytest.mark.parametrize(("centres", "k"), [(line(0, 1), 2), (line(0, 1), 0), (torch.zeros(3, 2), 1)])
def test_balls_that_cannot_be_drawn_are_said(centres, k):
    with pytest.raises(InvalidValue, match="balls are drawn on a line"):
        balls_figure(centres, line(1), k, "none")


def test_bars_point_to_the_better_one_and_are_cut():
    axes = preferences_figure({"a": -3.0, "b": 200.0}, ("one", "two"), "apart").axes[0]
    assert [bar.get_width() for bar in axes.patches] == [-3, 20]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b"]
    assert axes.get_xlabel().startswith("← one better") and axes.get_xlabel().endswith("two better →")
    with pytest.raises(InvalidValue, match="one of two generators"):
        preferences_figure({"a": 1.0}, ("one",), "alone")
