"""One folder, one writer."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dcgan_course.__main__ import main
from dcgan_course.commands.lock import sole_writer
from dcgan_course.errors import InvalidValue
from tests.helpers.runs import TINY

ROOT = Path(__file__).parents[2]


def test_a_second_training_is_refused_and_changes_nothing(run, tmp_path, capsys):
    copy = shutil.copytree(run, tmp_path / "copy")
    before = {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file()}
    with sole_writer(copy):
        assert main(["train", "--out", str(copy), "--resume", "--epochs", "5"]) == 2
    assert "Another training is writing into" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in copy.iterdir() if path.is_file()} == before
    assert main(["train", "--out", str(copy), "--resume", "--epochs", "3"]) == 0


def test_a_second_new_run_leaves_the_settings_of_the_first(tmp_path, capsys):
    new = tmp_path / "new"
    new.mkdir()
    with sole_writer(new):
        assert main(["train", "--data", "drawn_digits", "--out", str(new), *TINY, "--batch-size", "5000"]) == 2
    assert "Another training" in capsys.readouterr().err and not (new / "run.json").exists()


def test_a_process_that_was_killed_holds_nothing(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from dcgan_course.commands.lock import sole_writer\n"
        "with sole_writer(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ)
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(InvalidValue, match="Another training"), sole_writer(tmp_path):
        pass
    process.kill()
    process.wait()
    process.stdout.close()
    with sole_writer(tmp_path):
        pass


def test_a_file_system_without_locks_is_no_hindrance(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refuse(file, kind):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with sole_writer(tmp_path):
        pass


def test_run_json_changes_only_when_the_checkpoint_was_accepted(run, tmp_path, capsys):
    copy = shutil.copytree(run, tmp_path / "copy")
    (copy / "checkpoint.safetensors").write_bytes((copy / "checkpoint.safetensors").read_bytes()[:-10])
    before = (copy / "run.json").read_bytes()
    assert main(["train", "--out", str(copy), "--resume", "--epochs", "5"]) == 2
    assert (copy / "run.json").read_bytes() == before


def test_a_run_whose_folder_is_moved_away_is_whole_in_a_new_one(tmp_path, monkeypatch, capsys):
    from dcgan_course.commands.run_folder import RunFolder

    out, keep = tmp_path / "run", RunFolder._write_table

    def move(folder, history):
        keep(folder, history)
        if len(history) == 1:
            out.rename(tmp_path / "moved")

    monkeypatch.setattr(RunFolder, "_write_table", move)
    assert main(["train", "--data", "drawn_digits", "--out", str(out), *TINY, "--batch-size", "5000"]) == 0
    assert "was moved or removed: a new one takes its place" in capsys.readouterr().out
    assert main(["sample", str(out), "--out", str(tmp_path / "x.png")]) == 0
    assert main(["train", "--out", str(out), "--resume", "--epochs", "3"]) == 0
