"""Finite weights can be too large to compute with: the explorers say so, in a cell or in their sentence."""

import pytest
import torch

from dcgan_course import training, widgets
from dcgan_course.data import load_images
from dcgan_course.errors import InvalidValue
from dcgan_course.models import MLPDiscriminator
from tests.widgets.test_contract import PICTURES, tiny_generator


def enlarged(network):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.clamp_(-1, 1).mul_(3e38)
    return network


def test_the_latent_slider():
    with pytest.raises(InvalidValue, match="generator's pictures hold numbers that are not finite"):
        widgets.latent_slider(enlarged(tiny_generator()), points=3, steps=2)


def test_the_latent_explorer():
    panel = widgets.latent_explorer("mnist_mlp")
    assert "not finite" not in panel.words.value
    panel.classes.generator = enlarged(tiny_generator_like(panel.generator))
    panel.controls["new"].click()
    assert "numbers that are not finite, and is black there" in panel.words.value


def tiny_generator_like(generator):
    return type(generator)(generator.image_shape, generator.latent_dim).eval()


def test_the_filter_browser():
    browser = widgets.filter_browser("mnist_dcgan", load_images("drawn_digits", "test"), count=12)
    enlarged(browser.units.networks["trained"])
    browser.units._responses.clear()
    with pytest.raises(InvalidValue, match="discriminator's responses hold numbers that are not finite"):
        browser.draw()


def test_the_training_monitor_ends_no_training():
    monitor = widgets.TrainingMonitor(PICTURES)
    networks = enlarged(tiny_generator()), MLPDiscriminator((1, 6, 6), 16)
    monitor(training.Training(*networks, PICTURES, training.TrainConfig(epochs=1, batch_size=4)))
    assert "generator's pictures hold numbers that are not finite" in monitor.words.value
