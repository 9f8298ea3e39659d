"""The break-it panel on the page of lesson 05: it trains there, and says what the notebook's panel says."""

import functools
import re

import pytest

from dcgan_course.toy.faults import FAULTS
from dcgan_course.widgets import break_it_panel
from dcgan_course.widgets.break_it import ROUNDS
from tests.browser.book import HASH, NAMELESS, ready, times_of_moves
from tests.browser.times import median_is_within

WATCHED = r"""home => new Promise(done => {
    const words = home.querySelector('[role=status]'), seen = [];
    new MutationObserver(() => {
        seen.push([performance.now(), Number(words.textContent.match(/Round (\d+)/)[1])]);
        if (words.textContent.includes('done')) done(seen);
    }).observe(words, {childList: true});
    [...home.querySelectorAll('button')].find(button => button.textContent === 'Start').click();
})"""  # [moment in ms, round] of each tick of a whole training

SPOKEN = """home => new Promise(done => {
    const words = home.querySelector('[role=status]'), heard = [];
    new MutationObserver(() => {
        if (words.getAttribute('aria-live') === 'polite') heard.push(words.textContent);
        if (words.textContent.includes('done')) done(heard);
    }).observe(words, {childList: true});
    [...home.querySelectorAll('button')].find(button => button.textContent === 'Start').click();
})"""  # what the region says aloud during a whole training
NATURAL = """menu => {
    const free = menu.cloneNode(true);
    free.style.cssText = 'position: absolute; max-width: none; visibility: hidden';
    menu.parentNode.append(free);
    const wide = free.getBoundingClientRect().width;
    free.remove();
    return wide;
}"""  # how wide a menu would be with room enough


@pytest.fixture
def panel(reader):
    return ready(reader("lessons/05_when_training_fails"), "break_it_panel")


def says(panel) -> str:
    return panel.get_by_role("status").inner_text()


def press(panel, name: str) -> None:
    panel.get_by_role("button", name=name, exact=True).press("Enter")


def test_it_has_the_choices_of_the_notebooks_panel(panel):
    for name, control in break_it_panel().controls.items():
        if name in ("fault", "data"):
            menu = panel.get_by_label(control.description, exact=True)
            assert menu.locator("option").all_inner_texts() == list(control.options)
            assert menu.input_value() == control.value
        elif name in ("seed", "slice"):
            slider = panel.get_by_label(control.description, exact=True)
            found = [float(slider.get_attribute(each)) for each in ("min", "max")]
            assert found == [control.min, control.max] and float(slider.input_value()) == control.value
        elif name != "clock":
            assert panel.get_by_role("button", name=control.description, exact=True).count() == 1
    assert panel.evaluate(NAMELESS) == 0


def test_it_says_that_its_seed_is_not_that_of_the_notebook(panel):
    assert panel.get_by_text("The seed here is not torch's").is_visible()


def test_start_stop_one_round_and_reset_by_keys(panel):
    assert says(panel).startswith(f"Round 0 of {ROUNDS}: ready. Press Start. ")
    assert re.search(r" \d of 8 modes · \d+% within 3σ\.$", says(panel))
    panel.evaluate(HASH)
    press(panel, "Reset")  # after the first reading chromium draws in another way: edges differ by 1 of 255
    first = panel.evaluate(HASH)
    press(panel, "One round")
    assert says(panel).startswith(f"Round 1 of {ROUNDS}: stopped. Start goes on from here. ")
    after_one = panel.evaluate(HASH)
    press(panel, "Start")
    panel.get_by_role("status").filter(has_text=re.compile(r"Round \d{2,} of \d+: training …")).wait_for()
    press(panel, "Stop")
    stopped, words = panel.evaluate(HASH), says(panel)
    assert "stopped. Start goes on from here." in words and len({first, after_one, stopped}) == 3
    panel.page.wait_for_timeout(500)
    assert panel.evaluate(HASH) == stopped and says(panel) == words
    press(panel, "Reset")
    assert says(panel).startswith(f"Round 0 of {ROUNDS}: ready. Press Start. ") and panel.evaluate(HASH) == first
    press(panel, "One round")
    assert panel.evaluate(HASH) == after_one  # a seed decides what is seen
    panel.get_by_label("seed").press("End")
    assert says(panel).startswith("Round 0 of")
    press(panel, "One round")
    assert panel.evaluate(HASH) != after_one


def test_every_fault_trains_on_both_mixtures_and_is_explained_as_in_the_notebook(panel):
    press(panel, "What is wrong?")
    for data in ("ring of 8", "grid of 25"):
        panel.get_by_label("real points").select_option(data)
        for name, fault in FAULTS.items():
            panel.get_by_label("fault").select_option(name)
            before = panel.evaluate(HASH)
            for _ in range(3):
                press(panel, "One round")
            assert says(panel).startswith("Round 3 of") and panel.evaluate(HASH) != before
            told = f"Changed: {fault.change} Symptom: {fault.symptom} Cause: {fault.cause} Cure: {fault.cure}"
            assert panel.get_by_text(told).is_visible()
    press(panel, "What is wrong?")
    assert not panel.get_by_text("Symptom:").is_visible()


@pytest.mark.parametrize("name", ["nothing is wrong", "D too strong"])
def test_it_trains_to_the_end_with_a_hundred_steps_a_second(panel, name):
    """A step moves one network; D too strong has six in a round."""
    panel.get_by_label("fault").select_option(name)
    steps = 1 + FAULTS[name].settings.discriminator_steps

    def milliseconds_of_a_step():
        seen = panel.evaluate(WATCHED)
        assert seen[-1][1] == ROUNDS and says(panel).startswith(
            f"Round {ROUNDS} of {ROUNDS}: done. Start trains again from the first round. "
        )
        pairs = zip(seen, seen[5:], strict=False)
        return [(b[0] - a[0]) / (b[1] - a[1]) / steps for a, b in pairs if b[1] > a[1]]

    median_is_within(10, milliseconds_of_a_step, f"{name}, a step of training on the page")
    press(panel, "Start")
    panel.get_by_role("status").filter(has_text="training …").wait_for()
    press(panel, "Stop")
    assert int(re.search(r"\d+", says(panel))[0]) < ROUNDS


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_laptop_and_a_phone(reader, scheme):
    page = reader("lessons/05_when_training_fails")
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 1366, "height": 768})
    panel = ready(page, "break_it_panel")
    press(panel, "What is wrong?")
    assert panel.bounding_box()["height"] < 720
    page.set_viewport_size({"width": 360, "height": 800})
    page.wait_for_function("() => document.querySelector('.explorer-drawing').clientWidth < 360")
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
    for name in FAULTS:  # no choice is cut off
        menu = panel.get_by_label("fault")
        menu.select_option(name)
        assert menu.bounding_box()["width"] >= menu.evaluate(NATURAL)


def test_a_screen_reader_hears_states_and_each_hundredth_round_alone(panel):
    panel.get_by_label("fault").select_option("fake detached in G's step")
    heard = panel.evaluate(SPOKEN)
    rounds = [int(re.search(r"\d+", words)[0]) for words in heard]
    assert "training" in heard[0] and "done" in heard[-1]
    assert [round // 100 for round in rounds] == [0, 1, 2, 3, 4]


def test_time_from_a_key_to_changed_pixels(panel):
    moves = functools.partial(times_of_moves, panel, panel.get_by_label("seed"), range(1, 21))
    median_is_within(20, moves, "a new game on the page, a move to changed pixels")
