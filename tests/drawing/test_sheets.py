"""Pictures side by side on one sheet."""

import numpy as np
import torch

from dcgan_course import drawing
from dcgan_course.data.pixels import to_pixels
from tests.helpers.pictures import pixels


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


def test_what_networks_draw_becomes_bytes_as_everywhere():
    images = torch.linspace(-1.2, 1.2, 64).view(1, 1, 8, 8)
    images[0, 0, 0, 0] = torch.nan
    shown = pixels(drawing.png_of_pictures(images.requires_grad_(), columns=1, zoom=1))
    np.testing.assert_array_equal(shown[:, :, 0], to_pixels(images)[0, 0].numpy())


def test_rows_have_their_words_at_the_left():
    rows = torch.zeros(2, 3, 1, 4, 4, dtype=torch.uint8)
    short, long = (pixels(drawing.labelled_rows_png(rows, ["a", word])) for word in ("b", "a long word"))
    assert long.shape[0] == short.shape[0] and long.shape[1] > short.shape[1]
    assert (short == 0).all(axis=2).sum() >= 2 * 3 * (4 * 3) ** 2


def test_a_title_stands_above_the_rows_and_breaks_where_it_is_wide():
    rows = torch.zeros(2, 8, 1, 8, 8, dtype=torch.uint8)
    bare, short, long = (
        pixels(drawing.labelled_rows_png(rows, ["a", "b"], title=title))
        for title in ("", "Rows", "A finding that needs more room than eight little pictures")
    )
    assert bare.shape[1] == short.shape[1] == long.shape[1]
    assert bare.shape[0] < short.shape[0] < long.shape[0]
    np.testing.assert_array_equal(short[short.shape[0] - bare.shape[0] + 16 :], bare[16:])
    assert (long[:, -8:] == 255).all(), "the title runs over the edge"
