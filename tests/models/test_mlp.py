import pytest
import torch
from torch import nn

from dcgan_course import models
from dcgan_course.errors import InvalidValue


def test_the_recipe_of_lesson_04():
    generator, discriminator = models.MLPGenerator(), models.MLPDiscriminator()
    linear = [layer for layer in generator.modules() if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(100, 256), (256, 256), (256, 784)]
    linear = [layer for layer in discriminator.modules() if isinstance(layer, nn.Linear)]
    assert [(layer.in_features, layer.out_features) for layer in linear] == [(784, 256), (256, 256), (256, 1)]
    assert models.count_parameters(generator) == 100 * 256 + 256 + 256 * 256 + 256 + 256 * 784 + 784
    assert [layer.p for layer in generator.modules() if isinstance(layer, nn.Dropout)] == [0.1, 0.1]


@pytest.mark.parametrize("image_shape", [(1, 28, 28), (3, 8, 6)])
def test_shapes_and_range(image_shape):
    generator = models.MLPGenerator(image_shape, latent_dim=7)
    images = generator(torch.randn(5, 7))
    assert images.shape == (5, *image_shape)
    assert images.abs().max() <= 1
    assert models.MLPDiscriminator(image_shape)(images).shape == (5,)


def test_initial_weights_are_xavier_normal_and_biases_between_a_tenth_and_a_fifth():
    torch.manual_seed(0)
    layer = models.MLPGenerator().layers[6]  # 256 → 784
    assert float(layer.weight.detach().std()) == pytest.approx((2 / (256 + 784)) ** 0.5, rel=0.02)
    bias = layer.bias.detach()
    assert 0.1 <= bias.min() < 0.105 and 0.195 < bias.max() <= 0.2


@pytest.mark.parametrize("network", [models.MLPGenerator, models.MLPDiscriminator])
def test_a_shape_that_is_none_is_refused(network):
    with pytest.raises(InvalidValue, match=r"image_shape is \(28, 28\), but it must be \(C, H, W\)"):
        network((28, 28))
