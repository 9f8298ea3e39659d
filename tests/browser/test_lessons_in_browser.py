"""Each lesson as a learner meets it: real JupyterLab, real browser, Run All, every slider, both ends.

What is printed here (times) is for people; screenshots lie in build/screenshots/ and are there to be looked at.
"""

import pytest

from tests.browser.explorer import Explorer, is_off, label, place
from tests.browser.open_notebook import run_notebook
from tests.browser.real_lab import ROOT
from tests.browser.times import median_is_within

LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]*_*.ipynb"))
SCREENSHOTS = ROOT / "build" / "screenshots"
MOVES = 20  # of lesson 00's slider, for the time from key to pixels
# What a learner must find among the widgets of a lesson, by a label on it.
REQUIRED_LABELS = {
    "00_start_here": ["place in z"],
    "01_convolution_arithmetic": [
        "input size i",
        "kernel size k",
        "stride s",
        "padding p",
        "dilation d",
        "output square",
    ],
    "02_transposed_convolution": ["input size i", "stride s", "dilation d", "output_padding", "input square"],
    "03_adversarial_game": ["mean of the data", "width of the data", "mean of the fakes", "width of the fakes"],
    "04_gan_on_mnist": ["Stop training"],
    "05_when_training_fails": ["fault", "real points", "Start", "Stop", "Reset"],
    "08_walking_in_latent_space": [
        "frame",
        "recorded run",
        "blend",
        "from A to B (%)",
        "random 1",
        "principal 1",
        "learned: slant",
        "coordinate of z",
        "added to it",
        "Pin as A",
        "Pin as B",
        "New A and B",
        "Keep",
        "Reset",
        "back to 1",
        "folder to save in",
        "Save",
    ],
    "09_what_the_networks_learned": ["weights", "layer", "unit"],
    "10_measuring_a_generator": ["blur", "shift", "noise", "share of class", "copies of a picture"],
}
WITH_PLAY = ("00_start_here", "01_convolution_arithmetic", "02_transposed_convolution", "08_walking_in_latent_space")
# Sliders that the picture does not follow at once: how a panel goes on after Start, the weight of no penalty, another
# class than the first where they are the same. What they do is tested in the files of these explorers.
SILENT = ("rounds a tick", "its weight", "other class", "of the other (%)")


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request, lab, browser):
    """A lesson in which all cells have run; the tests below look at it one after the other."""
    with run_notebook(lab, browser, f"notebooks/{request.param}.ipynb") as notebook:
        notebook.name = request.param
        yield notebook


@pytest.fixture
def explorers(lesson):
    """Every cell of the lesson that shows a slider."""
    found = []
    for cell in lesson.cells():
        if cell.has_widget:
            explorer = Explorer(lesson.page, lesson.show_cell(cell.index))
            if explorer.sliders:
                found.append(explorer)
    return found


def test_every_cell_ran_and_nothing_complains(lesson):
    code = [cell for cell in lesson.cells() if cell.type == "code" and cell.source.strip()]
    assert [cell.count for cell in code] == list(range(1, len(code) + 1))
    assert lesson.errors() == []
    lesson.photograph(SCREENSHOTS, lesson.name.partition("_")[0])


def test_links_lead_to_files_that_jupyterlab_serves(lesson):
    links = lesson.page.locator(".jp-RenderedMarkdown a[href*='/files/']").evaluate_all("all => all.map(a => a.href)")
    assert links, "a lesson links at least to the next one"
    answers = {link.partition("?")[0]: lesson.page.context.request.head(link).status for link in sorted(set(links))}
    assert {address: status for address, status in answers.items() if status != 200} == {}


def test_every_widget_is_on_the_page(lesson):
    for cell in lesson.cells():
        if cell.has_widget:
            widgets = lesson.show_cell(cell.index).locator(".jp-OutputArea .jupyter-widgets")
            widgets.first.wait_for(timeout=5000)
            box = widgets.first.bounding_box()
            assert box["width"] > 50 and box["height"] > 10, f"the widget of cell {cell.index} has no size: {box}"
    for _ in range(20):  # a widget has its size some moments before its labels have their text
        texts = " ".join(lesson.page.locator(".jp-Notebook .jupyter-widgets").all_inner_texts())
        missing = [text for text in REQUIRED_LABELS.get(lesson.name, []) if text not in texts]
        if not missing:
            break
        lesson.page.wait_for_timeout(250)
    assert missing == [], f"no widget of {lesson.name} shows {missing}"


