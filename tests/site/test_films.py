"""Films that a notebook keeps become frames and labels for the pages."""

import base64
import html
import io
import json
import re

import ipywidgets
import nbformat
import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

from authoring.site import films
from authoring.site.build import NOTEBOOKS, ROOT, stored
from authoring.site.films import film_of_png, film_of_widget
from authoring.site.sources import WIDGET, WIDGET_STATE, Book, Place
from dcgan_course import widgets
from dcgan_course.drawing.films import HEAD, film_png
from dcgan_course.drawing.sheets import png_of_pictures

FRAMES = torch.arange(0, 256, 16, dtype=torch.uint8)[:4, None, None, None, None].expand(4, 2, 1, 8, 8)
TEXTS = ["before <b> & after", "two · 2", "three", "four"]
HERE = Place("notebooks/01_a.ipynb", "lessons/01_a")


@pytest.fixture
def widget():
    """A film as a notebook keeps it: (state of all widgets, name of the film)."""
    film = widgets.scrub(FRAMES, TEXTS, columns=2, zoom=3, interval=321)
    return ipywidgets.Widget.get_manager_state(widgets=None)["state"], film.model_id


def page_of(output, tmp_path, state=None) -> str:
    notebook = new_notebook(cells=[new_code_cell("film", outputs=[output])])
    notebook.metadata["widgets"] = {WIDGET_STATE: {"state": state or {}}}
    return Book([HERE], tmp_path).notebook(notebook, HERE).cells[0].outputs[0].data["text/html"]


def facts_of(text: str) -> dict:
    assert 'data-explorer="film"' in text
    return json.loads(html.unescape(re.search(r'data-facts="([^"]*)"', text)[1]))


def test_the_film_of_a_widget_has_its_frames_its_labels_and_its_pace(widget):
    film = film_of_widget(*widget)
    assert film.frames == [png_of_pictures(frame, 2, 3) for frame in FRAMES]
    assert (film.labels, film.interval, film.seen) == (TEXTS, 321, "A frame of the film")


def test_a_widget_without_film_is_none():
    slider = widgets.densities_explorer()
    state = ipywidgets.Widget.get_manager_state()["state"]
    assert film_of_widget(state, slider.model_id) is None and film_of_widget({}, slider.model_id) is None


def test_the_film_of_a_png_has_each_frame_once_with_its_label():
    film = film_of_png(film_png(FRAMES, TEXTS, columns=2, zoom=2, seconds=0.3), "squares")
    assert len(film.frames) == 4 and film.labels == TEXTS and (film.interval, film.seen) == (300, "squares")
    for frame, content in zip(FRAMES, film.frames, strict=True):
        with Image.open(io.BytesIO(content)) as picture:
            shown = np.array(picture)[2 * HEAD : 2 * HEAD + 16, :16]
        assert (shown == frame[0, 0, 0, 0].item()).all()


def test_a_film_whose_labels_are_not_kept_counts_its_frames(monkeypatch):
    png = film_png(FRAMES, TEXTS, columns=2)
    monkeypatch.setattr(films, "LABELS", "another keyword")
    assert film_of_png(png, "squares").labels[:2] == ["Frame 0; the last one is 3.", "Frame 1; the last one is 3."]


def test_a_still_picture_is_no_film():
    assert film_of_png(png_of_pictures(FRAMES[0], 2), "squares") is None


def test_both_forms_become_a_place_with_a_first_frame_and_files_beside_the_page(widget, tmp_path):
    state, name = widget
    of_widget = new_output("display_data", {WIDGET: {"model_id": name}, "text/plain": "A film"})
    of_png = new_output("display_data", {"image/png": base64.b64encode(film_png(FRAMES, TEXTS, columns=2)).decode()})
    of_png.metadata["image/png"] = {"alt": 'a "film"'}
    for output, seen in ((of_widget, "A frame of the film"), (of_png, 'a "film"')):
        text = page_of(output, tmp_path, state)
        facts = facts_of(text)
        assert facts["labels"] == TEXTS and facts["seen"] == seen and f'alt="{html.escape(seen)}"' in text
        files = [tmp_path / source.removeprefix("../") for source in facts["frames"]]
        assert len(set(files)) == 4
        for file in files:
            with Image.open(file) as picture:
                assert list(picture.size) == facts["size"]


def test_every_film_of_the_lessons_is_found():
    """A cell that calls `scrub` or `film_png` has a film in its output, in whatever form a later version keeps it."""
    calls, found = 0, 0
    for folder in NOTEBOOKS:
        for path in sorted((ROOT / folder).glob("*.ipynb")):
            notebook: nbformat.NotebookNode = stored(path)
            state = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
            for cell in notebook.cells:
                if cell.cell_type != "code" or not cell.outputs:
                    continue
                calls += bool(re.search(r"widgets\.scrub\(|drawing\.film_png\(", cell.source))
                for data in (output.get("data", {}) for output in cell.outputs):
                    if WIDGET in data:
                        found += film_of_widget(state, data[WIDGET]["model_id"]) is not None
                    if png := data.get("image/png"):
                        found += film_of_png(base64.b64decode(png), "") is not None
    assert calls == found > 0
