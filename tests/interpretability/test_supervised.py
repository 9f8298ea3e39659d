import pytest
import torch
from torch import nn

from dcgan_course.data import scale
from dcgan_course.data.drawn.pictures import drawn_digits
from dcgan_course.errors import InvalidValue
from dcgan_course.interpretability import supervised
from dcgan_course.interpretability.features import pooled_features
from dcgan_course.models import Discriminator


def test_the_supervised_network_has_the_layers_of_d_and_learns():
    torch.manual_seed(0)
    network = supervised.SupervisedNetwork(28, 1, 8)
    torch.manual_seed(0)
    d = Discriminator(28, 1, 8)
    assert all(torch.equal(p, q) for p, q in zip(network.blocks.parameters(), d.blocks.parameters(), strict=True))
    images, labels = drawn_digits(300, seed=0)
    test, test_labels = drawn_digits(300, seed=1)
    random_state = torch.get_rng_state()
    supervised.train_supervised(network, images, labels, epochs=6, seed=0)
    assert torch.equal(torch.get_rng_state(), random_state) and not network.training
    assert network(scale(test[:5])).shape == (5, 10)
    assert supervised.classifier_accuracy(network, test, test_labels) > 0.5
    assert pooled_features(network, test).shape == (300, 8 * 16 + 16 * 16)
    with pytest.raises(InvalidValue, match="300 pictures and 7 labels"):
        supervised.train_supervised(network, images, labels[:7], epochs=1, seed=0)


def test_changed_copies_are_moved_and_mirrored_pictures():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(1, 256, (40, 3, 6, 5), generator=generator, dtype=torch.uint8)
    copies = supervised.changed(images, 2, True, generator)
    assert copies.shape == images.shape and copies.dtype == torch.uint8
    seen = set()
    for image, copy in zip(images, copies, strict=True):
        ways = [
            (mirrored, down, right)
            for mirrored in (False, True)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if torch.equal(moved(image.flip(2) if mirrored else image, down, right), copy)
        ]
        assert len(ways) == 1
        seen.add(ways[0])
    assert len({way[0] for way in seen}) == 2 and len({way[1] for way in seen}) == 5


def moved(image, down, right):
    """(C, H, W), moved; black comes in."""
    empty = torch.zeros_like(image)
    height, width = image.shape[1:]
    for row in range(height):
        for column in range(width):
            if 0 <= row - down < height and 0 <= column - right < width:
                empty[:, row, column] = image[:, row - down, column - right]
    return empty


def test_without_shift_and_flip_nothing_is_drawn():
    generator = torch.Generator().manual_seed(0)
    before, images = generator.get_state(), torch.ones(2, 1, 4, 4, dtype=torch.uint8)
    assert supervised.changed(images, 0, False, generator) is images
    assert torch.equal(generator.get_state(), before)


def test_the_step_falls_to_nothing_in_the_end(monkeypatch):
    images, labels = torch.randint(0, 256, (20, 1, 8, 8), dtype=torch.uint8), torch.arange(20) % 2
    rates, step = [], torch.optim.Adam.step
    noted = lambda self, *given: (rates.append(self.param_groups[0]["lr"]), step(self, *given))[1]
    monkeypatch.setattr(torch.optim.Adam, "step", noted)
    for falling in (True, False):
        network = nn.Sequential(nn.Flatten(), nn.Linear(64, 2))
        supervised.train_supervised(network, images, labels, 10, 0, batch_size=10, falling=falling)
    assert rates[0] == 1e-3 and rates[:20] == sorted(rates[:20], reverse=True) and rates[19] < 1e-5
    assert rates[20:] == [1e-3] * 20
