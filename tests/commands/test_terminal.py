"""Any console, readers that go away, and Ctrl-C before the training begins."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

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


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("moment", ["measured", "decoded"])
def test_ctrl_c_while_pictures_are_read_is_a_sentence_and_leaves_no_half(tmp_path, moment):
    """The pictures are read once to measure them and once to decode them; each reading is stopped at the 20th."""
    (tmp_path / "pictures").mkdir()
    for number in range(200):
        colour = Image.new("RGB", (16, 16), (number, 255 - number, 9))
        deep = Image.new("I;16", (16, 16), 200 * number)  # only pictures of more than 8 bits are measured
        (deep if moment == "measured" else colour).save(tmp_path / "pictures" / f"{number:03}.png")
    name = {"measured": "measure_picture", "decoded": "read_picture"}[moment]
    code = f"""
import os, signal, sys, time
from dcgan_course.data import picture_file
from dcgan_course import data
from dcgan_course.commands import terminal
import dcgan_course.__main__ as course
from dcgan_course.data import decoded
whole, read = picture_file.{name}, []
def counted(*given, **named):
    read.append(1)
    if len(read) == 20:
        os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0.05 * (len(read) > 20))  # what is read after the interrupt takes its time, and is not waited for
    return whole(*given, **named)
for module in [m for m in sys.modules.values() if getattr(m, "{name}", None) is whole]:
    module.{name} = counted
terminal.settle()  # as the command does; also where Python began with Ctrl-C ignored, as behind a shell's `&`
ended = course.main(["train", "--data", "folder:pictures", "--out", "run", "--epochs", "1"])
print(len(read), file=sys.stderr)
sys.exit(ended)
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=ENVIRONMENT, cwd=tmp_path, text=True, timeout=300
    )
    *_, said, read = ended.stderr.splitlines()
    assert ended.returncode == 130 and "Stopped" in ended.stderr and "Traceback" not in ended.stderr, ended.stderr
    assert int(read) < 60, read  # it did not read on to the end
    assert not (tmp_path / "run" / "checkpoint.safetensors").exists() and said
    again = subprocess.run(
        [*COURSE, "train", "--data", "folder:pictures", "--out", "run2", "--epochs", "1", "--batch-size", "64"],
        capture_output=True, env=ENVIRONMENT, cwd=tmp_path, text=True, timeout=300,
    )  # fmt: skip
    assert again.returncode == 0, again.stderr


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_ctrl_c_while_the_streams_are_made_ready_is_a_sentence(stream, tmp_path):
    """Between the old stream and the new one there is none: an interrupt there had neither a word nor a right code."""
    code = f"""
import io, os, signal, sys
from dcgan_course.commands import terminal
class Output(terminal.Output):
    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        if self.fileno() == {1 if stream == "stdout" else 2}:
            os.kill(os.getpid(), signal.SIGINT)
terminal.Output = Output
terminal.settle()
print("went on")
"""
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=ENVIRONMENT, cwd=tmp_path, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (130, "")
    assert "Stopped by Ctrl-C" in ended.stderr and "Traceback" not in ended.stderr
