import json
import math
import random
import shutil

import pytest
import torch

from dcgan_course import models, recorded
from dcgan_course.commands.evaluate import real_pictures, report_of
from dcgan_course.data import already_here, load_images, scale
from dcgan_course.errors import CheckpointError, InvalidValue
from dcgan_course.evaluation import metrics
from dcgan_course.evaluation.report import ReportCard
from dcgan_course.recorded import runs

real_mnist = pytest.mark.skipif(not already_here("mnist"), reason="no MNIST here: set DCGAN_COURSE_DATA")


@pytest.mark.parametrize("name", recorded.names())
def test_a_recorded_run_is_complete(name):
    run = recorded.load_run(name)
    assert not run.generator.training and not run.discriminator.training
    assert len(run.history) == run.card["config"]["epochs"] and not run.history.stopped
    assert run.frames.dtype == torch.uint8
    assert run.frames.shape[0] == len(run.frame_epochs) and run.frames.shape[2:] == run.generator.image_shape
    digits = ("samples_by_class_0_to_9",) if run.card["dataset"] == "mnist" else ()
    for fact in ("dataset", "data", "command", "seed", "hardware", "date", "torch", "minutes", *digits):
        assert run.card[fact] or run.card[fact] == 0, fact
    assert f"seed: {run.card['seed']}" in recorded.card_text(name)


@pytest.mark.parametrize("name", recorded.names())
def test_the_files_are_small_and_hold_no_pickle(name):
    files = list((recorded.FOLDER / name).iterdir())
    assert {path.suffix for path in files} - {".png", ".webp"} == {".safetensors", ".json", ".md"}


def test_all_runs_together_are_at_most_20_mb():
    files = [path for name in recorded.names() for path in (recorded.FOLDER / name).iterdir()]
    assert sum(path.stat().st_size for path in files) <= 20_000_000


@pytest.mark.parametrize("name", [name for name in recorded.names() if name.startswith("mnist")])
def test_the_card_says_what_the_weights_do(name):
    """The card's figures are measured again from the shipped weights."""
    run = recorded.load_run(name)
    z = torch.randn(10_000, run.generator.latent_dim, generator=torch.Generator().manual_seed(run.card["seed"] + 1))
    labels = runs.labels_in_turn(run.generator, len(z))
    pictures = models.draw(run.generator, z, labels)
    counts = metrics.class_histogram(recorded.digit_classifier(), pictures)
    stated = torch.tensor(run.card["samples_by_class_0_to_9"])
    assert stated.sum() == 10_000 and (counts - stated).abs().max() <= 100  # half precision moves a few
    assert run.card["p_real_at_the_end"] == pytest.approx(run.history.p_real[-1], abs=1e-4)
    assert metrics.entropy(counts) > 0.9 * math.log(10)
    if labels is not None:
        table = metrics.asked_and_drawn(recorded.digit_classifier(), pictures, labels)
        right = 100 * float(table.diagonal().sum() / table.sum())
        assert right == pytest.approx(run.card["asked_digit_is_drawn_percent"], abs=0.5)


@pytest.mark.parametrize("name", recorded.names())
def test_the_frames_are_the_ones_of_the_shipped_generator(name):
    run = recorded.load_run(name)
    z = torch.randn(len(run.frames[0]), 100, generator=torch.Generator().manual_seed(run.card["seed"]))
    drawn = models.draw(run.generator, z, runs.labels_in_turn(run.generator, len(z)))
    assert run.frame_epochs[-1] == run.card["config"]["epochs"]
    assert (scale(run.frames[-1]) - drawn).abs().mean() < 0.02


@real_mnist
@pytest.mark.real_data
def test_the_digit_classifier_reads_real_digits():
    test = load_images("mnist", "test")
    with torch.no_grad():
        guesses = recorded.digit_classifier()(scale(test.images)).argmax(dim=1)
    accuracy = 100 * float((guesses == test.labels).float().mean())
    assert accuracy >= 98.5
    assert accuracy == pytest.approx(recorded.card("digit_classifier")["test_accuracy_percent"], abs=0.1)