def test_a_key_on_a_slider_changes_the_picture(lesson, explorers):
    for explorer in explorers:
        for slider in explorer.sliders:
            name, (_, now, high) = label(slider), place(slider)
            if name in SILENT:
                continue
            there, back = ("ArrowRight", "ArrowLeft") if now < high else ("ArrowLeft", "ArrowRight")
            for key in (there, back):
                before = explorer.wait_until_steady()
                explorer.press(slider, key)
                explorer.wait_for_change(before, f"{key} on {name!r}, which stood at {place(slider)[1]:g}")
    assert lesson.errors() == []


def test_the_mouse_on_a_slider_changes_the_picture(lesson, explorers):
    for explorer in explorers:
        before = explorer.wait_until_steady()
        slider = next(slider for slider in explorer.sliders if label(slider) not in SILENT)
        explorer.drag(slider)
        explorer.wait_for_change(before, f"a pull at {label(slider)!r}")
    assert lesson.errors() == []


def test_play_moves_the_picture(lesson, explorers):
    played = [explorer for explorer in explorers if explorer.play.count()]
    assert played or lesson.name not in WITH_PLAY
    for explorer in played:
        explorer.play.click()
        for moves in range(2):
            explorer.wait_for_change(explorer.look(), f"play was pressed; it moved {moves} times")
        explorer.play.click()
        explorer.wait_until_steady()
    assert lesson.errors() == []


def test_start_moves_the_picture_and_stop_holds_it(lesson, explorers):
    started = [explorer for explorer in explorers if explorer.button("Start").count()]
    assert started or "Start" not in REQUIRED_LABELS.get(lesson.name, [])
    for explorer in started:
        explorer.button("Start").click()
        for moves in range(3):
            explorer.wait_for_change(explorer.look(), f"Start was pressed; it moved {moves} times", seconds=10)
        explorer.button("Stop").click()
        explorer.wait_until_steady()
    assert lesson.errors() == []


def test_both_ends_of_every_slider_show_a_picture(lesson, explorers):
    for explorer in explorers:
        for slider in explorer.sliders:
            for key, end in (("End", 2), ("Home", 0)):
                if is_off(slider):  # an explorer switches off what has no meaning at its present sizes
                    continue
                explorer.press(slider, key)
                seen = explorer.wait_until_steady()
                assert place(slider)[1] == place(slider)[end], f"{key} did not move {label(slider)!r} to its end"
                assert seen["pictures"] >= 1 and seen["colours"] >= 2, f"no picture after {key} on {label(slider)!r}"
                assert lesson.errors() == [], f"after {key} on {label(slider)!r}"


def chosen(menu, choice: str) -> bool:
    """Choose from a menu; False where the choice was taken away meanwhile, as the classes are by another run."""
    from playwright.sync_api import TimeoutError

    try:
        menu.select_option(label=choice, timeout=5000)
    except TimeoutError:
        if choice in menu.locator("option").all_text_contents():
            raise
        return False
    return True


def test_every_choice_of_every_menu_shows_a_picture(lesson, explorers):
    for explorer in explorers:
        explorer.cell.scroll_into_view_if_needed()
        for menu in explorer.menus:
            for choice in menu.locator("option").all_text_contents():  # inner texts are empty out of view
                if not chosen(menu, choice):
                    continue  # another menu decides what is there
                assert explorer.wait_until_steady()["colours"] >= 2, f"no picture after the choice {choice!r}"
    assert lesson.errors() == []


@pytest.mark.parametrize("lesson", [name for name in LESSONS if name.startswith("00_")], indirect=True)
def test_time_from_key_to_changed_pixels(lesson, explorers):
    explorer = explorers[0]

    def moves():
        explorer.press(explorer.sliders[0], "Home")
        explorer.wait_until_steady()
        return [explorer.key_to_pixels(explorer.sliders[0], "ArrowRight") for _ in range(MOVES)]

    median_is_within(300, moves, "lesson 00, key to changed pixels")  # about 50 ms is usual, 300 feels late


@pytest.mark.parametrize("lesson", [name for name in LESSONS if name.startswith("08_")], indirect=True)
def test_every_button_of_the_latent_explorer(lesson, explorers):
    explorer = next(explorer for explorer in explorers if explorer.menus)
    for text in ("New A and B", "Keep", "Pin as A", "New A and B", "back to 1", "Pin as B", "Keep", "Reset", "Save"):
        explorer.button(text).click()
        assert explorer.wait_until_steady()["colours"] >= 2, f"no picture after {text!r}"
    explorer.cell.get_by_text("Saved in ").wait_for(timeout=5000)
    assert lesson.errors() == []
    explorer.cell.screenshot(path=SCREENSHOTS / "08_latent_explorer.png")
