"""Shape tables: what leaves each layer, and how many numbers it holds."""

import pytest
import torch
from torch import nn

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
