"""A process that has everything imported and forks a child for each command: thousands of commands become cheap.

A child runs `python -m dcgan_course …` from its first line on, with its own output, folder and signals. It costs some
milliseconds; a fresh Python costs seconds, nearly all of them for imports. POSIX only.
"""

import importlib
import json
import os
import pkgutil
import runpy
import signal
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, Never

ROOT = Path(__file__).resolve().parent.parent
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "DCGAN_COURSE_OFFLINE": "1", "MPLBACKEND": "agg"}


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code (−9 for a kill), and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything that it said."""
        return self.out + self.err


class Zygote:
    """Begin commands of the course in a folder, ask whether they have ended, and collect them.

    Args:
        folder: where the commands work, and where their output is kept. environment: added to this process's own.
    """

    def __init__(self, folder: Path, environment: dict[str, str] | None = None) -> None:
        self.folder = folder
        own = os.environ | QUIET | {"PYTHONPATH": str(ROOT)} | (environment or {})
        self._process = subprocess.Popen(
            [sys.executable, "-m", "soak.zygote"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=own, cwd=ROOT
        )

    def begin(self, words: list[str]) -> int:
        """Start a command; return the number of its process."""
        return int(self._ask({"words": words, "folder": str(self.folder)}))

    def ended(self, process: int, seconds: float) -> Ended | None:
        """Wait for a command for so long; None if it goes on."""
        code = self._ask({"process": process, "seconds": seconds})
        if code is None:
            return None
        out, err = ((self.folder / name).read_text(encoding="utf-8", errors="replace") for name in (".out", ".err"))
        return Ended(int(code), out, err)

    def run(self, words: list[str], seconds: float = 60) -> Ended:
        """Run a command to its end; what does not end is interrupted, then killed, as by an impatient reader."""
        process = self.begin(words)
        for sign, patience in ((signal.SIGINT, 90.0), (signal.SIGKILL, 10.0)):
            if ended := self.ended(process, seconds):
                return ended
            os.kill(process, sign)
            seconds = patience
        return self.ended(process, seconds) or Ended(-9, "", "not even killed")

    def close(self) -> None:
        """End the zygote."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()

    def _ask(self, question: dict[str, object]) -> Any:
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(question).encode() + b"\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


def _serve() -> None:
    """Import everything, then do what comes in, a line of JSON each, until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    package = importlib.import_module("dcgan_course")
    for module in pkgutil.walk_packages(package.__path__, "dcgan_course."):
        if not module.name.endswith("__main__") and "widgets" not in module.name:
            importlib.import_module(module.name)
    for name in ("matplotlib.pyplot", "tqdm.auto", "torch._dynamo", "dcgan_course.drawing.traces"):
        importlib.import_module(name)
    answers = os.dup(1)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        answer = _fork(asked["words"], asked["folder"]) if "words" in asked else _code(**asked)
        os.write(answers, json.dumps(answer).encode() + b"\n")


def _code(process: int, seconds: float) -> int | None:
    deadline = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(process, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > deadline:
            return None
        time.sleep(0.002)


def _as_python_starts(number: int, frame: FrameType | None) -> Never:
    """Until the command has settled, Ctrl-C meets Python's own start: that is not what is tried here."""
    os.write(2, b"Stopped while Python starts.\n")
    os._exit(130)


def _fork(words: list[str], folder: str) -> int:
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        signal.signal(signal.SIGINT, _as_python_starts)
        os.chdir(folder)
        for number, name, flags in ((0, os.devnull, os.O_RDONLY), (1, ".out", os.O_WRONLY), (2, ".err", os.O_WRONLY)):
            os.dup2(os.open(name, flags | os.O_CREAT | os.O_TRUNC), number)
        sys.argv = ["dcgan_course", *words]
        runpy.run_module("dcgan_course", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  as Python itself says it
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


if __name__ == "__main__":
    _serve()
