"""Where authors' commands write: into the course's folder, or beside it where that is read-only."""

import os
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def refuse_read_only(root: Path = ROOT) -> None:
    """Raise SystemExit with a sentence if the course's folder cannot be written."""
    if not os.access(root, os.W_OK):
        raise SystemExit("The course's folder cannot be written, and this command writes there: work in a copy of it.")


def folder_for_pages(root: Path = ROOT) -> Path:
    """Return `build` in the course's folder, made; a temporary folder where that cannot be written."""
    folder = root / "build"
    if not os.access(folder if folder.exists() else root, os.W_OK):
        return Path(tempfile.mkdtemp(prefix="dcgan-course-build-"))
    folder.mkdir(exist_ok=True)
    return folder
