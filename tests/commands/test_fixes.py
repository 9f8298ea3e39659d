"""`train` with what came after DCGAN: begun, gone on with, drawn from and measured, as somebody types it."""

import json

import pytest
import torch

from dcgan_course.__main__ import main
from dcgan_course.commands.run_folder import RunFolder
from tests.helpers.runs import TINY, folder_of_pictures

SMALL = ["--data", "drawn_digits", "--image-size", "8", *TINY, "--epochs", "1"]
NO_NORM = "--no-discriminator-norm"
WAYS = {
    "relativistic": ["--loss", "relativistic", "--penalty", "r1_r2", "--penalty-weight", "0.1", NO_NORM],
    "normalised": ["--spectral-norm", "--loss", "hinge", "--discriminator-learning-rate", "0.0004", NO_NORM],
    "packs": ["--packing", "2", "--minibatch-deviation", "--augment", "shift", "cutout"],
    "told": ["--conditional", "projection", "--ema", "--penalty", "clip"],
}


@pytest.mark.parametrize("way", WAYS)
def test_a_run_goes_on_and_is_looked_at(way, tmp_path, capsys):
    folder = tmp_path / "run"
    assert main(["train", "--out", str(folder), *SMALL, *WAYS[way]]) == 0
    settings = RunFolder(folder).settings()
    assert main(["train", "--out", str(folder), "--resume", "--epochs", "2"]) == 0
    assert ("these are no chances" in capsys.readouterr().out) == ("--loss" in WAYS[way])
    assert RunFolder(folder).settings().config.loss == settings.config.loss
    whole = tmp_path / "whole"
    assert main(["train", "--out", str(whole), *SMALL, *WAYS[way], "--epochs", "2"]) == 0
    for one, other in zip(
        (RunFolder(folder).generator(), RunFolder(folder).discriminator()),
        (RunFolder(whole).generator(), RunFolder(whole).discriminator()),
        strict=True,
    ):
        assert all(torch.equal(value, other.state_dict()[name]) for name, value in one.state_dict().items())
    assert main(["sample", str(folder), "--out", str(tmp_path / "sheet.png")]) == 0
    capsys.readouterr()


def test_the_settings_are_in_run_json_and_others_are_refused(tmp_path, capsys):
    folder = tmp_path / "run"
    assert main(["train", "--out", str(folder), *SMALL, *WAYS["told"], "--augment", "colour"]) == 0
    facts = json.loads((folder / "run.json").read_text())
    assert facts["classes"] == 10 and facts["config"]["conditional"] == "projection"
    assert facts["config"]["penalty"] == "clip" and facts["config"]["augment"] == ["colour"]
    again = ["train", "--out", str(folder), "--resume", "--epochs", "2"]
    assert main([*again, "--augment", "shift"]) == 2
    assert "--augment is shift, but the run in" in capsys.readouterr().err
    assert main([*again, "--conditional", "none"]) == 2
    assert "--conditional is none, but the run in" in capsys.readouterr().err
    assert main([*again, "--augment", "colour", "--conditional", "projection"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--loss", "wgan"], "loss is 'wgan', but it must be one of: non_saturating"),
        (["--penalty", "r1"], "(--no-discriminator-norm)"),
        (["--penalty-weight", "1"], "there is no penalty"),
        (["--augment", "flip"], "some of shift, colour, cutout"),
        (["--packing", "3"], "it must be a multiple of 3"),
        (["--conditional", "projection", "--packing", "2"], "takes no labels"),
    ],
)
def test_what_does_not_go_together_is_a_sentence_before_any_work(tmp_path, capsys, arguments, message):
    assert main(["train", "--out", str(tmp_path / "new"), *SMALL, "--image-size", "16", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error and not (tmp_path / "new").exists()


def test_pictures_of_one_class_cannot_be_asked_for(tmp_path, capsys):
    data = folder_of_pictures(tmp_path / "pictures", 40)
    arguments = ["--data", data, "--image-size", "16", *TINY, "--batch-size", "10", "--conditional", "projection"]
    assert main(["train", "--out", str(tmp_path / "new"), *arguments]) == 2
    assert "--conditional needs pictures of at least two classes" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
