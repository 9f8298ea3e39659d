"""What a run leaves in its folder, and what is read from there."""

import csv
import dataclasses
import json
import os
import shutil
import sys
import types

import pytest
from PIL import Image

from dcgan_course import drawing
from dcgan_course.__main__ import main
from dcgan_course.commands import run_folder
from dcgan_course.commands.run_folder import RunFolder
from dcgan_course.data import load_images
from dcgan_course.errors import InvalidValue
from dcgan_course.training import train
from dcgan_course.training.tensor_file import read_tensors, write_tensors
from tests.helpers.runs import TINY


def test_a_run_leaves_what_is_promised(run):
    assert {path.name for path in run.iterdir()} >= {
        "run.json",
        "checkpoint.safetensors",
        "history.csv",
        "losses.png",
        "traces.png",
    }
    sheets = sorted((run / "samples").iterdir())
    assert [sheet.name for sheet in sheets] == ["epoch_0001.png", "epoch_0002.png"]
    with Image.open(sheets[1]) as sheet:
        assert sheet.size == (8 * 30 - 2, 8 * 30 - 2)
    with open(run / "history.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert all(0 < float(row["p_real"]) < 1 and float(row["discriminator_loss"]) > 0 for row in rows)
    settings = json.loads((run / "run.json").read_text(encoding="utf-8"))
    assert settings["config"]["batch_size"] == 500 and settings["config"]["learning_rate"] == 2e-4 and settings["ema"]


def test_tensorboard_gets_the_history_where_it_is_installed(tmp_path, monkeypatch):
    told = []

    class SummaryWriter:
        """Notes what it is told."""

        def __init__(self, folder):
            told.append(folder)

        def add_scalar(self, name, value, step):
            told.append((name, step))

        def flush(self):
            pass

    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", types.SimpleNamespace(SummaryWriter=SummaryWriter))
    assert main(["train", "--data", "drawn_digits", "--out", str(tmp_path / "run"), *TINY]) == 0
    assert told[0] == str(tmp_path / "run")
    assert {step for name, step in told[1:] if name == "p_fake"} == {1, 2}


class _Raising(types.ModuleType):
    """A library that is broken: whatever is imported from it raises."""

    def __getattr__(self, name):
        raise TypeError("Descriptors cannot be created directly.\nIf this call came from a _pb2.py file, …")


def _tiny_run(folder):
    return main(["train", "--data", "drawn_digits", "--out", str(folder), *TINY, "--batch-size", "5000"])


@pytest.mark.parametrize("broken", ["event files for TensorBoard", "samples", "losses.png and traces.png"])
def test_what_is_only_looked_at_never_ends_a_training(broken, tmp_path, monkeypatch, capsys):
    def refuse(*given, **named):
        raise ValueError("no such thing here")

    if broken == "samples":
        monkeypatch.setattr(run_folder, "draw", refuse)
    elif broken == "losses.png and traces.png":
        monkeypatch.setattr(drawing.traces, "loss_traces", refuse)
    else:
        monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", _Raising("torch.utils.tensorboard"))
    assert _tiny_run(tmp_path / "run") == 0
    shown = capsys.readouterr().out
    assert shown.count(f"Training goes on without {broken} (") == 1 and shown.count("Training goes on") == 1
    assert "Done: 2 epochs" in shown
    left = {path.name for path in (tmp_path / "run").iterdir()}
    assert {"checkpoint.safetensors", "history.csv"} <= left
    assert ("traces.png" in left) == (broken != "losses.png and traces.png")


def test_pictures_of_a_run_need_no_pyplot(tmp_path, monkeypatch, capsys):
    """It looks for a backend, and a notebook's variable MPLBACKEND may name one that is not installed here."""
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    assert _tiny_run(tmp_path / "run") == 0
    assert "goes on without" not in capsys.readouterr().out
    for name in ("losses.png", "traces.png"):
        with Image.open(tmp_path / "run" / name) as picture:
            assert picture.size == (900, 420)


def test_an_epoch_that_was_begun_is_ended(run, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    settings = RunFolder(copy).settings()
    data = load_images("drawn_digits").images
    longer = dataclasses.replace(settings.config, epochs=3)
    generator, discriminator = settings.networks()
    rest = {"ema_generator": settings.networks()[0], "checkpoint": copy / "checkpoint.safetensors", "progress": False}
    train(generator, discriminator, data, longer, hook=lambda training: training.step == 45, **rest)
    with pytest.raises(InvalidValue, match="has 2 epochs and a part of the next behind it: ask for 3 or more"):
        RunFolder(copy).refuse_fewer_epochs(2)
    RunFolder(copy).refuse_fewer_epochs(3)


def test_a_damaged_run_is_a_sentence(run, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    (copy / "checkpoint.safetensors").write_bytes(b"half")
    assert main(["sample", str(copy), "--out", str(tmp_path / "x.png")]) == 2
    assert "cut short" in capsys.readouterr().err
    (copy / "run.json").write_text("{")
    assert main(["sample", str(copy), "--out", str(tmp_path / "x.png")]) == 2
    assert "run.json" in capsys.readouterr().err


def test_a_run_of_which_nothing_was_kept_says_so(run, tmp_path, capsys):
    early = tmp_path / "early"
    early.mkdir()
    shutil.copy(run / "run.json", early)
    for command in (["sample", str(early), "--out", str(tmp_path / "x.png")], ["evaluate", str(early)]):
        assert main(command) == 2
        assert "of which nothing was kept yet: `train --out" in capsys.readouterr().err


RUN_JSON = {  # what stands in the place of an entry of run.json
    "data": (None, 3, "", "x" * 100_000),
    "image_shape": (None, 28, [28, 28], [1, 28, 28, 1], [1, 28, "28"], [1, 28, 2.5], [1, 10**6, 10**6], "abc"),
    "width": (None, "2", True, 0, -1, 10**6, 4294967296, 10**400),
    "latent_dim": (None, [8], 10**9),
    "ema": (None, "yes", 1),
    "config": (None, [], {"epochs": 0}, {"compile": "no"}, {"betas": 3}, {"betas": ["a", "b"]}, {"unknown": 1}),
    "unknown": (1,),
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in RUN_JSON.items() for value in values])
def test_a_strange_entry_of_run_json_is_a_sentence(run, tmp_path, capsys, name, value):
    facts = json.loads((run / "run.json").read_text(encoding="utf-8")) | {name: value}
    (tmp_path / "run.json").write_text(json.dumps(facts), encoding="utf-8")
    shutil.copy(run / "checkpoint.safetensors", tmp_path)
    for command in (
        ["sample", str(tmp_path), "--out", str(tmp_path / "x.png")],
        ["train", "--out", str(tmp_path), "--resume"],
    ):
        assert main(command) == 2
        assert "run.json in" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b"9" * 5000, b" " * 2**25])
