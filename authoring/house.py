"""The house: which folder of the package may import which, and a picture of it drawn from the imports themselves.

python -m authoring.house    write docs/house.md and docs/house.png anew
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "dcgan_course"
# A folder may import itself and what stands on a floor below it. `__init__` and `__main__` are the package's two doors.
FLOORS = (
    ("__init__", "errors"),
    ("budget", "data"),
    ("drawing",),
    ("convolution",),
    ("models",),
    ("latent", "evaluation"),
    ("training",),
    ("toy", "interpretability", "recorded"),
    ("widgets", "checks", "commands"),
    ("__main__",),
)
# Heavy or special packages, and the only rooms that may import them.
ONLY = {
    "ipywidgets": {"widgets"},
    "argparse": {"commands", "__main__"},
    "torchvision": {"data", "checks", "commands"},
    "sklearn": {"interpretability", "evaluation"},
    "scipy": {"interpretability", "evaluation"},
}
MOST_LOOSE, MOST_FILES = 6, 12  # files in the package's root, and in any folder


@dataclass(frozen=True)
class Import:
    """One import: where it stands, and the dotted name of the module that it takes."""

    path: Path  # of the file, below the package
    line: int
    module: str

    @property
    def room(self) -> str:
        """The room that imports: a folder, or a file of the root without its ending."""
        return self.path.parts[0].removesuffix(".py")

    @property
    def target(self) -> str:
        """The room that is imported, or the outer package: `data`, `torch`."""
        parts = self.module.split(".")
        return parts[1] if parts[0] == PACKAGE and len(parts) > 1 else parts[0]

    @property
    def ours(self) -> bool:
        """Whether a room of the house is imported."""
        return self.module.split(".")[0] == PACKAGE and self.module != PACKAGE


def files(package: Path) -> list[Path]:
    """Return every file of code, as a path below the package."""
    return sorted(path.relative_to(package) for path in package.rglob("*.py"))


def imports(package: Path) -> Iterator[Import]:
    """Read every import of the package, also those inside functions."""
    for path in files(package):
        for node in ast.walk(ast.parse((package / path).read_text(encoding="utf-8"))):
            for module in _modules(node, package):
                yield Import(path, node.lineno, module)


def _modules(node: ast.AST, package: Path) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    module = "." * node.level + (node.module or "")
    if module.split(".")[0] != PACKAGE:
        return [module]
    folder = package.joinpath(
        *module.split(".")[1:]
    )  # from dcgan_course import models; from dcgan_course.models import up
    names = [alias.name for alias in node.names]
    rooms = [
        name for name in names if (folder / name).is_dir() or (folder / f"{name}.py").exists() or module == PACKAGE
    ]
    return [f"{module}.{name}" for name in rooms] + ([module] if len(rooms) < len(names) else [])


def floor_of(room: str) -> int | None:
    """Return the number of the floor on which a room stands, 0 at the bottom; None for a room that is in no plan."""
    return next((number for number, rooms in enumerate(FLOORS) if room in rooms), None)


def faults(package: Path) -> list[str]:
    """Return what breaks the rules of the house, a sentence each; an empty list if nothing does."""
    found = [*_misplaced_files(package)]
    for each in imports(package):
        place = f"{PACKAGE}/{each.path.as_posix()}:{each.line}"
        below, here = floor_of(each.target), floor_of(each.room)
        if each.module.startswith("."):
            found.append(f"{place} imports {each.module!r}: write the whole name, {PACKAGE}.room.file.")
        elif each.ours and each.target != each.room and (below is None or here is None or below >= here):
            found.append(f"{place} imports {each.module}: {each.room} may only import itself and the floors below it.")
        elif not each.ours and each.room not in ONLY.get(each.target, {each.room}):
            allowed = " and ".join(sorted(ONLY[each.target]))
            found.append(f"{place} imports {each.target}, which belongs to {allowed} alone.")
        elif each.ours and each.path.name != "__init__.py" and _is_own_door(package, each):
            found.append(f"{place} imports from the door of its own room: take the file, {each.module}.file.")
    return found


def _is_own_door(package: Path, each: Import) -> bool:
    parts = each.module.split(".")[1:]
    return parts == [each.room] and (package / each.room / "__init__.py").exists()


def _misplaced_files(package: Path) -> Iterator[str]:
    counts: dict[Path, int] = {}
    for path in files(package):
        counts[path.parent] = counts.get(path.parent, 0) + 1
        if floor_of(path.parts[0].removesuffix(".py")) is None:
            yield f"{PACKAGE}/{path.as_posix()} stands in a room that is in no plan: FLOORS in authoring/house.py."
    for folder, count in counts.items():
        most = MOST_LOOSE if folder == Path(".") else MOST_FILES
        if count > most:
            yield f"{PACKAGE}/{folder.as_posix()} holds {count} files; {most} are the most."
