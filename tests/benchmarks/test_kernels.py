"""The page on a class: the line through a few kernels, and the memory of a process that is there."""

import os
import sys

import pytest

from benchmarks import kernels


def test_the_line_goes_through_totals_that_lie_on_one():
    slope, start = kernels.slope_and_start({1: 700.0, 2: 1_300.0, 4: 2_500.0})
    assert (slope, start) == pytest.approx((600, 100))
    text = kernels.page({"a lesson": {1: 700.0, 2: 1_300.0, 4: 2_500.0}})
    assert "| a lesson | 700 | 1,300 | 2,500 | 600 | 18,100 |" in text


@pytest.mark.skipif(sys.platform != "linux", reason="Linux says how memory is shared")
def test_this_process_has_some_memory():
    assert 50 < kernels.proportional_mb(os.getpid()) < 20_000
