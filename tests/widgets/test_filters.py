"""The filter browser: every control at both ends, what it says, and its twin."""

from dataclasses import replace

import pytest
import torch

from dcgan_course import recorded, widgets
from dcgan_course.data import load_images
from dcgan_course.errors import InvalidValue
from dcgan_course.interpretability import units
from tests.helpers.pictures import pixels

RUN = "objects_dcgan"


@pytest.fixture(scope="module")
def images():
    return load_images("drawn_objects", "test")


@pytest.fixture(scope="module")
def opened(images):
    return widgets.filter_browser(RUN, images, count=60)


@pytest.fixture
def panel(opened):
    """The browser where it begins."""
    opened.controls["network"].value = "trained"
    opened.controls["layer"].value = 2
    opened.controls["unit"].value = 0
    return opened


def test_it_begins_at_the_last_layer_of_the_trained_network(images):
    panel = widgets.filter_browser(RUN, images, count=30)
    assert [panel.controls[name].value for name in ("network", "layer", "unit")] == ["trained", 2, 0]
    assert pixels(panel.picture.value).shape[0] > 300


def test_every_control_at_both_ends_shows_its_unit(panel):
    network, layer, unit = (panel.controls[name] for name in ("network", "layer", "unit"))
    layers = units.unit_layers(recorded.load_run(RUN).discriminator)
    seen = set()
    for name in network.options:
        network.value = name
        for label, number in layer.options:
            layer.value = number
            assert unit.max == layers[number].units - 1 and f"{layers[number].units} units" in label
            for end in (unit.min, unit.max):
                unit.value = end
                assert f"{name.capitalize()}: layer {number}, unit {end}." in panel.words.value
                seen.add(panel.picture.value)
    assert len(seen) == 2 * 3 * 2  # no two of them look the same


def test_a_layer_with_fewer_units_takes_its_last_one(panel):
    panel.controls["unit"].value = panel.controls["unit"].max
    panel.controls["layer"].value = 0
    assert panel.controls["unit"].value == panel.controls["unit"].max
    assert f"layer 0, unit {panel.controls['unit'].max}." in panel.words.value


def test_the_sentence_says_what_the_package_computes(panel, images):
    panel.controls["unit"].value = 7
    few = images.images[:60]
    discriminator = recorded.load_run(RUN).discriminator
    values = units.unit_responses(discriminator, few, 2).values[:, 7]
    order = values.argsort(descending=True).tolist()
    words = panel.words.value
    assert f"Largest response {values.max():.2f}." in words
    assert f"the 51 other pictures is {values[order[9:]].mean():.2f}." in words
    for number in order[:9]:
        assert f"{number} ({images.class_names[images.labels[number]]})" in words
    assert 'role="status"' in words and "among the first 60" in words
    assert images.remark in words


def test_trained_and_random_are_two_networks(panel):
    first = panel.picture.value
    panel.controls["network"].value = "random weights"
    assert panel.picture.value != first
    panel.controls["network"].value = "trained"
    assert panel.picture.value == first


def test_responses_of_a_layer_are_computed_once(images, monkeypatch):
    panel = widgets.filter_browser(RUN, images, count=30)
    asked = []
    compute = units.unit_responses
    monkeypatch.setattr(units, "unit_responses", lambda d, x, layer: asked.append(layer) or compute(d, x, layer))
    for number in (0, 2, 0, 1, 2):
        panel.controls["layer"].value = number
        panel.controls["unit"].value += 1
    assert asked == [0, 1]


def test_a_move_draws_once_and_on_one_thread(panel, monkeypatch):
    seen = []
    view = units.view_unit
    monkeypatch.setattr(units, "view_unit", lambda *given: seen.append(torch.get_num_threads()) or view(*given))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        panel.controls["unit"].value = 5
        assert seen == [1] and torch.get_num_threads() == 2
        panel.controls["unit"].value = panel.controls["unit"].max
        panel.controls["layer"].value = 0  # moves the unit too, and draws once
        assert len(seen) == 3
    finally:
        torch.set_num_threads(before)


def test_a_unit_that_is_never_positive_is_said(panel, monkeypatch):
    responses = panel.units.responses("trained", 2)
    low = units.UnitResponses(-responses.values.abs(), responses.places)
    monkeypatch.setitem(panel.units._responses, ("trained", 2), low)
    panel.controls["unit"].value = 3
    assert "positive for no picture" in panel.words.value and "Largest response −" in panel.words.value


def test_names_of_a_folder_are_written_as_text(images):
    named = replace(images, class_names=tuple(f"<b>{name}" for name in images.class_names))
    panel = widgets.filter_browser(RUN, named, count=12)
    assert "<b>" not in panel.words.value and "&lt;b&gt;" in panel.words.value


@pytest.mark.parametrize("count", [1, 9])
def test_few_pictures_are_enough(images, count):
    panel = widgets.filter_browser(RUN, images, count=count)
    assert "other pictures" not in panel.words.value
    assert pixels(panel.picture.value).shape[0] > 300


def test_without_pictures_it_takes_those_of_the_run_in_the_size_of_the_network():
    panel = widgets.filter_browser("cifar10_dcgan_64", count=12)
    assert panel.units.images.images.shape == (12, 3, 64, 64)
    assert panel.units.images.images.dtype == torch.uint8


class TestTwin:
    def test_it_is_a_png_with_both_networks(self, images):
        one, two = (widgets.filter_browser_twin(RUN, images, units=units, count=30) for units in ((0,), (0, 5)))
        assert one.startswith(b"\x89PNG")
        assert pixels(two).shape[0] > 1.9 * pixels(one).shape[0] > 1900
        titled = widgets.filter_browser_twin(RUN, images, count=30, title="Only one of the two found something")
        assert pixels(titled).shape[0] > pixels(one).shape[0] and b"Only one of the two" in titled

    def test_a_layer_and_a_unit_that_are_not_there_are_refused(self, images):
        with pytest.raises(InvalidValue, match="Block 3 is asked for, .* from −3 to 2"):
            widgets.filter_browser_twin(RUN, images, layer=3, count=30)
        with pytest.raises(InvalidValue, match="unit is 999, "):
            widgets.filter_browser_twin(RUN, images, units=(999,), count=30)


class TestRefusals:
    def test_a_run_without_convolutions(self):
        with pytest.raises(InvalidValue, match="take a models.Discriminator"):
            widgets.filter_browser("mnist_mlp")

    def test_pictures_of_another_kind_or_size(self, images):
        with pytest.raises(InvalidValue, match="must be what load_images"):
            widgets.filter_browser(RUN, images.images)
        with pytest.raises(InvalidValue, match=r"built for \(N, 1, 28, 28\)"):
            widgets.filter_browser("mnist_dcgan", images, count=12)

    @pytest.mark.parametrize("count", [0, -1, 2.5])
    def test_a_count_below_one(self, images, count):
        with pytest.raises(InvalidValue, match="count is"):
            widgets.filter_browser(RUN, images, count=count)
