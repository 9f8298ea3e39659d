"""Tables of numbers: what is written, what is left out, and what many rectangles look like."""

import numpy as np
import pytest

from dcgan_course.drawing.canvas import COLOURS, Canvas
from dcgan_course.drawing.tables import MATRIX, SQUARES, draw_table, weight_name

STYLES = {"squares": SQUARES, "matrix": MATRIX}


def colour(name: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(COLOURS[name][1:]))


def drawn(values, cell, **how) -> np.ndarray:
    canvas = Canvas(200, 200, scale=2)
    draw_table(canvas, values, 10, 10, cell, cell, **how)
    return np.array(canvas.image)


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
def test_a_rectangle_has_its_colour_and_nothing_is_drawn_outside(style):
    picture = drawn([[1, 2], [3, 4]], 20, fills=[["sky", "mint"], ["paper", "peach"]], style=style)
    for place, name in (((28, 28), "sky"), ((28, 68), "mint"), ((68, 28), "paper"), ((68, 68), "peach")):
        assert tuple(picture[place]) == colour(name)
    rows, columns = np.nonzero((picture != 255).any(axis=2))
    assert {rows.min(), columns.min()} == {20} and max(rows.max(), columns.max()) <= 101


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES)
@pytest.mark.parametrize("nothing", [None, np.nan])
def test_what_is_no_number_leaves_its_rectangle_empty(style, nothing):
    picture = drawn([[8, nothing]], 30, fills="mint", style=style)
    assert (picture[24:76, 24:76] == colour("ink")).all(axis=2).any()
    assert (picture[24:76, 84:136] == colour("mint")).all()


def test_a_number_on_a_dark_colour_is_white():
    for fill, ink in (("blue", "paper"), ("sky", "ink")):
        assert (drawn([[8]], 30, fills=fill)[24:76, 24:76] == colour(ink)).all(axis=2).any()


def test_small_rectangles_of_a_matrix_have_no_numbers_and_the_smallest_no_lines():
    ink = [(drawn(np.full((3, 3), 8), cell) == colour("ink")).all(axis=2).any() for cell in (21, 20)]
    assert ink == [True, False]
    light = [(drawn(np.full((3, 3), 8), cell) == colour("light")).all(axis=2).any() for cell in (5, 4)]
    assert light == [True, False]


def test_a_colour_of_one_row_is_seen_also_where_rows_share_a_pixel():
    canvas, fills = Canvas(40, 40, scale=1), np.full((100, 1), "paper")
    fills[55] = "peach"
    draw_table(canvas, np.full((100, 1), np.nan), 5, 5, 10, 0.2, fills=fills)
    assert (np.array(canvas.image) == colour("peach")).all(axis=2).sum() == 9  # one line between the two edges


def test_weights_have_names():
    assert [weight_name(number) for number in (9, 12.0, 0)] == ["w₉", "w₁₂", ""]
