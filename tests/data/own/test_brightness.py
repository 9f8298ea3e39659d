"""Pictures of more than 8 bits: black and white are decided once for all of a folder."""

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course.data.own.brightness import FRACTIONS, OF_THE_DEPTH, WHOLE, Span, decide, kind_of, measure
from tests.helpers.data_sets import load_folder


def span_of(kind, *values):
    spans, _ = decide([measure(kind, np.array([value])) for value in values])
    return spans[kind]


@pytest.mark.parametrize(
    ("values", "black", "white"),
    [
        ([1], 0, 255),
        ([0, 0], 0, 255),
        ([200], 0, 255),
        ([200, 300], 0, 1023),
        ([1023], 0, 1023),
        ([1, 4095], 0, 4095),
        ([4096], 0, 16383),
        ([65535, 3], 0, 65535),
        ([65536], 0, 65536),
        ([-5, 100], -5, 100),
        ([-5, -3], -5, -3),
        ([-5], -5, -4),
    ],
)
def test_whole_numbers_get_the_fewest_usual_bits_that_hold_them_all(values, black, white):
    assert span_of(WHOLE, *values) == Span(black, white)


@pytest.mark.parametrize(
    ("values", "black", "white"),
    [
        ([0.5], 0, 1),
        ([0.0], 0, 1),
        ([0.5, 1.02], 0, 1.02),
        ([3.5], 0, 3.5),
        ([250.0, 0.5], 0, 255),
        ([60000.0], 0, 65535),
        ([-1.0, 0.9], -1, 1),
        ([-0.2, 0.3], -1, 1),
        ([-9999.0, 8000.0], -9999, 8000),
        ([3e38, -3e38], -3e38, 3e38),
    ],
)
def test_fractions_get_the_usual_span_that_fits_or_their_own(values, black, white):
    found = span_of(FRACTIONS, *values)
    assert (found.black, found.white) == pytest.approx((black, white))


def test_what_is_not_finite_decides_nothing_and_is_black_or_white():
    nan, inf = float("nan"), float("inf")
    assert span_of(FRACTIONS, nan, inf, 0.5) == Span(0, 1)
    assert decide([measure(FRACTIONS, np.array([nan]))]) == ({}, [])
    values = np.array([nan, -inf, inf, 0.5, 2.0, -1.0], np.float32)
    assert Span(0, 1).to_bytes(values).tolist() == [0, 0, 255, 128, 255, 0]


def test_one_picture_alone_goes_by_its_depth():
    assert OF_THE_DEPTH[WHOLE].to_bytes(np.array([0, 257, 65535], np.uint16)).tolist() == [0, 1, 255]
    assert [kind_of(mode) for mode in ("I;16", "I;16B", "I", "F", "L", "RGB", "1")] == [WHOLE] * 3 + [FRACTIONS] + [
        None
    ] * 3


def write(folder, values, kind, ending):
    folder.mkdir(exist_ok=True)
    for number, value in enumerate(values):
        Image.fromarray(np.full((8, 8), value, kind)).save(folder / f"{number:02}{ending}")


def shown(folder):
    """The grey value of each picture, in the order of their names."""
    by_split = [load_folder(folder, split, image_size=4).images[:, 0, 0, 0].tolist() for split in ("train", "test")]
    return sorted(by_split[0] + by_split[1])


@pytest.mark.parametrize(
    ("values", "kind", "ending", "expected"),
    [
        ([200, 300] * 10, np.uint16, ".png", [round(200 / 1023 * 255)] * 10 + [round(300 / 1023 * 255)] * 10),
        ([1, 4095] * 10, np.uint16, ".tif", [0] * 10 + [255] * 10),
        ([0.51, 1.02] * 10, np.float32, ".tif", [128] * 10 + [255] * 10),
        ([100_000, 200_000] * 10, np.int32, ".tif", [128] * 10 + [255] * 10),
    ],
)
def test_neighbours_of_a_series_keep_their_relation_and_it_is_said(values, kind, ending, expected, tmp_path, capsys):
    write(tmp_path / "series", values, kind, ending)
    assert shown(tmp_path / "series") == pytest.approx(expected, abs=1)
    printed = capsys.readouterr().out.splitlines()
    said = [line for line in printed if "20 of the pictures hold" in line and "is white" in line]
    assert len(said) == 2 and said[0] == said[1]  # for each split, also from the cache


def test_pictures_of_8_bits_beside_them_stay_as_they_are(tmp_path):
    write(tmp_path / "mixed", [1000] * 10, np.uint16, ".png")
    write(tmp_path / "mixed", [77] * 10, np.uint8, ".bmp")
    assert shown(tmp_path / "mixed") == [77] * 10 + [round(1000 / 1023 * 255)] * 10


def test_both_splits_share_one_span(tmp_path):
    write(tmp_path / "p", [], np.uint16, ".png")
    write(tmp_path / "p" / "train", [300] * 2, np.uint16, ".png")
    write(tmp_path / "p" / "test", [4000] * 2, np.uint16, ".png")
    train, test = load_folder(tmp_path / "p", image_size=4), load_folder(tmp_path / "p", "test", image_size=4)
    assert train.images.unique().tolist() == [round(300 / 4095 * 255)]
    assert test.images.unique().tolist() == [round(4000 / 4095 * 255)]


def test_a_damaged_picture_of_16_bits_does_not_hinder_the_others(tmp_path):
    write(tmp_path / "p", [300] * 12, np.uint16, ".png")
    whole = (tmp_path / "p" / "03.png").read_bytes()
    (tmp_path / "p" / "03.png").write_bytes(whole[: len(whole) // 2])
    assert torch.equal(load_folder(tmp_path / "p", image_size=4).images.unique(), torch.tensor([75], dtype=torch.uint8))
