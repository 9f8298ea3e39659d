"""The slider through latent space, and its strip."""

import numpy as np
import pytest

from dcgan_course import latent, widgets
from dcgan_course.drawing import png_of_pictures
from tests.helpers.pictures import pixels


@pytest.fixture
def generator(tiny_networks):
    return tiny_networks()[0].eval()


def test_latent_slider_moves_from_end_to_end(generator):
    panel = widgets.latent_slider(generator, points=3, steps=5, zoom=4)
    place = panel.controls["place"]
    assert (place.min, place.max) == (0, 14)
    frames = []
    for value in range(place.min, place.max + 1):
        place.value = value
        frames.append(panel.picture.value)
    assert len(set(frames)) == 15
    assert pixels(frames[0]).shape == (24, 24, 3)
    assert "80 % of the way from point 3 to point 1" in panel.words.value


def test_latent_slider_shows_what_the_generator_draws(generator):
    panel = widgets.latent_slider(generator, points=3, steps=5, zoom=4, seed=2)
    panel.controls["place"].value = 5
    want = png_of_pictures(generator(latent.sample(3, 5, 2)[1:2]), columns=1, zoom=4)
    assert np.abs(pixels(panel.picture.value) - pixels(want)).max() <= 1


def test_latent_twin_has_all_pictures(generator):
    assert pixels(widgets.latent_twin(generator, points=3, steps=10, shown=24)).shape[:2] == (2 * 14 - 2, 12 * 14 - 2)
