"""Run every lesson without a screen and leave pages to look at.

python -m authoring.pages                 runs the lessons in the budget of this machine; pages in build/
python -m authoring.pages --stored        turns the stored notebooks into pages; runs nothing
"""

import argparse
import copy
import re
import sys
import time
from html import escape

import nbformat

from authoring.notebooks import ROOT, from_script, notebook_path, run, scripts
from authoring.places import folder_for_pages

WIDGET = "application/vnd.jupyter.widget-view+json"
FORMULA = re.compile(
    r"(?P<block>\$\$(?P<long>.+?)\$\$)|(?<![\\$])\$(?P<short>[^$\n]+?)\$(?!\d)|(?P<code>`[^`]*`)", re.DOTALL
)


def page(notebook: nbformat.NotebookNode, title: str) -> str:
    """Turn a notebook into one HTML page. Widgets need a kernel: the page shows their sentence and their twin."""
    from nbconvert import HTMLExporter

    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = FORMULA.sub(_as_mathml, cell.source)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    for output in outputs:
        output.get("data", {}).pop(WIDGET, None)
    html, _ = HTMLExporter().from_notebook_node(notebook, resources={"metadata": {"name": title}})
    end = 0  # of the last picture
    for output in outputs:  # nbconvert leaves alternative texts out
        png = output.get("data", {}).get("image/png")
        source = f'src="data:image/png;base64,{png.strip()}' if png else ""
        if png and (place := html.find(source, end)) > 0:
            alt = escape(output.metadata.get("image/png", {}).get("alt", ""))
            before = html[: html.rindex("<img", 0, place)] + f'<img alt="{alt}" {source}'
            html, end = before + html[place + len(source) :], len(before)
    return html


def _as_mathml(match: re.Match) -> str:
    """Write a formula so that every browser shows it without a library from the internet."""
    from latex2mathml.converter import convert

    if match["code"]:
        return match["code"]
    block = match["block"] is not None
    formula = " ".join((match["long"] if block else match["short"]).split())
    return convert(formula, display="block" if block else "inline")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stored", action="store_true", help="take the stored outputs instead of running")
    options = parser.parse_args(arguments)
    folder = folder_for_pages()
    for script in scripts("lessons") + (scripts("solutions") if options.stored else []):
        start = time.perf_counter()
        path = notebook_path(script)
        if options.stored and not path.exists():
            print(f"{path.name} was not made yet: run `make notebooks`")
            continue
        stored = options.stored
        notebook = nbformat.read(path, as_version=4) if stored else run(from_script(script), path.parent)
        target = folder / f"{path.parent.name}_{script.stem}.html"
        target.write_text(page(notebook, script.stem), encoding="utf-8")
        shown = target.relative_to(ROOT) if target.is_relative_to(ROOT) else target
        print(f"{shown}: {time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
