"""The figures for counting in lesson 01."""

import numpy as np

from dcgan_course.convolution.counting_figures import (
    coverage_figure,
    positions_figure,
    receptive_field_figure,
    weights_figure,
)
from tests.helpers.pictures import pixels


def test_the_counting_figures_are_as_wide_as_all_others():
    figures = [
        positions_figure(6, 3, "stride", stride=2),
        positions_figure(6, 3, "padding and dilation", padding=1, dilation=2),
        coverage_figure(6, 3, 2, "coverage"),
        weights_figure((10, 3, 5, 5), "weights"),
        receptive_field_figure([(4, 2), (4, 2)], "cone"),
    ]
    assert {pixels(figure).shape[1] for figure in figures} == {2000}
    assert len(set(figures)) == len(figures)


def test_a_square_that_no_window_reads_is_purple_in_both_figures():
    purple = np.array([0xCC, 0x79, 0xA7])
    for unread, full in [
        (positions_figure(6, 3, "t", stride=2), positions_figure(6, 3, "t")),
        (coverage_figure(6, 3, 2, "t"), coverage_figure(6, 3, 1, "t")),
    ]:
        assert (pixels(unread) == purple).all(axis=2).sum() > (pixels(full) == purple).all(axis=2).sum() + 1000
