"""The book in a real browser, opened from a file: it asks for nothing outside its folder, and nothing is dead."""

import functools
import re
from html import unescape
from urllib.parse import unquote

import numpy as np
import torch
from PIL import Image

from dcgan_course.latent.paths import sample, slerp
from dcgan_course.recorded import load_run
from tests.browser.book import NAMELESS, SHOWN, ready, times_of_moves
from tests.browser.real_lab import ROOT
from tests.browser.times import median_is_within

SCREENSHOTS = ROOT / "build" / "screenshots"
PHONE = {"width": 390, "height": 800}


def pages(site) -> list[str]:
    return sorted(path.relative_to(site).as_posix().removesuffix(".html") for path in site.rglob("*.html"))


def test_every_page_opens_with_its_pictures_and_their_texts(site, reader):
    for name in pages(site):
        page = reader(name)
        pictures = page.evaluate(
            """() => Promise.all([...document.images].map(async picture => {
                picture.loading = 'eager';
                await picture.decode().catch(() => 0);
                return [picture.src.slice(-40), picture.naturalWidth, picture.alt];
            }))"""
        )
        assert [picture for picture in pictures if not picture[1] or not picture[2]] == [], name


def test_no_link_is_dead(site):
    dead, ids = [], {}
    for name in pages(site):
        ids[name] = set(re.findall(r'\bid="([^"]+)"', (site / f"{name}.html").read_text(encoding="utf-8")))
    for name in pages(site):
        path = site / f"{name}.html"
        for link in re.findall(r'<a\b[^>]*\bhref="([^"]*)"', path.read_text(encoding="utf-8")):
            target, _, anchor = unquote(unescape(link)).partition("#")
            if target.startswith(("http://", "https://", "mailto:")):
                continue
            found = (path.parent / target.partition("?")[0]).resolve() if target else path
            page = found.relative_to(site.resolve()).as_posix().removesuffix(".html") if found.exists() else None
            if page is None or (anchor and page in ids and anchor not in ids[page]):
                dead.append((name, link))
    assert dead == []


def test_search_works_from_a_file(reader):
    page = reader("search")
    page.goto(page.url + "?q=checkerboard")
    page.locator("ul.search li a", has_text="Transposed convolution").first.wait_for(timeout=20_000)


def test_next_and_previous_lead_through_the_lessons(reader):
    page = reader("lessons/02_transposed_convolution")
    assert "03" in page.locator("a.right-next").inner_text() and "01" in page.locator("a.left-prev").inner_text()


