"""`python -m dcgan_course train`, as somebody types it."""

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from PIL import Image

from dcgan_course.__main__ import main
from dcgan_course.commands import train as train_command
from dcgan_course.commands.run_folder import RunFolder
from dcgan_course.training import checkpoint
from tests.helpers.runs import TINY, folder_of_pictures

ROOT = Path(__file__).parents[2]


def test_settings_that_are_said_again_do_not_stand_in_the_way(run, capsys, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    again = ["--betas", "0.5", "0.999", "--data", "drawn_digits", "--image-size", "28", "--ema", *TINY]
    assert main(["train", "--out", str(copy), "--resume", *again]) == 0
    assert "Done: 2 epochs" in capsys.readouterr().out
    for option, words in (("--betas 0.5 0.9", "--betas is 0.5 0.9, but"), ("--image-size 32", "--image-size is")):
        assert main(["train", "--out", str(copy), "--resume", *option.split()]) == 2
        assert words in capsys.readouterr().err


def test_resume_goes_on_with_the_settings_that_were_kept(run, capsys, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    assert main(["train", "--out", str(copy), "--resume", "--epochs", "3"]) == 0
    assert "Done: 3 epochs" in capsys.readouterr().out
    assert main(["train", "--out", str(copy), "--resume", "--width", "3"]) == 2
    assert "--width is 3, but the run in" in capsys.readouterr().err
    before = (copy / "run.json").read_bytes()
    assert main(["train", "--out", str(copy), "--resume", "--epochs", "2"]) == 2
    assert f"--epochs is 2, but the run in {copy} has 3 epochs behind it: ask for 3 or more" in capsys.readouterr().err
    assert (copy / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "{run}", "--data", "mnist"], "holds a run already: add --resume, or choose another name"),
        (["--out", "{new}"], "--data is missing"),
        (["--out", "", "--data", "drawn_digits"], "--out is empty"),
        (["--out", "/", "--data", "drawn_digits"], "a run needs a folder of its own"),
        (["--out", "~".join("x" * 150), "--data", "drawn_digits", *TINY], "cannot be written (File name too long)"),
        (["--out", "{new}", "--resume"], "holds no run"),
        (["--out", "{new}", "--data", "cifar"], 'did you mean "cifar10"'),
        (["--out", "{new}", "--data", "mnist"], "MNIST"),  # no network in tests: the command refuses, no stand-in
        (["--out", "{new}", "--data", "drawn_digits", "--epochs", "0"], "epochs is 0"),
        (["--out", "{new}", "--data", "drawn_digits", "--precision", "half"], "precision is 'half'"),
        (["--out", "{new}", "--data", "drawn_digits", "--image-size", "6"], "nearest size that can be built is 8"),
        (["--out", "{file}/x", "--data", "drawn_digits"], "cannot be written"),
        (["--out", "{new}", "--data", "folder:{file}"], "folder"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(run, tmp_path, capsys, monkeypatch, arguments, message):
    monkeypatch.delenv("DCGAN_COURSE_DATA", raising=False)
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "empty"))
    file = tmp_path / "file"
    file.write_text("not a folder")
    filled = [text.format(run=run, new=tmp_path / "new", file=file) for text in arguments]
    before = (run / "run.json").read_bytes()
    assert main(["train", *filled]) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert (run / "run.json").read_bytes() == before and not (tmp_path / "new").exists()


@pytest.mark.parametrize("size", ["abc", "64x", "32x32x32", "-8"])
def test_an_image_size_that_is_none_is_a_sentence(size, capsys):
    with pytest.raises(SystemExit):
        main(["train", "--out", "nowhere", "--data", "drawn_digits", f"--image-size={size}"])
    assert f"--image-size: it is {size!r}, but it must be a number of pixels" in capsys.readouterr().err


