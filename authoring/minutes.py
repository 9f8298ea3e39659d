"""Count the minutes that a lesson takes: `python -m authoring.minutes`.

The rule: prose is read aloud at 130 words a minute; a code cell takes 20 seconds, a picture 40, a prediction 60 (think,
vote), an explorer 90. Training is added as the lesson states it. Sections whose heading begins with "Optional" and
folded boxes are not counted, nor is what follows the heading "Exercises". A lesson states it within a tenth.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat

from authoring.doors import is_door
from authoring.notebooks import notebook_path, scripts

WORDS_A_MINUTE = 130
SECONDS = {"code cell": 20, "picture": 40, "prediction": 60, "explorer": 90}
STATED = re.compile(r"\*\*Time\*\*: (\d+) minutes, of which (\d+)\s+(?:is|are)\s+training")
FOLDED = re.compile(r"<details\b.*?</details>", re.DOTALL)
ENDS = ("## Exercises", "## Next", "## Sources")
WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Minutes:
    """What a lesson takes: words and counted things, and what it states, in minutes."""

    name: str
    words: int
    counts: dict[str, int]
    stated: int
    training: int

    @property
    def counted(self) -> float:
        """Minutes by the rule, training included."""
        seconds = sum(SECONDS[kind] * count for kind, count in self.counts.items())
        return self.words / WORDS_A_MINUTE + seconds / 60 + self.training

    @property
    def holds(self) -> bool:
        """Whether the stated minutes are within a tenth of the counted ones."""
        return abs(self.counted - self.stated) <= 0.1 * self.counted


@dataclass
class Section:
    """What stands under one heading: words to read aloud, and counted things."""

    title: str
    words: int
    counts: dict[str, int]

    @property
    def optional(self) -> bool:
        """Whether a lecture may leave it out."""
        return self.title.startswith("Optional")

    @property
    def minutes(self) -> float:
        """Minutes by the rule, without training."""
        return self.words / WORDS_A_MINUTE + sum(SECONDS[kind] * count for kind, count in self.counts.items()) / 60


def minutes_of(path: Path) -> Minutes:
    """Count one stored notebook.

    Raises:
        ValueError: it does not state its time.
    """
    notebook = nbformat.read(path, as_version=4)
    found = STATED.search(" ".join(notebook.cells[0].source.split()))
    if found is None:
        raise ValueError(f"{path.name} does not state its time as **Time**: N minutes, of which N are training")
    sections = [section for section in sections_of(notebook) if not section.optional]
    counts = {kind: sum(section.counts[kind] for section in sections) for kind in SECONDS}
    return Minutes(path.stem, sum(section.words for section in sections), counts, int(found[1]), int(found[2]))


def sections_of(notebook: nbformat.NotebookNode) -> list[Section]:
    """Return a notebook's sections in their order, without what stands after the heading "Exercises".

    What stands before the first heading is called "Opening".
    """
    found = [Section("Opening", 0, dict.fromkeys(SECONDS, 0))]
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            text = FOLDED.sub("", cell.source)
            for end in ENDS:
                text = text.split(end)[0]
            for part in re.split(r"^(?=## )", text, flags=re.MULTILINE):
                if heading := re.match(r"## (.*)", part):
                    found.append(Section(heading[1].strip(), 0, dict.fromkeys(SECONDS, 0)))
                found[-1].words += len(_spoken(part).split())
            found[-1].counts["prediction"] += "predict" in cell.metadata.get("tags", [])
        elif cell.cell_type == "code" and not is_door(cell):
            outputs = [output.get("data", {}) for output in cell.outputs]
            found[-1].counts["code cell"] += 1
            found[-1].counts["picture"] += sum("image/png" in data for data in outputs)
            found[-1].counts["explorer"] += sum(WIDGET in data for data in outputs)
    return found


def _spoken(text: str) -> str:
    """Return what is read aloud: links as their words, a formula as one word."""
    text = re.sub(r"\]\([^)]*\)", "]", text)
    text = re.sub(r"\$\$.+?\$\$|\$[^$]+\$|`[^`]*`", " formula ", text, flags=re.DOTALL)
    return re.sub(r"[#*|\[\]<>_]|-{3,}", " ", text)


def main() -> int:
    rows = [minutes_of(notebook_path(script)) for script in scripts("lessons")]
    print(f"{'lesson':32} words  code cells  pictures  predictions  explorers  training  counted  stated")
    for row in rows:
        numbers = [row.counts[kind] for kind in SECONDS]
        print(
            f"{row.name:32} {row.words:5} {numbers[0]:11} {numbers[1]:9} {numbers[2]:12} {numbers[3]:10} "
            f"{row.training:9} {row.counted:8.0f} {row.stated:7}{'' if row.holds else '  ← not within a tenth'}"
        )
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
