"""Each variant of the recipe trains, and differs from the recipe in the thing that it says."""

import pytest
import torch
from torch import nn

from dcgan_course import recorded
from dcgan_course.models import count_parameters
from dcgan_course.models.ablations import VARIANTS
from dcgan_course.training import TrainConfig, train


def kinds(network):
    return [type(layer) for layer in network.modules()]


def pair(row, width=8):
    torch.manual_seed(0)
    return VARIANTS[row](width)


@pytest.mark.parametrize("row", VARIANTS)
def test_it_trains(row):
    generator, discriminator = pair(row)
    before = [p.clone() for p in (*generator.parameters(), *discriminator.parameters())]
    images = torch.randint(0, 256, (24, 1, 28, 28), dtype=torch.uint8)
    config = TrainConfig(epochs=1, batch_size=8, learning_rate=1e-3, betas=(0.5, 0.999))
    history = train(generator, discriminator, images, config, progress=False)
    after = (*generator.parameters(), *discriminator.parameters())
    assert all((p != q).any() for p, q in zip(before, after, strict=True)), "a parameter never moved"
    assert len(history) == 1
    pictures = generator.eval()(torch.randn(5, 100))
    assert pictures.shape == (5, 1, 28, 28) and pictures.abs().max() <= 1
    assert discriminator(pictures).shape == (5,)


def test_what_is_switched_off():
    norms = (nn.BatchNorm1d, nn.BatchNorm2d)
    assert not any(isinstance(layer, norms) for network in pair("no batch norm") for layer in network.modules())
    pooled = pair("pooling and upsampling")
    assert nn.ConvTranspose2d in kinds(pooled[0]) and kinds(pooled[0]).count(nn.Upsample) == 2
    assert kinds(pooled[1]).count(nn.MaxPool2d) == 2
    strides = [layer.stride for network in pooled for layer in network.modules() if hasattr(layer, "stride")]
    assert strides.count((1, 1)) == len(strides) - 2  # the two pools
    for network, layers in zip(pair("fully connected hidden layers"), (2, 2), strict=True):
        assert kinds(network).count(nn.Linear) == layers
    generator, discriminator = pair("tanh in G's hidden layers")
    assert nn.ReLU not in kinds(generator) and nn.Tanh in kinds(generator) and nn.LeakyReLU in kinds(discriminator)
    generator, discriminator = pair("tanh in G, eps 1e-12 in D")
    assert nn.ReLU not in kinds(generator) and nn.Tanh in kinds(generator)
    eps = {layer.eps for layer in discriminator.modules() if isinstance(layer, nn.BatchNorm2d)}
    assert eps == {1e-12} and all(
        layer.eps == 1e-5 for layer in generator.modules() if isinstance(layer, nn.BatchNorm2d)
    )
    generator, discriminator = pair("ReLU in D")
    assert nn.ReLU in kinds(generator) and nn.ReLU in kinds(discriminator) and nn.LeakyReLU not in kinds(discriminator)
    assert nn.AdaptiveAvgPool2d in kinds(pair("average pooling at D's end")[1])
    assert nn.Sigmoid in kinds(pair("sigmoid, pictures in [0, 1]")[0])


def test_the_sigmoid_pair_sees_pictures_in_0_1():
    generator, discriminator = pair("sigmoid, pictures in [0, 1]")
    seen = []
    discriminator.layers.register_forward_pre_hook(lambda layer, given: seen.append(given[0]))
    discriminator(torch.tensor([-1.0, 0.0, 1.0])[:, None, None, None].expand(3, 1, 28, 28))
    assert seen[0][:, 0, 0, 0].tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("row", "std"),
    [("full recipe", 0.02), ("pooling and upsampling", 0.02), ("first weights N(0, 0.2)", 0.2)]
    + [("first weights N(0, 0.002)", 0.002), ("no batch norm", 0.02)],
)
def test_first_weights(row, std):
    for network in pair(row, 32):
        weights = [layer.weight for layer in network.modules() if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))]
        largest = max(weights, key=torch.numel).detach()
        assert float(largest.std()) == pytest.approx(std, rel=0.05)
        scales = [layer.weight.detach() for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
        assert all(float((scale - 1).abs().max()) < 0.1 for scale in scales)


def test_variants_of_activation_and_weights_have_as_many_parameters():
    whole = [count_parameters(network) for network in pair("full recipe")]
    for row in list(VARIANTS)[4:9]:
        assert [count_parameters(network) for network in pair(row)] == whole


def test_the_table_that_ships_is_whole():
    record = recorded.guidelines()
    assert list(record["rows"]) == list(VARIANTS) and {"date", "machine", "command"} <= record["made"].keys()
    for row, runs in record["rows"].items():
        assert [run["seed"] for run in runs] == list(range(len(runs))) and len(runs) >= 3
        counted = [count_parameters(network) for network in VARIANTS[row](record["settings"]["width"])]
        assert all(run["parameters"] == counted for run in runs)
        assert all(sum(run["counts"]) == record["settings"]["samples"] for run in runs)
