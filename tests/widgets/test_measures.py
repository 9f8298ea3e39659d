"""The measure explorer: its values are those of the measures, and what each slider does to them."""

import random
import re
import time

import pytest
import torch

from dcgan_course import recorded, widgets
from dcgan_course.data import load_images
from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation.spoiled import sampled
from dcgan_course.evaluation.torture import measured, read
from dcgan_course.widgets.measures import BARS, CLASS, SETTINGS
from tests.helpers.pictures import pixels


@pytest.fixture(scope="module")
def digits():
    return load_images("drawn_digits", "test")


@pytest.fixture(scope="module")
def pool():
    return load_images("drawn_digits", "train")


@pytest.fixture
def explorer(pool, digits):
    return widgets.measure_explorer(pool, digits, count=100)


def text(explorer) -> str:
    return re.sub(r"<[^>]*>", " ", explorer.words.value)


def value(explorer, name: str) -> float:
    return float(re.search(rf"{name}: ([−\d.,]+) \(real", text(explorer))[1].replace("−", "-").replace(",", ""))


def test_the_values_are_those_of_the_measures(explorer, digits):
    explorer.controls["blur"].value = 1.0
    pictures, row = explorer.sets.spoil(blur=1.0)
    reference, _ = read(recorded.digit_classifier(), sampled(digits.images, 100, 0))
    assert row == measured("blur σ 1.0", reference, *read(recorded.digit_classifier(), pictures))
    for bar in BARS:
        assert value(explorer, re.escape(bar.name.rstrip(" ↑↓").replace(" (alike: 0.50)", ""))) == pytest.approx(
            getattr(row, bar.field), abs=0.6 if bar.end > 20 else 0.006
        )


def test_nothing_spoiled_is_noticed_by_few_and_a_strong_blur_by_most(explorer):
    assert "Nothing is spoiled: " in text(explorer)
    few = int(re.search(r"(\d) of 8 measures leave", text(explorer))[1])
    explorer.controls["blur"].value = 3.0
    most = int(re.search(r"(\d) of 8 measures leave", text(explorer))[1])
    assert few <= 2 < 5 <= most


def test_copies_are_found_by_recall_and_the_1nn_test(explorer):
    recall, test = value(explorer, "recall, k = 5"), value(explorer, "1-NN accuracy")
    explorer.controls["copies"].value = 50
    assert "2 pictures, 50 copies of each" in text(explorer)
    assert value(explorer, "recall, k = 5") < 0.2 < recall and value(explorer, "1-NN accuracy") > test + 0.2


def test_the_share_slider_sets_the_share(explorer):
    explorer.controls["share"].value = 100
    pictures, row = explorer.sets.spoil(share=100)
    _, logits = read(recorded.digit_classifier(), pictures)
    assert row.inception < 4 and int((logits.argmax(dim=1) == CLASS).sum()) > 60
    assert value(explorer, "inception score") == pytest.approx(row.inception, abs=0.006)


def test_300_random_operations_raise_nothing_and_the_start_is_found_again(pool, digits):
    explorer = widgets.measure_explorer(pool, digits, count=50)
    start, said = explorer.picture.value, text(explorer)
    chance = random.Random(0)
    for _ in range(300):
        control = chance.choice(list(explorer.controls.values()))
        steps = round((control.max - control.min) / control.step)
        control.value = type(control.value)(
            control.min + control.step * chance.choice([0, steps, chance.randint(0, steps)])
        )
    assert pixels(explorer.picture.value).size and "of 8 measures leave" in text(explorer)
    for name, (_, value, *_) in SETTINGS.items():
        explorer.controls[name].value = value
    explorer.draw()
    assert explorer.picture.value == start and text(explorer) == said


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("end", ["min", "max"])
def test_both_ends_of_each_slider_show_and_say(explorer, name, end):
    control = explorer.controls[name]
    control.value = getattr(control, end)
    assert pixels(explorer.picture.value).shape[:2] == (500, 940)
    assert "nan" not in text(explorer).lower() and len(re.findall(r"\(real", text(explorer))) == len(BARS)


def test_a_move_takes_less_than_150_ms_of_one_thread(pool, digits):
    """With the count that it ships with; processor time of the fastest moves, since a busy machine is not its fault."""
    explorer = widgets.measure_explorer(pool, digits)
    times = []
    for number in range(12):
        before = time.process_time()
        explorer.controls["blur"].value = 0.5 + 0.1 * number
        times.append(time.process_time() - before)
    assert sorted(times)[len(times) // 4] < 0.15


def test_pictures_that_it_cannot_read_and_too_few_are_refused(digits):
    with pytest.raises(InvalidValue, match=r"pool has pictures \(3, 32, 32\)"):
        widgets.measure_explorer(load_images("drawn_objects", "test"), digits)
    with pytest.raises(InvalidValue, match=r"count is 400, but pool has only \d+ such pictures"):
        widgets.measure_explorer(digits, digits)
    with pytest.raises(InvalidValue, match="count is 20"):
        widgets.measure_explorer(digits, digits, count=20)


def test_the_twin_holds_three_frames(digits):
    three = pixels(widgets.measure_explorer_twin(digits, digits, count=60))
    assert three.shape[:2] == (3 * 500, 940)
    one = widgets.measure_explorer_twin(digits, digits, count=60, spoils=[{"copies": 40}])
    assert (pixels(one) == three[500:1000]).all()


@pytest.mark.real_data
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_on_mnist_each_slider_is_noticed_by_other_measures(seed):
    explorer = widgets.measure_explorer(seed=seed)
    rows = {}
    for name, setting in {"real": {}, "blur": {"blur": 1.0}, "copies": {"copies": 40}, "shift": {"shift": 2}}.items():
        _, rows[name] = explorer.sets.spoil(**setting)
    assert rows["blur"].precision > 0.75 and rows["blur"].recall < 0.15  # precision is nearly blind to blur
    assert rows["copies"].recall < 0.05 and rows["copies"].precision > 0.7
    assert rows["shift"].frechet > rows["real"].frechet + 15
    assert abs(rows["real"].two_sample - 0.5) < 0.08 and torch.isfinite(torch.tensor(rows["real"].kernel))
