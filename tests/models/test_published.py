"""The named DCGANs: every shape and every number of parameters is written here."""

import pytest
import torch

from dcgan_course import models
from dcgan_course.models.published import NAMED
from dcgan_course.models.shapes import shape_table

# (channels, side) after each convolution or upsampling of G and D, and the parameters of both
TABLE_D = {
    "the post's, CIFAR-10 at 64×64": (
        [(512, 4), (256, 8), (128, 16), (64, 32), (3, 64)],
        [(64, 32), (128, 16), (256, 8), (512, 4), (1, 1)],
        (3_576_704, 2_765_568),
    ),
    "the lecture's, MNIST at 28×28": (
        [(256, 3), (128, 6), (64, 13), (1, 28)],
        [(16, 13), (32, 5), (1, 1)],
        (623_425, 9_105),
    ),
    "the study note's, MNIST at 28×28": (
        [(128, 14), (128, 14), (128, 28), (64, 28), (1, 28)],
        [(32, 14), (64, 7), (128, 4), (256, 2)],
        (855_809, 389_761),
    ),
    "the study note's, CIFAR-10 at 32×32": (
        [(1024, 4), (512, 8), (256, 16), (3, 32)],
        [(64, 16), (128, 8), (256, 4), (512, 2)],
        (69_668_867, 4_310_401),
    ),
}


def both_tables(name):
    with torch.device("meta"):
        generator, discriminator = NAMED[name]()
        z, images = torch.zeros(2, generator.latent_dim), torch.zeros(2, *generator.image_shape)
        return generator, shape_table(generator, z), discriminator, shape_table(discriminator, images)


@pytest.mark.parametrize("name", NAMED)
def test_every_shape_of_the_named_dcgans(name):
    generator, drawn, discriminator, judged = both_tables(name)
    for rows, wanted in ((drawn, TABLE_D[name][0]), (judged, TABLE_D[name][1])):
        sized = [row.shape for row in rows if row.name.startswith(("Conv", "Upsample"))]
        assert sized == [(channels, side, side) for channels, side in wanted]
    counts = tuple(models.count_parameters(network) for network in (generator, discriminator))
    assert counts == TABLE_D[name][2] == tuple(sum(row.parameters for row in rows) for rows in (drawn, judged))


@pytest.mark.parametrize("name", [name for name in NAMED if "CIFAR-10 at 32" not in name])
def test_the_named_dcgans_draw_and_judge(name):
    torch.manual_seed(0)
    generator, discriminator = NAMED[name]()
    pictures = generator(torch.randn(2, generator.latent_dim))
    assert pictures.shape == (2, *generator.image_shape) and pictures.abs().max() <= 1
    assert discriminator(pictures).shape == (2,)


def test_the_note_on_cifar10_starts_from_2048_maps():
    _, rows, _, judged = both_tables("the study note's, CIFAR-10 at 32×32")
    assert rows[1].shape == (2048, 2, 2) and sum(row.name.startswith("ConvTranspose2d") for row in rows) == 4
    assert judged[-3].shape == (2048,) and judged[-2].shape == (1,)
