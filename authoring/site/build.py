"""Write the sources of the book and let Sphinx make its pages."""

import importlib
import multiprocessing
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from authoring.places import ROOT
from authoring.site.explorers import script
from authoring.site.generators import write_generators
from authoring.site.sources import Book, Place
from authoring.site.units import write_units

HERE = Path(__file__).resolve().parent
NOTEBOOKS = {"notebooks": "lessons", "exercises": "exercises", "solutions": "solutions"}
# Files of the repository that are pages beside the notebooks, and their names in the book.
TEXTS = {"GLOSSARY.md": "glossary", "CHANGELOG.md": "changelog", "docs/house.md": "house", "docs/ways_in.md": "ways_in"}
CARDS = "dcgan_course/recorded"
ROOMS = (
    "convolution",
    "data",
    "models",
    "training",
    "evaluation",
    "latent",
    "interpretability",
    "toy",
    "recorded",
    "drawing",
    "widgets",
)
START = """# How do I really understand DCGAN?

A course from convolution arithmetic to a DCGAN on CIFAR-10, and on into its latent space. These pages are its book:
read it anywhere, also without a network. The notebooks are the same lessons, to run and to break.

Begin with <a href="lessons/00_start_here.html">lesson 00</a>. Each lesson has exercises that check themselves, and
solutions with the reasons.
"""


def places() -> list[Place]:
    """Return all pages of the book but those that are written here: the start and the functions."""
    found = [
        Place(f"{folder}/{path.name}", f"{name}/{path.stem}")
        for folder, name in NOTEBOOKS.items()
        for path in sorted((ROOT / folder).glob("*.ipynb"))
    ]
    found += [Place(path, page) for path, page in TEXTS.items()]
    found.append(Place("docs/teaching/README.md", "teaching/plan"))
    found.append(Place("docs/teaching/class.md", "teaching/class"))
    found += [
        Place(f"docs/teaching/{path.name}", f"teaching/{path.stem}")
        for path in sorted((ROOT / "docs" / "teaching").glob("[0-9]*.md"))
    ]
    found += [
        Place(f"{CARDS}/{path.parent.name}/CARD.md", f"cards/{path.parent.name}")
        for path in sorted((ROOT / CARDS).glob("*/CARD.md"))
    ]
    found += [
        Place(f"benchmarks/results/{path.name}", f"results/{path.stem}")
        for path in sorted((ROOT / "benchmarks" / "results").glob("*.md"))
    ]
    return found


def write_sources(folder: Path, read: Callable[[Path], NotebookNode]) -> None:
    """Write what Sphinx reads into a new folder. `read` returns the notebook of a path, with the outputs to show."""
    stand = places()
    book = Book(stand, folder)
    for place in stand:
        path, target = ROOT / place.path, folder / place.page
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".ipynb":
            nbformat.write(book.notebook(read(path), place), f"{target}.ipynb")
        else:
            text = book.markdown(path.read_text(encoding="utf-8"), place)
            Path(f"{target}.md").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "docs" / "house.png", folder)
    shutil.copy(HERE / "conf.py", folder)
    shutil.copy(HERE / "book.css", folder / "_static")
    (folder / "_static" / "explorers.js").write_text(script(), encoding="utf-8")
    write_generators(folder / "_static" / "generators")
    (folder / "index.md").write_text(START + contents(stand), encoding="utf-8")
    (folder / "functions").mkdir()
    for room in ROOMS:
        (folder / "functions" / f"{room}.rst").write_text(functions(room), encoding="utf-8")


def contents(stand: list[Place]) -> str:
    """Return the table of contents, as Sphinx's toctrees."""

    def tree(caption: str, pages: list[str]) -> str:
        return "\n".join(["", "```{toctree}", ":maxdepth: 1", f":caption: {caption}", "", *pages, "```", ""])

    def under(name: str) -> list[str]:
        return [place.page for place in stand if place.page.startswith(f"{name}/")]

    trees = [tree(name.capitalize(), under(name)) for name in NOTEBOOKS.values()]
    trees.append(tree("Look up", [*TEXTS.values()]))
    trees.append(tree("The package's functions", [f"functions/{room}" for room in ROOMS]))
    trees.append(tree("For teachers", under("teaching")))
    trees.append(tree("Recorded runs and networks", under("cards")))
    trees.append(tree("Measured", under("results")))
    return "\n".join(trees)


def functions(room: str) -> str:
    """Return the page of one room's public functions and classes: for each file a heading and autodoc's directive."""
    name = f"dcgan_course.{room}"
    lines = [name, "=" * len(name), "", (importlib.import_module(name).__doc__ or "").strip()]
    folder = ROOT / "dcgan_course" / room
    for path in sorted(folder.rglob("*.py")):
        if not path.name.startswith("_"):
            module = ".".join(("dcgan_course", room, *path.relative_to(folder).with_suffix("").parts))
            lines += ["", module, "-" * len(module), "", f".. automodule:: {module}", "   :members:"]
    return "\n".join(lines) + "\n"


def stored(path: Path) -> NotebookNode:
    """Return a notebook with the outputs that are stored in it."""
    return nbformat.read(path, as_version=4)


def build(folder: Path, read: Callable[[Path], NotebookNode] = stored) -> int:
    """Make the book in `folder`, anew; return Sphinx's exit code. A process beside it records what units show."""
    sources, units = (folder.with_name(f"{folder.name}_{name}") for name in ("sources", "units"))
    for old in (folder, sources, units):
        shutil.rmtree(old, ignore_errors=True)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as beside:
        recorded = beside.submit(write_units, units)
        write_sources(sources, read)
        command = [sys.executable, "-m", "sphinx", "-q", "-b", "html", "-d", str(sources / "_doctrees")]
        code = subprocess.run([*command, str(sources), str(folder)], cwd=ROOT).returncode
        recorded.result()
    units.rename(folder / "_static" / "units")
    shutil.rmtree(sources)
    for leftover in (folder / "_static").glob("*.html"):  # templates of the theme, which are no pages
        leftover.unlink()
    return code
