"""Wrap the prose of the sources and of the pages beside them, so that a diff shows the words that changed.

python -m authoring.wrap            markdown cells of sources/ at 110 characters, README.md and its neighbours at 120
python -m authoring.wrap --check    change nothing; say which files are not wrapped

Paragraphs, list items and folded hints are filled anew. Headings, tables, quotes, fenced and indented code, display
formulas, link references and hard line breaks stay. No line ends inside of code, a formula, a link or a tag.
"""

import argparse
import re
import sys
from collections.abc import Iterator

from authoring.notebooks import ROOT, scripts
from authoring.places import refuse_read_only

PROSE_WIDTH, PAGE_WIDTH = 110, 120  # of a cell without its "# ", as 01 and 02 have it; of a page, as code has it
MARKDOWN_CELL = re.compile(r"^(# %% \[markdown\].*\n)((?:(?!# %%)#.*\n)+)", re.MULTILINE)
BLOCK_TAG = r"</?(?:details|summary|div|p|table|tr|ul|ol|li|pre|hr|blockquote)\b"
STAYS = re.compile(r"\s*(?:#{1,6}\s|\||>|\[[^\]]*\]:|(?:[-*_]\s*){3,}$|=+\s*$)")
BEGINS = re.compile(rf"(?P<indent>\s*)(?:(?P<mark>[-+*]\s+|\d{{1,9}}[.)]\s+)|(?P<tag>{BLOCK_TAG}))?")
HARD_BREAK = re.compile(r"(?: {2,}|\\)$")
WHOLE = re.compile(
    r"(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`)"  # code
    r"|\$\$.+?\$\$|\$[^$]+\$"  # a formula
    r"|!?\[(?:`[^`]*`|\[[^\]]*\]|[^\[\]])*\]\((?:[^()]|\([^()]*\))*\)"  # a link or a picture
    r"|<[^<>]+>"  # a tag or an address
)
# What would begin another block, were it the first word of a line.
NEVER_FIRST = re.compile(
    rf"(?:[-+*]|\d{{1,9}}[.)]|#{{1,6}}|=+|-+|[*_]{{3,}})$|[>|]|```|~~~|\$\$|%%|\[.*\]:|{BLOCK_TAG}"
)
SPACE = "\0"  # stands for a space at which no line may end


def wrap(markdown: str, width: int) -> str:
    """Return the same markdown with its prose filled to lines of at most `width` characters, where words allow it."""
    lines: list[str] = []
    paragraph: list[str] = []
    closing = None  # what ends the code or the formula that we are in

    def finish() -> None:
        lines.extend(_filled(paragraph, width))
        paragraph.clear()

    for line in markdown.split("\n"):
        if closing is not None:
            lines.append(line)
            closing = None if re.search(closing, line) else closing
            continue
        begins = BEGINS.match(line)
        assert begins is not None  # every part of it may be empty
        if fence := re.match(r"\s*(```+|~~~+)", line):
            closing = rf"^\s*{fence[1]}[`~]*\s*$"
        elif line.lstrip().startswith("$$") and line.count("$$") == 1:
            closing = r"\$\$"
        is_code = not paragraph and len(begins["indent"]) >= 4 and not begins["mark"]
        if closing or is_code or not line.strip() or STAYS.match(line) or line.lstrip().startswith("$$"):
            finish()
            lines.append(line)
            continue
        if begins["mark"] or begins["tag"] or (paragraph and paragraph[-1].endswith("</summary>")):
            finish()
        paragraph.append(line)
    finish()
    return "\n".join(lines)


def _filled(paragraph: list[str], width: int) -> Iterator[str]:
    """The lines of one paragraph, list item or hint; after a list's mark they hang below its first letter."""
    if not paragraph:
        return
    begins = BEGINS.match(paragraph[0])
    assert begins is not None
    prefix = begins["indent"] + (begins["mark"] or "")
    paragraph = [paragraph[0][len(prefix) :], *paragraph[1:]]
    some: list[str] = []
    for number, line in enumerate(paragraph):
        hard = HARD_BREAK.search(line)
        some.append(line[: hard.start()].strip() if hard else line.strip())
        if hard or number == len(paragraph) - 1:
            *full, last = _lines_of(_words(" ".join(some)), width, prefix)
            yield from [*full, last + (hard[0] if hard else "")]
            prefix, some = " " * len(prefix), []


def _words(text: str) -> list[str]:
    """What may not be parted, in order. A word that would begin another block hangs on the one before it."""
    words: list[str] = []
    for word in re.split(r"[ \t]+", WHOLE.sub(lambda match: match[0].replace(" ", SPACE), text)):
        if words and NEVER_FIRST.match(word):
            words[-1] += SPACE + word
        else:
            words.append(word)
    return words


def _lines_of(words: list[str], width: int, prefix: str) -> Iterator[str]:
    line = prefix + words[0]
    for word in words[1:]:
        if len(line) + 1 + len(word) > width:
            yield line.replace(SPACE, " ")
            line = " " * len(prefix) + word
        else:
            line += " " + word
    yield line.replace(SPACE, " ")


def wrap_script(script: str) -> str:
    """Return a percent script with the prose of its markdown cells wrapped. Code and its comments stay."""

    def again(cell: re.Match[str]) -> str:
        prose = "\n".join(line[2:] for line in cell[2].splitlines())
        return cell[1] + "".join(f"# {line}\n" if line else "#\n" for line in wrap(prose, PROSE_WIDTH).split("\n"))

    return MARKDOWN_CELL.sub(again, script)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; end with 1 if a file is not wrapped")
    options = parser.parse_args(arguments)
    if not options.check:
        refuse_read_only()
    loose = []
    for path in [*scripts("lessons"), *scripts("solutions"), *sorted(ROOT.glob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        wrapped = wrap_script(text) if path.suffix == ".py" else wrap(text, PAGE_WIDTH)
        if wrapped != text:
            loose.append(path.relative_to(ROOT).as_posix())
            if not options.check:
                path.write_text(wrapped, encoding="utf-8")
    if loose and options.check:
        print(f"Not wrapped: {', '.join(loose)}. Run python -m authoring.wrap.")
    elif loose:
        print(f"Wrapped: {', '.join(loose)}.")
    return int(options.check and bool(loose))


if __name__ == "__main__":
    sys.exit(main())
