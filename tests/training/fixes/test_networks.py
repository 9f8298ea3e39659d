"""The pair that a config speaks of, and the sentence for a pair that it does not speak of."""

import dataclasses

import pytest
import torch
from torch import nn

from dcgan_course import models
from dcgan_course.errors import InvalidValue
from dcgan_course.training import TrainConfig, train
from dcgan_course.training.fixes.networks import build_networks, normalise_spectra, remove_batch_norm

SHAPE = (1, 16, 16)


def built(classes=None, **settings):
    torch.manual_seed(0)
    return build_networks(TrainConfig(**settings), SHAPE, 4, 6, classes)


def kinds(network):
    return {type(layer) for layer in network.modules()}


def test_by_default_it_is_the_dcgan_pair_to_the_bit():
    torch.manual_seed(0)
    wanted = models.Generator(16, 6, 1, 4), models.Discriminator(16, 1, 4)
    for one, other in zip(built(), wanted, strict=True):
        assert type(one) is type(other)
        for name, tensor in other.state_dict().items():
            assert torch.equal(one.state_dict()[name], tensor)


def test_without_batch_norm_the_other_weights_are_the_same_and_a_bias_takes_its_place():
    (_, plain), (_, without) = built(), built(discriminator_norm=False)
    assert nn.BatchNorm2d in kinds(plain) and nn.BatchNorm2d not in kinds(without)
    assert torch.equal(plain.blocks[1][0].weight, without.blocks[1][0].weight)
    assert without.blocks[1][0].bias.shape == (8,) and not without.blocks[1][0].bias.any()
    images = torch.randn(5, *SHAPE)
    assert torch.allclose(without(images)[:1], without(images[:1]), atol=1e-6)  # each picture by itself


def test_every_layer_of_a_normalised_discriminator_has_the_largest_singular_value_1():
    _, discriminator = built(spectral_norm=True, discriminator_norm=False)
    for _ in range(60):  # each use is a step of power iteration
        discriminator(torch.randn(2, *SHAPE))
    layers = [layer for layer in discriminator.modules() if isinstance(layer, nn.Conv2d)]
    assert len(layers) == 3
    for layer in layers:
        weight, original = layer.weight.detach(), layer.parametrizations.weight.original.detach()
        assert float(torch.linalg.matrix_norm(weight.flatten(1), 2)) == pytest.approx(1, rel=1e-3)
        torch.testing.assert_close(
            weight, original / torch.linalg.matrix_norm(original.flatten(1), 2), rtol=2e-3, atol=1e-5
        )


def test_a_normalised_linear_network_is_never_steeper_than_1():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(8, 8, bias=False), nn.LeakyReLU(0.2), nn.Linear(8, 3, bias=False))
    with torch.no_grad():
        network[0].weight.mul_(30)
    normalise_spectra(network)
    for _ in range(100):
        network(torch.zeros(1, 8))
    a, b = torch.randn(200, 8), torch.randn(200, 8)
    assert ((network(a) - network(b)).norm(dim=1) <= (a - b).norm(dim=1) * 1.001).all()


def test_a_deviation_is_one_more_map_before_the_last_layer():
    (_, plain), (_, seeing) = built(), built(minibatch_deviation=True)
    last = seeing.to_logit[1]
    assert last.in_channels == plain.to_logit.in_channels + 1
    assert torch.equal(last.weight[:, :-1], plain.to_logit.weight)
    assert seeing(torch.randn(4, *SHAPE)).shape == (4,)


@pytest.mark.parametrize("how", ["concatenated", "projection"])
def test_a_conditional_pair(how):
    generator, discriminator = built(classes=3, conditional=how, spectral_norm=True, discriminator_norm=False)
    labels = torch.tensor([0, 1, 2, 2])
    assert discriminator(generator(torch.randn(4, 6), labels), labels).shape == (4,)
    assert nn.BatchNorm2d not in kinds(discriminator) and nn.BatchNorm2d in kinds(generator)


@pytest.mark.parametrize(("classes", "how"), [(None, "projection"), (3, "none")])
def test_classes_and_conditional_go_together(classes, how):
    with pytest.raises(InvalidValue, match="a conditional pair needs the number of classes"):
        built(classes=classes, conditional=how)


def test_batch_norm_in_a_plain_stack_is_taken_out():
    network = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.BatchNorm2d(2), nn.ReLU())
    remove_batch_norm(network)
    assert nn.BatchNorm2d not in kinds(network) and network[0].bias is not None


OTHER = [
    ({"penalty": "r1"}, "this D has batch norm: its answer to one picture depends on the others"),
    ({"penalty": "gradient"}, "Build D with discriminator_norm=False"),
    ({"spectral_norm": True}, "spectral_norm is True, but these networks are built otherwise"),
    ({"discriminator_norm": False}, "discriminator_norm is False, but these networks are built otherwise"),
    ({"packing": 2}, "packing is 2, but these networks are built otherwise"),
    ({"minibatch_deviation": True}, "minibatch_deviation is True, but these networks are built otherwise"),
    ({"conditional": "projection"}, "conditional is 'projection', but these networks are built otherwise"),
]


@pytest.mark.parametrize(("settings", "said"), OTHER)
def test_networks_that_are_not_those_of_the_config_are_refused(settings, said):
    images = torch.zeros(64, *SHAPE, dtype=torch.uint8)
    with pytest.raises(InvalidValue, match=said):
        train(*built(), images, TrainConfig(epochs=1, batch_size=32, **settings), progress=False)


def test_a_pair_that_takes_labels_needs_a_config_that_says_so():
    images, config = torch.zeros(64, *SHAPE, dtype=torch.uint8), TrainConfig(epochs=1, batch_size=32)
    pair = built(classes=3, conditional="projection")
    with pytest.raises(InvalidValue, match="config.conditional is 'none'"):
        train(*pair, images, config, progress=False)
    conditional = dataclasses.replace(config, conditional="projection")
    with pytest.raises(InvalidValue, match="labels and test_labels must say the class of each picture"):
        train(*pair, images, conditional, progress=False)
    with pytest.raises(InvalidValue, match=r"it must be an int64 tensor \(64,\)"):
        train(*pair, images, conditional, labels=torch.zeros(63, dtype=torch.int64), progress=False)
    with pytest.raises(InvalidValue, match="nobody who is told them"):
        train(*built(), images, config, labels=torch.zeros(64, dtype=torch.int64), progress=False)
