"""The network that judges colour pictures: how it is taught, and what its card says."""

import json

import pytest
import torch

from dcgan_course import recorded
from dcgan_course.data import Images, already_here, load_images
from recording import cifar10_classifier as recording

real_cifar10 = pytest.mark.skipif(not already_here("cifar10"), reason="no CIFAR-10 here: set DCGAN_COURSE_DATA")


def coloured(count, seed):
    """Pictures of two classes that a network can tell apart: red noise and green noise."""
    random = torch.Generator().manual_seed(seed)
    labels = torch.arange(count) % 2
    images = torch.randint(0, 60, (count, 3, 32, 32), dtype=torch.uint8, generator=random)
    images[torch.arange(count), labels] += 150
    return Images("cifar10", images, labels, tuple("ab"), "noise, red or green")


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """Record on a few pictures; return how, and the folder that is written."""
    monkeypatch.setattr(
        recording, "load_images", lambda name, split="train": coloured(96 if split == "train" else 20, 0)
    )
    monkeypatch.setattr(recording, "UNDER_WAY", tmp_path / "under_way")
    monkeypatch.setattr(recorded, "FOLDER", tmp_path)
    monkeypatch.setattr("dcgan_course.recorded.runs.FOLDER", tmp_path)
    folder = tmp_path / recording.NAME
    folder.mkdir()
    recipe = recording.Recipe(epochs=2, rate=0.05, batch_size=32)
    return lambda seeds: recording.record_cifar10_classifier(recipe, seeds), folder


def test_the_first_seed_is_shipped_and_all_are_stated(tiny, monkeypatch):
    record, folder = tiny
    record((3, 4))
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["seed"] == 3 and list(card["test_accuracy_percent_by_seed"]) == ["3", "4"]
    shipped = recorded.cifar10_classifier()
    assert recording.accuracy(shipped, coloured(20, 0)) == pytest.approx(card["test_accuracy_percent"])
    before = (folder / "weights.safetensors").read_bytes()
    monkeypatch.setattr(recording, "fit", None)  # what is kept is not trained again
    record((3, 4))
    assert (folder / "weights.safetensors").read_bytes() == before


def test_a_picture_is_moved_by_two_pixels_at_most_and_half_of_them_are_flipped():
    picture = torch.arange(32 * 32).view(1, 1, 32, 32).expand(400, 3, 32, 32).contiguous()
    seen = recording.varied(picture, torch.Generator().manual_seed(0))
    middle = seen[:, 0, 10:22, 10:22]
    rows, columns = middle // 32 - torch.arange(10, 22)[:, None], middle % 32
    assert set(rows.unique().tolist()) == {-2, -1, 0, 1, 2}
    flipped = columns[:, 0, 1] < columns[:, 0, 0]
    assert 150 < flipped.sum() < 250
    right = torch.where(flipped, 31 - columns[:, 0, 0], columns[:, 0, 0]) - 10
    assert set(right.unique().tolist()) == {-2, -1, 0, 1, 2}
    assert torch.equal(seen[:, 0], seen[:, 2])


def test_edges_are_mirrored_as_torch_pads_by_reflection():
    line = torch.arange(5.0)
    padded = torch.nn.functional.pad(line[None, None], (2, 2), mode="reflect")[0, 0]
    assert torch.equal(line[recording._inside(torch.arange(-2, 7), 5)], padded)


@real_cifar10
@pytest.mark.real_data
def test_the_card_says_how_well_the_shipped_network_reads_all_test_pictures():
    card, test = recorded.card("cifar10_classifier"), load_images("cifar10", "test")
    if test.remark != card["remark"]:
        pytest.skip("another copy of CIFAR-10 than the one it was tested on")
    assert recording.accuracy(recorded.cifar10_classifier(), test) == pytest.approx(
        card["test_accuracy_percent"], abs=0.05
    )
