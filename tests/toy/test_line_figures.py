"""The frame of lesson 03's explorer, and how it writes numbers."""

import io
import time

import numpy as np
from PIL import Image

from dcgan_course.toy.divergences import TwoNormals
from dcgan_course.toy.line_figures import densities_frame, signed


def test_curves_are_where_the_numbers_say():
    """The blue curve of D* for equal densities is a straight line at one half."""
    pixels = np.array(Image.open(io.BytesIO(densities_frame(TwoNormals(0, 1, 0, 1)))))
    blue = (pixels == (0x00, 0x72, 0xB2)).all(axis=2)
    rows = np.flatnonzero(blue[40:, 300:900].any(axis=1)) + 40
    assert rows.max() - rows.min() < 5  # one thin line
    top, height = 32, 218
    assert abs(rows.mean() - (top + height * (1 - 0.5 / 1.06))) < 3


def test_a_redraw_is_fast_enough_to_drag():
    state, times = TwoNormals(0, 1, 2, 0.7), []
    for _ in range(9):
        start = time.process_time()
        densities_frame(state)
        times.append(time.process_time() - start)
    assert sorted(times)[4] < 0.06  # 17 ms on a quiet machine; the bound leaves room for a busy one


def test_signed_numbers():
    assert [signed(v) for v in (0.5, -0.25, 1e-4, -1e-220, 2000.0)] == ["+0.500", "−0.250", "+1.0e−04", "0", "+2.0e+03"]
