"""Make the book, in build/site, which opens from a file without a network.

python -m authoring.site          from the outputs that are stored in the notebooks: a minute on two cores
python -m authoring.site --run    runs every lesson first, in the budget of this machine, and shows what came out
"""

import argparse
import sys
import time
from pathlib import Path

from nbformat import NotebookNode

from authoring.notebooks import from_script, notebook_path, run, scripts
from authoring.places import ROOT, folder_for_pages
from authoring.site.build import build, stored


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", action="store_true", help="run every lesson first")
    options = parser.parse_args(arguments)
    start, folder = time.perf_counter(), folder_for_pages() / "site"
    code = build(folder, run_anew if options.run else stored)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    page = folder / "index.html"
    shown = page.relative_to(ROOT) if page.is_relative_to(ROOT) else page
    print(f"{shown}: {size / 1e6:.0f} MB in {time.perf_counter() - start:.0f} s")
    return code


def run_anew(path: Path) -> NotebookNode:
    """Return a lesson with the outputs of a run; exercises and solutions as they are stored."""
    for script in scripts("lessons"):
        if notebook_path(script) == path:
            start = time.perf_counter()
            notebook = run(from_script(script), path.parent)
            print(f"{path.name}: {time.perf_counter() - start:.0f} s", flush=True)
            return notebook
    return stored(path)


if __name__ == "__main__":
    sys.exit(main())
