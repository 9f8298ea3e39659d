"""The class slider of the latent explorer: where it is, what it draws, and that no order of moves raises."""

import json
import random

import ipywidgets
import numpy as np
import pytest
import torch

from dcgan_course import latent, models, recorded, widgets
from dcgan_course.drawing import png_of_pictures
from dcgan_course.evaluation import attributes
from dcgan_course.recorded import runs
from dcgan_course.training import History
from dcgan_course.widgets.latent import explorer
from tests.helpers.pictures import pixels

NAMES = ("zero", "one", "two")
OF_CLASS = ("class", "other_class", "of_the_other")


@pytest.fixture(scope="module")
def conditional():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator = models.ConditionalGenerator(3, 28, 100, 1, 2).eval().requires_grad_(False)
    generator.body.blocks[-1][1].bias.fill_(0.1)  # so that its pictures are not black
    return generator


@pytest.fixture
def panel(conditional, monkeypatch, tmp_path):
    """An explorer whose menu has one conditional run, of a small generator that was never trained, beside two others.

    Tests name no shipped run of this kind, so they hold whatever is recorded.
    """
    load_run = runs.load_run

    def load(name):
        if name != "told":
            return load_run(name)
        discriminator = models.ProjectionDiscriminator(3, 28, 1, 2)
        return runs.RecordedRun("told", conditional, discriminator, History(), torch.zeros(0), [], {}, NAMES)

    monkeypatch.setattr(runs, "load_run", load)
    monkeypatch.setattr(runs, "names", lambda: ["cifar10_dcgan_32", "mnist_dcgan", "told"])
    explorer._loaded.cache_clear()
    yield widgets.latent_explorer("told", folder=str(tmp_path))
    explorer._loaded.cache_clear()


def shown(panel):
    return pixels(panel.picture.value)


def drawn(generator, z, label):
    return pixels(png_of_pictures(generator(z[None], torch.tensor([label])), 1, 1))


def are_seen(panel):
    return [panel.controls[name].layout.display != "none" for name in OF_CLASS]


def test_the_sliders_are_there_for_a_conditional_generator_only(panel):
    assert are_seen(panel) == [True] * 3 and panel.controls["class"].max == 2
    panel.controls["class"].value = 2
    panel.controls["run"].value = "cifar10_dcgan_32"
    assert are_seen(panel) == [False] * 3 and "Asked for" not in panel.words.value
    panel.controls["run"].value = "told"
    assert (
        are_seen(panel) == [True] * 3
        and panel.controls["class"].value == 0
        and "Asked for class zero." in (panel.words.value)
    )


def test_every_class_is_drawn_from_the_same_z(panel, conditional):
    z = panel.shown.clone()
    for label, name in enumerate(NAMES):
        panel.controls["class"].value = label
        assert np.abs(shown(panel) - drawn(conditional, z, label)).max() <= 1
        assert torch.equal(panel.shown, z) and f"Asked for class {name}." in panel.words.value


def test_between_two_classes(panel, conditional):
    panel.controls["class"].value, panel.controls["other_class"].value = 1, 2
    one = panel.picture.value
    panel.controls["of_the_other"].value = 35
    assert panel.picture.value != one and "Asked for 65 % of class one and 35 % of class two." in panel.words.value
    vectors = conditional.label_vectors.weight
    want = conditional.draw_vectors(panel.shown[None], 0.65 * vectors[1:2] + 0.35 * vectors[2:3])
    assert np.abs(shown(panel) - pixels(png_of_pictures(want, 1, 1))).max() <= 1
    panel.controls["of_the_other"].value = 100
    assert np.abs(shown(panel) - drawn(conditional, panel.shown, 2)).max() <= 1 and "Asked for class two." in (
        panel.words.value
    )
    panel.controls["class"].value = 2  # halfway between a class and itself there is nothing to say
    assert "Asked for class two." in panel.words.value


