"""A recording that is stopped goes on where it was, and ships only when it is whole."""

import json
from types import SimpleNamespace

import pytest
import torch

from dcgan_course import latent, models, recorded
from dcgan_course.data import scale
from dcgan_course.recorded import runs
from dcgan_course.recorded.judges import Judge
from dcgan_course.training import train
from dcgan_course.training.tensor_file import read_tensors
from recording import dcgan

EPOCHS, PICTURES = 3, 384  # three batches of 128 an epoch


class Means(torch.nn.Module):
    """A judge of eight numbers a picture: the mean of each row."""

    def features(self, images):
        return images.mean(dim=(1, 3))


@pytest.fixture(
    params=[{}, {"conditional": "projection"}, {"learning_rate": 1e-3}], ids=["plain", "conditional", "averaged"]
)
def tiny(monkeypatch, request):
    """Record a network of 8×8 pictures; return where it ships to, for a folder under way and a folder to ship to."""
    images = torch.randint(0, 256, (PICTURES, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    labels, names = torch.arange(PICTURES) % 3, ("a", "b", "c")
    data = SimpleNamespace(images=images, labels=labels, class_names=names, source="noise, seed 0", remark="")
    recipe = dcgan.Recipe(
        "noise",
        8,
        1,
        gpu_epochs=EPOCHS,
        cpu_epochs=EPOCHS,
        cpu_width=2,
        width=2,
        fixes=request.param,
        averaged="learning_rate" in request.param,
    )
    monkeypatch.setattr(dcgan, "judge_for", lambda data, channels: Judge("the sides' means", Means(), (1, 8, 8)))
    monkeypatch.setattr(dcgan, "load_images", lambda *a, **k: data)
    monkeypatch.setattr(dcgan, "RECIPES", {"tiny": recipe})

    def record(folder, stop_at=None):
        def stopping(*arguments, hook, **options):
            both = lambda training: bool(hook(training)) or training.step == stop_at
            return train(*arguments, hook=both, progress=False, **options)

        monkeypatch.setattr(dcgan, "train", stopping)
        monkeypatch.setattr(dcgan, "UNDER_WAY", folder / "under_way")
        monkeypatch.setattr(recorded, "FOLDER", folder)
        (folder / "tiny").mkdir(parents=True, exist_ok=True)
        dcgan.record_dcgan("tiny")
        return folder / "tiny"

    return record


def test_a_stopped_recording_ships_nothing_and_goes_on_to_the_same_bits(tiny, tmp_path, capsys):
    whole = tiny(tmp_path / "whole")
    assert not list(tiny(tmp_path / "stopped", stop_at=5).iterdir())
    assert "stopped after 1 of 3 epochs" in capsys.readouterr().out
    continued = tiny(tmp_path / "stopped")
    for name in ("generator.safetensors", "discriminator.safetensors", "frames.webp"):
        assert (whole / name).read_bytes() == (continued / name).read_bytes(), name
    assert len(json.loads((continued / "history.json").read_text(encoding="utf-8"))["history"]["seconds"]) == EPOCHS


def test_frames_are_kept_while_the_recording_is_under_way(tiny, tmp_path):
    tiny(tmp_path, stop_at=4)
    tensors, texts = read_tensors(tmp_path / "under_way" / "tiny_width2_frames.safetensors")
    assert texts["epochs"] == "[0, 0.25, 0.5, 1]"  # of three steps: after steps 0, 1, 2 and 3
    assert tensors["frames"].shape == (4, dcgan.FRAME_PICTURES, 1, 8, 8)


def test_what_is_shipped_is_built_again_from_its_card(tiny, tmp_path, monkeypatch):
    folder = tiny(tmp_path)
    monkeypatch.setattr(runs, "FOLDER", tmp_path)
    monkeypatch.setattr(runs, "PAIRS", {"tiny": runs.dcgan_pair})
    run = runs.load_run("tiny")
    conditional = run.card["config"]["conditional"] != "none"
    assert isinstance(run.generator, models.ConditionalGenerator) == conditional
    assert run.class_names == (("a", "b", "c") if conditional else ()) and folder == tmp_path / "tiny"
    labels = runs.labels_in_turn(run.generator, dcgan.FRAME_PICTURES)
    assert (labels is not None) == conditional
    drawn = models.draw(run.generator, latent.sample(dcgan.FRAME_PICTURES, 100, 0), labels)
    assert (scale(run.frames[-1]) - drawn).abs().mean() < 0.05
