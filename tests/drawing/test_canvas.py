import io

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dcgan_course import drawing
from dcgan_course.errors import InvalidValue


@pytest.mark.parametrize(
    ("value", "text"),
    [(2, "2"), (-1.0, "−1"), (2 / 3, "2/3"), (-2 / 3, "−2/3"), (0.123, "0.12"), (1e-9, "0"), (99, "99")],
)
def test_numbers_as_a_head_reads_them(value, text):
    assert drawing.number_text(value) == text


@given(st.floats(-1e6, 1e6))
def test_every_number_can_be_written(value):
    written = drawing.number_text(value).replace("−", "-")
    number = float(written.split("/")[0]) / float((written.split("/") + ["1"])[1])
    assert abs(number - value) <= 0.0051


def test_tiles_hold_the_pictures():
    images = torch.arange(5, dtype=torch.uint8).view(5, 1, 1, 1).expand(5, 1, 2, 3) * 10
    sheet = drawing.tile_pictures(images, columns=3, zoom=2, gap=1)
    assert sheet.size == (3 * 7 - 1, 2 * 5 - 1)
    assert [sheet.getpixel((7 * (i % 3) + 1, 5 * (i // 3) + 1)) for i in range(5)] == [0, 10, 20, 30, 40]
    assert sheet.getpixel((6, 0)) == 255


def test_tiles_scale_from_minus_one_to_one():
    images = torch.tensor([-1.0, 0.0, 1.0]).view(3, 1, 1, 1).expand(3, 3, 1, 1)
    sheet = drawing.tile_pictures(images, columns=3, zoom=1, gap=0)
    assert [sheet.getpixel((x, 0)) for x in range(3)] == [(0, 0, 0), (128, 128, 128), (255, 255, 255)]


def test_grid_draws_fills_and_frames():
    canvas = drawing.Canvas(60, 40, scale=2)
    canvas.grid([[1, None], [None, -2]], 0, 0, 20, fills={(0, 1): "sky"})
    picture = Image.open(io.BytesIO(canvas.png())).convert("RGB")
    assert picture.size == (120, 80)
    sky = tuple(int(drawing.COLOURS["sky"][i : i + 2], 16) for i in (1, 3, 5))
    assert max(abs(a - b) for a, b in zip(picture.getpixel((60, 20)), sky, strict=True)) <= 8


def test_show_png_needs_a_sentence_and_carries_it():
    png = drawing.png_of_pictures(torch.zeros(1, 1, 2, 2), columns=1)
    with pytest.raises(InvalidValue, match="needs a sentence"):
        drawing.show_png(png, alt="picture")
    shown = drawing.show_png(png, alt="one black square on a white page")
    assert repr(shown) == "[picture: one black square on a white page]"
    assert shown._repr_mimebundle_()[1]["image/png"]["alt"] == "one black square on a white page"


def test_a_hatch_stays_in_its_rectangle():
    canvas = drawing.Canvas(40, 30, scale=2)
    canvas.hatch(10, 8, 20, 12)
    rows, columns = (np.array(canvas.image.convert("L")) < 250).nonzero()
    assert 2 * 10 - 1 <= columns.min() and columns.max() <= 2 * 30
    assert 2 * 8 - 1 <= rows.min() and rows.max() <= 2 * 20
    assert len(rows) > 50
