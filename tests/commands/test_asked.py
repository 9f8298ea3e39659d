"""What a conditional generator is asked for when it is evaluated."""

from types import SimpleNamespace

import pytest
import torch

from dcgan_course import models
from dcgan_course.commands.inputs import as_asked, labels_asked
from dcgan_course.data import Images
from dcgan_course.errors import InvalidValue

LABELS = torch.tensor([0] * 60 + [2] * 40)
DATA = Images("three", torch.zeros(100, 1, 8, 8, dtype=torch.uint8), LABELS, ("a", "b", "c"), "nowhere")


class Constant(torch.nn.Module):
    """A classifier that reads the class off the first pixel: −1 is 0, 0 is 1 and 1 is 2."""

    def forward(self, images):
        return torch.eye(3)[(images[:, 0, 0, 0] + 1).round().long()]


def drawn(classes):
    return (torch.tensor(classes) - 1.0)[:, None, None, None].expand(-1, 1, 8, 8)


def test_labels_have_the_shares_of_the_data():
    generator = models.ConditionalGenerator(3, 8, 4, 1, 1)
    labels = labels_asked(generator, DATA, 10_000, 3)
    assert (labels == 0).float().mean() == pytest.approx(0.6, abs=0.03) and not (labels == 1).any()
    assert labels_asked(models.Generator(8, 4, 1, 1), DATA, 10, 3) is None


def test_data_of_other_classes_are_refused():
    with pytest.raises(InvalidValue, match="--data is three, which has 3 classes, .* asked for one of 4"):
        labels_asked(SimpleNamespace(classes=4), DATA, 10, 0)


def test_the_shares_are_said_beside_those_of_real_pictures():
    fake, labels = drawn([0, 0, 1, 2, 2]), torch.tensor([0, 0, 0, 2, 2])
    real, real_labels = drawn([0, 1]), torch.tensor([0, 0])
    first, second = as_asked(Constant(), fake, labels, real, real_labels, 3)
    assert "is drawn 80.0 % of the time" in first and "it reads 50.0 % of the real ones" in first
    assert second == "least often class 0: 66.7 % of 3."