def test_a_long_epoch_is_kept_on_its_way(tmp_path, monkeypatch):
    """Power that fails in an epoch of hours costs some minutes of it."""
    kept = []
    save_training = checkpoint.save_training
    note = lambda path, training: kept.append(training.step) or save_training(path, training)
    monkeypatch.setattr(checkpoint, "save_training", note)
    options = [*TINY, "--batch-size", "60", "--epochs", "1"]
    assert main(["train", "--data", "drawn_digits", "--out", str(tmp_path / "run"), *options]) == 0
    assert kept == [100, 166]


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--image-size", "6", "nearest size that can be built is 8"),
        ("--image-size", "64x5", "nearest size that can be built is (64, 8)"),
        ("--width", "0", "width is 0"),
        ("--width", "4294967296", "width is 4294967296, but it must be"),
        ("--width", "60000", "1,000,000,000 are the most"),
        ("--latent-dim", "9999999999999999", "latent_dim is 9999999999999999, but it must be"),
        ("--latent-dim", "0", "latent_dim is 0"),
        ("--epochs", "0", "epochs is 0"),
    ],
)
def test_networks_that_cannot_be_built_are_refused_before_pictures_are_read(
    tmp_path, capsys, monkeypatch, option, value, message
):
    read = []
    monkeypatch.setattr(train_command, "load_images", lambda *names, **options: read.append(names))
    new = tmp_path / "new"
    assert main(["train", "--data", "drawn_digits", "--out", str(new), option, value]) == 2
    assert message in capsys.readouterr().err and not read and not new.exists()


def test_pictures_larger_than_the_memory_are_refused(tmp_path, capsys, monkeypatch):
    memory = {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", memory.__getitem__, raising=False)
    new = tmp_path / "new"
    assert main(["train", "--data", "drawn_digits", "--out", str(new), "--image-size", "64"]) == 2
    error = capsys.readouterr().err
    assert "10,000 pictures of 1 channels then take 0.041 GB, and this machine has 0.0041 GB" in error
    assert not new.exists()


def test_a_refused_training_leaves_nothing_behind(tmp_path, capsys):
    """The same command with a smaller batch must do: nothing of the refused one is in its way."""
    new = tmp_path / "new"
    command = ["train", "--data", "drawn_digits", "--out", str(new), *TINY]
    assert main([*command, "--batch-size", "10001"]) == 2
    assert "batch_size is 10001, but there are only 10000 pictures" in capsys.readouterr().err
    assert not new.exists()
    assert main([*command, "--batch-size", "5000", "--epochs", "1"]) == 0


def test_a_run_of_which_nothing_was_kept_can_be_begun_anew(run, tmp_path):
    new = tmp_path / "new"
    new.mkdir()
    shutil.copy(run / "run.json", new)
    assert main(["train", "--data", "drawn_digits", "--out", str(new), *TINY, "--batch-size", "5000"]) == 0
    assert json.loads((new / "run.json").read_text(encoding="utf-8"))["config"]["batch_size"] == 5000


def test_a_full_disk_is_said_at_the_end_and_leaves_no_half_file(tmp_path, capsys):
    resource = pytest.importorskip("resource")
    out = tmp_path / "run"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20 * 1024, before[1]))  # no file may be larger
    try:
        assert main(["train", "--data", "drawn_digits", "--out", str(out), *TINY, "--batch-size", "5000"]) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    shown = capsys.readouterr()
    assert "Done" not in shown.out
    assert "The training reached step 4, but no checkpoint could be written: free some space" in shown.err
    pictures = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
    assert not [name for name in pictures if name.endswith(".part")]
    for name in pictures:
        if name.endswith(".png"):
            with Image.open(out / name) as picture:
                picture.load()
    assert main(["train", "--out", str(out), "--resume"]) == 0  # there is space again
    assert "Done: 2 epochs" in capsys.readouterr().out