def test_a_run_json_that_is_none_is_a_sentence(run, tmp_path, capsys, content):
    (tmp_path / "run.json").write_bytes(content)
    assert main(["sample", str(tmp_path), "--out", str(tmp_path / "x.png")]) == 2
    assert "run.json" in capsys.readouterr().err


@pytest.mark.parametrize("file", ["run.json", "checkpoint.safetensors"])
def test_only_regular_files_are_read(run, tmp_path, capsys, file):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    for make in (os.mkfifo, os.mkdir):
        if (copy / file).is_file():
            (copy / file).unlink()
        make(copy / file)
        assert main(["sample", str(copy), "--out", str(tmp_path / "x.png")]) == 2
        assert f"{file} cannot be read (it is" in capsys.readouterr().err
        (copy / file).unlink() if make is os.mkfifo else (copy / file).rmdir()


def test_weights_that_are_not_finite_are_refused(run, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    tensors, texts = read_tensors(copy / "checkpoint.safetensors")
    for number in (float("nan"), float("inf")):
        tensors["ema_generator/to_picture.weight"].flatten()[3] = number
        write_tensors(copy / "checkpoint.safetensors", tensors, texts)
        sampled = ["sample", str(copy), "--out", str(tmp_path / "x.png")]
        for command in (sampled, ["evaluate", str(copy)], ["train", "--out", str(copy), "--resume", "--epochs", "3"]):
            assert main(command) == 2
            assert "holds numbers that are not finite" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["sample", "evaluate"])
def test_a_picture_size_that_was_changed_in_run_json_is_refused(run, tmp_path, capsys, command):
    """A generator of 28×29 pictures may have weights of the same size as one of 28×28."""
    shutil.copytree(run, tmp_path / "run")
    path = tmp_path / "run" / "run.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(facts | {"image_shape": [1, 28, 29]}), encoding="utf-8")
    out = ["--out", str(tmp_path / "sheet.png")] if command == "sample" else []
    assert main([command, str(tmp_path / "run"), *out]) == 2
    said = capsys.readouterr().err
    assert "was trained on pictures (1, 28, 28), but run.json says (1, 28, 29)" in said
