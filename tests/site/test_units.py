"""The filter browser of the pages: what is kept of each unit is what Python computes, and where windows lie."""

import base64
import io
import json
import re

import numpy as np
import pytest
import torch
from PIL import Image

from authoring.site.units import COLUMNS, HALF, write_units
from dcgan_course import widgets
from dcgan_course.data.images import load_images
from dcgan_course.drawing.canvas import Canvas
from dcgan_course.interpretability import unit_figures
from dcgan_course.widgets.filters import NETWORKS
from tests.helpers.node import node, run_by_node

RUN, COUNT = "objects_dcgan", 60


@pytest.fixture(scope="module")
def images():
    return load_images("drawn_objects", "test")


@pytest.fixture(scope="module")
def panel(images):
    return widgets.filter_browser(RUN, images, count=COUNT)


@pytest.fixture(scope="module")
def written(images, tmp_path_factory):
    """{name of a script: what it hands to the page}."""
    folder = tmp_path_factory.mktemp("book") / "units"
    write_units(folder, RUN, images, COUNT)
    found = {}
    for path in folder.iterdir():
        name, facts = re.fullmatch(r'takeFacts\("units/(\w+)", (.*)\);\n', path.read_text(encoding="utf-8")).groups()
        assert name == path.stem
        found[name] = json.loads(facts)
    return found


def pixels(address: str) -> np.ndarray:
    content = base64.b64decode(address.removeprefix("data:image/webp;base64,"))
    with Image.open(io.BytesIO(content)) as picture:
        return np.array(picture.convert("RGB"))


def test_names_numbers_and_legend_are_those_of_the_widget(written, panel):
    facts, layer = written[RUN], panel.controls["layer"]
    assert facts["networks"] == list(panel.controls["network"].options)
    assert facts["layers"] == [label for label, _ in layer.options]
    assert facts["units"] == [each.units for each in panel.units.layers]
    assert set(written) == {RUN} | {f"{RUN}_{n}_{number}" for n in (0, 1) for number in range(len(facts["layers"]))}


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_pictures_windows_responses_and_gradients_are_those_of_the_package(written, panel, images, number, layer):
    network, facts, shared = NETWORKS[number], written[f"{RUN}_{number}_{layer}"], written[RUN]
    sheet, (high, wide) = pixels(shared["pictures"]), facts["window"]
    panel.controls["network"].value, panel.controls["layer"].value = network, layer
    for unit in (0, 5, len(facts["units"]) - 1):
        panel.controls["unit"].value = unit
        view, told = panel.units.view(network, layer, unit), facts["units"][unit]
        assert told["said"] in panel.words.value
        assert told["corners"] == [list(window[:2]) for window in view.windows]
        assert [float(text.replace("−", "-")) for text in told["responses"]] == pytest.approx(
            view.top.values.tolist(), abs=0.00501
        )
        for place, index in zip(told["pictures"], view.top.indices.tolist(), strict=True):
            x, y = place % COLUMNS * 32, place // COLUMNS * 32
            expected = images.images[index].expand(3, -1, -1).permute(1, 2, 0).numpy()
            assert (sheet[y : y + 32, x : x + 32] == expected).all()
        for name in ("guided", "plain"):
            rows = pixels(facts[name])[unit * high : (unit + 1) * high]
            found = torch.tensor(rows.astype("f4")).permute(2, 0, 1) / 127.5 - 1
            gradients = unit_figures.each_scaled(getattr(view, name))
            for picture, (top, left, bottom, right) in enumerate(view.windows):
                up, first = max(top, 0), max(left, 0)
                expected = gradients[picture, :, up : min(bottom, 32), first : min(right, 32)]
                start = picture * wide + first - left
                part = found[:, up - top :, start : start + expected.shape[2]][:, : expected.shape[1]]
                assert float((part - expected).abs().max()) <= 0.5 / HALF + 0.5 / 127.5 + 1e-6


def test_zero_is_grey_in_every_gradient(written):
    """A guided gradient of zero must not look like a faint one."""
    levels = np.unique(pixels(written[f"{RUN}_0_0"]["plain"]))
    assert 128 in levels and len(levels) <= 2 * HALF + 1


@node
def test_windows_lie_where_python_draws_them(monkeypatch):
    size, windows, tile = (32, 24), [(4, 4), (10, 12), (22, 22)], 64
    pasted, framed = [], []
    canvas = Canvas(200, 200, scale=1)
    monkeypatch.setattr(canvas.image, "paste", lambda part, place: pasted.append([*place, *part.size]))
    monkeypatch.setattr(canvas, "box", lambda *box, outline, line: framed.append(list(box)))
    monkeypatch.setattr(canvas, "hatch", lambda *box: None)
    picture, cases = Image.new("RGB", (size[1], size[0])), []
    for window in windows:
        for top in range(-window[0] // 2, size[0] - window[0] // 2, 3):
            for left in range(-window[1] // 2, size[1] - window[1] // 2, 3):
                high, on_picture = round(tile * window[0] / window[1]), round(tile * size[0] / size[1])
                edges = (top, left, top + window[0], left + window[1])
                unit_figures._paste(canvas, picture, edges, 0, 0, high)
                view = type("View", (), {"pictures": torch.zeros(1, 3, *size), "windows": [edges]})
                unit_figures._frame(canvas, view, 0, 0, 0, on_picture)
                cases.append([[top, left], window, size, [tile, high], [tile, on_picture]])
    code = """import { frameOnPicture, partInside } from "./windows.mjs";
const answer = (cases) => cases.map(([corner, window, size, tile, whole]) =>
  [partInside(corner, window, size, tile).inTile, frameOnPicture(corner, window, size, whole)]);"""
    found = run_by_node(code, cases)
    assert [tile for tile, _ in found] == pasted
    white = framed[1::2]  # on screen a box of the canvas is one pixel wider and higher than its numbers say
    expected = [[x, y, wide + 1, high + 1] for x, y, wide, high in white]
    assert np.allclose([frame for _, frame in found], expected)
