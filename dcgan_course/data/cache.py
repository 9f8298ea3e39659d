"""Where the course keeps what it downloaded and what it decoded."""

import os
import sys
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """The folder of the course's cache (it may not exist yet).

    It is `DCGAN_COURSE_CACHE` where that is set, else `dcgan-course` in the user's cache folder:
    `LOCALAPPDATA` on Windows, `XDG_CACHE_HOME` or `~/.cache` elsewhere.
    """
    chosen = os.environ.get("DCGAN_COURSE_CACHE")
    if chosen:
        return Path(os.path.expanduser(chosen))
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    if base:
        return Path(base) / "dcgan-course"
    try:
        return Path.home() / ".cache" / "dcgan-course"
    except RuntimeError:  # a user without a home, as in some containers
        return Path(tempfile.gettempdir()) / "dcgan-course"


def downloads_allowed() -> bool:
    """False where the environment variable `DCGAN_COURSE_OFFLINE` is set to anything but 0, no or false."""
    return os.environ.get("DCGAN_COURSE_OFFLINE", "").strip().lower() in ("", "0", "no", "false")
