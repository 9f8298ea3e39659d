import colorsys
import math

import pytest
import torch

from dcgan_course.data.drawn.pictures import drawn_digits, drawn_objects
from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation import masks


@pytest.fixture(scope="module")
def objects():
    images, _, factors = drawn_objects(400, seed=5)
    return images.float() / 127.5 - 1, factors["mask"][:, 0], factors["hue"]


def agreement(found, true):
    """Pixels in both masks, divided by pixels in either; the mean over pictures."""
    return float(((found & true).sum(dim=(1, 2)) / (found | true).sum(dim=(1, 2))).mean())


def picture_of(*rows):
    """A grey picture (1, 1, H, W) from rows of text: # is ink."""
    return torch.tensor([[[[1.0 if mark == "#" else -1.0 for mark in row] for row in rows]]])


def marks(mask):
    return ["".join("#" if on else "." for on in row) for row in mask[0].tolist()]


class TestColour:
    def test_the_mask_of_drawn_objects_is_nearly_the_true_one(self, objects):
        pictures, true, _ = objects
        assert agreement(masks.coloured(pictures), true) > 0.96

    def test_no_other_threshold_of_the_steps_fits_better(self, objects, monkeypatch):
        pictures, true, _ = objects
        fits = {}
        for threshold in (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45):
            monkeypatch.setattr(masks, "COLOURED_FROM", threshold)
            fits[threshold] = agreement(masks.coloured(pictures), true)
        monkeypatch.undo()
        assert max(fits, key=fits.get) == masks.COLOURED_FROM

    @pytest.mark.parametrize("hue", [0.0, 1 / 6, 0.3, 0.5, 0.62, 5 / 6, 0.97])
    def test_a_pixel_has_the_hue_that_python_says(self, hue):
        colour = torch.tensor(colorsys.hsv_to_rgb(hue, 0.8, 0.9))[None, :, None, None] * 2 - 1
        for wanted in (0.0, 0.17, 0.4, 0.66, 0.9):
            gap = abs(hue - wanted) % 1
            near = min(gap, 1 - gap) < 1 / 8
            assert masks.of_hue(colour, wanted).item() == near

    def test_drawn_objects_have_their_hue_and_no_other(self, objects):
        pictures, true, hue = objects
        for wanted in (0.0, 0.5):
            gap = (hue - wanted).abs()
            gap = torch.minimum(gap, 1 - gap)
            found = masks.of_hue(pictures, wanted)
            assert agreement(found[gap < 0.1], true[gap < 0.1]) > 0.95
            assert found[gap > 0.15].float().mean() < 0.001

    def test_grey_pixels_have_no_hue(self):
        assert not masks.of_hue(torch.full((1, 3, 2, 2), 0.7), 0.0, within=0.5).any()

    @pytest.mark.parametrize("mask", [masks.coloured, lambda pictures: masks.of_hue(pictures, 0.5)])
    def test_grey_pictures_are_refused(self, mask):
        with pytest.raises(InvalidValue, match=r"pictures is \(2, 1, 4, 4\), but colour .* \(N, 3, H, W\)"):
            mask(torch.zeros(2, 1, 4, 4))


class TestStrokes:
    def test_a_seven_has_a_level_and_an_upright_stroke(self):
        seven = picture_of("......", ".#####", ".#####", "....##", "....##", "....##", "....##", "....##")
        level = ["......", ".###..", ".###.."] + 5 * ["......"]
        upright = 3 * ["......"] + 5 * ["....##"]
        assert marks(masks.level_strokes(seven)) == level
        assert marks(masks.upright_strokes(seven)) == upright

    def test_a_gap_ends_a_stroke(self):
        whole, broken = picture_of("######", "######"), picture_of("##.###", "##.###")
        assert masks.level_strokes(whole).all()
        assert not masks.level_strokes(broken).any()

    def test_turning_a_picture_swaps_the_strokes(self):
        pictures = drawn_digits(50, seed=1)[0].float() / 127.5 - 1
        turned = pictures.transpose(2, 3)
        assert torch.equal(masks.level_strokes(pictures).transpose(1, 2), masks.upright_strokes(turned))
        assert not (masks.level_strokes(pictures) & masks.upright_strokes(pictures)).any()
        assert masks.ink(pictures)[masks.level_strokes(pictures)].all()

    def test_colour_is_refused(self):
        with pytest.raises(InvalidValue, match=r"pictures is \(2, 3, 4, 4\), but ink .* \(N, 1, H, W\)"):
            masks.level_strokes(torch.zeros(2, 3, 4, 4))


def test_a_bounding_box_is_the_smallest_that_holds_all():
    mask = picture_of(".....", "..#..", ".....", ".#.#.")[:, 0] > 0
    assert marks(masks.bounding_box(mask)) == [".....", ".###.", ".###.", ".###."]
    assert not masks.bounding_box(torch.zeros(1, 4, 5, dtype=torch.bool)).any()


def test_the_box_of_a_drawn_circle_is_a_square_a_little_larger():
    images, labels, factors = drawn_objects(200, seed=2)
    circles = factors["mask"][labels == 0, 0]
    share = circles.sum(dim=(1, 2)) / masks.bounding_box(circles).sum(dim=(1, 2))
    assert float(share.mean()) == pytest.approx(math.pi / 4, abs=0.04)