def test_an_unknown_run_is_refused_with_the_names():
    with pytest.raises(InvalidValue, match="'cifar', but the recorded runs are: .*mnist_mlp"):
        recorded.load_run("cifar")


def test_cards_are_the_same_for_programs_and_people():
    for folder in recorded.FOLDER.iterdir():
        if (folder / "card.json").exists():
            facts = json.loads((folder / "card.json").read_text(encoding="utf-8"))
            text = (folder / "CARD.md").read_text(encoding="utf-8")
            if report := facts.pop("report", None):
                assert f"```text\n{ReportCard.from_facts(report)}\n```" in text and report["command"] in text
            assert all(f"**{key.replace('_', ' ')}**: {value}" in text for key, value in facts.items())


@pytest.mark.parametrize("name", ["mnist_mlp", "mnist_dcgan", "cifar10_dcgan_32", "cifar10_dcgan_64", "objects_dcgan"])
def test_a_report_card_is_of_the_shipped_weights(name):
    """The distance on the card is measured again, of the last draw, where its real pictures are here."""
    stated, run = recorded.report(name), recorded.load_run(name)
    assert len(stated.drawn) == len(stated.setting.seeds) >= 3 and stated.count == 2_000
    if run.card["dataset"] in ("mnist", "cifar10") and not already_here(run.card["dataset"]):
        pytest.skip(f"no {run.card['dataset']} here: set DCGAN_COURSE_DATA")
    shape = run.generator.image_shape
    pictures = real_pictures(run.card["dataset"], shape, shape[0], None, 0)
    if pictures.says != stated.setting.reference:
        pytest.skip("another copy of the pictures than the one on the card")
    again = report_of(run.generator, pictures, stated.setting.seeds[-1:])
    assert again.drawn[0].frechet_distance == pytest.approx(stated.drawn[-1].frechet_distance, rel=0.02)
    assert again.drawn[0].coverage == pytest.approx(stated.drawn[-1].coverage, abs=0.01)
    assert str(stated) in recorded.card_text(name)


def test_a_run_without_a_report_card_is_refused_with_the_names():
    with pytest.raises(InvalidValue, match="'digit_classifier', but the recorded runs with a report card are: .*mnist"):
        recorded.report("digit_classifier")


def test_a_bit_that_flipped_in_what_is_shipped_is_seen(tmp_path, monkeypatch):
    shutil.copytree(recorded.FOLDER, tmp_path / "recorded", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    monkeypatch.setattr("dcgan_course.recorded.runs.FOLDER", tmp_path / "recorded")
    source, run = random.Random(0), tmp_path / "recorded" / "objects_dcgan"
    for file in sorted(run.iterdir()):
        if file.name != "CARD.md":
            content = file.read_bytes()
            for _ in range(5):
                place = source.randrange(len(content))
                changed = content[:place] + bytes([content[place] ^ 1 << source.randrange(7)]) + content[place + 1 :]
                if file.suffix == ".json" and _says_the_same(changed, content):
                    continue
                file.write_bytes(changed)
                with pytest.raises(CheckpointError):
                    recorded.load_run("objects_dcgan")
            for damage in (b"", b"{", b"[]", b"null", b"[" * 100_000, content[:-9]):
                file.write_bytes(damage)
                with pytest.raises(CheckpointError):
                    recorded.load_run("objects_dcgan")
            file.write_bytes(content.replace(b"\n", b"\r\n") if file.suffix == ".json" else content)
    assert recorded.load_run("objects_dcgan").card["dataset"] == "drawn_objects"  # as Git may check it out on Windows


def _says_the_same(one, two):
    try:
        return json.loads(one) == json.loads(two)
    except ValueError:
        return False
