"""How fast is `train` beside busy programs, with one thread, with two, and with `--threads auto`?

python -m benchmarks.busy_machine     about six minutes; writes benchmarks/results/busy_machine.md

Each training is the command itself, on drawn digits, beside as many programs as there are busy cores: loops that
compute without end. All settings take turns, so that a machine that slows down slows all of them. Nothing
else should run.
"""

import argparse
import contextlib
import csv
import datetime
import os
import platform
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "busy_machine.md"
THREADS = ("1", "2", "auto")
BUSY = (0, 1, 2)
TURNS = 2
SECONDS = 9  # of a training, from the end of its first epoch
TRAIN = "train --data drawn_digits --width 16 --batch-size 64 --epochs 200".split()
LINE = re.compile(r"Other programs keep this machine busy: .*?--threads 1`|Threads: \d+ \(.*?\)")


@contextlib.contextmanager
def busy_programs(count: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Let `count` programs compute while the block runs, and give them."""
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield programs
    finally:
        for program in programs:
            program.kill()
            program.wait()


def train(threads: str, folder: Path) -> tuple[float, float, str]:
    """Train for SECONDS; return pictures a second (median over epochs), seconds until a line was said, and the line."""
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    command = [sys.executable, "-m", "dcgan_course", *TRAIN, "--threads", threads, "--out", str(folder)]
    history, start = folder / "history.csv", time.monotonic()
    said_in = folder.with_suffix(".txt")
    with said_in.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, stdout=output, stderr=output
        )
        began, said_after = None, float("nan")
        while process.poll() is None:
            time.sleep(0.2)
            if began is None and history.exists():
                began = time.monotonic()
            if said_after != said_after and "Other programs keep" in said_in.read_text("utf-8", "replace"):
                said_after = time.monotonic() - start
            if began is not None and time.monotonic() > began + SECONDS:
                process.send_signal(signal.SIGINT)
                process.wait()
    said = "; ".join(dict.fromkeys(LINE.findall(re.sub(r"\s+", " ", said_in.read_text("utf-8", "replace")))))
    with history.open(encoding="utf-8") as file:
        epochs = [float(row["seconds"]) for row in csv.DictReader(file)]
    return PICTURES / statistics.median(epochs[1:] or epochs), said_after, said


def pictures_of_an_epoch() -> int:
    """Return how many pictures the command sees in an epoch."""
    from dcgan_course.data import load_images

    return len(load_images("drawn_digits").images) // 64 * 64


PICTURES = pictures_of_an_epoch()


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    speeds: dict[tuple[int, str], list[float]] = {(busy, threads): [] for busy in BUSY for threads in THREADS}
    lines: dict[tuple[int, str], list[str]] = {key: [] for key in speeds}
    with tempfile.TemporaryDirectory() as folder:
        for turn in range(TURNS):
            for busy, threads in speeds:
                with busy_programs(busy):
                    speed, seconds, said = train(threads, Path(folder) / f"{turn}-{busy}-{threads}")
                speeds[busy, threads].append(speed)
                warned = f"after {seconds:.0f} s: {said}" if seconds == seconds else said
                lines[busy, threads].append(warned)
                print(f"turn {turn + 1}, {busy} busy, {threads} threads: {speed:.0f} pictures/s. {warned}", flush=True)
    RESULTS.write_text(table(speeds, lines), encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


def table(speeds: dict[tuple[int, str], list[float]], lines: dict[tuple[int, str], list[str]]) -> str:
    """Return the page: pictures a second, beside one thread on the same machine, and what was said."""
    rows = [
        "# `train` on a busy machine",
        "",
        f"`python -m benchmarks.busy_machine`: `{' '.join(TRAIN)}`, {PICTURES:,} drawn digits 28×28 an epoch, stopped "
        f"{SECONDS} s after its first epoch; {TURNS} turns; {datetime.date.today()}, torch {torch.__version__}, "
        f"{os.cpu_count()} CPU cores ({platform.machine()}). Pictures a second, each turn the median over epochs; the "
        "ratio is to one thread beside as many busy programs, in the median over turns.",
        "",
        "| busy programs | threads | pictures/s, each turn | beside one thread | what it says, last turn |",
        "|---|---|---|---|---|",
    ]
    for (busy, threads), each in speeds.items():
        ratio = statistics.median(a / b for a, b in zip(each, speeds[busy, "1"], strict=True))
        shown = ", ".join(f"{speed:.0f}" for speed in each)
        rows.append(f"| {busy} | {threads} | {shown} | {ratio:.2f} | {lines[busy, threads][-1] or '–'} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    main()
