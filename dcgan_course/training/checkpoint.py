"""A whole training in one file: weights, optimisers, random states, losses, history and settings.

The file is safetensors: tensors and a table of text. Reading it runs no code, wherever it comes from. It is written
aside and renamed, so that a kill at any moment leaves either the old file or the new one. A tensor of the state is
kept under its path, such as generator/blocks.0.0.weight; what is no tensor is JSON in the table.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from torch import Tensor

from dcgan_course.errors import CheckpointError
from dcgan_course.training.kept_state import MADE_ON, PLAIN, Progress, progress_of, refuse_other_state, state_of
from dcgan_course.training.random_state import DEVICE_OF_SIZE
from dcgan_course.training.state import Training, TrainingState
from dcgan_course.training.tensor_file import read_header, read_tensors, write_tensors

FORMAT, VERSION = "dcgan_course training", "2"


def save_training(path: str | Path, training: Training) -> None:
    """Write a training so that `load_training` continues it to the same bits.

    Raises:
        CheckpointError: the file cannot be written; an older one stays as it was.
    """
    state = training.state_dict()
    texts = {name: json.dumps(value) for name, value in state.items() if name in PLAIN}
    write_tensors(path, dict(_tensors_of(state)), texts | {"format": FORMAT, "version": VERSION})


def load_training(path: str | Path, training: Training) -> None:
    """Put a saved training back, in place. Everything is checked before anything is changed.

    A checkpoint goes on on another kind of device, too, and with another number of processes. What follows is then
    not the same to the bit, and a printed line says so.

    Raises:
        CheckpointError: the file is damaged, is no training of this course, or is of other networks, pictures or
            settings (a larger number of epochs is allowed: that is how a finished run is continued).
    """
    name, state = Path(path).name, read_state(path)
    refuse_other_state(name, state, training)
    training.load_state_dict(state)
    if training.processes.rank == 0 and (other := _what_differs(state, training.state_dict())):
        print(f"{name} goes on, but no longer to the same bits: {other}.")


def read_state(path: str | Path) -> TrainingState:
    """Read what `save_training` has written, as `Training.state_dict` gave it.

    Raises:
        CheckpointError: the file cannot be read, is damaged, or is no training of this course.
    """
    tensors, texts = read_tensors(path)
    _refuse_other_format(Path(path).name, texts)
    return state_of(Path(path).name, tensors, texts)


def read_progress(path: str | Path) -> Progress:
    """Read how far a kept training has come; of the file only its header.

    Raises:
        CheckpointError: the file cannot be read, is damaged, or is no training of this course.
    """
    _, texts = read_header(path)
    _refuse_other_format(Path(path).name, texts)
    return progress_of(Path(path).name, texts)


def _tensors_of(part: object, place: str = "") -> Iterator[tuple[str, Tensor]]:
    """Yield the tensors of a nested dict with their paths."""
    if isinstance(part, Tensor):
        yield place, part
    elif isinstance(part, dict):
        for name, inner in part.items():
            yield from _tensors_of(inner, f"{place}/{name}" if place else name)


def _refuse_other_format(name: str, texts: dict[str, str]) -> None:
    if texts.get("format") != FORMAT:
        raise CheckpointError(f"{name} is a safetensors file, but not a training of this course: choose another file.")
    if texts.get("version") != VERSION:
        raise CheckpointError(
            f"{name} has version {texts.get('version')}, but this package reads version {VERSION}: train anew, "
            "or install the version that wrote it."
        )


def _what_differs(stored: TrainingState, here: TrainingState) -> str:
    """Return what "to the same bits" rests on and is not as it was; files from before say only their device."""
    before = stored.get("made_on", {"device": DEVICE_OF_SIZE[tuple(stored["noise"].shape)]})
    now = here["made_on"]
    changed = [
        f"{fact} was {before[fact]}, and is {now[fact]} here"
        for fact in MADE_ON
        if before.get(fact, now[fact]) != now[fact] and (fact != "threads" or before[fact] and now[fact])
    ]
    if len(stored["noise"]) != len(here["noise"]):
        changed.append("z is drawn anew from seed and step")
    return "; ".join(changed)
