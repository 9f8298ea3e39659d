import pytest
import torch

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
