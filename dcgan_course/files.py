"""Files that nobody vouches for: regular, of a bounded size, JSON in them parsed or refused."""

import json
import stat
from pathlib import Path
from typing import Any

from dcgan_course.errors import CheckpointError

LARGEST = 2**24  # bytes of a file of JSON; the largest that the course writes has 2¹⁸


def content_of(path: str | Path, largest: int | None = None) -> bytes:
    """Return the bytes of a file.

    Raises:
        CheckpointError: it cannot be read, is no regular file (a named pipe would be waited for without end), or is
            larger than `largest` bytes.
    """
    path = Path(path)
    refuse_irregular(path)
    try:
        size = path.stat().st_size
        if largest is not None and size > largest:
            raise CheckpointError(f"{path.name} has {size:,} bytes, but no file of its kind has more than {largest:,}.")
        return path.read_bytes()
    except OSError as error:
        raise unreadable(path, error.strerror or str(error)) from error


def refuse_irregular(path: Path) -> None:
    """Raise CheckpointError for what is not a regular file, links followed."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        raise unreadable(path, getattr(error, "strerror", None) or str(error)) from error
    if not stat.S_ISREG(mode):
        raise unreadable(path, "it is a folder" if stat.S_ISDIR(mode) else "it is no regular file")


def read_json(path: str | Path) -> Any:
    """Return what a file of JSON says.

    Raises:
        CheckpointError: as `content_of`, or it is not JSON.
    """
    return parsed(content_of(path, LARGEST), Path(path).name)


def parsed(text: str | bytes, name: str) -> Any:
    """Return what JSON says; `name` is where it stands.

    Raises:
        CheckpointError: it is not JSON, not UTF-8, nested too deep, or has a number of thousands of digits.
    """
    try:
        return json.loads(text if isinstance(text, str) else text.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{name} is damaged, it cannot be read as JSON: take an older copy, or delete it.") from (
            error
        )


def unreadable(path: Path, why: str) -> CheckpointError:
    """Return the error that says why a file cannot be read."""
    return CheckpointError(f"{path.name} cannot be read ({why}): check the name and the folder.")
