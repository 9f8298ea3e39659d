"""How long from a key to new pixels: the latent explorer, beside the least that a slider and a picture can take."""

import functools
import statistics

import pytest

from tests.browser.explorer import Explorer
from tests.browser.open_notebook import run_notebook, write_notebook
from tests.browser.times import PLAIN_SLIDER, median_is_within

MOVES = 24
EXPLORER = """from dcgan_course.widgets import latent_explorer

latent_explorer("cifar10_dcgan_32")"""


@pytest.fixture(scope="module")
def notebook(lab, browser):
    """A notebook with a plain slider in its first cell and the explorer in its second, run."""
    with run_notebook(lab, browser, write_notebook(lab, "latency", [PLAIN_SLIDER, EXPLORER])) as notebook:
        yield notebook


def timed(explorer, slider) -> list[float]:
    """Return the milliseconds of MOVES moves to the right, each made when the picture of the one before is there."""
    times: list[float] = []
    for number in range(MOVES):
        if number % (MOVES // 2) == 0:  # a direction's slider has 33 places
            go_home(explorer, slider)
        times.append(explorer.key_to_pixels(slider, "ArrowRight"))
        explorer.page.wait_for_timeout(50)
    return sorted(times)


def go_home(explorer, slider):
    """Move to the left end and wait for its picture; the first move from there wakes everything and is not timed."""
    explorer.press(slider, "Home")
    explorer.page.wait_for_timeout(500)
    explorer.wait_until_steady()
    explorer.key_to_pixels(slider, "ArrowRight")
    explorer.wait_until_steady()


def test_time_from_key_to_changed_pixels_beside_a_plain_slider(notebook):
    explorer = Explorer(notebook.page, notebook.show_cell(1))
    explorer.wait_until_steady()
    # Found by its name, since a conditional generator has more sliders.
    principal = explorer.cell.locator(".widget-slider:visible", has_text="principal 1")
    menu = explorer.menus[0]
    for run in menu.locator("option").all_inner_texts():
        plain = Explorer(notebook.page, notebook.show_cell(0))
        floor = statistics.median(timed(plain, plain.sliders[0]))
        print(f"\na slider that swaps two ready pictures: median {floor:.0f} ms")
        explorer = Explorer(notebook.page, notebook.show_cell(1))
        before, chosen = explorer.wait_until_steady(), menu.locator("option:checked").inner_text()
        menu.select_option(label=run)
        if run != chosen:  # a run is loaded, and its directions are learned, before its first picture is shown
            explorer.wait_for_change(before, f"the choice of {run}", seconds=30)
        moves = functools.partial(timed, explorer, principal)
        median_is_within(floor + 50, moves, f"latent explorer, {run}, key to changed pixels")
    assert notebook.errors() == []