def test_a_picture_to_go_back_to_has_its_class(panel):
    panel.controls["class"].value = 1
    left = panel.picture.value
    panel.controls["blend"].value = 60  # another control begins to move
    panel.controls["class"].value = 2
    panel.controls["back_2"].click()
    assert panel.controls["class"].value == 1 and panel.picture.value == left
    panel.controls["keep"].click()
    panel.controls["class"].value = 0
    panel.controls["keep"].click()
    assert len({kept.asked for kept in panel.recent.kept if torch.equal(kept.z, panel.shown)}) == 2


def test_reset_and_new(panel):
    first = panel.picture.value
    panel.controls["class"].value, panel.controls["of_the_other"].value = 2, 40
    panel.controls["new"].click()
    assert panel.controls["class"].value == 2  # other z, the same class
    panel.controls["reset"].click()
    assert panel.picture.value == first


def test_save_writes_what_was_asked_for(panel, tmp_path):
    panel.controls["class"].value, panel.controls["other_class"].value = 2, 1
    panel.controls["of_the_other"].value = 25
    panel.controls["save"].click()
    facts = json.loads((tmp_path / "told_001_z.json").read_text(encoding="utf-8"))
    assert (facts["class"], facts["other_class"], facts["of_the_other"]) == (2, 1, 25)
    assert (tmp_path / "told_001_walk.webp").exists()
    panel.controls["run"].value = "mnist_dcgan"
    panel.controls["save"].click()
    assert "class" not in json.loads((tmp_path / "mnist_dcgan_001_z.json").read_text(encoding="utf-8"))


def test_three_hundred_random_moves_raise_nothing(panel):
    source = random.Random(0)
    controls = [control for name, control in panel.controls.items() if name not in ("folder", "save", "run", "play")]
    for _ in range(300):
        control = source.choice(controls)
        if source.random() < 0.03:
            panel.controls["run"].value = source.choice(panel.controls["run"].options)
        if isinstance(control, ipywidgets.Button):
            control.click()
        elif isinstance(control, ipywidgets.Dropdown):
            control.index = source.randrange(len(control.options))
        else:
            steps = round((control.max - control.min) / (getattr(control, "step", 1) or 1))
            control.value = control.min + source.randint(0, steps) * (getattr(control, "step", 1) or 1)
        assert shown(panel).size and torch.isfinite(panel.drawn).all()
        told = panel.run.value == "told"
        assert ("Asked for " in panel.words.value) == told and are_seen(panel) == [told] * 3


def test_the_directions_of_z_leave_the_class_alone(conditional):
    directions = explorer.named_directions("told", conditional)
    assert directions.vectors.shape == (7, 100)
    principal = directions.vectors[2:4]
    torch.testing.assert_close(principal @ principal.T, torch.eye(2), rtol=1e-4, atol=1e-4)


def test_a_learned_direction_is_not_the_difference_of_two_classes():
    """Where one class is slanted more than another, the median of all would tell the classes apart, not z."""
    values, labels = torch.tensor([0.0, 1, 2, 3, 100, 101, 102, 103]), torch.tensor([0, 0, 0, 0, 1, 1, 1, 1])
    more = explorer._more_than_median(values, labels)
    assert more.tolist() == [False, False, True, True] * 2


def test_the_twin_has_a_row_for_each_class(panel, conditional):
    twin = pixels(widgets.latent_explorer_twin("told", shown=3))
    rows = 3 + 1 + 7
    assert twin.shape[0] == 2 * 8 * 2 + rows * (28 * 3 + 2) - 2


def test_the_shipped_one_draws_its_classes_and_its_learned_directions_hold():
    generator = recorded.load_run("mnist_dcgan_conditional").generator
    directions = explorer.named_directions("mnist_dcgan_conditional", generator)
    z, labels = latent.sample(100, 100, 7), torch.arange(100) % 10
    for name, measure in (("slant", attributes.slant), ("thickness", attributes.thickness)):
        vector = directions.vectors[directions.names.index(f"learned: {name}")]
        assert (measure(generator(z + 3 * vector, labels)) - measure(generator(z - 3 * vector, labels))).mean() > 0
