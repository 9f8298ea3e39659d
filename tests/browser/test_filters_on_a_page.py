"""The filter browser on the page of lesson 09: every choice, and the words and pictures of the notebook's."""

import functools

import pytest

from authoring.site.units import RUN, pictures_of_the_lesson
from dcgan_course import recorded
from dcgan_course.interpretability import units
from dcgan_course.widgets import filters
from tests.browser.book import HASH, NAMELESS, ready, times_of_moves
from tests.browser.real_lab import ROOT
from tests.browser.times import median_is_within

SCREENSHOTS = ROOT / "build" / "screenshots"
LESSON = "lessons/09_what_the_networks_learned"


@pytest.fixture(scope="module")
def layers():
    return units.unit_layers(recorded.load_run(RUN).discriminator)


@pytest.fixture
def browser_of_units(reader):
    return ready(reader(LESSON), "filter_browser")


def says(home) -> str:
    return home.get_by_role("status").inner_text()


def until_said(home, text: str) -> None:
    home.get_by_role("status").filter(has_text=text).wait_for(timeout=20_000)


def test_every_choice_of_weights_and_layer_at_both_ends_of_the_unit(browser_of_units, layers):
    home = browser_of_units
    weights, layer, unit = (home.get_by_label(name, exact=True) for name in ("weights", "layer", "unit"))
    assert layer.locator("option").all_inner_texts() == filters.layer_labels(layers)
    assert weights.locator("option").all_inner_texts() == list(filters.NETWORKS)
    last = len(layers) - 1
    assert says(home).startswith(f"Trained: layer {last}, unit 0. Largest response ")
    assert home.get_by_text(filters.LEGEND).is_visible() and home.evaluate(NAMELESS) == 0
    seen = set()
    for network in filters.NETWORKS:
        weights.select_option(network)
        for number, label in enumerate(filters.layer_labels(layers)):
            layer.select_option(label)
            until_said(home, f"{network.capitalize()}: layer {number}, unit ")
            for key, place in (("End", layers[number].units - 1), ("Home", 0)):
                unit.press(key)
                assert says(home).startswith(f"{network.capitalize()}: layer {number}, unit {place}. Largest response ")
                seen.add(home.evaluate(HASH))
    assert len(seen) == 2 * 2 * len(layers)


def test_it_says_what_the_widget_says(browser_of_units):
    panel = filters.FilterBrowser(RUN, pictures_of_the_lesson())
    home = browser_of_units
    for unit in (0, 7):
        home.get_by_label("unit", exact=True).fill(str(unit))
        panel.controls["unit"].value = unit
        assert says(home) in panel.words.value


def test_a_layer_with_fewer_units_takes_its_last_one(browser_of_units, layers):
    home = browser_of_units
    home.get_by_label("unit", exact=True).press("End")
    home.get_by_label("layer", exact=True).select_option(index=0)
    until_said(home, f"layer 0, unit {layers[0].units - 1}.")


@pytest.mark.parametrize("size", [(1366, 768), (360, 800)])
def test_it_fits_a_laptop_and_a_phone(browser_of_units, size):
    home, page = browser_of_units, browser_of_units.page
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    page.wait_for_timeout(300)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= size[0]
    if size[0] > 1000:
        assert home.bounding_box()["height"] < 720
    home.screenshot(path=SCREENSHOTS / f"filters_{size[0]}.png")


def test_time_from_a_move_to_changed_pixels(browser_of_units):
    unit = browser_of_units.get_by_label("unit", exact=True)
    moves = functools.partial(times_of_moves, browser_of_units, unit, range(1, 21))
    median_is_within(20, moves, "a unit on the page, a move to changed pixels")
