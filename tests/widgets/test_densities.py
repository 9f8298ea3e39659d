"""The explorer of two densities: every slider at both ends, what it says, and its twin."""

import io
import itertools
import re

import pytest
from PIL import Image

from dcgan_course.toy.line_figures import HEIGHT, WIDTH
from dcgan_course.widgets import densities_explorer, densities_twin
from tests.helpers.pictures import pixels

NAMES = ("data_mean", "data_width", "fake_mean", "fake_width")


def picture_and_words(panel):
    _, picture, words = panel.children
    return picture.value, words.value


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", ["min", "max"])
def test_a_slider_at_its_end_changes_picture_and_words(name, end):
    panel = densities_explorer()
    before = picture_and_words(panel)
    control = panel.controls[name]
    control.value = getattr(control, end)
    after = picture_and_words(panel)
    assert after[0] != before[0] and after[1] != before[1]
    assert "nan" not in after[1] and "inf" not in after[1]


def test_every_corner_of_the_sliders_draws():
    panel = densities_explorer()
    ends = [(control.min, control.max) for control in panel.controls.values()]
    for values in itertools.product(*ends):
        for control, value in zip(panel.controls.values(), values, strict=True):
            control.value = value
        png, words = picture_and_words(panel)
        assert Image.open(io.BytesIO(png)).size == (WIDTH, HEIGHT)
        jsd = float(re.search(r"JSD (\S+) of", words)[1])
        assert 0 <= jsd <= 0.6932 and "nan" not in words


def test_words_say_the_numbers_of_the_state():
    panel = densities_explorer()
    for control, value in zip(panel.controls.values(), (0.5, 1.5, 0.5, 1.5), strict=True):
        control.value = value
    words = panel.children[2].value
    assert "JSD 0.000" in words and "V at the best D −1.386" in words
    assert "saturating 0, non-saturating 0" in words
    assert 'role="status"' in words


def test_twin_is_the_first_frame_and_always_the_same():
    panel = densities_explorer()
    twin, frame = densities_twin(), pixels(picture_and_words(panel)[0])
    assert (pixels(twin)[-len(frame) :] == frame).all() and twin == densities_twin()
    assert densities_twin(fake_mean=-3.0) != densities_twin()


def test_panel_says_what_it_is():
    assert "explorer of two densities" in repr(densities_explorer())
    assert set(densities_explorer().controls) == set(NAMES)
