"""`python -m dcgan_course open`: lay the lessons out in a folder of your own, where you may write and break them.

Needs nothing but Python, so that it works before anything is installed.
"""

import argparse
import os
import shutil
from pathlib import Path

from dcgan_course.errors import InvalidValue

PACKAGE = Path(__file__).resolve().parent.parent
INSIDE = PACKAGE / "lessons"  # of a wheel; in a checkout the lessons lie beside the package
LAID_OUT = ("notebooks", "exercises", "solutions", "GLOSSARY.md")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `open` its options."""
    parser.add_argument("folder", help="where to lay the lessons out; what you changed there is left as it is")


def run(options: argparse.Namespace) -> int:
    """Copy lessons, exercises, solutions and glossary; never over a file that is there already."""
    if not options.folder:
        raise InvalidValue("The folder has no name: give one, such as dcgan.")
    folder, source = Path(options.folder).expanduser(), lessons()
    if folder.exists() and not folder.is_dir():
        raise InvalidValue(f"{folder} is a file: name a folder.")
    if folder.resolve().is_relative_to(source.resolve()):
        raise InvalidValue(f"{folder} is the course's own folder: name another one.")
    new, kept = 0, []
    try:
        for path in files_of(source):
            target = folder / path.relative_to(source)
            if target.exists():
                kept += [] if target.read_bytes() == path.read_bytes() else [target]
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            new += 1
    except OSError as error:
        raise InvalidValue(f"{error.filename}: {error.strerror}. Choose another folder.") from error
    print(f"{new} files were laid out in {folder}.")
    if kept:
        print(f"{len(kept)} were there and are others: left as they are, such as {kept[0]}.")
    print(f"Go on with: jupyter lab --ServerApp.root_dir={folder} notebooks/00_start_here.ipynb")
    return 0


def lessons() -> Path:
    """Return the folder that holds the lessons: inside an installed package, or the checkout.

    Raises:
        InvalidValue: they are in neither place.
    """
    for place in (INSIDE, PACKAGE.parent):
        if (place / "notebooks" / "00_start_here.ipynb").is_file():
            return place
    raise InvalidValue("This installation has no lessons: install the course's wheel, or take its repository.")


def files_of(source: Path) -> list[Path]:
    """Return what is laid out: no runs, no checkpoints of notebooks, no hidden files."""
    found = []
    for name in LAID_OUT:
        place = source / name
        found += [place] if place.is_file() else sorted(place.glob("*.ipynb"))
    return [path for path in found if os.path.isfile(path)]
