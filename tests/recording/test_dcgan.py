"""A recording that is stopped goes on where it was, and ships only when it is whole."""

import json
from types import SimpleNamespace

import pytest
import torch

from dcgan_course import recorded
from dcgan_course.training import train
from dcgan_course.training.tensor_file import read_tensors
from recording import dcgan

EPOCHS, PICTURES = 3, 384  # three batches of 128 an epoch


@pytest.fixture
def tiny(monkeypatch):
    """Record a network of 8×8 pictures; return where it ships to, for a folder under way and a folder to ship to."""
    images = torch.randint(0, 256, (PICTURES, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    data = SimpleNamespace(images=images, source="noise, seed 0", remark="")
    recipe = dcgan.Recipe("noise", 8, 1, gpu_epochs=EPOCHS, cpu_epochs=EPOCHS, cpu_width=2, width=2)
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
