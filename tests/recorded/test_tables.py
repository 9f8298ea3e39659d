"""Recorded tables as the lessons take them; that each is whole is tested beside the benchmark that made it."""

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course import recorded
from dcgan_course.recorded.tables import strip_path


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        (recorded.guidelines, {"rows", "made", "yardsticks"}),
        (recorded.modes_table, {"cells", "runs", "published_epochs"}),
        (recorded.probes, {"cells", "paper", "made"}),
    ],
)
def test_a_table_has_what_its_lesson_reads(table, keys):
    assert keys <= table().keys()


@pytest.mark.parametrize("row", recorded.guidelines()["rows"])
def test_samples_are_cut_out_of_the_strip_in_their_order(row):
    samples = recorded.guideline_samples(row)
    assert samples.dtype == torch.uint8 and samples.shape == (len(recorded.guidelines()["rows"][row]), 14, 1, 28, 28)
    assert np.array_equal(samples[1, 3, 0], np.array(Image.open(strip_path(row)))[28:56, 84:112])
