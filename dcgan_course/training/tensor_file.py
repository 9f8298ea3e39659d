"""Tensors and texts in one safetensors file: written aside and renamed, read without running any code."""

import contextlib
import json
import os
from pathlib import Path

from torch import Tensor

from dcgan_course.errors import CheckpointError


def write_tensors(path: str | Path, tensors: dict[str, Tensor], texts: dict[str, str]) -> None:
    """Write tensors and texts as one safetensors file, aside first and then renamed.

    Raises:
        CheckpointError: the file cannot be written (no space, no folder, no right); an older file stays as it was.
    """
    from safetensors.torch import save

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
    from safetensors import SafetensorError
    from safetensors.torch import load

    path = Path(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise CheckpointError(
            f"{path.name} cannot be read ({error.strerror}): check the name and the folder."
        ) from error
    try:
        tensors = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    except (SafetensorError, ValueError) as error:
        raise CheckpointError(
            f"{path.name} is cut short or is not a safetensors file: delete it, or take an older copy."
        ) from error
    return tensors, header.get("__metadata__", {})
