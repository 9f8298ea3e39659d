"""Make the slides of all lessons, in build/slides, from the outputs that are stored in the notebooks.

python -m authoring.slides       all lessons
python -m authoring.slides 02    only those whose name begins with 02
"""

import argparse
import shutil
import sys
from pathlib import Path

import nbformat

from authoring.places import ROOT, folder_for_pages
from authoring.slides.deck import deck
from authoring.slides.page import write_deck, write_index, write_parts
from authoring.teaching import pages


def build(folder: Path, only: str = "") -> dict[str, int]:
    """Make the decks in `folder`, anew; return {name of a lesson: its number of slides}."""
    shutil.rmtree(folder, ignore_errors=True)
    write_parts(folder)
    decks = {
        notebook.stem: deck(nbformat.read(notebook, as_version=4), page.read_text(encoding="utf-8"))
        for page, notebook in pages().items()
        if notebook.name.startswith(only)
    }
    for name, slides in decks.items():
        write_deck(slides, name, folder)
    write_index(decks, folder)
    return {name: len(slides) for name, slides in decks.items()}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="?", default="", help="beginning of the name, for example 02")
    options = parser.parse_args(arguments)
    folder = folder_for_pages() / "slides"
    made = build(folder, options.only)
    page = folder / "index.html"
    shown = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
    print(f"{shown}: {sum(made.values())} slides of {len(made)} lessons")
    return 0


if __name__ == "__main__":
    sys.exit(main())
