"""What follows from the address of the course: badges, links that open a lesson on another's machine, and the cell that
fetches the course where a notebook is opened alone.

The address stands once, in pyproject.toml, under [tool.dcgan-course]. While it is empty there is nothing of all this.

python -m authoring.doors       write the README's badges anew; then `make notebooks exercises site`
"""

import argparse
import sys
import tomllib
from pathlib import Path

import nbformat

from authoring.places import ROOT, refuse_read_only
from dcgan_course import __version__

BRANCH = "main"
GITHUB = "https://github.com/"
BEGIN, END = "<!-- doors: written by python -m authoring.doors -->", "<!-- end of doors -->"
OWN = ("torch", "torchvision")  # a machine's own pair stays: another one would be gigabytes, or none for its card
FETCH = """\
# Is this notebook alone, as on Colab or Kaggle? Then this cell fetches the course. Elsewhere it does nothing.
import importlib.util

if importlib.util.find_spec("dcgan_course") is None:
    %pip install --quiet --no-deps {wheel}
    %pip install --quiet {others}
    importlib.invalidate_caches()"""


def address(root: Path = ROOT) -> str:
    """Return the address of the repository, without a slash at its end; empty while there is none."""
    facts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return str(facts["tool"]["dcgan-course"]["repository"]).rstrip("/")


def wheel(repository: str) -> str:
    """Return the address of the wheel that release.yml lays beside the tag of this version."""
    return f"{repository}/releases/download/v{__version__}/dcgan_course-{__version__}-py3-none-any.whl"


def fetching_cell(number: str, repository: str, root: Path = ROOT) -> nbformat.NotebookNode:
    """Return the first code cell of a notebook: it installs the course where it is missing, and never another torch."""
    facts = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    needed = (name.partition(">")[0] for name in facts["project"]["dependencies"])
    others = " ".join(name for name in needed if name not in OWN)
    cell = nbformat.v4.new_code_cell(FETCH.format(wheel=wheel(repository), others=others))
    cell["id"] = f"{number}-door"
    return cell


def is_door(cell: nbformat.NotebookNode) -> bool:
    """Return whether a cell is the one that fetches the course: it belongs to no lesson."""
    return cell.get("id", "").endswith("-door")


def links(path: str, repository: str) -> dict[str, str]:
    """Return {name: address} of the places where a notebook of the repository opens; they know GitHub alone."""
    if not repository.startswith(GITHUB):
        return {}
    owner_and_name = repository.removeprefix(GITHUB)
    return {
        "Colab": f"https://colab.research.google.com/github/{owner_and_name}/blob/{BRANCH}/{path}",
        "Kaggle": f"https://kaggle.com/kernels/welcome?src={repository}/blob/{BRANCH}/{path}",
        "Binder": f"https://mybinder.org/v2/gh/{owner_and_name}/{BRANCH}?labpath={path}",
    }


def in_markdown(path: str, repository: str) -> str:
    """Return a line with the links of a notebook; empty where there are none."""
    found = [f"[{name}]({target})" for name, target in links(path, repository).items()]
    return f"Open this notebook on {', '.join(found[:-1])} or {found[-1]}." if found else ""


def badges(repository: str) -> str:
    """Return the README's block: state of the tests, where lesson 00 opens; empty while there is no address."""
    if not repository.startswith(GITHUB):
        return ""
    tests = f"{repository}/actions/workflows/tests.yml"
    opened = {
        **links("notebooks/00_start_here.ipynb", repository),
        "Codespaces": f"https://codespaces.new/{repository.removeprefix(GITHUB)}",
    }
    lines = [f"[![tests]({tests}/badge.svg)]({tests})", "", "Open lesson 00 on (the book has such links for all):", ""]
    return "\n".join(lines + [f"* [{name}]({target})" for name, target in opened.items()])


def with_badges(text: str, repository: str) -> str:
    """Return the README's text with its block written anew.

    Raises:
        ValueError: one of the two marks of the block is missing.
    """
    before, _, rest = text.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"README.md has lost its marks: {BEGIN} and {END}.")
    block = badges(repository)
    return before + BEGIN + (f"\n\n{block}\n\n" if block else "\n\n") + END + after


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args(
        arguments
    )
    refuse_read_only()
    readme = ROOT / "README.md"
    readme.write_text(with_badges(readme.read_text(encoding="utf-8"), address()), encoding="utf-8")
    print(f"README.md: {'badges and links of ' + address() if address() else 'no address, so no badges'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
