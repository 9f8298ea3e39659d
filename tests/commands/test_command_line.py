"""`python -m dcgan_course train · sample · evaluate`, as somebody types them."""

import csv
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import types
from pathlib import Path

import pytest
from PIL import Image

from dcgan_course.__main__ import main
from dcgan_course.commands import train as train_command
from dcgan_course.commands.run_folder import RunFolder
from dcgan_course.data import load_images
from dcgan_course.data.drawn.pictures import drawn_objects
from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation import metrics
from dcgan_course.training import checkpoint, train

ROOT = Path(__file__).parents[2]
TINY = ["--width", "2", "--latent-dim", "8", "--batch-size", "500", "--epochs", "2"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of two epochs on drawn digits."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    assert main(["train", "--data", "drawn_digits", "--out", str(folder), "--ema", *TINY]) == 0
    return folder


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "{run}", "--data", "mnist"], "holds a run already: add --resume, or choose another name"),
        (["--out", "{new}"], "--data is missing"),
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


@pytest.mark.parametrize("command", ["train", "sample", "evaluate"])
def test_the_help_says_what_each_option_does(command, capsys, monkeypatch):
    """An option with a default and no word on what it is helps nobody."""
    monkeypatch.setenv("COLUMNS", "1000")
    with pytest.raises(SystemExit):
        main([command, "--help"])
    options = [line.split("  ", 2)[-1].strip() for line in capsys.readouterr().out.splitlines() if " --" in line[:6]]
    assert len(options) > 2
    for text in options:
        assert len(text.split("default")[0].split()) >= 2, text


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


def folder_of_pictures(place: Path, count: int) -> str:
    """Write drawn objects into a folder and return its name for --data."""
    place.mkdir()
    for number, drawn in enumerate(drawn_objects(count, 5)[0]):
        Image.fromarray(drawn.permute(1, 2, 0).numpy()).save(place / f"{number:03d}.png")
    return f"folder:{place}"


def test_a_folder_of_five_pictures_trains(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
    data = folder_of_pictures(tmp_path / "few", 5)
    command = ["train", "--data", data, "--image-size", "8", "--out", str(tmp_path / "run"), *TINY, "--batch-size", "5"]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "could be kept for testing: p_real and p_fake are of the training pictures" in shown
    assert "p_real nan" not in shown


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


class TestSample:
    def test_sheet_walk_and_folder(self, run, tmp_path):
        assert main(["sample", str(run), "--out", str(tmp_path / "sheet.png"), "--count", "9"]) == 0
        with Image.open(tmp_path / "sheet.png") as sheet:
            assert sheet.size == (8 * 58 - 2, 2 * 58 - 2)
        assert main(["sample", "mnist_mlp", "--out", str(tmp_path / "walk.webp"), "--count", "3", "--steps", "4"]) == 0
        with Image.open(tmp_path / "walk.webp") as walk:
            assert walk.n_frames == 12
        for name in ("many", "pictures.v1"):
            assert main(["sample", "mnist_mlp", "--out", str(tmp_path / name), "--count", "3"]) == 0
            names = [path.name for path in sorted((tmp_path / name).iterdir())]
            assert names == ["00000.png", "00001.png", "00002.png"]

    def test_the_seed_decides(self, run, tmp_path):
        for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
            main(["sample", str(run), "--out", str(tmp_path / f"{name}.png"), "--seed", seed])
        a, b, c = ((tmp_path / f"{name}.png").read_bytes() for name in "abc")
        assert a == b != c

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["nothing", "--out", "x.png"], "must be a run's folder, or one of"),
            (["mnist_mlp", "--out", "x.bmp"], "must end in .png"),
            (["mnist_mlp", "--out", "x.png", "--count", "0"], "--count is 0"),
            (["mnist_mlp", "--out", "x.png", "--seed", "-1"], "--seed is -1, but it must be a whole number from 0"),
            (["mnist_mlp", "--out", "x.png", "--seed", str(2**64)], "--seed is 18446744073709551616, but it must"),
            (["mnist_mlp", "--out", "afile"], "--out is afile, but it cannot be written (File exists)"),
            (["mnist_mlp", "--out", "afile/x.png"], "cannot be written"),
            (["mnist_mlp", "--out", "afile/x.webp"], "cannot be written"),
            (["mnist_mlp", "--out", "afolder.png"], "cannot be written (Is a directory)"),
        ],
    )
    def test_refusals(self, arguments, message, capsys, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "afile").write_text("not a folder")
        (tmp_path / "afolder.png").mkdir()
        assert main(["sample", *arguments]) == 2
        assert message in capsys.readouterr().err


