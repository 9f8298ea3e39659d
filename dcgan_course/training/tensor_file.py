"""Tensors and texts in one safetensors file: written aside and renamed, read without running any code."""

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load, save
from torch import Tensor

from dcgan_course.errors import CheckpointError


def write_tensors(path: str | Path, tensors: dict[str, Tensor], texts: dict[str, str]) -> None:
    """Write tensors and texts as one safetensors file, aside first and then renamed.

    Raises:
        CheckpointError: the file cannot be written (no space, no folder, no right); an older file stays as it was.
    """
    path = Path(path)
    aside = path.with_name(path.name + ".part")
    content = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}, texts)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(aside, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except OSError as error:
        with contextlib.suppress(OSError):  # where the folder is no folder, there is nothing to remove
            aside.unlink()
        raise CheckpointError(
            f"{path.name} could not be written ({error.strerror}): free some space or choose another folder. "
            "An older file of that name is untouched."
        ) from error


def read_tensors(path: str | Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read a safetensors file as (tensors, texts).

    Raises:
        CheckpointError: there is no such file, or it is cut short, damaged, or of another kind.
    """
    with _said_in_a_sentence(path):
        content = Path(path).read_bytes()
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        return load(content), header.get("__metadata__", {})


def read_header(path: str | Path) -> tuple[set[str], dict[str, str]]:
    """Read only what stands before the tensors, which may be large, as (names of the tensors, texts).

    Raises:
        CheckpointError: as `read_tensors`.
    """
    with _said_in_a_sentence(path), safe_open(path, "pt") as file:
        return set(file.keys()), file.metadata() or {}


@contextlib.contextmanager
def _said_in_a_sentence(path: str | Path) -> Iterator[None]:
    """Raise a CheckpointError for what goes wrong when a file is read."""
    name = Path(path).name
    try:
        yield
    except OSError as error:
        raise CheckpointError(
            f"{name} cannot be read ({error.strerror or error}): check the name and the folder."
        ) from error
    except (SafetensorError, ValueError) as error:
        raise CheckpointError(
            f"{name} is cut short or is not a safetensors file: delete it, or take an older copy."
        ) from error
