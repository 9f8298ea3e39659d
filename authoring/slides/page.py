"""Write decks as pages of reveal.js that ask nothing from a network.

reveal.js itself is taken from the package sphinx-revealjs, which authors have installed, and laid beside the pages.
"""

import base64
import hashlib
import html
import importlib.util
import re
import shutil
from pathlib import Path

from markdown_it import MarkdownIt
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from authoring.minutes import FOLDED
from authoring.site.sources import FORMULA, LINK, as_mathml
from authoring.slides.deck import WIDE, Picture, Slide, lines_on_slide

HERE = Path(__file__).resolve().parent
REVEAL = ("dist/reveal.js", "dist/reveal.css", "plugin/notes/notes.js", "LICENSE")
STYLE = "a11y-high-contrast-light"
LONG = 110  # words; a longer text is set in smaller letters
FEW, FEW_WIDE = 15, 76  # lines of code and print, and letters in a line, that fit in larger letters
TABLE = 6  # lines of print; a shorter one is broken where it is too wide
SMALLEST = 16  # px: a wide table is made smaller to stay a table, but not smaller than this
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="reveal/reveal.css">
<link rel="stylesheet" href="slides.css">
</head>
<body>
<div class="reveal"><div class="slides">
{sections}
</div></div>
<script src="reveal/reveal.js"></script>
<script src="reveal/notes.js"></script>
<script>
Reveal.initialize({{
  width: 1280, height: 720, margin: 0.01, center: false, hash: true, controls: true, progress: true,
  slideNumber: "c/t", transition: "none", display: "flex", backgroundTransition: "none", plugins: [RevealNotes],
}});
</script>
</body>
</html>
"""
INDEX = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Slides of the course</title><link rel="stylesheet" href="slides.css"></head>
<body class="contents">
<h1>Slides of the course</h1>
<p>Arrow keys turn the slides. <kbd>S</kbd> opens the speaker view with notes and a clock, <kbd>F</kbd> fills the
screen, <kbd>O</kbd> shows all slides. Notes below the slides: add <code>?showNotes=true</code> to the address. To
print: add <code>?print-pdf</code>.</p>
<ul>
{rows}
</ul>
</body>
</html>
"""


def write_parts(folder: Path) -> None:
    """Lay what all decks share into `folder`: reveal.js and our style.

    Raises:
        SystemExit: sphinx-revealjs is not installed.
    """
    found = importlib.util.find_spec("sphinx_revealjs")
    if found is None or found.origin is None:
        raise SystemExit("The slides need reveal.js from the package sphinx-revealjs: pip install sphinx-revealjs")
    (folder / "reveal").mkdir(parents=True)
    (folder / "pictures").mkdir()
    for name in REVEAL:
        shutil.copy(Path(found.origin).parent / "_static" / "revealjs" / name, folder / "reveal")
    colours = HtmlFormatter(style=STYLE).get_style_defs(".code")
    (folder / "slides.css").write_text((HERE / "slides.css").read_text(encoding="utf-8") + colours, encoding="utf-8")


def write_deck(slides: list[Slide], name: str, folder: Path) -> None:
    """Write one deck as `folder`/`name`.html, and its pictures beside it."""
    sections = "\n".join(section(slide, folder) for slide in slides)
    title = re.sub(r"^# ", "", slides[0].text.splitlines()[0])
    page = PAGE.format(title=html.escape(title), sections=sections)
    (folder / f"{name}.html").write_text(page, encoding="utf-8")


def write_index(decks: dict[str, list[Slide]], folder: Path) -> None:
    """Write the list of all decks."""
    rows = [
        f'<li><a href="{name}.html">{html.escape(slides[0].text.splitlines()[0].lstrip("# "))}</a>: '
        f"{len(slides)} slides</li>"
        for name, slides in decks.items()
    ]
    (folder / "index.html").write_text(INDEX.format(rows="\n".join(rows)), encoding="utf-8")


def section(slide: Slide, folder: Path) -> str:
    """Return a slide as reveal's section; its notes are inside."""
    lines = lines_on_slide(f"{slide.code}\n{slide.printed}", FEW_WIDE)
    seen = FOLDED.sub(lambda box: box[0].partition("</summary>")[0], slide.text)  # what a click opens is not seen yet
    long = len(seen.split()) > LONG
    size = " long" if long else " few" if slide.kind == "code" and lines <= FEW else ""
    parts = [f'<section class="{slide.kind}{size}" id="{slide.cell}">']
    if slide.heading:
        parts.append(f"<h2>{words(slide.heading)}</h2>")
    if slide.text:
        parts.append(f'<div class="text">{as_html(slide.text)}</div>')
    if slide.code:
        coloured = highlight(slide.code, PythonLexer(), HtmlFormatter(style=STYLE, cssclass="code"))
        parts.append(coloured)
    if slide.pictures:
        parts.append(f'<div class="pictures">{"".join(image(each, folder) for each in slide.pictures)}</div>')
    if slide.page:
        parts.append(f'<div class="page">{slide.page}</div>')
    if slide.printed:
        lines_printed = slide.printed.splitlines()
        longest = max(map(len, lines_printed))
        letters = max(SMALLEST, 1900 // longest)  # px; a letter is 0.6 as wide as it is high
        fit = f' style="font-size: {letters}px"' if longest > WIDE and len(lines_printed) >= TABLE else ""
        parts.append(f'<pre class="printed"{fit}>{html.escape(slide.printed)}</pre>')
    notes = "\n\n".join(slide.notes)
    parts.append(f'<aside class="notes">{as_html(notes)}</aside>')
    return "\n".join([*parts, "</section>"])


def image(picture: Picture, folder: Path) -> str:
    """Lay a picture into `folder`/pictures, and return how a page shows it."""
    content = base64.b64decode(picture.png)
    name = f"pictures/{hashlib.sha256(content).hexdigest()[:20]}.png"
    (folder / name).write_bytes(content)
    return f'<img src="{name}" alt="{html.escape(picture.alt)}">'


def as_html(text: str) -> str:
    """Return Markdown as HTML: formulas as MathML, links as their words."""
    return str(MarkdownIt("commonmark").enable("table").render(unlinked(FORMULA.sub(as_mathml, text))))


def words(text: str) -> str:
    """Return one line of Markdown as HTML, without a paragraph around it."""
    return str(MarkdownIt("commonmark").renderInline(unlinked(FORMULA.sub(as_mathml, text))))


def unlinked(text: str) -> str:
    """Return Markdown with links replaced by their words: on a slide nobody clicks them."""
    return LINK.sub(lambda match: match["text"], text)
