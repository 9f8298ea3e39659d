"""A folder that nobody may write, also where the tests run as root."""

import os
import shutil
from pathlib import Path

import pytest


def make_read_only(folder: Path) -> list[str]:
    """Take the right to write from a folder and all in it; return the words before a command that must keep to it.

    Root may write everywhere, so as root the command runs without that right (`setpriv`); else the list is empty.
    """
    if not hasattr(os, "geteuid"):
        pytest.skip("this system has no rights of this kind")
    words: list[str] = []
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may write everywhere, and there is no setpriv to give that up")
        words = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    for path in [*folder.rglob("*"), folder]:
        path.chmod(path.stat().st_mode & ~0o222)
    return words
