"""Tensors and texts in one safetensors file: written aside and renamed, read without running any code.

With the texts stands a SHA-256 of all tensors and texts, so that a single flipped bit is seen when the file is read.
Files that were written before the course did so have none, and are read, too.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load, save
from torch import Tensor

from dcgan_course.errors import CheckpointError
from dcgan_course.files import content_of, refuse_irregular, unreadable

SUM = "sha256"  # the name of the text that holds it


def write_tensors(path: str | Path, tensors: dict[str, Tensor], texts: dict[str, str]) -> None:
    """Write tensors and texts as one safetensors file, aside first and then renamed.

    Raises:
        CheckpointError: the file cannot be written (no space, no folder, no right); an older file stays as it was.
    """
    path = Path(path)
    aside = path.with_name(path.name + ".part")
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    content = save(tensors, texts | {SUM: _sum_of(tensors, texts)})
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
    content = content_of(path)
    with _said_in_a_sentence(path):
        tensors = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        texts = header.get("__metadata__", {})
        stated = texts.pop(SUM, None)
        whole = stated is None or stated == _sum_of(tensors, texts)
    if not whole:
        raise CheckpointError(
            f"{Path(path).name} is damaged: its content is not what was written. Take an older copy, or delete it."
        )
    return tensors, texts


def read_header(path: str | Path) -> tuple[set[str], dict[str, str]]:
    """Read only what stands before the tensors, which may be large, as (names of the tensors, texts).

    Raises:
        CheckpointError: as `read_tensors`; a bit that flipped is not seen here.
    """
    refuse_irregular(Path(path))
    with _said_in_a_sentence(path), safe_open(path, "pt") as file:
        texts = file.metadata() or {}
        return set(file.keys()), {name: text for name, text in texts.items() if name != SUM}


def _sum_of(tensors: dict[str, Tensor], texts: dict[str, str]) -> str:
    """Return the SHA-256 of names, types, shapes, numbers and texts, in hexadecimal digits."""
    names = sorted(tensors)
    about = [[name, str(tensors[name].dtype), list(tensors[name].shape)] for name in names]
    digest = hashlib.sha256(json.dumps([about, texts], sort_keys=True).encode())
    for name in names:
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


@contextlib.contextmanager
def _said_in_a_sentence(path: str | Path) -> Iterator[None]:
    """Raise a CheckpointError for whatever goes wrong when the content of a file is taken apart."""
    try:
        yield
    except OSError as error:
        raise unreadable(Path(path), error.strerror or str(error)) from error
    except Exception as error:
        raise CheckpointError(
            f"{Path(path).name} is cut short or is not a safetensors file: delete it, or take an older copy."
        ) from error
