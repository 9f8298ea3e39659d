"""Every word in a stored picture can be read: in what the cells show, and in the explorers as they are stored."""

import base64
import io
import json

import pytest
from PIL import Image

from authoring.notebooks import WIDGET_STATE, notebook_path, scripts
from dcgan_course.drawing.canvas import CONTRAST
from dcgan_course.drawing.contrast import ENOUGH

SCRIPTS = scripts("lessons") + scripts("solutions")


def named(script) -> str:
    return f"{script.parent.name}-{script.stem}"


def pictures(notebook) -> dict[str, bytes]:
    """Every PNG of a notebook, by where it is."""
    found = {}
    for index, cell in enumerate(notebook["cells"]):
        for number, output in enumerate(cell.get("outputs", [])):
            if "image/png" in output.get("data", {}):
                found[f"cell {index}, output {number}"] = base64.b64decode(output["data"]["image/png"])
    widgets = notebook["metadata"].get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    for name, model in widgets.items():
        for buffer in model.get("buffers", []):
            data = base64.b64decode(buffer["data"])
            if data.startswith(b"\x89PNG"):
                found[f"widget {name[-4:]}, {'.'.join(buffer['path'])}"] = data
    return found


@pytest.mark.parametrize("script", SCRIPTS, ids=named)
def test_the_words_in_every_stored_picture_have_enough_contrast(script):
    notebook = json.loads(notebook_path(script).read_text(encoding="utf-8"))
    said = {place: Image.open(io.BytesIO(png)).info.get(CONTRAST) for place, png in pictures(notebook).items()}
    silent = [place for place, lowest in said.items() if lowest is None]
    assert silent == [], "made by an older version: run it again"
    assert {place: lowest for place, lowest in said.items() if lowest and float(lowest) < ENOUGH} == {}
