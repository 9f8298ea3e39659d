import numpy as np
import pytest
import torch

from dcgan_course.interpretability import units
from dcgan_course.interpretability.unit_figures import maps_sheet, unit_sheet
from tests.helpers.networks import lively_discriminator
from tests.helpers.pictures import pixels, random_pictures


@pytest.fixture
def discriminator():
    return lively_discriminator()


@pytest.fixture
def images():
    return random_pictures(12, (2, 16, 16))


class TestSheets:
    def test_a_unit_sheet_grows_with_its_units_and_draws_a_silent_unit(self, discriminator, images):
        responses = units.unit_responses(discriminator, images, 1)
        view = units.view_unit(discriminator, images, responses, 1, 0)
        one, two = (pixels(unit_sheet([("a unit", view)] * count)) for count in (1, 2))
        assert two.shape[0] > 1.9 * one.shape[0] and two.shape[1] == one.shape[1]
        discriminator.blocks[1][1].bias.data.fill_(-100)
        silent = units.view_unit(discriminator, images, responses, 1, 0)
        assert not np.array_equal(pixels(unit_sheet([("a unit", silent)])), one)

    def test_a_window_is_framed_where_it_is(self, discriminator, images):
        images = torch.zeros_like(images)
        images[:, :, 4:8, 8:12] = 255  # the only thing to see; grey is drawn of one channel
        discriminator = lively_discriminator(channels=1)
        images = images[:, :1]
        view = units.view_unit(discriminator, images, units.unit_responses(discriminator, images, 0), 0, 0, count=1)
        sheet = pixels(unit_sheet([("a unit", view)]))
        orange = (np.abs(sheet.astype(int) - [0xD5, 0x5E, 0]).max(axis=2) < 3).nonzero()
        top, left, bottom, right = units.unit_window(discriminator, 0, view.top.places[0].tolist())
        pixel, line = 64 * 2 / 16, 3  # screen pixels: a picture pixel, the frame's line, which lies round the window
        assert orange[0].max() - orange[0].min() + 1 == pytest.approx((bottom - top) * pixel + 2 * line, abs=2)
        assert orange[1].max() - orange[1].min() + 1 == pytest.approx((right - left) * pixel + 2 * line, abs=2)

    @pytest.mark.parametrize("shape", [(1, 4, 4), (5, 7, 9), (100, 4, 4), (48, 32, 32)])
    def test_maps_share_one_scale(self, shape):
        maps = torch.rand(shape, generator=torch.Generator().manual_seed(0))
        maps[0] = 0
        sheet = pixels(maps_sheet(maps, "maps of a layer at work"))
        assert sheet.shape[1] <= 1700 and sheet.shape[0] > 60
        assert (sheet == 0).all(axis=2).sum() > 400  # the silent map is black
