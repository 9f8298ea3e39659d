"""Which network judges which pictures, and how pictures of another size come to it."""

import pytest
import torch

from dcgan_course import recorded
from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation.classifiers import Cifar10Classifier, DigitClassifier, FactorReader
from dcgan_course.recorded.judges import judge_for


@pytest.mark.parametrize(
    ("data", "channels", "network"),
    [
        ("mnist", 1, DigitClassifier),
        ("drawn_digits", 1, DigitClassifier),
        ("drawn_objects", 3, FactorReader),
        ("drawn_objects", 1, Cifar10Classifier),
        ("mnist", 3, Cifar10Classifier),
        ("cifar10", 3, Cifar10Classifier),
        ("folder:mine", 3, Cifar10Classifier),
        ("folder:mine", 1, Cifar10Classifier),
    ],
)
def test_each_kind_of_pictures_has_its_judge(data, channels, network):
    judge = judge_for(data, channels)
    assert isinstance(judge.network, network)
    assert ("knows no other pictures" in judge.name) == (network is Cifar10Classifier and data != "cifar10")
    found = judge.features(torch.zeros(2, channels, 40, 24))
    assert found.shape == (2, int(judge.name.split(" numbers")[0].split()[-1])) and not found.requires_grad


def test_features_are_those_of_the_recorded_network():
    pictures = torch.rand(300, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    expected = recorded.cifar10_classifier().features(pictures)
    assert torch.allclose(judge_for("cifar10", 3).features(pictures), expected, atol=1e-4)


def test_larger_pictures_are_averaged_not_skipped():
    """Antialias: a pattern of single pixels becomes grey. Without it a part of the pixels would be skipped."""
    chequered = ((torch.arange(64)[:, None] + torch.arange(64)) % 2 * 2.0 - 1).expand(1, 3, 64, 64)
    judge = judge_for("cifar10", 3)
    grey = judge.features(torch.zeros(1, 3, 32, 32))
    assert torch.allclose(judge.features(chequered)[:, :], grey, atol=0.05)
    assert judge.resizer((3, 64, 64)) == "64×64 to 32×32 on both sides, bilinear with antialias, torch's interpolate"
    assert judge.resizer((3, 32, 32)) == "none, pictures are 32×32"


def test_grey_pictures_are_three_equal_channels():
    grey = torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    judge = judge_for("folder:mine", 1)
    assert torch.allclose(judge.features(grey), judge.features(grey.repeat(1, 3, 1, 1)), atol=1e-5)
    assert judge.resizer((1, 32, 32)).endswith("grey pictures as three equal channels")


def test_channels_that_a_network_does_not_take_are_refused():
    with pytest.raises(InvalidValue, match="shape \\(3, 28, 28\\), but the digit classifier takes .* with 1 channels"):
        judge_for("mnist", 1).features(torch.zeros(2, 3, 28, 28))
    with pytest.raises(InvalidValue, match="shape \\(2, 32, 32\\), but the classifier of CIFAR-10 takes"):
        judge_for("cifar10", 3).resizer((2, 32, 32))
