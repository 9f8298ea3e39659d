"""Any console, readers that go away, and Ctrl-C before the training begins."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COURSE = [sys.executable, "-m", "dcgan_course"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("encoding", ["cp949", "cp1251", "ascii"])
def test_letters_that_a_console_cannot_show_become_question_marks(encoding, tmp_path):
    environment = ENVIRONMENT | {"PYTHONIOENCODING": f"{encoding}:strict"}
    command = [*COURSE, "evaluate", "mnist_mlp", "--data", "drawn_digits", "--count", "200"]
    ended = subprocess.run(command, capture_output=True, env=environment, cwd=tmp_path, timeout=300)
    assert ended.returncode == 0, ended.stderr.decode(encoding)
    assert "chet distance" in ended.stdout.decode(encoding)


@pytest.mark.skipif(os.name == "nt", reason="a pipe of POSIX")
def test_a_reader_that_goes_away_is_no_fault(tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    command = [*COURSE, "sample", "mnist_mlp", "--out", str(tmp_path / "x.png")]
    ended = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=tmp_path, timeout=300)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"") and (tmp_path / "x.png").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("seconds", [0.3, 1.0])
def test_ctrl_c_while_libraries_are_imported_is_a_sentence(seconds, tmp_path):
    command = [*COURSE, "train", "--data", "drawn_objects", "--out", str(tmp_path / "run")]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=tmp_path, text=True
    )
    while not Path(f"/proc/{process.pid}/maps").exists() and process.poll() is None:
        time.sleep(0.01)
    deadline = time.monotonic() + 60
    while "commands" not in _opened(process.pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(seconds)
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=120)[1]
    assert process.returncode == 130 and "Stopped" in error and "Traceback" not in error


def _opened(pid: int) -> str:
    """The maps of a process; they name libtorch or numpy once the command is being imported."""
    maps = Path(f"/proc/{pid}/maps")
    text = maps.read_text() if maps.exists() else "commands"
    return "commands" if "numpy" in text or "torch" in text else ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("buffering", [[], ["-u"]])
def test_a_full_disk_behind_the_output_is_said_and_is_no_success(buffering, tmp_path):
    words = ["sample", "mnist_mlp", "--out", str(tmp_path / "x.png")]
    command = [sys.executable, *buffering, "-m", "dcgan_course", *words]
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=tmp_path, timeout=300, text=True
        )
    assert ended.returncode == 1 and (tmp_path / "x.png").exists()
    assert ended.stderr.startswith("Not all that was said could be written (No space left on device): free some")
