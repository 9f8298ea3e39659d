"""What the canvas writes and draws."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dcgan_course import drawing


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


def test_a_hatch_stays_in_its_rectangle():
    canvas = drawing.Canvas(40, 30, scale=2)
    canvas.hatch(10, 8, 20, 12)
    rows, columns = (np.array(canvas.image.convert("L")) < 250).nonzero()
    assert 2 * 10 - 1 <= columns.min() and columns.max() <= 2 * 30
    assert 2 * 8 - 1 <= rows.min() and rows.max() <= 2 * 20
    assert len(rows) > 50


def letters(png: bytes) -> str:
    return Image.open(io.BytesIO(png)).info["Letters"]


def test_a_sheet_says_how_large_its_smallest_letters_are():
    sheet, other = (drawing.Canvas(80, 60, scale=2) for _ in range(2))
    assert letters(sheet.png()) == "0.0 px"
    sheet.text(2, 2, "large", size=20)
    sheet.text(2, 30, " ", size=3)
    assert letters(sheet.png()) == "40.0 px"
    other.text(2, 2, "small", size=9)
    sheet.paste(other, 10, 20)
    assert letters(sheet.png()) == "18.0 px"
    assert (np.array(sheet.image)[40:, 20:] == np.array(other.image)[:80, :140]).all()
