"""The measure explorer in a notebook of its own: both ends of each slider by key, the mouse, Tab, and the time."""

import pytest

from tests.browser.explorer import Explorer, label, place
from tests.browser.open_notebook import run_notebook, write_notebook
from tests.browser.real_lab import ROOT
from tests.browser.times import PLAIN_SLIDER, limit_beside_a_plain_slider, median_is_within

SCREENSHOTS = ROOT / "build" / "screenshots"
MOVES = 20
CODE = """from dcgan_course.data import load_images
from dcgan_course.widgets import measure_explorer

measure_explorer(load_images("drawn_digits"), load_images("drawn_digits", "test"))"""


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """A notebook with the explorer in its first cell and a plain slider in its second, run."""
    with run_notebook(lab, browser, write_notebook(lab, "measure_explorer", [CODE, PLAIN_SLIDER])) as notebook:
        yield notebook


@pytest.fixture
def explorer(notebook):
    explorer = Explorer(notebook.page, notebook.show_cell(0))
    explorer.wait_until_steady()
    return explorer


def said(explorer) -> str:
    return explorer.cell.locator("[role=status]").inner_text().replace("\xa0", " ")


def test_it_is_on_the_page_with_its_labels_and_its_sentence(notebook, explorer):
    texts = explorer.cell.locator(".jupyter-widgets").first.inner_text()
    assert all(name in texts for name in ("blur", "shift", "noise", "share of class 4", "copies"))
    assert said(explorer).startswith("Nothing is spoiled: ") and "recall, k = 5" in said(explorer)
    assert explorer.look()["pictures"] == 1 and explorer.look()["colours"] >= 3
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    explorer.cell.screenshot(path=SCREENSHOTS / "measure_explorer.png")
    assert notebook.errors() == []


def test_both_ends_of_each_slider_by_key(notebook, explorer):
    assert len(explorer.sliders) == 5
    for number, slider in enumerate(explorer.sliders):
        lowest, start, highest = place(slider)
        texts = []
        for key, end in (("End", highest), ("Home", lowest)):
            explorer.press(slider, key)
            explorer.wait_until_steady()
            assert place(slider)[1] == end, f"{key} did not move {label(slider)} to its end"
            assert "of 8 measures leave the range of real sets" in said(explorer) and explorer.look()["colours"] >= 3
            texts.append(said(explorer))
        assert texts[0] != texts[1]
        if start != lowest:  # the share starts between its ends
            explorer.press(slider, "ArrowRight")
            explorer.wait_until_steady()
        assert place(slider)[1] == start, number
    assert said(explorer).startswith("Nothing is spoiled: ") and notebook.errors() == []


def test_the_mouse_moves_and_tab_reaches_every_slider(notebook, explorer):
    first = explorer.sliders[0]
    before = explorer.wait_until_steady()
    explorer.drag(first)
    explorer.wait_for_change(before, "a pull at the blur")
    explorer.press(first, "Home")
    explorer.wait_until_steady()
    first.locator(".noUi-handle").focus()
    reached = 1
    for _ in range(12):
        notebook.page.keyboard.press("Tab")
        reached += notebook.page.evaluate("() => document.activeElement.classList.contains('noUi-handle')")
    assert reached >= 5 and notebook.errors() == []


def test_time_from_key_to_changed_pixels(notebook, explorer):
    slider = explorer.sliders[0]

    def moves():
        notebook.show_cell(0)
        explorer.press(slider, "Home")
        explorer.wait_until_steady()
        return [explorer.key_to_pixels(slider, "ArrowRight") for _ in range(MOVES)]

    median_is_within(limit_beside_a_plain_slider(notebook, 1, 300), moves, "measure explorer, key to changed pixels")
    assert notebook.errors() == []
