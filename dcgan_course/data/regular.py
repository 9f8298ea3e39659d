"""Only regular files are read: a named pipe would be waited for without end, and a device has no end."""

import errno
import io
import os
import stat
from pathlib import Path


class NotRegular(OSError):
    """A name leads to a folder, a named pipe, a socket or a device."""


def is_regular(path: str | Path) -> bool:
    """Tell whether a path leads, after links, to a regular file. What is gone or may not be seen is none."""
    try:
        return stat.S_ISREG(os.stat(path).st_mode)
    except (OSError, ValueError):  # ValueError: a null character in the name
        return False


def open_regular(path: str | Path) -> io.BufferedReader:
    """Open a file to read its bytes; links are followed.

    Raises:
        NotRegular: it is no regular file.
        OSError: it cannot be opened.
    """
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise NotRegular(errno.EINVAL, "it is not a regular file", str(path))
    return open(path, "rb")
