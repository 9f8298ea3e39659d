"""The explorer of Dirac-GAN in a real browser: every menu by choice, every slider by key and to both ends, the time."""

import pytest

from tests.browser.explorer import Explorer, label
from tests.browser.open_notebook import run_notebook, write_notebook
from tests.browser.real_lab import ROOT
from tests.browser.times import PLAIN_SLIDER, limit_beside_a_plain_slider, median_is_within

SCREENSHOTS = ROOT / "build" / "screenshots"
CODE = "from dcgan_course.widgets import dirac_explorer\n\ndirac_explorer()"
MOVES = 12


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """A notebook with the explorer in its first cell and a plain slider in its second, run."""
    with run_notebook(lab, browser, write_notebook(lab, "dirac", [CODE, PLAIN_SLIDER])) as notebook:
        yield notebook


@pytest.fixture
def explorer(notebook):
    explorer = Explorer(notebook.page, notebook.show_cell(0))
    explorer.wait_until_steady()
    return explorer


def said(explorer) -> str:
    return explorer.cell.locator("[role=status]").inner_text().replace("\xa0", " ")


def test_every_choice_of_every_menu_changes_what_is_said(notebook, explorer):
    loss, penalty, moves, step_size = explorer.menus
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for menu in (loss, penalty, step_size, moves):
        for choice in menu.locator("option").all_text_contents():
            menu.select_option(label=choice)
            explorer.cell.get_by_role("status").get_by_text(choice).wait_for(timeout=10_000)
            assert explorer.look() == {**explorer.wait_until_steady(), "pictures": 1, "colours": 3}
    explorer.cell.screenshot(path=SCREENSHOTS / "dirac_at_once.png")
    for menu, choice in ((loss, "non-saturating"), (penalty, "R1"), (step_size, "0.1"), (moves, "in turn, D first")):
        menu.select_option(label=choice)
    explorer.cell.get_by_text("it arrives at the equilibrium").wait_for(timeout=10_000)
    explorer.cell.screenshot(path=SCREENSHOTS / "dirac_r1.png")
    assert notebook.errors() == []


def test_sliders_go_to_both_ends_by_key_and_tab_reaches_them(notebook, explorer):
    explorer.menus[1].select_option(label="R1")
    explorer.wait_until_steady()
    assert [label(slider) for slider in explorer.sliders] == ["its weight", "start: θ", "start: ψ"]
    for slider in explorer.sliders:
        for key in ("Home", "End"):
            before = explorer.wait_until_steady()
            explorer.press(slider, key)
            explorer.wait_for_change(before, f"{key} on {label(slider)}")
    explorer.menus[1].focus()
    notebook.page.keyboard.press("Tab")
    assert notebook.page.evaluate("() => document.activeElement.classList.contains('noUi-handle')")
    assert notebook.errors() == []


def test_time_from_key_to_changed_pixels(notebook, explorer):
    explorer.menus[1].select_option(label="R1")
    weight = explorer.sliders[0]

    def moves():
        notebook.show_cell(0)
        explorer.press(weight, "Home")
        explorer.wait_until_steady()
        return [explorer.key_to_pixels(weight, "ArrowRight") for _ in range(MOVES)]

    median_is_within(limit_beside_a_plain_slider(notebook, 1, 200), moves, "Dirac explorer, key to changed pixels")
    assert notebook.errors() == []
