"""The house: which folder of the package may import which, and a picture of it drawn from the imports themselves.

python -m authoring.house    write docs/house.md and docs/house.png anew
"""

import ast
import io
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from authoring.places import ROOT, refuse_read_only

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.patches import Rectangle

PACKAGE = "dcgan_course"
# A folder may import itself and what stands on a floor below it. `__init__` and `__main__` are the package's two doors.
FLOORS = (
    ("__init__", "errors"),
    ("files",),
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
            if isinstance(node, ast.Import | ast.ImportFrom):
                for module in _modules(node, package):
                    yield Import(path, node.lineno, module)


def _modules(node: ast.Import | ast.ImportFrom, package: Path) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
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


def runs_up(room: str, target: str) -> bool:
    """Tell whether an import takes from a floor that is not below; a room that is in no plan is below none."""
    here, there = floor_of(room), floor_of(target)
    return here is None or there is None or there >= here


def faults(package: Path) -> list[str]:
    """Return what breaks the rules of the house, a sentence each; an empty list if nothing does."""
    found = [*_misplaced_files(package)]
    for each in imports(package):
        place = f"{PACKAGE}/{each.path.as_posix()}:{each.line}"
        if each.module.startswith("."):
            found.append(f"{place} imports {each.module!r}: write the whole name, {PACKAGE}.room.file.")
        elif each.ours and each.target != each.room and runs_up(each.room, each.target):
            found.append(f"{place} imports {each.module}: {each.room} may only import itself and the floors below it.")
        elif not each.ours and each.room not in ONLY.get(each.target, {each.room}):
            allowed = " and ".join(sorted(ONLY[each.target]))
            found.append(f"{place} imports {each.target}, which belongs to {allowed} alone.")
        elif each.ours and each.path.name[:2] != "__" and _is_door(package, each):
            found.append(f"{place} imports from the door of a room: take the file, {each.module}.file.")
    return found


def _is_door(package: Path, each: Import) -> bool:
    parts = each.module.split(".")[1:]
    return len(parts) == 1 and (package / parts[0]).is_dir()


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


PAGE, PICTURE = ROOT / "docs" / "house.md", ROOT / "docs" / "house.png"
IDEAS = (  # where a reader looks for an idea: the question, and the definition that answers it
    ("the size of a convolution's output", "convolution.arithmetic", "conv_output_size"),
    ("the three views of a transposed convolution", "convolution.transposed_figures", "draw_three_views"),
    ("a plan that ends at exactly 28, 64 or 96 pixels", "convolution.ladders", "plan_upsampling"),
    ("the best discriminator, and the Jensen–Shannon divergence", "toy.divergences", "jensen_shannon"),
    ("mode coverage", "toy.modes", "count_modes"),
    ("the two steps of the algorithm", "training.loop", "discriminator_step"),
    ("the losses of other games", "training.losses", "Game"),
    ("a penalty on D's slope", "training.fixes.penalties", "r1"),
    ("the statistics of the averaged generator", "training.fixes.averaging", "statistics_anew"),
    ("the pair that a TrainConfig speaks of", "training.fixes.networks", "build_networks"),
    ("what a checkpoint holds", "training.state", "TrainingState"),
    ("p_real and p_fake", "evaluation.probabilities", "mean_probabilities"),
    ("the Fréchet distance", "evaluation.metrics", "frechet_distance"),
    ("the kernel distance", "evaluation.kernel", "kernel_distance"),
    ("precision and recall, density and coverage", "evaluation.neighbours", "precision_recall"),
    ("the torture table of measures", "evaluation.torture", "torture_table"),
    ("the classifier of digits", "evaluation.classifiers", "DigitClassifier"),
    ("the guidelines of DCGAN, each switched off", "models.ablations", "full_recipe"),
    ("slerp", "latent.paths", "slerp"),
    ("the linear probe on D's features", "interpretability.probes", "linear_probe"),
    ("guided backpropagation", "interpretability.guided_backpropagation", "guided_gradients"),
    ("does it hurt to drop maps?", "interpretability.forgetting", "compare"),
)


def first_sentence(package: Path, room: str) -> str:
    """Return what a room's docstring says first: what lives there."""
    return _docstring(package, room).partition("; may import")[0].split(". ")[0].rstrip(".") + "."


def said(package: Path, room: str) -> set[str]:
    """Return the rooms that a folder's first sentence allows: a list, or "everything but" a list."""
    sentence = _docstring(package, room).partition("; may import ")[2].split(". ")[0]
    named = set(re.findall(r"\w+", sentence))
    rooms = {other for floor in FLOORS for other in floor}
    return rooms - named if "everything but" in sentence else named & rooms


def _docstring(package: Path, room: str) -> str:
    path = package / room / "__init__.py"
    tree = ast.parse((path if path.exists() else package / f"{room}.py").read_text(encoding="utf-8"))
    return " ".join((ast.get_docstring(tree) or "").split())


def arrows(package: Path) -> dict[tuple[str, str], int]:
    """Count the imports from each room to each other room: {(from, to): lines}."""
    counts: dict[tuple[str, str], int] = {}
    for each in imports(package):
        if each.ours and each.target != each.room:
            counts[each.room, each.target] = counts.get((each.room, each.target), 0) + 1
    return counts


def page(package: Path) -> str:
    """Write docs/house.md: the picture, every room, and where ideas live."""
    counts, by_room = arrows(package), _files_by_room(package)
    lines = [
        "# The house",
        "",
        "The package is a house: a folder holds an idea, and stands on a floor. A folder may import itself and the",
        "floors below it, never a floor above and never its neighbour on the same floor. `python -m authoring.house`",
        "draws this page from the imports themselves, and `tests/course/test_walls.py` fails when an import runs up.",
        "",
        "![The rooms of the package on their floors, and a table of who imports whom: no import runs up.]"
        f"({PICTURE.name})",
        "",
        f"{len(files(package))} files in {len(by_room)} rooms; imports that break a rule: {len(faults(package))}.",
        "",
        "| floor | room | files | what lives there | imports |",
        "| --- | --- | --- | --- | --- |",
    ]
    for number in reversed(range(len(FLOORS))):
        for room in FLOORS[number]:
            if room == "__init__":
                continue
            below = sorted({target for source, target in counts if source == room})
            name = f"`{room}/`" if (package / room).is_dir() else f"`{room}.py`"
            lines.append(
                f"| {number} | {name} | {by_room[room]} | {first_sentence(package, room)} | {', '.join(below) or '–'} |"
            )
    only = "; ".join(f"{name}: {', '.join(sorted(rooms))}" for name, rooms in sorted(ONLY.items()))
    lines += ["", f"Some outer packages belong to some rooms alone. {only}.", "", "## Where is …?", ""]
    lines += ["| idea | file | begin with |", "| --- | --- | --- |"]
    for idea, module, name in IDEAS:
        path = f"dcgan_course/{module.replace('.', '/')}.py"
        lines.append(f"| {idea} | [{path}](../{path}) | `{name}` |")
    return "\n".join(lines) + "\n"


def _files_by_room(package: Path) -> dict[str, int]:
    counts: dict[str, int] = {}
    for path in files(package):
        room = path.parts[0].removesuffix(".py")
        counts[room] = counts.get(room, 0) + 1
    return counts


def picture(package: Path) -> bytes:
    """Draw the floors with their rooms, and beside them the table of who imports whom, as PNG."""
    import matplotlib.pyplot as plt

    from dcgan_course import drawing

    drawing.use_course_style()
    figure, (house, table) = plt.subplots(1, 2, figsize=(15, 7.6), width_ratios=(1, 1.15))
    _draw_floors(house, package)
    _draw_table(table, arrows(package))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=80, metadata={"Software": None})
    plt.close(figure)
    return buffer.getvalue()


