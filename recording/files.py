"""The files of a recorded run: weights in half precision, sample frames as one picture, and the card."""

import datetime
import json
import os
import platform
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from dcgan_course.evaluation.report import ReportCard
from dcgan_course.recorded.runs import REPORT, SUMS, sum_of_facts, sum_of_file
from dcgan_course.training.tensor_file import write_tensors


def hardware(shared: bool = True) -> str:
    """Say what the figures were made on, without naming the machine, and whether other work may have run there."""
    beside = ", shared with other work" if shared else ""
    if torch.cuda.is_available():
        return f"one {torch.cuda.get_device_name()}{beside}"
    return f"{os.cpu_count()} CPU cores ({platform.machine()}), torch threads: {torch.get_num_threads()}{beside}"


def write_weights(path: Path, network: torch.nn.Module, texts: dict[str, str] | None = None) -> None:
    """Store a network's parameters in half precision, with texts beside them."""
    state = network.state_dict().items()
    halves = {name: value.half() if value.is_floating_point() else value for name, value in state}
    write_tensors(path, halves, texts or {})


def write_card(folder: Path, facts: dict[str, Any]) -> None:
    """Store a card for programs (card.json) and for people (CARD.md), with sums of all files that lie beside it."""
    made = {"date": datetime.date.today().isoformat(), "torch": torch.__version__, "hardware": hardware()}
    made = {key: value for key, value in made.items() if key not in facts}  # what was measured elsewhere says where
    write_sums(folder, json.loads(json.dumps(facts | made)))  # as a reader of the file will get them


def write_sums(folder: Path, facts: dict[str, Any]) -> None:
    """Store a card whose facts are there already, with the sums as the files are now."""
    facts = {key: value for key, value in facts.items() if key != SUMS}
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.stem.lower() != "card")
    facts[SUMS] = {path.name: sum_of_file(path) for path in files} | {"card.json": sum_of_facts(facts)}
    (folder / "card.json").write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = [f"# {folder.name}", ""] + [
        f"* **{key.replace('_', ' ')}**: {value}" for key, value in facts.items() if key != REPORT
    ]
    if REPORT in facts:
        lines += ["", *report_lines(facts[REPORT])]
    (folder / "CARD.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def report_lines(report: dict[str, Any]) -> list[str]:
    """Write the report card of a generator, from its facts on a card, as lines of a page."""
    made = f"`{report['command']}`, {report['date']}, torch {report['torch']}, {report['hardware']}."
    return ["## Report card", "", made, "", "```text", *str(ReportCard.from_facts(report)).splitlines(), "```"]


def write_frames(path: Path, frames: torch.Tensor, lossless: bool = False) -> None:
    """Store frames (epochs, pictures, C, H, W) as one PNG or WebP: a row an epoch, a column a z.

    lossless: for a WebP of small bright things, whose colours the lossy one would smear over neighbouring pixels.
    """
    epochs, pictures, channels, height, width = frames.shape
    sheet = frames.permute(0, 3, 1, 4, 2).reshape(epochs * height, pictures * width, channels).numpy()
    picture = Image.fromarray(sheet[:, :, 0] if channels == 1 else sheet)
    picture.save(
        path, **({"optimize": True} if path.suffix == ".png" else {"quality": 92, "method": 6, "lossless": lossless})
    )
