"""Tables that were measured once, too long for a lesson: plain values, as benchmarks/ wrote them.

The files lie beside this one, a folder a table, each with a card that holds the sums of its files. What was measured,
and how, is in benchmarks/results.

Raises, each of them:
    CheckpointError: a file is missing, or is not what was recorded.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dcgan_course.errors import CheckpointError
from dcgan_course.files import read_json
from dcgan_course.recorded.runs import FOLDER, whole

SIDE = 28  # of a digit, in pixels


def guidelines() -> dict[str, Any]:
    """Return what breaking one guideline of DCGAN costs, for each row of lesson 06 and each seed."""
    return _read("guidelines", "results.json")


def guidelines_longer() -> dict[str, Any]:
    """Return what became of the late rows of `guidelines()` in four times as many epochs, and of fairer ones."""
    return _read("guidelines_longer", "results.json")


def guideline_samples(row: str) -> Tensor:
    """Return samples of one row of `guidelines()`: uint8 (seeds, pictures, 1, 28, 28), the same z for each seed."""
    return _samples(row, "guidelines")


def _samples(row: str, table: str) -> Tensor:
    whole(table)
    with Image.open(strip_path(row, table)) as strip:
        pixels = torch.from_numpy(np.array(strip))
    return pixels.unfold(0, SIDE, SIDE).unfold(1, SIDE, SIDE).unsqueeze(2)


def strip_path(row: str, table: str = "guidelines") -> Path:
    """Return the file with the samples of a row, one line of pictures for each seed: letters, digits and dashes."""
    return FOLDER / table / (row.lower().translate(str.maketrans(" ", "-", ",.()[]'")) + ".png")


def fixes() -> dict[str, Any]:
    """Return what each fix that came after DCGAN buys on digits, for each row of lesson 11 and each seed."""
    return _read("fixes", "results.json")


def fix_samples(row: str) -> Tensor:
    """Return samples of one row of `fixes()`: uint8 (seeds, pictures, 1, 28, 28), the same z for each seed."""
    return _samples(row, "fixes")


def modes_table() -> dict[str, Any]:
    """Return modes, quality and reverse KL by epoch, on ring and grid, with and without packs (lesson 05)."""
    return _read("modes_table", "results.json")


def toy_fixes() -> dict[str, Any]:
    """Return modes, quality and reverse KL of each fix on ring and grid, run by run, beside chance (lesson 11)."""
    return _read("toy_fixes", "results.json")


def cifar_recipes() -> dict[str, Any]:
    """Return what each recipe of lesson 11 draws of CIFAR-10 after a short training, and the nearest one at length."""
    return _read("cifar_recipes", "results.json")


def long_trainings() -> dict[str, Any]:
    """Return distances by epoch of four trainings on CIFAR-10, and the losses of the one at 64×64 (lesson 07)."""
    return _read("long_trainings", "results.json")


def long_film() -> Tensor:
    """Return what the training at 64×64 of `long_trainings()` drew: uint8 (epochs, pictures, 3, 64, 64)."""
    whole("long_trainings")
    with Image.open(FOLDER / "long_trainings" / "film.webp") as film:
        pixels = torch.from_numpy(np.array(film.convert("RGB")))
    side = len(pixels) // len(long_trainings()["shown_epochs"])
    return pixels.unfold(0, side, side).unfold(1, side, side).contiguous()


def gpu_speed() -> dict[str, Any]:
    """Return how fast a DCGAN trains on a GPU, switch by switch (lesson 07b)."""
    return _read("gpu_speed", "results.json")


def probes() -> dict[str, Any]:
    """Return accuracies of linear probes on four kinds of features, by number of labels (lesson 09)."""
    return _read("probes", "table.json")


def _read(table: str, file: str) -> dict[str, Any]:
    whole(table)
    found = read_json(FOLDER / table / file)
    if not isinstance(found, dict):
        raise CheckpointError(
            f"{file} of {table} is damaged: get the course's files again, `git checkout -- dcgan_course`."
        )
    return found
