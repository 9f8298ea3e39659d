"""The explorer of two densities on the page of lesson 03: it moves, and says what the notebook's says."""

import functools

import pytest

from dcgan_course.toy.divergences import TwoNormals
from dcgan_course.widgets.densities import SETTINGS, _sentences
from tests.browser.book import NAMELESS, ready, times_of_moves
from tests.browser.times import median_is_within

LESSON = "lessons/03_adversarial_game"
PIXELS = "home => home.querySelector('canvas').toDataURL()"


def test_it_says_what_the_notebook_says_at_both_ends_of_every_slider(reader):
    home = ready(reader(LESSON), "densities_explorer")
    words, setting = home.get_by_role("status"), [start for _, start, _, _ in SETTINGS.values()]
    assert words.inner_text() == _sentences(TwoNormals(*setting))
    for number, (label, start, low, high) in enumerate(SETTINGS.values()):
        for key, value in (("End", high), ("Home", low)):
            before = home.evaluate(PIXELS)
            home.get_by_label(label, exact=True).press(key)
            setting[number] = value
            assert words.inner_text() == _sentences(TwoNormals(*setting)) and home.evaluate(PIXELS) != before
            shown = home.locator(".explorer-number").nth(number).inner_text()
            assert "-" not in shown and float(shown.replace("−", "-")) == value
        setting[number] = start
        home.get_by_label(label, exact=True).fill(str(start))
    assert home.evaluate(NAMELESS) == 0


def test_ten_keys_to_the_right_are_one_width(reader):
    home = ready(reader(LESSON), "densities_explorer")
    for _ in range(10):
        home.get_by_label("mean of the data", exact=True).press("ArrowRight")
    assert "Data: mean 1.0, width 1.0." in home.get_by_role("status").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_laptop_and_a_phone_and_draws_itself_anew_when_the_page_is_turned(reader, scheme):
    page = reader(LESSON)
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1366, "height": 768})
    home = ready(page, "densities_explorer")
    assert home.bounding_box()["height"] < 700
    wide = home.evaluate(PIXELS)
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function("wide => document.querySelector('.explorer-drawing').toDataURL() !== wide", arg=wide)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360


def test_time_from_a_move_to_changed_pixels(reader):
    home = ready(reader(LESSON), "densities_explorer")
    slider = home.get_by_label("mean of the fakes", exact=True)
    moves = functools.partial(times_of_moves, home, slider, [round(-2 + 0.2 * move, 1) for move in range(20)])
    median_is_within(20, moves, "two densities on the page, a move to changed pixels")
