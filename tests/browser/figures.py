"""The pictures of an open notebook as a reader sees them: how large they are, and their smallest letters."""

import base64
import io
import re
from dataclasses import dataclass

from PIL import Image

from dcgan_course.drawing.canvas import LETTERS, TITLE

WINDOW = {"width": 1366, "height": 768}  # a small laptop
SCREEN = 645  # px of such a window that a lesson has in JupyterLab, below its menu and above its status
SMALLEST = 12  # px

OPEN_ALL = "() => window.jupyterapp.commands.execute('notebook:expand-all-headings')"
SHOWN = """async cell => {
    const found = [];
    for (const picture of cell.querySelectorAll('.jp-OutputArea img')) {
        await picture.decode();
        const bytes = new Uint8Array(await (await fetch(picture.src)).arrayBuffer());
        const box = picture.getBoundingClientRect();
        let text = '';
        for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
        found.push([box.width, box.height, picture.naturalWidth, picture.alt, btoa(text)]);
    }
    return found;
}"""


@dataclass(frozen=True)
class Figure:
    """A picture on the page; lengths in CSS pixels.

    letters: its smallest letters as they are shown; None where there are none. known: whether the file says so.
    title: that is written in it.
    """

    cell: int
    alt: str
    width: float
    height: float
    letters: float | None
    known: bool
    title: str

    def __str__(self) -> str:
        letters = "none" if self.letters is None else f"{self.letters:.1f} px"
        said = letters if self.known else "not said"
        return f"cell {self.cell:3d}: {self.width:4.0f} × {self.height:4.0f}, letters {said:>8}: {self.alt[:60]}"


def figures(notebook) -> list[Figure]:
    """Measure every picture of an open notebook; sections that are closed are opened."""
    notebook.page.evaluate(OPEN_ALL)
    found = []
    for cell in notebook.cells():
        if any("image/png" in output["kinds"] for output in cell.outputs) or cell.has_widget:
            for width, height, natural, alt, data in notebook.show_cell(cell.index).evaluate(SHOWN):
                facts = Image.open(io.BytesIO(base64.b64decode(data))).info
                said = facts.get(LETTERS)
                size = float(re.fullmatch(r"([\d.]+) px", said)[1]) * width / natural if said else 0
                found.append(
                    Figure(cell.index, alt, width, height, size or None, said is not None, facts.get(TITLE, ""))
                )
    return found
