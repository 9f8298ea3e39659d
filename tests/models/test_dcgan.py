"""The DCGAN pair: against the published network, against the planner, and at every size the course promises."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from dcgan_course import models
from dcgan_course.convolution.ladders import plan_upsampling
from dcgan_course.errors import InvalidValue
from dcgan_course.training import TrainConfig, train


def published_generator():
    """The 64×64 network of the DCGAN example in pytorch/examples, from its description: widths, kernels, no bias."""
    layers = [nn.ConvTranspose2d(100, 512, 4, 1, 0, bias=False), nn.BatchNorm2d(512), nn.ReLU()]
    for before, after in ((512, 256), (256, 128), (128, 64)):
        layers += [nn.ConvTranspose2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh())


def published_discriminator():
    layers = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for before, after in ((64, 128), (128, 256), (256, 512)):
        layers += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Conv2d(512, 1, 4, 1, 0, bias=False))


def pour(source: nn.Module, target: nn.Module):
    """Copy every parameter and buffer by order; shapes must agree one by one."""
    for a, b in zip(source.state_dict().values(), target.state_dict().values(), strict=True):
        assert a.shape == b.shape
        b.copy_(a)


class TestAgainstThePublishedNetwork:
    def test_generator(self):
        ours, published = models.Generator(64), published_generator()
        assert models.count_parameters(ours) == models.count_parameters(published) == 3_576_704
        pour(ours, published)
        z = torch.randn(3, 100)
        torch.testing.assert_close(ours(z), published(z[:, :, None, None]))

    def test_discriminator(self):
        ours, published = models.Discriminator(64), published_discriminator()
        assert models.count_parameters(ours) == models.count_parameters(published)
        pour(ours, published)
        images = torch.rand(3, 3, 64, 64) * 2 - 1
        torch.testing.assert_close(ours(images), published(images).flatten())


def block_shapes(blocks, x):
    """The shape of the maps after each block."""
    shapes = []
    for block in blocks:
        x = block(x)
        shapes.append(tuple(x.shape[1:]))
    return shapes


# size of a picture; maps of each hidden layer of the generator; height and width of these maps
LADDERS = [
    (28, [128, 64], [(7, 7), (14, 14)]),
    (32, [256, 128, 64], [(4, 4), (8, 8), (16, 16)]),
    (48, [256, 128, 64], [(6, 6), (12, 12), (24, 24)]),
    (64, [512, 256, 128, 64], [(4, 4), (8, 8), (16, 16), (32, 32)]),
    (96, [512, 256, 128, 64], [(6, 6), (12, 12), (24, 24), (48, 48)]),
    (128, [1024, 512, 256, 128, 64], [(4, 4), (8, 8), (16, 16), (32, 32), (64, 64)]),
    ((64, 96), [512, 256, 128, 64], [(4, 6), (8, 12), (16, 24), (32, 48)]),
]


@pytest.mark.parametrize(("size", "widths", "sides"), LADDERS, ids=[str(ladder[0]) for ladder in LADDERS])
def test_every_shape_between(size, widths, sides):
    generator, discriminator = models.Generator(size), models.Discriminator(size)
    expected = [(maps, *side) for maps, side in zip(widths, sides, strict=True)]
    shape = size if isinstance(size, tuple) else (size, size)
    assert block_shapes(generator.blocks, torch.randn(2, 100, 1, 1)) == expected
    assert block_shapes(discriminator.blocks, torch.zeros(2, 3, *shape)) == expected[::-1]


def counted_by_hand(widths, sides, channels):
    """Parameters of both networks: kernel · kernel · in · out a convolution, 2 · channels a batch norm, no bias."""
    start = sides[0][0] * sides[0][1]  # the kernel between one number and the smallest maps is as large as they are
    doublings = sum(4 * 4 * before * after for before, after in zip(widths, [*widths[1:], channels], strict=True))
    generator = start * 100 * widths[0] + doublings + sum(2 * maps for maps in widths)
    discriminator = doublings + start * widths[0] * 1 + sum(2 * maps for maps in widths[:-1])  # none in its first layer
    return generator, discriminator


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("size", "widths", "sides"), LADDERS, ids=[str(ladder[0]) for ladder in LADDERS])
def test_every_number_of_parameters(size, widths, sides, channels):
    with torch.device("meta"):  # shapes alone: no weight is drawn
        pair = models.Generator(size, channels=channels), models.Discriminator(size, channels)
    assert tuple(models.count_parameters(network) for network in pair) == counted_by_hand(widths, sides, channels)


@pytest.mark.parametrize(
    ("size", "channels", "generator", "discriminator"),
    [(28, 1, 759_680, 138_624), (32, 3, 1_068_928, 663_296), (64, 3, 3_576_704, 2_765_568)],
)
def test_known_numbers_of_parameters(size, channels, generator, discriminator):
    assert models.count_parameters(models.Generator(size, channels=channels)) == generator
    assert models.count_parameters(models.Discriminator(size, channels)) == discriminator


@given(st.integers(8, 80), st.integers(8, 80), st.sampled_from([1, 3]))
def test_every_size_of_the_planner_can_be_built(height, width, channels):
    generator = models.Generator((height, width), latent_dim=4, channels=channels, width=1).eval()
    pictures = generator(torch.randn(2, 4))
    assert pictures.shape == (2, channels, height, width)
    assert pictures.abs().max() <= 1
    assert models.Discriminator((height, width), channels, width=1).eval()(pictures).shape == (2,)
    assert len(generator.blocks) == len(plan_upsampling((height, width)).layers)


@pytest.mark.parametrize(
    ("size", "width", "channels"),
    [(size, 4, channels) for size in (28, 32, 48, 64, 96, 128, (64, 96)) for channels in (1, 3)]
    + [(32, width, 3) for width in (1, 6, 16)],
)
def test_every_size_and_width_trains(size, width, channels):
    shape = size if isinstance(size, tuple) else (size, size)
    source = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (8, channels, *shape), dtype=torch.uint8, generator=source)
    torch.manual_seed(0)
    generator, discriminator = models.Generator(size, 8, channels, width), models.Discriminator(size, channels, width)
    before = [parameter.clone() for network in (generator, discriminator) for parameter in network.parameters()]
    history = train(generator, discriminator, images, TrainConfig(epochs=20, batch_size=8), progress=False)
    assert len(history) == 20
    after = [parameter for network in (generator, discriminator) for parameter in network.parameters()]
    assert not any(torch.equal(a, b) for a, b in zip(after, before, strict=True))


@pytest.mark.parametrize("width", [1, 6, 16])
def test_other_widths(width):
    assert models.Generator(32, 5, 1, width).blocks[-1][0].out_channels == width
    assert models.Discriminator(32, 1, width).blocks[0][0].out_channels == width


def test_initial_weights():
    torch.manual_seed(0)
    network = models.Generator(64)
    convolutions = [layer.weight.detach() for layer in network.modules() if isinstance(layer, nn.ConvTranspose2d)]
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    for weight in convolutions:
        assert float(weight.std()) == pytest.approx(0.02, rel=0.05) and abs(float(weight.mean())) < 0.001
    scales = torch.cat([layer.weight.detach() for layer in norms])
    assert float(scales.mean()) == pytest.approx(1, abs=0.005) and float(scales.std()) == pytest.approx(0.02, rel=0.1)
    assert all((layer.bias == 0).all() for layer in norms)
    models.init_weights(network, std=0.3)
    assert float(convolutions[1].std()) == pytest.approx(0.3, rel=0.05)


def test_which_layers_leave_batch_norm_out():
    generator, discriminator = models.Generator(64), models.Discriminator(64)
    assert all(isinstance(block[1], nn.BatchNorm2d) for block in generator.blocks)
    assert [any(isinstance(layer, nn.BatchNorm2d) for layer in block) for block in discriminator.blocks] == [
        False,
        True,
        True,
        True,
    ]


class TestRefusals:
    @pytest.mark.parametrize("network", [models.Generator, models.Discriminator])
    @pytest.mark.parametrize(
        ("size", "message"),
        [
            (7, "nearest size that can be built is 8"),
            ((64, 5), r"nearest size that can be built is \(64, 8\)"),
            (0, "at least 4"),
            (32.0, "whole number"),
            ("64", "whole number"),
            (5000, "4096"),
        ],
    )
    def test_sizes(self, network, size, message):
        with pytest.raises(InvalidValue, match=message):
            network(size)

    @pytest.mark.parametrize("name", ["latent_dim", "channels", "width"])
    def test_other_numbers(self, name):
        with pytest.raises(InvalidValue, match=f"{name} is 0, but it must be a whole number of at least 1"):
            models.Generator(32, **{name: 0})

    def test_pictures_of_another_size(self):
        """Slip 2 of the sources: a 34×34 picture in a network for 28×28 would give several answers a picture."""
        with pytest.raises(InvalidValue, match=r"\(1, 34, 34\), but this discriminator was built for \(1, 28, 28\)"):
            models.Discriminator(28, 1, 4)(torch.zeros(2, 1, 34, 34))
