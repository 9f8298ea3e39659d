"""The break-it panel: any order of clicks, both ends of every slider, every fault, and the twin."""

import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.faults import FAULTS
from dcgan_course.toy.point_figures import GAME_HEIGHT, GAME_WIDTH
from dcgan_course.widgets import break_it_panel, break_it_twin
from dcgan_course.widgets.break_it import ROUNDS
from tests.helpers.pictures import pixels


def ticks(controls, count: int):
    """What the front end does while the clock plays."""
    for _ in range(count):
        controls["clock"].value += 1


def words(panel) -> str:
    return re.sub("<[^>]+>", "", panel.children[-1].value)


def test_start_trains_in_slices_stop_stops_and_reset_begins_anew():
    panel = break_it_panel()
    controls, first = panel.controls, panel.children[-2].value
    assert "Press Start" in words(panel)
    controls["start"].click()
    ticks(controls, 3)
    assert "Round 12 of 400: training" in words(panel)
    assert panel.children[-2].value != first
    controls["stop"].click()
    stopped = panel.children[-2].value
    ticks(controls, 3)  # ticks that were under way when Stop was pressed
    assert "Round 12 of 400: stopped" in words(panel) and panel.children[-2].value == stopped
    controls["start"].click()
    ticks(controls, 1)
    assert "Round 16 of 400" in words(panel)
    controls["reset"].click()
    assert "Round 0 of 400" in words(panel) and panel.children[-2].value == first
    assert not controls["clock"].playing


def test_it_ends_by_itself_and_start_begins_again():
    panel = break_it_panel()
    controls = panel.controls
    controls["fault"].value = "fake detached in G's step"
    controls["slice"].value = controls["slice"].max
    controls["start"].click()
    ticks(controls, ROUNDS // 20 + 3)
    assert "Round 400 of 400: done" in words(panel) and not controls["clock"].playing
    controls["start"].click()
    ticks(controls, 1)
    assert "Round 20 of 400" in words(panel)


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_trains_and_is_explained(name):
    panel = break_it_panel()
    panel.controls["fault"].value = name
    panel.controls["start"].click()
    ticks(panel.controls, 1)
    panel.controls["explain"].value = True
    fault = FAULTS[name]
    assert all(sentence in panel.children[-1].value for sentence in (fault.symptom, fault.cause, fault.cure))
    assert pixels(panel.children[-2].value).shape == (GAME_HEIGHT, GAME_WIDTH, 3)


ACTIONS = ["start", "stop", "reset", "explain", "tick", "fault", "data", "seed", "slice"]


@given(st.lists(st.tuples(st.sampled_from(ACTIONS), st.booleans()), max_size=12))
@settings(max_examples=25, deadline=None)
def test_no_order_of_clicks_raises(actions):
    """Buttons are clicked, the clock ticks, lists and sliders go to one of their ends."""
    panel = break_it_panel()
    controls = panel.controls
    for name, high in actions:
        if name in ("start", "stop", "reset"):
            controls[name].click()
        elif name == "explain":
            controls[name].value = high
        elif name == "tick":
            ticks(controls, 1)
        elif name in ("fault", "data"):
            controls[name].value = controls[name].options[-1 if high else 0]
        else:
            controls[name].value = controls[name].max if high else controls[name].min
    assert words(panel).startswith("Round ") and pixels(panel.children[-2].value).any()


def test_the_twin_shows_the_fault_that_is_asked_for():
    twins = [break_it_twin(fault, rounds=3) for fault in ("nothing is wrong", "D too strong")]
    assert {pixels(twin).shape for twin in twins} == {(GAME_HEIGHT, GAME_WIDTH, 3)} and twins[0] != twins[1]
    titles = [Image.open(io.BytesIO(twin)).info["Title"] for twin in twins]
    assert all(re.fullmatch(r".*: \d of 8 modes after 3 rounds", title) for title in titles)
    assert titles[1].startswith("D too strong:")
    with pytest.raises(InvalidValue, match="no fault 'bad luck'"):
        break_it_twin("bad luck")
    assert repr(break_it_panel()).startswith("The break-it panel")
