"""A training that is killed at random moments and goes on, again and again, ends as if nothing had happened."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from dcgan_course.data.drawn.pictures import drawn_objects
from dcgan_course.training.tensor_file import read_tensors
from soak.report import Report
from soak.zygote import QUIET, ROOT, Ended, Zygote

TRAIN = ["train", "--out"]
NEW = ["--data", "folder:pictures", "--image-size", "16", "--width", "2", "--latent-dim", "8", "--batch-size", "4"]
NEW += ["--epochs", "5", "--ema", "--seed", "3", "--precision", "float32"]
SIGNALS = {"−9": signal.SIGKILL, "TERM": signal.SIGTERM, "INT": signal.SIGINT}
EVERY = 10  # one kill in so many meets a fresh Python, which imports for seconds
PICTURES = 100


def soak_kills(kills: int, seed: int, folder: Path) -> Report:
    """Kill trainings `kills` times at random moments; each goes on until it is done, and is then looked at.

    What must hold: after −9 nothing; after TERM and Ctrl-C no traceback, and 130 after Ctrl-C; at the end every
    tensor, setting, loss and sample sheet is that of a training which nobody disturbed.
    """
    source, report = random.Random(seed), Report("kills of `train`, each resumed", seed)
    write_pictures(folder / "pictures")
    zygote = Zygote(folder, {"DCGAN_COURSE_CACHE": str(folder / "cache")})
    try:
        zygote.run([*TRAIN, "decodes", *NEW])
        start = time.monotonic()
        first = zygote.run([*TRAIN, "undisturbed", *NEW])
        lasts = time.monotonic() - start
        if first.code != 0:
            report.note("no training", f"the undisturbed training ended with {first.code}: {first.said[-300:]}")
            return report
        wanted, done, finished = _state(folder / "undisturbed"), 0, 0
        while done < kills:
            run = folder / f"run_{done}"
            done = _to_the_end(zygote, run, source, lasts, done, kills, report)
            if run.exists():
                same = _state(run) == wanted
                finished += 1
                report.faults += [] if same else [f"{run.name} ended differently from the undisturbed one"]
                shutil.rmtree(run)
    finally:
        zygote.close()
    report.part += f"; {finished} runs to the end"
    return report


def write_pictures(folder: Path) -> None:
    """Draw some pictures into a folder."""
    folder.mkdir(parents=True)
    for number, drawn in enumerate(drawn_objects(PICTURES, 5)[0]):
        Image.fromarray(drawn.permute(1, 2, 0).numpy()).save(folder / f"{number:03d}.png")


def _to_the_end(
    zygote: Zygote, run: Path, source: random.Random, lasts: float, done: int, kills: int, report: Report
) -> int:
    """Kill a training until it ends by itself, or the kills are used up; return how many there were."""
    while True:
        resume = (run / "run.json").exists()
        words = [*TRAIN, run.name, *(["--resume"] if resume else NEW)]
        cold = done % EVERY == EVERY - 1
        name = source.choice(list(SIGNALS))
        moment = source.uniform(0, lasts / 2 + (4 if cold else 0)) if done < kills else 600
        ended, killed = (_killed_cold if cold else _killed)(zygote, words, moment, SIGNALS[name])
        done += killed
        fault = _fault(ended, name, killed)
        if killed:
            report.note(f"after {name}: code {ended.code}")
        if fault:
            report.faults.append(f"{' '.join(words)} after {moment:.2f} s, {name}: {fault}")
            shutil.rmtree(run, ignore_errors=True)  # it did not come to its end: there is nothing to compare
            return done
        if not killed or ended.code == 0 and "Done" in ended.out:
            return done


def _killed(zygote: Zygote, words: list[str], moment: float, sign: signal.Signals) -> tuple[Ended, bool]:
    process = zygote.begin(words)
    if ended := zygote.ended(process, moment):
        return ended, False
    os.kill(process, sign)
    ended = zygote.ended(process, 60)
    if ended is None:
        os.kill(process, signal.SIGKILL)
        ended = zygote.ended(process, 60)
        return Ended(0, "", "it did not end within a minute: Traceback"), True
    return ended, True


def _killed_cold(zygote: Zygote, words: list[str], moment: float, sign: signal.Signals) -> tuple[Ended, bool]:
    own = os.environ | QUIET | {"PYTHONPATH": str(ROOT), "DCGAN_COURSE_CACHE": str(zygote.folder / "cache")}
    command = [sys.executable, "-m", "dcgan_course", *words]
    process = subprocess.Popen(
        command, cwd=zygote.folder, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        out, err = process.communicate(timeout=max(1.0, moment))  # the first second is Python's own
        return Ended(process.returncode, out, err), False
    except subprocess.TimeoutExpired:
        process.send_signal(sign)
        out, err = process.communicate(timeout=60)
        return Ended(process.returncode, out, err), True


def _fault(ended: Ended, name: str, killed: bool) -> str:
    """Say what is wrong with how a training ended, or ""."""
    allowed = {"−9": (-9, 0), "TERM": (-15, 0), "INT": (130, 0)}[name] if killed else (0,)
    if "Traceback" in ended.said:
        return f"a traceback: {ended.said[-600:]}"
    if ended.code not in allowed:
        return f"code {ended.code}: {ended.said[-300:]}"
    if ended.code == 130 and "Stopped" not in ended.said:
        return "it ended with 130 without a word"
    return ""


def _state(run: Path) -> object:
    """Return what a finished run holds, but for the seconds that it took."""
    tensors, texts = read_tensors(run / "checkpoint.safetensors")
    history = json.loads(texts["history"])
    table = (run / "history.csv").read_text(encoding="utf-8") if (run / "history.csv").exists() else ""
    rows = [row[:-1] for row in csv.reader(table.splitlines())]
    return (
        {name: (str(tensor.dtype), tensor.tolist()) for name, tensor in tensors.items()},
        {name: text for name, text in texts.items() if name != "history"},
        {name: values for name, values in history.items() if name != "seconds"},
        rows,
        (run / "run.json").read_text(encoding="utf-8"),
        {path.name: path.read_bytes() for path in sorted((run / "samples").iterdir())},
    )