def distances_of(shown: str) -> tuple[float, float]:
    """The two Fréchet distances that `evaluate` printed: of the drawn pictures, and of other real ones."""
    line = next(line for line in shown.splitlines() if line.startswith("Fréchet"))
    drawn, real = line.split(": ", 1)[1].split(" (as many other real pictures: ")
    return float(drawn), float(real.rstrip(")"))


class TestEvaluate:
    def test_digits(self, run, capsys):
        assert main(["evaluate", str(run), "--count", "400"]) == 0
        shown = capsys.readouterr().out
        assert "p_real" in shown and "Fréchet distance in the digit classifier's features" in shown
        assert "entropy" in shown

    def test_a_recorded_run_is_nearer_to_digits_than_a_beginner(self, run, capsys):
        distances = []
        for name in ("mnist_mlp", str(run)):
            main(["evaluate", name, "--data", "drawn_digits", "--count", "400"])
            distances.append(distances_of(capsys.readouterr().out)[0])
        assert distances[0] < distances[1]

    def test_the_yardstick_is_of_as_many_pictures(self, monkeypatch, capsys):
        """Fewer points make the distance larger: a yardstick of fewer would make a generator look better than it is."""
        compared = []
        frechet_distance = metrics.frechet_distance
        note = lambda a, b: compared.append((a, b)) or frechet_distance(a, b)
        monkeypatch.setattr(metrics, "frechet_distance", note)
        for count in ("400", "1500"):  # of 2,000 test pictures: the others are test pictures, then training ones
            assert main(["evaluate", "mnist_dcgan", "--data", "drawn_digits", "--count", count]) == 0
            drawn, real = distances_of(capsys.readouterr().out)
            assert drawn > 2 * real
            assert [len(side) for pair in compared for side in pair] == [int(count)] * 4
            rows = [{tuple(row.tolist()) for row in side} for side in compared[0]]
            assert not rows[0] & rows[1]  # no picture is on both sides
            compared.clear()

    @pytest.mark.parametrize(
        ("count", "wanted", "measured"),
        [
            (450, "beside as many of", True),
            (30, "Fréchet distance: not measured, since it takes at least 200 pictures on each side", False),
        ],
    )
    def test_pictures_of_ones_own_folder(self, tmp_path, capsys, monkeypatch, count, wanted, measured):
        monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
        data = folder_of_pictures(tmp_path / "mine", count)
        assert main(["evaluate", "objects_dcgan", "--data", data]) == 0
        shown = capsys.readouterr().out
        assert "pictures for testing, too few: its training pictures are taken" in shown
        assert wanted in shown and "p_real" in shown and ("as many other real pictures" in shown) == measured
        assert main(["evaluate", "objects_dcgan", "--data", data, "--count", "300"]) == 2
        assert "--count is 300, but" in capsys.readouterr().err

    def test_refusals(self, capsys):
        assert main(["evaluate", "mnist_mlp", "--data", "drawn_digits", "--count", "199"]) == 2
        assert "--count is 199, but a distance of distributions needs at least 200" in capsys.readouterr().err
        assert main(["evaluate", "mnist_mlp", "--data", "drawn_objects"]) == 2
        assert "3 channels, not 1" in capsys.readouterr().err
        assert main(["evaluate", "mnist_mlp", "--data", "drawn_digits", "--count", "99999"]) == 2
        assert "only 2000 test pictures" in capsys.readouterr().err
        for seed in ("-1", str(2**32)):
            assert main(["evaluate", "mnist_mlp", "--data", "drawn_digits", "--seed", seed]) == 2
            assert f"--seed is {seed}, but it must be a whole number from 0 to 4,294,967,295" in capsys.readouterr().err


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_keeps_everything(tmp_path, sign):
    """Ctrl-C, or a plain kill, in the middle of an epoch: a sentence, exit code 0, and --resume goes on."""
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
    assert process.returncode == 0 and "Stopped after" in shown
    done = int(shown.split("Stopped after ")[1].split()[0])
    more = [*command, "--resume", "--epochs", str(done + 1)]
    finished = subprocess.run(more, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert f"Done: {done + 1} epoch" in finished.stdout, finished.stderr[-2000:]


def test_a_run_from_before_the_package_had_folders_goes_on(tmp_path, capsys):
    """Written at commit 34c86ae: train --data drawn_digits --ema --width 2 --latent-dim 4 --image-size 8 --epochs 1
    --batch-size 500 --precision float32."""
    folder = shutil.copytree(Path(__file__).parent / "before_the_move", tmp_path / "old")
    assert main(["train", "--out", str(folder), "--resume", "--epochs", "2"]) == 0
    assert "Done: 2 epochs" in capsys.readouterr().out
    assert main(["sample", str(folder), "--out", str(tmp_path / "sheet.png")]) == 0
    assert (tmp_path / "sheet.png").stat().st_size > 100
