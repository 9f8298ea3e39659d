"""Axes on a canvas: where a number lies, and what a curve leaves out."""

import math

import numpy as np
import pytest
import torch

from dcgan_course.drawing.axes import LinePlot
from dcgan_course.drawing.canvas import COLOURS, Canvas


@pytest.fixture
def plot():
    return LinePlot(Canvas(120, 80, scale=1), 10, 10, 100, 50, (0, 10), (-1, 1))


def inked(plot, name: str) -> np.ndarray:
    """(rows, columns) of the pixels that have a colour."""
    return np.argwhere((np.array(plot.canvas.image) == tuple(bytes.fromhex(COLOURS[name][1:]))).all(axis=2))


@pytest.mark.parametrize(
    ("x", "y", "place"), [(0, -1, (10, 60)), (10, 1, (110, 10)), (5, 0, (60, 35)), (99, -math.inf, (110, 60))]
)
def test_a_number_has_its_place_and_what_lies_outside_is_on_the_edge(plot, x, y, place):
    assert plot.place(x, y) == place


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_a_curve_runs_along_its_numbers(plot, kind):
    plot.curve(kind([0.0, 5.0, 10.0]), kind([0.0, 0.0, 0.0]), "blue", line=1)
    assert set(inked(plot, "blue")[:, 0]) == {35} and len(inked(plot, "blue")) == 101


def test_a_curve_passes_over_what_is_not_finite(plot):
    plot.curve([0, 3, 5, 7, 10], [0, math.nan, 0, math.inf, 0], "blue", line=1)
    assert len(inked(plot, "blue")) == 101
    before = len(inked(plot, "orange"))
    for nothing in ([], [math.nan] * 3):
        plot.curve(range(len(nothing)), nothing, "orange")
    assert len(inked(plot, "orange")) == before == 0


def test_a_dotted_curve_has_gaps(plot):
    plot.curve([0, 10], [0, 0], "blue", line=1, dotted=True)
    assert 40 < len(inked(plot, "blue")) < 65


def test_levels_and_numbers_stand_outside_the_frame(plot):
    plot.level(0, "0", "green")
    assert set(inked(plot, "green")[:, 0]) == {35}
    plot.x_numbers((0, -5))
    rows, columns = inked(plot, "ink").T
    assert ((columns < 10) | (rows > 60)).all() and (columns < 10).any() and (rows > 60).any()