def test_formulas_are_drawn_light_and_dark_and_a_phone_sees_no_page_wider_than_itself(site, reader):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page = reader("lessons/03_adversarial_game")
    formula = page.locator("math").first
    formula.scroll_into_view_if_needed()
    assert formula.bounding_box()["width"] > 5 and "$" not in page.locator("article").inner_text().replace("$(", "")
    page.screenshot(path=SCREENSHOTS / "book_light.png")
    light = page.evaluate("() => getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    page.wait_for_timeout(200)
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") != light
    page.screenshot(path=SCREENSHOTS / "book_dark.png")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(PHONE)
    for name in pages(site):
        if name.startswith("lessons/"):
            page = reader(name)
            assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"], name
    page.screenshot(path=SCREENSHOTS / "book_phone.png")


def red_of(name: str, share: float, seed: int = 0) -> torch.Tensor:
    """What a recorded generator draws between the first two points of a seed: the bytes of its first channel."""
    run = load_run(name)
    a, b = sample(2, run.generator.latent_dim, seed)
    with torch.inference_mode():
        picture = run.generator(slerp(a, b, share)[None])[0, 0]
    return ((picture + 1) * 127.5).flatten()


def test_the_slider_of_lesson_00_moves_by_keys_without_a_kernel(reader):
    home = ready(reader("lessons/00_start_here"))
    shown = torch.tensor(home.evaluate(SHOWN))
    assert float((shown - red_of("mnist_mlp", 0)).abs().max()) <= 1
    place = home.get_by_label("place in z", exact=True)
    for _ in range(5):
        place.press("ArrowRight")
    assert "25 % of the way from point 1 to point 2" in home.get_by_role("status").inner_text()
    assert float((torch.tensor(home.evaluate(SHOWN)) - red_of("mnist_mlp", 0.25)).abs().max()) <= 1
    assert home.evaluate(NAMELESS) == 0


def test_the_latent_explorer_draws_what_torch_draws_for_every_recorded_run(reader):
    home = ready(reader("lessons/08_walking_in_latent_space"), "latent_explorer")
    menu = home.get_by_label("recorded run")
    for name in menu.locator("option").all_inner_texts():
        menu.select_option(name)
        home.get_by_role("status").filter(has_text="random z").wait_for(timeout=60_000)
        between = home.get_by_label("from A to B (%)")
        for _ in range(8):
            between.press("ArrowRight")
        assert "40 % of the way" in home.get_by_role("status").inner_text(), name
        if name != "mnist_dcgan_conditional":
            assert float((torch.tensor(home.evaluate(SHOWN)) - red_of(name, 0.4)).abs().max()) <= 1, name
        assert home.evaluate(NAMELESS) == 0


def test_new_a_and_b_are_those_of_the_next_seed_and_what_is_shown_can_be_saved(reader):
    home = ready(reader("lessons/08_walking_in_latent_space"), "latent_explorer")
    home.get_by_role("button", name="New A and B").click()
    assert float((torch.tensor(home.evaluate(SHOWN)) - red_of("mnist_dcgan", 0, seed=1)).abs().max()) <= 1
    home.get_by_label("from A to B (%)").press("End")
    shown = torch.tensor(home.evaluate(SHOWN))
    assert float((shown - red_of("mnist_dcgan", 1, seed=1)).abs().max()) <= 1
    for number in (1, 2):
        with home.page.expect_download() as download:
            home.get_by_role("button", name="Save picture").press("Enter")
        name = f"mnist_dcgan_{number:03d}_picture.png"
        assert download.value.suggested_filename == name
        home.get_by_role("status").filter(has_text=f"Saved as {name}").wait_for()
        with Image.open(download.value.path()) as picture:
            assert picture.format == "PNG" and picture.size == (280, 280)
            found = torch.tensor(np.array(picture)[:, :, 0]).view(28, 10, 28, 10)
        assert (found == shown.view(28, 1, 28, 1)).all()
    home.get_by_label("from A to B (%)").press("Home")
    assert "Saved" not in home.get_by_role("status").inner_text()


def test_the_latent_explorer_pins_keeps_goes_back_and_asks_for_a_class(reader):
    home = ready(reader("lessons/11_beyond_dcgan"))
    first = home.evaluate(SHOWN)
    home.get_by_label("class", exact=True).press("ArrowRight")
    assert "Asked for class 1." in home.get_by_role("status").inner_text() and home.evaluate(SHOWN) != first
    home.get_by_role("button", name="Pin as B").click()
    assert "100 % of the way" in home.get_by_role("status").inner_text()
    home.get_by_role("button", name="Reset").click()
    assert home.evaluate(SHOWN) == first
    assert "9 of 10 random z have 8.8 to 11.1. This one is inside." in home.get_by_role("status").inner_text()
    home.get_by_label("random 1").press("End")
    assert home.evaluate(SHOWN) != first and "has left that shell" in home.get_by_role("status").inner_text()
    home.get_by_role("button", name="back to 1").click()
    assert "Asked for class 1." in home.get_by_role("status").inner_text()
    home.get_by_role("button", name="New A and B").click()
    walk = home.get_by_role("button", name="Walk from A to B and back")
    walk.click()
    home.get_by_role("status").filter(has_text=re.compile(r"(?<!\d)[1-9]\d? % of the way")).wait_for(timeout=20_000)
    walk.click()


def test_time_from_a_move_to_changed_pixels_for_every_generator(reader):
    home = ready(reader("lessons/08_walking_in_latent_space"), "latent_explorer")
    menu = home.get_by_label("recorded run")
    for run in menu.locator("option").all_text_contents():
        menu.select_option(value=run)
        home.page.wait_for_timeout(1500)  # its weights are read
        way = home.get_by_label("from A to B (%)")
        limit = 30 if load_run(run).generator.image_shape[1] == 64 else 20
        moves = functools.partial(times_of_moves, home, way, range(5, 105, 5))
        median_is_within(limit, moves, f"{run} on the page, a move to changed pixels")
