"""Drawn digits: in MNIST's frame, no two alike, and each tells its class."""

import os

import numpy as np
import pytest
import torch

from dcgan_course.data.drawn.digits import bell, uniforms
from dcgan_course.data.drawn.strokes import DIGIT_STROKES

REAL = os.environ.get("DCGAN_COURSE_DATA")


def test_random_numbers_are_those_of_pcg64():
    """Oracle: NumPy's own doubles come from the same bits."""
    expected = np.random.Generator(np.random.PCG64(9)).random(60)
    assert np.array_equal(uniforms(9, 10, 6).ravel(), expected)
    numbers = bell(uniforms(1, 50_000, 8))
    assert numbers.shape == (50_000, 2)
    assert abs(numbers.mean()) < 0.01 and abs(numbers.std() - 1) < 0.01 and abs(numbers).max() < 3.5


def test_digits_lie_in_the_frame_of_mnist(digits):
    """LeCun et al. 1998: fitted into 20×20, then moved by whole pixels until the centre of mass is at pixel 14."""
    ink = digits[0][:, 0].float() / 255
    rows, columns = (ink.amax(2) > 0.5), (ink.amax(1) > 0.5)
    heights, widths = (side.float().cumsum(1).eq(0).sum(1) for side in (rows, columns))
    heights = 28 - heights - rows.flip(1).float().cumsum(1).eq(0).sum(1)
    widths = 28 - widths - columns.flip(1).float().cumsum(1).eq(0).sum(1)
    longer = torch.maximum(heights, widths)
    assert longer.max() <= 22 and longer.float().median() in (19, 20, 21)
    place = torch.arange(28.0)
    mass = ink.sum((1, 2))
    for centre in ((ink.sum(2) * place).sum(1) / mass, (ink.sum(1) * place).sum(1) / mass):
        assert (centre - 14).abs().max() < 0.51
    assert 0.09 < ink.mean() < 0.17  # MNIST: 0.131


def test_no_two_digits_are_alike_and_each_has_several_ways(digits):
    assert len(torch.unique(digits[0].flatten(1), dim=0)) == 3000
    assert all(len(ways) >= 3 for ways in DIGIT_STROKES.values()) and list(DIGIT_STROKES) == list(range(10))


def test_drawn_digits_tell_their_class(digits):
    """The nearest of 2,500 drawn digits has the class of a new one nearly always: the classes do not run together."""
    pixels, labels = digits[0].flatten(1).float(), digits[1]
    nearest = torch.cdist(pixels[2500:], pixels[:2500]).argmin(1)
    assert (labels[nearest] == labels[2500:]).float().mean() > 0.85


@pytest.mark.real_data
@pytest.mark.skipif(not REAL, reason="needs the real MNIST: set DCGAN_COURSE_DATA")
def test_drawn_digits_read_real_ones_far_above_chance(digits):
    from dcgan_course.data import load_images

    real = load_images("mnist", "test", root=REAL)
    nearest = torch.cdist(real.images[:1000].flatten(1).float(), digits[0].flatten(1).float()).argmin(1)
    assert (digits[1][nearest] == real.labels[:1000]).float().mean() > 0.70  # guessing gives 0.1
