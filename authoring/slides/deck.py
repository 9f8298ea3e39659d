"""Choose what of a lesson is shown, and what is said: a deck of slides from the cells that are tagged `slide`.

The opening and every tagged cell begin a slide. What is shown of it:

* the opening: title, question and goals;
* a cell of text with a vote: the vote, word for word, and its choices, folded: a click shows what follows from each;
* another cell of text: the section that begins in it, as many whole paragraphs, lists and formulas as fit into
  `MOST_WORDS` words;
* a cell of code with a picture: the picture, large, and what the cell printed;
* a cell of code without one: the code, and what it printed; where both are too long, only what it printed.

What is said, the speaker notes: the answer to the vote from the teacher's page, the rest of the text, and all text up
to the next slide; what stands under a heading before its first slide is said with that slide. The last slide asks again
where classes go wrong. Exercises and sources are for those who read.
"""

import re
from dataclasses import dataclass, field

from nbformat import NotebookNode

from authoring.minutes import ENDS, FOLDED
from authoring.teaching import CHOICE, VOTE

MOST_SLIDES = 25
MOST_LINES, WIDE = 22, 98  # of code and print on a slide, and letters in a line
MOST_WORDS = 75  # on a slide; a paragraph that comes first is shown even if it is longer
ANSWERS = re.compile(r"^## Answers to the votes\s*\n(.*)", re.DOTALL | re.MULTILINE)
WRONG = re.compile(r"^## Where classes go wrong\s*\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Picture:
    """A picture as it is stored, base64 of a PNG, and what it shows in words."""

    png: str
    alt: str


@dataclass
class Slide:
    """What is shown and what is said, in Markdown; code and prints as plain text.

    Args:
        kind: "title", "text", "vote", "picture" or "code". heading: of the section, empty on the title.
        cell: the id of the cell that it comes from.
    """

    kind: str
    heading: str
    cell: str
    text: str = ""
    pictures: list[Picture] = field(default_factory=list)
    code: str = ""
    printed: str = ""
    page: str = ""  # what a cell shows as HTML
    notes: list[str] = field(default_factory=list)


def tagged(cell: NotebookNode) -> bool:
    """Whether a cell begins a slide."""
    return "slide" in cell.metadata.get("tags", [])


def answers(page: str) -> list[str]:
    """Return the answers to the votes from a teacher's page, in order."""
    found = ANSWERS.search(page)
    return re.findall(r"^\d+\. (.*(?:\n   .*)*)", found[1], re.MULTILINE) if found else []


def deck(notebook: NotebookNode, page: str) -> list[Slide]:
    """Return the slides of a lesson.

    Args:
        notebook: with outputs. page: the teacher's page, in Markdown.

    Raises:
        ValueError: a vote stands in a cell without a slide.
    """
    cells, replies, slides = notebook.cells, answers(page), list[Slide]()
    heading, before = "", list[str]()  # what is said under a heading before its first slide belongs to that slide
    waits = False
    for cell in cells:
        begins = not slides or tagged(cell)
        votes = len(VOTE.findall(cell.source)) if cell.cell_type == "markdown" else 0
        if votes and not begins:
            raise ValueError(f"The vote in cell {cell.id} is on no slide: tag it with slide.")
        if cell.cell_type == "markdown":
            sections = re.split(r"^(?=## )", spoken_part(cell.source), flags=re.MULTILINE)
            to_show = len(sections) > 1 and begins  # what stands above a heading ends the slide before
            for number, section in enumerate(sections):
                if found := re.match(r"## (.*)\n?", section):
                    heading, section, waits = found[1].strip(), section[found.end() :], True
                if begins and number == to_show:
                    kind = "title" if not slides else "vote" if votes else "text"
                    shown, section = parted(section, kind)
                    if kind == "vote" and section:  # the text above a vote
                        (before if waits else slides[-1].notes).append(section)
                        section = ""
                    before += ["**Answer.** " + reply for reply in replies[:votes]]
                    slides.append(Slide(kind, heading, cell.id, text=shown, notes=before))
                    del replies[:votes]
                    before, waits = [], False
                if section.strip():
                    (before if waits else slides[-1].notes).append(section.strip())
        elif begins:
            slides.append(of_code(cell, heading, before))
            before, waits = [], False
    slides[-1].notes += before
    if wrong := WRONG.search(page):  # asked again at the end, over the take-aways
        slides[-1].notes.append("**Where classes go wrong.**\n\n" + wrong[1].strip())
    for earlier, slide in zip([slides[0], *slides], slides, strict=False):
        if not slide.notes:  # nothing is said between this slide and the next one
            slide.notes += [picture.alt for picture in slide.pictures] or earlier.notes[-1:]
    return slides


def spoken_part(text: str) -> str:
    """Return a cell's text without what only readers need: exercises, next, sources, and folded boxes but choices."""
    text = FOLDED.sub(lambda box: box[0] if CHOICE.match(box[0]) else "", text)
    for end in ENDS:
        text = text.split(end)[0]
    return text


def parted(text: str, kind: str) -> tuple[str, str]:
    """Part a text into what is shown and what is said."""
    if kind == "title":
        opening, need, rest = text.partition("**You need first**")
        return opening.strip(), need + rest
    blocks = re.split(r"\n\s*\n", text.strip())
    if kind == "vote":  # the paragraphs before it are said
        first = next(number for number, block in enumerate(blocks) if VOTE.search(block))
        return "\n\n".join(blocks[first:]), "\n\n".join(blocks[:first])
    shown, words = [blocks[0]], len(blocks[0].split())
    for block in blocks[1:]:
        words += len(block.split())
        if words > MOST_WORDS and not shown[-1].endswith(":"):  # what is announced is shown
            break
        shown.append(block)
    return "\n\n".join(shown), "\n\n".join(blocks[len(shown) :])


def lines_on_slide(text: str, wide: int = WIDE) -> int:
    """Return how many lines a text has where `wide` letters fit into one."""
    return sum(1 + max(len(line) - 1, 0) // wide for line in text.strip().splitlines())


def of_code(cell: NotebookNode, heading: str, notes: list[str]) -> Slide:
    """Return the slide of a cell of code."""
    pictures, printed, page = [], "", ""
    for output in cell.outputs:
        if png := output.get("data", {}).get("image/png"):
            pictures.append(Picture(png, output.metadata.get("image/png", {}).get("alt", "")))
        elif shown := output.get("data", {}).get("text/html"):
            page += shown
        elif output.output_type == "stream":
            printed += output.text
    fits = lines_on_slide(f"{cell.source}\n{printed}") <= MOST_LINES
    kind, code = "picture" if pictures else "code", cell.source if not pictures and (fits or not printed) else ""
    return Slide(kind, heading, cell.id, "", pictures, code, printed.rstrip(), page, notes)
