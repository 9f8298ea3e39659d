"""Augmentation: what each change may do, that G learns through it, and that D sees every picture through it."""

import dataclasses

import pytest
import torch
from torch import nn

from dcgan_course.training import TrainConfig, train
from dcgan_course.training.fixes import augmentation
from dcgan_course.training.fixes.augmentation import AUGMENTATIONS, Augmented, colour, cutout, shift


def source(seed=0):
    return torch.Generator().manual_seed(seed)


def pictures(count=300, channels=3, height=16, width=24):
    return torch.rand(count, channels, height, width, generator=source(1)) * 2 - 1


def test_a_shift_moves_whole_pixels_and_fills_with_grey():
    images, found = pictures(), set()
    for image, moved in zip(images, shift(images, source()), strict=True):
        padded = nn.functional.pad(image, (3, 3, 2, 2))
        fits = [
            (down, right)
            for down in range(5)
            for right in range(7)
            if torch.equal(padded[:, down : down + 16, right : right + 24], moved)
        ]
        assert len(fits) == 1
        found.add(fits[0])
    assert len(found) == 35  # every move up to an eighth, and no other


def test_colour_is_brightness_saturation_and_contrast():
    images = pictures()
    b, s, c = torch.rand(3, len(images), 1, 1, 1, generator=source(4)).unbind()
    bright = images + b - 0.5
    grey = bright.mean(1, keepdim=True)
    saturated = grey * (1 - 2 * s) + bright * 2 * s
    middle = saturated.mean((1, 2, 3), keepdim=True)
    torch.testing.assert_close(colour(images, source(4)), middle * (0.5 - c) + saturated * (0.5 + c))


def test_grey_pictures_keep_one_tone():
    images = pictures(channels=1).expand(-1, 3, -1, -1)
    changed = colour(images, source())
    torch.testing.assert_close(changed[:, 0], changed[:, 2])


def test_a_cutout_is_half_as_high_and_half_as_wide():
    images = torch.ones(400, 2, 16, 24)
    covered = cutout(images, source())[:, 0] == 0
    heights, widths = covered.any(2).sum(1), covered.any(1).sum(1)
    assert heights.max() == 8 and widths.max() == 12 and heights.min() >= 4 and widths.min() >= 6
    assert torch.equal(covered.flatten(1).sum(1), heights * widths)  # a rectangle
    assert covered.any(0).all()  # it may lie anywhere


@pytest.mark.parametrize("change", AUGMENTATIONS.values())
def test_gradients_come_back_and_pictures_differ(change):
    images = pictures(6).requires_grad_()
    same = pictures(1).expand(6, -1, -1, -1)
    change(images, source()).square().sum().backward()
    assert (images.grad.flatten(1).abs().sum(1) > 0).all()
    assert len({tuple(one.flatten().tolist()) for one in change(same, source())}) > 1
    assert torch.equal(change(same, source()), change(same, source()))


def test_d_sees_reals_and_fakes_through_the_changes_in_both_steps(tiny_networks, tiny_images, monkeypatch):
    seen = []

    def spy(images):
        seen.append((tuple(images.shape), images.requires_grad))
        return images

    monkeypatch.setitem(augmentation.AUGMENTATIONS, "shift", spy)
    config = TrainConfig(epochs=1, batch_size=320, augment=("shift",), precision="float32")
    train(*tiny_networks(), tiny_images, config, test_images=tiny_images[:50], progress=False)
    shape = (320, 1, 6, 6)
    in_one_step = [(shape, False), (shape, False), (shape, True)]  # D: reals, fakes; G: fakes, with their graph
    assert seen == 2 * in_one_step  # and nothing of p_real and p_fake


def test_the_average_of_many_changes_is_learned_through(tiny_networks):
    generator, discriminator = tiny_networks()
    names = ("shift", "colour", "cutout")
    Augmented(discriminator, names)(generator(torch.randn(8, 5))).sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in generator.parameters())


def test_what_is_seen_is_not_what_is_measured(tiny_networks, tiny_images):
    """The same networks have the same p_real with and without augmentation."""
    measured = []
    for names in ((), ("cutout",)):
        config = dataclasses.replace(TrainConfig(epochs=1, batch_size=64, augment=names), learning_rate=1e-30)
        measured.append(train(*tiny_networks(), tiny_images, config, test_images=tiny_images, progress=False).p_real)
    assert measured[0] == pytest.approx(measured[1], abs=1e-6)