def _draw_floors(axes: "Axes", package: Path) -> None:
    from dcgan_course.drawing import COLOURS

    by_room = _files_by_room(package)
    for number, floor in enumerate(FLOORS):
        rooms = [room for room in floor if room != "__init__"]
        for place, room in enumerate(rooms):
            fill = COLOURS["sky"] if (package / room).is_dir() else COLOURS["light"]
            left, width = place / len(rooms), 1 / len(rooms)
            axes.add_patch(_rectangle((left + 0.005, number + 0.06), width - 0.01, 0.88, fill))
            many = f"{by_room[room]} file{'s' if by_room[room] > 1 else ''}"
            axes.text(left + width / 2, number + 0.62, room, ha="center", va="center", size=13, weight="bold")
            axes.text(left + width / 2, number + 0.3, many, ha="center", va="center", size=11)
    axes.set(xlim=(0, 1), ylim=(0, len(FLOORS)), title="A room may import the floors below it")
    axes.axis("off")


def _draw_table(axes: "Axes", counts: dict[tuple[str, str], int]) -> None:
    from dcgan_course.drawing import COLOURS

    order = [room for floor in FLOORS for room in floor if room != "__init__"]
    for row, room in enumerate(order):
        for column, target in enumerate(order):
            count = counts.get((room, target), 0)
            wrong = count and runs_up(room, target)
            fill = COLOURS["orange"] if wrong else COLOURS["mint"] if count else COLOURS["paper"]
            fill = COLOURS["light"] if row == column else fill
            axes.add_patch(_rectangle((column, row), 1, 1, fill))
            if count:
                axes.text(column + 0.5, row + 0.5, str(count), ha="center", va="center", size=11)
    ticks = [place + 0.5 for place in range(len(order))]
    axes.set_xticks(ticks, order, rotation=55, ha="right", size=12)
    axes.set_yticks(ticks, order, size=12)
    axes.set(xlim=(0, len(order)), ylim=(0, len(order)), title="Import lines: a row takes from a column")
    axes.set_aspect("equal")
    axes.grid(False)
    running_up = sum(runs_up(room, target) for room, target in counts)
    words = f"right of the grey squares stand\nimports that run up: {running_up}"
    axes.text(len(order) - 0.4, 2.6, words, ha="right", size=13, backgroundcolor=COLOURS["paper"])


def _rectangle(corner: tuple[float, float], width: float, height: float, fill: str) -> "Rectangle":
    """Make a filled rectangle with a thin border."""
    from matplotlib.patches import Rectangle

    return Rectangle(corner, width, height, facecolor=fill, edgecolor="#8a8a8a", linewidth=0.6)


def main() -> int:
    """Write the page and its picture."""
    refuse_read_only()
    package = ROOT / PACKAGE
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(package), encoding="utf-8")
    PICTURE.write_bytes(picture(package))
    print(f"{PAGE.relative_to(ROOT)}, {PICTURE.relative_to(ROOT)}: written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
