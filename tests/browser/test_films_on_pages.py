"""Films on the pages of the book: moved by keys, by Play, and spoken where they stand."""

import json

import pytest

from tests.browser.book import NAMELESS, ready
from tests.browser.real_lab import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
LESSONS = {  # lesson: films on its page
    "03_adversarial_game": 1,
    "06_dcgan_layer_by_layer": 1,
    "07_dcgan_on_cifar10": 1,
    "08_walking_in_latent_space": 1,
}
PIXELS = """async home => {
    const picture = home.querySelector('img');
    await picture.decode();
    return [picture.getAttribute('src'), picture.naturalWidth > 0, picture.alt];
}"""
HEARD = """home => {
    const words = home.querySelector('[role=status]');
    window.heard = [];
    new MutationObserver(() => {
        if (words.getAttribute('aria-live') === 'polite') window.heard.push(words.textContent);
    }).observe(words, {childList: true});
}"""


@pytest.fixture(params=LESSONS)
def film(reader, request):
    home = ready(reader(f"lessons/{request.param}"), "film")
    assert home.count() == LESSONS[request.param]
    return home


def facts_of(film) -> dict:
    return json.loads(film.get_attribute("data-facts"))


def says(film) -> str:
    return film.get_by_role("status").inner_text()


def test_keys_move_it_to_every_frame_and_the_sentence_is_its_label(film):
    facts, place = facts_of(film), film.get_by_label("frame", exact=True)
    place.press("Home")
    for number, (source, label) in enumerate(zip(facts["frames"], facts["labels"], strict=True)):
        assert place.input_value() == str(number) and says(film) == label
        assert film.evaluate(PIXELS) == [source, True, f"{facts['seen']}: {label}"]
        place.press("ArrowRight")
    assert says(film) == facts["labels"][-1]  # the last frame is the end of the slider
    place.press("Home")
    assert says(film) == facts["labels"][0]
    place.press("End")
    assert film.evaluate(PIXELS)[0] == facts["frames"][-1]
    assert film.evaluate(NAMELESS) == 0


def test_play_goes_on_and_begins_anew_until_it_is_stopped(film):
    facts, place = facts_of(film), film.get_by_label("frame", exact=True)
    play = film.get_by_role("button", name="Play the film")
    last = len(facts["frames"]) - 1
    place.fill(str(last - 1))
    film.evaluate(HEARD)
    play.press("Enter")
    film.page.wait_for_function(
        "home => home.querySelector('input').value === '1'", arg=film.element_handle(), timeout=20_000
    )
    assert film.page.evaluate("() => window.heard") == []  # nothing is spoken while it plays
    play.press("Space")
    stopped = place.input_value()
    film.page.wait_for_timeout(2 * facts["interval"])
    assert place.input_value() == stopped and says(film) == facts["labels"][int(stopped)]
    assert film.get_by_role("status").get_attribute("aria-live") == "polite"
    play.press("Enter")
    place.press("End")  # a move by hand stops it
    film.page.wait_for_timeout(2 * facts["interval"])
    assert place.input_value() == str(last) and play.get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize("size", [(1366, 768), (360, 800)])
def test_it_fits_a_laptop_and_a_phone(film, size):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    film.page.set_viewport_size(dict(zip(("width", "height"), size, strict=True)))
    film.get_by_label("frame", exact=True).press("End")
    film.evaluate(PIXELS)
    assert film.bounding_box()["height"] < size[1] - 50
    assert film.page.evaluate("() => document.documentElement.scrollWidth") <= size[0]
    lesson = film.page.url.rsplit("/", 1)[1][:2]
    film.screenshot(path=SCREENSHOTS / f"film_{lesson}_{size[0]}.png")


WALKS = {
    "lessons/00_start_here": ("latent_slider", "Walk"),
    "lessons/01_convolution_arithmetic": ("convolution_explorer", "Walk the window"),
    "lessons/02_transposed_convolution": ("transposed_explorer", "Play"),
    "lessons/08_walking_in_latent_space": ("latent_explorer", "Walk from A to B and back"),
}


@pytest.mark.parametrize("page", WALKS)
def test_a_walk_speaks_where_it_stops_and_nowhere_else(reader, page):
    name, walk = WALKS[page]
    home = ready(reader(page), name)
    play, before = home.get_by_role("button", name=walk, exact=True), says(home)
    home.evaluate(HEARD)
    play.press("Enter")
    home.page.wait_for_function(
        "([home, before]) => home.querySelector('[role=status]').textContent !== before",
        arg=[home.element_handle(), before],
        timeout=20_000,
    )
    assert home.page.evaluate("() => window.heard") == []
    home.get_by_role("button", name=f"Stop: {walk}", exact=True).press("Enter")
    home.page.wait_for_function("() => window.heard.length === 1", timeout=5_000)
    assert home.page.evaluate("() => window.heard[0]") == home.get_by_role("status").text_content()
