"""The book in a real browser, opened from a file: it asks for nothing outside its folder, and nothing is dead."""

import re
import time
from html import unescape
from urllib.parse import unquote

import pytest

from authoring.site.build import build
from tests.browser.open_notebook import WINDOW
from tests.browser.real_lab import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
PHONE = {"width": 390, "height": 800}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder, start = tmp_path_factory.mktemp("book") / "site", time.perf_counter()
    assert build(folder) == 0
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    print(f"\nthe book: {size:.0f} MB in {time.perf_counter() - start:.0f} s")
    assert size < 60 and time.perf_counter() - start < 120
    return folder


@pytest.fixture
def reader(site, browser):
    """Open a page of the book by its name; at the end nothing was asked for outside, and nothing complained."""
    context = browser.new_context(viewport=WINDOW)
    page, outside, complaints = context.new_page(), [], []
    inside = site.as_uri()

    def judge(route):
        if route.request.url.startswith((inside, "data:", "blob:")):
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    context.route("**/*", judge)
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def open_page(name):
        page.goto(f"{inside}/{name}.html")
        return page

    yield open_page
    assert outside == [] and complaints == []
    context.close()


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
