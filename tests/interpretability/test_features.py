"""The pooled features of a discriminator, against hooks and plain pooling in float64."""

import pytest
import torch
from torch import nn
from torch.nn.functional import adaptive_max_pool2d

from dcgan_course.data import scale
from dcgan_course.errors import InvalidValue
from dcgan_course.interpretability.features import layer_slices, pooled_features
from dcgan_course.models import MLPDiscriminator
from tests.helpers.networks import lively_discriminator
from tests.helpers.pictures import random_pictures


@pytest.mark.parametrize(("size", "side"), [(32, 4), (28, 4), (32, 2), (28, 1)])
def test_features_equal_hooks_and_pooling_in_float64(size, side):
    network, images = lively_discriminator(size, 3, 6), random_pictures(7, (3, size, size))
    got = pooled_features(network, images, side, batch_size=3)
    seen = []
    oracle = lively_discriminator(size, 3, 6).double().eval()
    for layer in oracle.modules():
        if isinstance(layer, nn.LeakyReLU):
            layer.register_forward_hook(lambda layer, given, maps: seen.append(maps))
    oracle(images.double() / 127.5 - 1)
    want = torch.cat([adaptive_max_pool2d(maps, side).flatten(1) for maps in seen], dim=1)
    assert got.dtype == torch.float32 and not got.requires_grad
    torch.testing.assert_close(got.double(), want.detach(), atol=1e-5, rtol=1e-4)


def test_the_slices_are_the_layers_from_the_picture_on():
    network = lively_discriminator(32, 3, 6)
    slices = layer_slices(network)
    assert [(s.start, s.stop) for s in slices] == [(0, 96), (96, 288), (288, 672)]  # 6, 12, 24 maps of 4×4
    images = random_pictures(5, (3, 32, 32))
    before = pooled_features(network, images)
    nn.init.normal_(network.blocks[1][0].weight)  # the first layer does not see the second
    changed = (pooled_features(network, images) != before).any(dim=0)
    assert not changed[slices[0]].any() and changed[slices[1]].all() and changed[slices[2]].any()


def test_one_field_of_the_grid_sees_its_corner_of_the_picture():
    network, images = lively_discriminator(32, 3, 6), random_pictures(1, (3, 32, 32))
    before = pooled_features(network, images)
    images[:, :, :8, 24:] = 255 - images[:, :, :8, 24:]  # top right
    first = (pooled_features(network, images) != before)[0, layer_slices(network)[0]].view(6, 4, 4)
    assert first[:, 0, 3].all() and not first[:, 2:, :].any() and not first[:, :, :2].any()


def test_bytes_and_floats_and_batches_agree():
    network, images = lively_discriminator(32, 3, 6), random_pictures(11, (3, 32, 32))
    whole = pooled_features(network, images)
    assert torch.equal(pooled_features(network, scale(images)), whole)
    torch.testing.assert_close(pooled_features(network, images, batch_size=2), whole, atol=1e-6, rtol=1e-4)


def test_modes_statistics_and_gradients_are_left_alone():
    network = lively_discriminator(32, 3, 6).train()
    network.blocks[1].eval()
    network(scale(random_pictures(4, (3, 32, 32)))).sum().backward()
    state = {name: value.clone() for name, value in network.state_dict().items()}
    grads = [p.grad.clone() for p in network.parameters()]
    modes = [layer.training for layer in network.modules()]
    pooled_features(network, random_pictures(4, (3, 32, 32)))
    with pytest.raises(InvalidValue, match="side is 5, but the smallest maps of this network are 4×4"):
        pooled_features(network, random_pictures(4, (3, 32, 32)), side=5)
    assert [layer.training for layer in network.modules()] == modes and len(set(modes)) == 2
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in state.items())
    assert all(torch.equal(p.grad, grad) for p, grad in zip(network.parameters(), grads, strict=True))


@pytest.mark.parametrize(
    ("images", "sentence"),
    [
        (random_pictures(2, (3, 28, 28)), r"The pictures are \(2, 3, 28, 28\), .* built for \(N, 3, 32, 32\)"),
        (random_pictures(2, (3, 32, 32))[0], r"The pictures are \(3, 32, 32\), but"),
        (random_pictures(2, (3, 32, 32))[:0], "with N of 1 or more"),
        (random_pictures(2, (3, 32, 32)).numpy(), "The pictures are of type ndarray"),
        (random_pictures(2, (3, 32, 32)).float(), r"The pictures go from 0 to 255, but floats must lie in \[−1, 1\]"),
        (random_pictures(2, (3, 32, 32)).long(), "The pictures are torch.int64, but must be uint8"),
    ],
)
def test_wrong_pictures_are_refused(images, sentence):
    with pytest.raises(InvalidValue, match=sentence):
        pooled_features(lively_discriminator(32, 3, 6), images)


def test_a_network_without_blocks_is_refused():
    with pytest.raises(InvalidValue, match="The discriminator is a MLPDiscriminator, but its maps are read"):
        pooled_features(MLPDiscriminator(), random_pictures(2, (1, 28, 28)))
