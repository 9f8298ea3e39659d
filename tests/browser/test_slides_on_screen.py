"""The slides in a real browser at 1366 × 768, from a file: all of a slide is on the screen, large, and can be read."""

import pytest

from authoring.slides.__main__ import build
from tests.browser.quiet_folder import quiet_folder
from tests.browser.real_lab import ROOT

SCREENSHOTS = ROOT / "build" / "screenshots"
SCREEN = {"width": 1366, "height": 768}
SMALLEST_LETTERS, LEAST_CONTRAST = 16, 4.5  # pixels as shown; WCAG's level AA
SEEN = """() => {
    const slide = Reveal.getCurrentSlide(), scale = Reveal.getScale();
    const parts = [...slide.querySelectorAll('*')]
        .filter(part => !part.closest('aside') && part.getClientRects().length);
    const light = colour => {
        const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map(value => value / 255)
            .map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = part => {
        for (; part; part = part.parentElement) {
            const colour = getComputedStyle(part).backgroundColor;
            if (!colour.startsWith('rgba(0, 0, 0, 0')) return colour;
        }
        return 'rgb(255, 255, 255)';
    };
    const written = parts.filter(part => [...part.childNodes].some(node => node.nodeType === 3 && node.data.trim()));
    const contrast = part => {
        const [low, high] = [light(getComputedStyle(part).color), light(behind(part))].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    return {
        id: slide.id,
        bottom: Math.max(...parts.map(part => part.getBoundingClientRect().bottom)),
        right: Math.max(...parts.map(part => part.getBoundingClientRect().right)),
        letters: Math.min(...written.filter(part => !part.closest('math'))
            .map(part => parseFloat(getComputedStyle(part).fontSize) * scale)),
        contrast: Math.min(...written.map(contrast)),
        pictures: [...slide.querySelectorAll('img')].map(image => {
            const fits = Math.min(image.clientWidth / image.naturalWidth, image.clientHeight / image.naturalHeight);
            return [image.naturalWidth * fits * scale, image.naturalHeight * fits * scale];
        }),
    };
}"""


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lecture") / "slides"
    return folder, build(folder)


@pytest.fixture
def lecturer(decks, browser):
    """Open a page of the slides by its name; at the end nothing was asked for outside, and nothing complained."""
    with quiet_folder(decks[0], browser, SCREEN) as open_page:
        yield open_page


def test_every_slide_fits_the_screen_its_letters_and_pictures_are_large_and_its_contrast_is_enough(decks, lecturer):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for name, slides in decks[1].items():
        page = lecturer(name)
        page.wait_for_function("window.Reveal && Reveal.isReady()")
        assert page.evaluate("Reveal.getTotalSlides()") == slides
        page.evaluate("Promise.all([...document.images].map(image => image.decode()))")
        for number in range(slides):
            page.evaluate("number => Reveal.slide(number)", number)
            seen = page.evaluate(SEEN)
            assert seen["bottom"] <= SCREEN["height"] and seen["right"] <= SCREEN["width"], seen
            assert seen["letters"] >= SMALLEST_LETTERS and seen["contrast"] >= LEAST_CONTRAST, seen
            for width, height in seen["pictures"]:  # a tall one would be too narrow to be read from the back row
                assert width > 0.5 * SCREEN["width"] or width > 0.95 * height > 0.8 * SCREEN["height"], seen
            if number in (0, slides // 2):
                page.screenshot(path=SCREENSHOTS / f"slides-{name}-{number}.png")
            for choice in page.query_selector_all("section.present summary"):
                choice.click()
                seen = page.evaluate(SEEN)
                assert seen["bottom"] <= SCREEN["height"] and seen["letters"] >= SMALLEST_LETTERS, seen
                assert len(page.query_selector_all("section.present details[open]")) == 1  # it closed the one before


def test_keys_turn_the_slides_and_the_speaker_view_shows_the_notes_of_this_one(decks, lecturer):
    page = lecturer("01_convolution_arithmetic")
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices().h") == 2
    with page.expect_popup() as opened:
        page.keyboard.press("s")
    view = opened.value
    view.wait_for_function("document.querySelector('.speaker-controls-notes')?.innerText.includes('Answer.')")
    assert "every row is 0 1 1 0" in view.inner_text(".speaker-controls-notes")


def test_the_index_names_every_deck(decks, lecturer):
    page = lecturer("index")
    links = page.eval_on_selector_all("a", "links => links.map(link => link.getAttribute('href'))")
    assert links == [f"{name}.html" for name in decks[1]]
