"""One folder, one writer: a lock that the system itself gives back when the process ends, however it ends."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from dcgan_course.errors import InvalidValue

TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)  # any other error: a file system that has no locks


@contextlib.contextmanager
def sole_writer(folder: Path) -> Iterator[None]:
    """Let no other training write into the folder, which must be there, inside the block.

    The file run.lock stays behind: it means nothing by itself. On a file system without locks nothing is held.

    Raises:
        InvalidValue: another training is under way there.
        OSError: nothing can be written there.
    """
    with open(folder / "run.lock", "ab") as file:
        try:
            _lock(file)
        except OSError as error:
            if error.errno in TAKEN:
                raise InvalidValue(
                    f"Another training is writing into {folder} now: wait for its end, or choose another --out."
                ) from error
        yield


def _lock(file: IO[bytes]) -> None:
    """Take the lock of a file until it is closed; OSError if somebody has it."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(0, os.SEEK_SET)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
