"""The filter browser in a notebook of its own: every control by key or mouse, both ends, and the time to new pixels."""

import pytest

from tests.browser.explorer import Explorer, label, place
from tests.browser.open_notebook import run_notebook, write_notebook
from tests.browser.real_lab import ROOT
from tests.browser.times import PLAIN_SLIDER, limit_beside_a_plain_slider, median_is_within

SCREENSHOTS = ROOT / "build" / "screenshots"
MOVES = 20
CODE = "from dcgan_course.widgets import filter_browser\n\nfilter_browser()"


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """A notebook with the browser in its first cell and a plain slider in its second, run."""
    with run_notebook(lab, browser, write_notebook(lab, "filter_browser", [CODE, PLAIN_SLIDER])) as notebook:
        yield notebook


@pytest.fixture
def explorer(notebook):
    explorer = Explorer(notebook.page, notebook.show_cell(0))
    explorer.wait_until_steady()
    return explorer


def said(explorer) -> str:
    return explorer.cell.locator("[role=status]").inner_text().replace("\xa0", " ")


def choose(explorer, menu, choice: str):
    """Choose an entry of a menu and wait until the sentence is that of a unit again."""
    menu.select_option(label=choice)
    explorer.wait_until_steady()
    explorer.cell.get_by_text("Largest response").wait_for(timeout=20_000)


def test_it_is_on_the_page_with_its_labels_and_its_sentence(notebook, explorer):
    texts = explorer.cell.locator(".jupyter-widgets").first.inner_text()
    assert all(name in texts for name in ("weights", "layer", "unit"))
    assert said(explorer).startswith("Trained: layer 2, unit 0. Largest response ")
    assert explorer.look()["pictures"] == 1 and explorer.look()["colours"] >= 3
    assert notebook.errors() == []


def test_every_choice_of_weights_and_layer_at_both_ends_of_the_unit(notebook, explorer):
    weights, layer = explorer.menus
    (slider,) = explorer.sliders
    assert label(slider) == "unit"
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for network in ("trained", "random weights"):
        choose(explorer, weights, network)
        for number, choice in enumerate(layer.locator("option").all_inner_texts()):
            choose(explorer, layer, choice)
            for key, end in (("Home", 0), ("End", 2)):
                explorer.press(slider, key)
                explorer.wait_until_steady()
                unit = place(slider)[1]
                assert unit == place(slider)[end], f"{key} did not move the unit to its end"
                assert said(explorer).startswith(f"{network.capitalize()}: layer {number}, unit {unit:g}.")
                assert explorer.look()["colours"] >= 3
            explorer.cell.screenshot(path=SCREENSHOTS / f"filter_browser_{network.split()[0]}_{number}.png")
    assert notebook.errors() == []


def test_mouse_and_keys_move_the_unit_and_tab_reaches_every_control(notebook, explorer):
    (slider,) = explorer.sliders
    explorer.press(slider, "Home")
    before = explorer.wait_until_steady()
    explorer.press(slider, "ArrowRight")
    explorer.wait_for_change(before, "ArrowRight on the unit")
    before = explorer.wait_until_steady()
    explorer.drag(slider)
    explorer.wait_for_change(before, "a pull at the unit")
    explorer.wait_until_steady()
    explorer.menus[0].focus()
    for _ in range(2):  # the menu of layers, then the unit
        notebook.page.keyboard.press("Tab")
    assert notebook.page.evaluate("() => document.activeElement.classList.contains('noUi-handle')")
    # An arrow key on a menu is no test: JupyterLab takes it for itself, and goes to another cell.
    assert notebook.errors() == []


def test_time_from_key_to_changed_pixels(notebook, explorer):
    weights, layer = explorer.menus
    (slider,) = explorer.sliders

    def moves():
        explorer.press(slider, "Home")
        explorer.wait_until_steady()
        return [explorer.key_to_pixels(slider, "ArrowRight") for _ in range(MOVES)]

    limit = limit_beside_a_plain_slider(notebook, 1, 200)
    notebook.show_cell(0)
    choose(explorer, weights, "trained")
    for choice in layer.locator("option").all_inner_texts():
        choose(explorer, layer, choice)
        median_is_within(limit, moves, f"filter browser, {choice}, key to changed pixels")
    assert notebook.errors() == []
