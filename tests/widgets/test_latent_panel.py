"""The latent explorer: every control at both ends, and what each does."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course import latent, models, recorded, widgets
from dcgan_course.drawing import png_of_pictures
from dcgan_course.evaluation import attributes
from dcgan_course.recorded import runs
from dcgan_course.widgets.latent.explorer import named_directions
from tests.helpers.pictures import pixels


@pytest.fixture
def panel(tmp_path):
    return widgets.latent_explorer("mnist_dcgan", folder=str(tmp_path / "made" / "here"))


def sliders(panel):
    return [panel.controls["blend"], *panel.additions.amounts, panel.controls["change"], panel.controls["coordinate"]]


@pytest.mark.parametrize("name", recorded.names())
def test_every_run_and_both_ends_of_every_slider_show_a_picture(name, panel):
    panel.controls["run"].value = name
    for slider in sliders(panel):
        for end in (slider.min, slider.max):
            slider.value = end
            shown = pixels(panel.picture.value)
            generator = recorded.load_run(name).generator
            want = models.draw(generator, panel.shown[None], runs.labels_in_turn(generator, 1))
            assert np.abs(shown - pixels(png_of_pictures(want, 1, 1))).max() <= 1  # the browser enlarges it
    assert panel.controls["coordinate"].max == panel.generator.latent_dim - 1


def test_all_sliders_at_their_ends_together_raise_nothing(panel):
    for end in ("min", "max"):
        for slider in sliders(panel):
            slider.value = getattr(slider, end)
    assert torch.isfinite(panel.drawn).all()


def test_it_says_when_z_has_left_the_shell(panel):
    assert "9 of 10 random z have 8.8 to 11.1. This one is inside." in panel.words.value
    panel.additions.amounts[0].value = 8
    low, high = latent.shell(100)
    assert not low < float(panel.shown.norm()) < high and "This one has left that shell." in panel.words.value


class Spy:
    """A generator that writes down how many threads it may use."""

    def __init__(self, generator, seen):
        self.generator, self.seen, self.latent_dim = generator, seen, generator.latent_dim

    def __call__(self, z):
        self.seen.append(torch.get_num_threads())
        return self.generator(z)


def test_a_move_draws_on_one_thread_and_leaves_the_setting_alone(panel, monkeypatch):
    seen = []
    monkeypatch.setattr(panel.classes, "generator", Spy(panel.generator, seen))
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        panel.controls["blend"].value = 50
        assert seen == [1] and torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize(("choice", "mode"), [(0, latent.slerp), (1, latent.lerp)])
def test_the_blend_goes_from_a_to_b(panel, choice, mode):
    panel.controls["mode"].value = panel.controls["mode"].options[choice]
    a, b = latent.sample(2, 100, 0)
    for percent in (0, 35, 100):
        panel.controls["blend"].value = percent
        torch.testing.assert_close(panel.shown, mode(a, b, percent / 100))


def test_directions_are_unit_vectors_and_add_to_z(panel):
    vectors, sliders = panel.additions.vectors, panel.additions.amounts
    torch.testing.assert_close(vectors.norm(dim=1), torch.ones(7))
    assert [slider.description for slider in sliders][-2:] == ["learned: slant", "learned: thickness"]
    a = panel.shown.clone()
    for number, slider in enumerate(sliders):
        slider.value = 3
        torch.testing.assert_close(panel.shown - a, 3 * vectors[: number + 1].sum(dim=0))


def test_learned_directions_move_what_they_are_named_after():
    generator = recorded.load_run("mnist_dcgan").generator
    directions = named_directions("mnist_dcgan", generator)
    z = latent.sample(100, 100, 7)
    for name, measure in (("slant", attributes.slant), ("thickness", attributes.thickness)):
        vector = directions.vectors[directions.names.index(f"learned: {name}")]
        assert (measure(generator(z + 3 * vector)) - measure(generator(z - 3 * vector))).mean() > 0


def test_a_coordinate_keeps_what_was_added_to_it(panel):
    a = panel.shown.clone()
    panel.controls["coordinate"].value = 4
    panel.controls["change"].value = 2.5
    panel.controls["coordinate"].value = 9
    assert panel.controls["change"].value == 0
    panel.controls["change"].value = -1
    panel.controls["coordinate"].value = 4
    assert panel.controls["change"].value == 2.5
    moved = panel.shown - a
    assert moved[4] == pytest.approx(2.5, abs=1e-5) and moved[9] == pytest.approx(-1, abs=1e-5)
    assert (moved.abs() > 1e-5).sum() == 2


@pytest.mark.parametrize(("pin", "place"), [("pin_a", 0), ("pin_b", 100)])
def test_a_pin_keeps_the_picture_and_clears_the_sliders(panel, pin, place):
    panel.additions.amounts[0].value = 5
    before, z = panel.picture.value, panel.shown.clone()
    panel.controls[pin].click()
    assert panel.picture.value == before and panel.controls["blend"].value == place
    assert all(slider.value == 0 for slider in panel.additions.amounts)
    panel.controls["blend"].value = 50
    assert panel.picture.value != before
    panel.controls["back_1"].click()
    torch.testing.assert_close(panel.shown, z)


def test_play_walks_there_and_back(panel):
    seen = []
    for step in range(40):
        panel.controls["play"].value = step
        seen.append(panel.controls["blend"].value)
    assert seen[:3] == [0, 5, 10] and seen[20] == 100 and seen[39] == 5
    assert panel.controls["play"].repeat


def test_recent_pictures_are_kept_once_a_control_is_left(panel):
    assert all(button.disabled for button in panel.recent.controls.values())
    panel.additions.amounts[0].value = 1
    panel.additions.amounts[0].value = 2
    assert panel.controls["back_1"].disabled
    left = panel.shown.clone()
    panel.additions.amounts[1].value = 1
    assert not panel.controls["back_1"].disabled and panel.controls["back_2"].disabled
    for _ in range(12):
        panel.controls["new"].click()
        panel.controls["keep"].click()
    assert len(panel.recent.kept) == 8 and not any(torch.equal(left, kept.z) for kept in panel.recent.kept)


def test_reset_brings_back_the_first_picture(panel):
    first = panel.picture.value
    panel.controls["new"].click()
    panel.controls["change"].value = 8
    panel.controls["pin_a"].click()
    panel.controls["blend"].value = 70
    panel.controls["reset"].click()
    assert panel.picture.value == first


def test_save_writes_picture_z_and_walk(panel, tmp_path):
    panel.additions.amounts[0].value = 3
    panel.controls["save"].click()
    panel.controls["save"].click()
    folder = tmp_path / "made" / "here"
    assert len(list(folder.iterdir())) == 6 and "mnist_dcgan_002_walk.webp" in panel.words.value
    facts = json.loads((folder / "mnist_dcgan_001_z.json").read_text(encoding="utf-8"))
    torch.testing.assert_close(torch.tensor(facts["z"]), panel.shown)
    saved, sent = (pixels((folder / "mnist_dcgan_001_picture.png").read_bytes()), pixels(panel.picture.value))
    assert saved.shape[:2] == (280, 280) and (saved == sent.repeat(10, axis=0).repeat(10, axis=1)).all()
    with Image.open(folder / "mnist_dcgan_001_walk.webp") as film:
        assert film.n_frames == 40 and film.info["loop"] == 0


def test_a_folder_that_cannot_be_written_is_said(panel, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    panel.controls["folder"].value = str(tmp_path / "file" / "folder")
    panel.controls["save"].click()
    assert "Not saved" in panel.words.value and "Choose another folder" in panel.words.value


@pytest.mark.parametrize("typed", ["~/found", " ~/found\n"])
def test_the_folder_may_stand_in_the_home(panel, tmp_path, monkeypatch, typed):
    monkeypatch.setenv("HOME", str(tmp_path)), monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    panel.controls["folder"].value = typed
    panel.controls["save"].click()
    assert (tmp_path / "found" / "mnist_dcgan_001_z.json").exists() and not (tmp_path / "~").exists()
    assert f"Saved in {tmp_path / 'found'}: mnist_dcgan_001_picture.png" in panel.words.value


@pytest.mark.parametrize("typed", ["~nobody-of-this-name/x", "a\0b", "x" * 300, "\ud800"])
def test_a_folder_that_cannot_be_is_said(panel, tmp_path, monkeypatch, typed):
    monkeypatch.chdir(tmp_path)
    panel.controls["folder"].value = typed
    panel.controls["save"].click()
    assert "Not saved" in panel.words.value and "Choose another folder" in panel.words.value
    assert not list(tmp_path.iterdir())


def test_the_twin_shows_every_direction():
    twin = pixels(widgets.latent_explorer_twin("mnist_dcgan", shown=5))
    assert twin.shape[0] > 7 * 28 * 3 and twin.shape[1] > 5 * 28 * 3
