"""A whole training in one file: weights, optimisers, random states, losses, history and settings.

The file is safetensors: tensors and a table of text. Reading it runs no code, wherever it comes from. It is written
aside and renamed, so that a kill at any moment leaves either the old file or the new one. A tensor of the state is
kept under its path, such as generator/blocks.0.0.weight; what is no tensor is JSON in the table.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from torch import Tensor

from dcgan_course.errors import CheckpointError
from dcgan_course.training.state import Training, TrainingState
from dcgan_course.training.tensor_file import read_header, read_tensors, write_tensors

FORMAT, VERSION = "dcgan_course training", "2"
PLAIN = ("step", "config", "history", "data_shape")  # entries of a state that are JSON
KeptNetwork = Literal["generator", "discriminator", "ema_generator"]
NETWORKS: tuple[KeptNetwork, ...] = ("generator", "discriminator", "ema_generator")


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

    Raises:
        CheckpointError: the file is damaged, is no training of this course, or is of other networks, pictures or
            settings (a larger number of epochs is allowed: that is how a finished run is continued).
    """
    state = read_state(path)
    _refuse_other_run(Path(path).name, state, training.state_dict())
    training.load_state_dict(state)


def read_state(path: str | Path) -> TrainingState:
    """Read what `save_training` has written, as `Training.state_dict` gave it.

    Raises:
        CheckpointError: the file cannot be read, is damaged, or is no training of this course.
    """
    tensors, texts = read_tensors(path)
    _refuse_other_format(Path(path).name, texts)
    state: dict[str, Any] = {name: json.loads(texts[name]) for name in PLAIN}
    for key, tensor in tensors.items():
        *places, last = key.split("/")
        part = state
        for place in places:
            part = part.setdefault(place, {})
        part[last] = tensor
    return cast(TrainingState, state)


@dataclass(frozen=True)
class Progress:
    """How far a kept training has come: steps, full epochs, and epochs with one that was begun and not ended."""

    step: int
    full_epochs: int
    begun_epochs: int


def read_progress(path: str | Path) -> Progress:
    """Read how far a kept training has come; of the file only its header.

    Raises:
        CheckpointError: the file cannot be read, is damaged, or is no training of this course.
    """
    names, texts = read_header(path)
    _refuse_other_format(Path(path).name, texts)
    full = len(json.loads(texts["history"])["seconds"])
    return Progress(int(texts["step"]), full, full + ("discriminator_losses" in names))


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


def _refuse_other_run(name: str, stored: TrainingState, wanted: TrainingState) -> None:
    for network in NETWORKS:
        shapes = {key: tuple(value.shape) for key, value in stored.get(network, {}).items()}
        wanted_shapes = {key: tuple(value.shape) for key, value in wanted.get(network, {}).items()}
        for key, shape in wanted_shapes.items():
            if shapes.get(key) != shape:
                raise CheckpointError(
                    f"{name} belongs to another {network}: its {key} is {shapes.get(key, 'missing')}, "
                    f"but here it is {shape}; build the same networks or choose another file."
                )
        if extra := sorted(shapes.keys() - wanted_shapes.keys()):
            raise CheckpointError(
                f"{name} belongs to another {network}: it also holds {extra[0]}; choose another file."
            )
    for key, value in json.loads(json.dumps(wanted["config"])).items():  # a file gives lists for tuples
        if key != "epochs" and stored["config"].get(key) != value:
            raise CheckpointError(
                f"{name} was trained with {key} = {stored['config'].get(key)}, but {value} is asked for: "
                f"set {key} back, or choose another file."
            )
    if stored["data_shape"] != wanted["data_shape"]:
        raise CheckpointError(
            f"{name} was trained on pictures {tuple(stored['data_shape'])}, but here they are "
            f"{tuple(wanted['data_shape'])}: load the same pictures, or choose another file."
        )