def test_a_folder_of_five_pictures_trains(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
    data = folder_of_pictures(tmp_path / "few", 5)
    command = ["train", "--data", data, "--image-size", "8", "--out", str(tmp_path / "run"), *TINY, "--batch-size", "5"]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "could be kept for testing: p_real and p_fake are of the training pictures" in shown
    assert "p_real nan" not in shown


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_everything(tmp_path, sign):
    """Ctrl-C, or a plain kill, in the middle of an epoch: a sentence, exit code 130 (or 0), and --resume goes on."""
    out = tmp_path / "run"
    command = [sys.executable, "-m", "dcgan_course", "train", "--out", str(out)]
    begin = [*command, "--data", "drawn_digits", "--width", "2", "--batch-size", "100", "--epochs", "50"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(begin, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (out / "history.csv").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(sign)
    shown = process.communicate(timeout=60)[0].decode()
    assert process.returncode == {signal.SIGINT: 130, signal.SIGTERM: 0}[sign] and "Stopped after" in shown
    done = int(shown.split("Stopped after ")[1].split()[0])
    more = [*command, "--resume", "--epochs", str(done + 1)]
    finished = subprocess.run(more, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert f"Done: {done + 1} epoch" in finished.stdout, finished.stderr[-2000:]


def test_a_run_from_before_the_package_had_folders_goes_on(tmp_path, capsys):
    """Written at commit 34c86ae: train --data drawn_digits --ema --width 2 --latent-dim 4 --image-size 8 --epochs 1
    --batch-size 500 --precision float32."""
    folder = shutil.copytree(Path(__file__).parent / "before_the_move", tmp_path / "old")
    kept = checkpoint.read_state(folder / "checkpoint.safetensors")["ema_generator"]
    mean = RunFolder(folder).generator().blocks[0][1].running_mean
    assert not torch.equal(mean, kept["blocks.0.1.running_mean"])  # those were of another network
    assert main(["train", "--out", str(folder), "--resume", "--epochs", "2"]) == 0
    assert "Done: 2 epochs" in capsys.readouterr().out
    assert main(["sample", str(folder), "--out", str(tmp_path / "sheet.png")]) == 0
    assert (tmp_path / "sheet.png").stat().st_size > 100


def grey_pictures(place, colour):
    place.mkdir()
    for number in range(40):
        Image.new("L" if isinstance(colour, int) else "RGB", (12, 12), colour).save(place / f"{number:02}.png")
    return f"folder:{place}"


def test_a_folder_of_grey_pictures_trains_one_channel_and_goes_on(tmp_path, capsys):
    data = grey_pictures(tmp_path / "grey", 90)
    begin = ["train", "--data", data, "--out", str(tmp_path / "run"), "--image-size", "16", *TINY, "--batch-size", "10"]
    assert main([*begin, "--epochs", "1"]) == 0
    assert "all pictures are grey, so they have one channel" in capsys.readouterr().out
    assert json.loads((tmp_path / "run" / "run.json").read_text())["image_shape"] == [1, 16, 16]
    again = ["train", "--out", str(tmp_path / "run"), "--resume", "--epochs", "2"]
    assert main([*again, "--channels", "3"]) == 2
    assert "--channels is 3, but the run in" in capsys.readouterr().err
    assert main([*again, "--channels", "1"]) == 0
    assert main(["evaluate", str(tmp_path / "run")]) == 0


@pytest.mark.parametrize(("colour", "channels"), [(90, 3), ((200, 10, 10), 1)])
def test_channels_are_what_is_asked_for_also_on_resume_and_in_evaluate(colour, channels, tmp_path):
    """A run of 3 channels on grey pictures is also what was trained before a folder could have one channel."""
    data, out = grey_pictures(tmp_path / "pictures", colour), tmp_path / "run"
    begin = ["train", "--data", data, "--out", str(out), "--image-size", "16", *TINY, "--batch-size", "10"]
    assert main([*begin, "--epochs", "1", "--channels", str(channels)]) == 0
    assert json.loads((out / "run.json").read_text())["image_shape"][0] == channels
    assert main(["train", "--out", str(out), "--resume", "--epochs", "2"]) == 0
    assert main(["evaluate", str(out)]) == 0


@pytest.mark.parametrize("option", ["--epochs", "--batch-size", "--width", "--latent-dim", "--image-size", "--threads"])
def test_a_number_of_hundreds_of_digits_is_a_sentence(option, tmp_path, capsys):
    words = ["train", "--data", "drawn_objects", "--out", str(tmp_path / "run")]
    with contextlib.suppress(SystemExit):  # what argparse refuses by itself
        assert main([*words, option, "9" * 300]) == 2
    said = capsys.readouterr().err
    assert option.strip("-").split("-")[0] in said and "Traceback" not in said
    assert not (tmp_path / "run" / "checkpoint.safetensors").exists()


def options(*words):
    parser = argparse.ArgumentParser()
    train_command.add_options(parser)
    return parser.parse_args(["--data", "drawn_digits", "--out", "unused", *words])


@pytest.mark.parametrize(
    ("words", "graphed"),
    [
        ([], True),
        (["--epochs", "3", "--batch-size", "64", "--reuse-fakes"], True),
        (["--no-cuda-graph"], False),
        (["--discriminator-steps", "2"], False),
        (["--loss", "hinge"], False),
        (["--loss", "hinge", "--cuda-graph"], True),
    ],
)
def test_on_a_gpu_the_papers_recipe_is_a_graph(monkeypatch, words, graphed):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert train_command._settings(options(*words), (1, 28, 28)).config.cuda_graph is graphed


def test_without_a_gpu_nothing_is_said_of_graphs():
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert train_command._settings(options(), (1, 28, 28)).config.cuda_graph is False
