"""Shape tables, the diagram that is drawn from them, and the named DCGANs, whose every shape is written here."""

import pytest
import torch
from torch import nn

from dcgan_course import models
from dcgan_course.models import shape_figures
from dcgan_course.models.named import NAMED
from dcgan_course.models.shapes import ShapeRow, shape_table, shape_text, table_text


def picture(channels, side):
    return torch.zeros(1, channels, side, side)


def test_rows_are_layers_with_shapes_and_parameters():
    network = nn.Sequential(nn.Conv2d(1, 3, 4, 2, 1), nn.Sequential(nn.BatchNorm2d(3), nn.ReLU()), nn.Flatten())
    assert shape_table(network, picture(1, 8)) == [
        ShapeRow("Conv2d k4 s2 p1", (3, 4, 4), 51),
        ShapeRow("BatchNorm2d", (3, 4, 4), 6),
        ShapeRow("ReLU", (3, 4, 4), 0),
        ShapeRow("Flatten", (48,), 0),
    ]


def test_a_shared_layer_has_two_rows_and_is_counted_once():
    shared = nn.Linear(2, 2)
    rows = shape_table(nn.Sequential(shared, shared), torch.zeros(1, 2))
    assert [row.parameters for row in rows] == [6, 0]


def test_the_network_is_left_as_it_was():
    network = nn.Sequential(nn.BatchNorm1d(2), nn.Dropout())
    network[1].eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    shape_table(network, torch.ones(1, 2))
    assert network.training and network[0].training and not network[1].training
    torch.testing.assert_close(dict(network.state_dict()), before, rtol=0, atol=0)
    assert not any(module._forward_hooks for module in network.modules())


def test_the_network_is_left_as_it_was_after_an_error():
    network = nn.Sequential(nn.Linear(2, 2))
    with pytest.raises(RuntimeError):
        shape_table(network, torch.ones(1, 3))
    assert network.training and not network[0]._forward_hooks


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (nn.Conv2d(1, 1, (4, 2), (2, 1), (1, 0)), "Conv2d k4×2 s2×1 p1×0"),
        (nn.ConvTranspose2d(1, 1, 5, 2, 2, 1), "ConvTranspose2d k5 s2 p2 op1"),
        (nn.MaxPool2d(2), "MaxPool2d k2"),
        (nn.Upsample(scale_factor=2), "Upsample ×2"),
    ],
)
def test_names_say_what_decides_the_size(layer, name):
    assert shape_table(layer, picture(1, 8))[0].name == name


def test_words():
    assert [shape_text(shape) for shape in ((3, 4, 5), (100,), ())] == ["3@4×5", "100", "1"]
    text = table_text([ShapeRow("Linear", (4,), 1200), ShapeRow("ReLU", (4,), 0)])
    assert text.splitlines()[-1].split() == ["all", "layers", "1,200"]


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


def test_the_diagram_has_a_box_for_every_stack_of_maps():
    generator, discriminator = models.Generator(28, 100, 1, 16), models.Discriminator(28, 1, 16)
    networks = [
        ("G", (100,), shape_table(generator, torch.zeros(1, 100))),
        ("D", (1, 28, 28), shape_table(discriminator, picture(1, 28))),
    ]
    figure = shape_figures.networks_figure(networks, "Two networks")
    assert [len(axis.patches) for axis in figure.axes] == [4, 4]
    words = [text.get_text() for axis in figure.axes for text in axis.texts]
    assert {"100", "32@7×7", "16@14×14", "1@28×28"} <= set(words)
    assert "transp. conv\nk7 s1 p0\nbatch norm\nReLU" in words
    assert min(text.get_fontsize() for axis in figure.axes for text in axis.texts if text.get_text()) >= 12
    figure.savefig("/dev/null", format="png")
