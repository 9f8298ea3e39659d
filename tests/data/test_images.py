"""The door to all pictures: names, sizes, stand-ins, and what is refused."""

import numpy as np
import pytest
import torch

from dcgan_course.data import load_images
from dcgan_course.errors import InvalidValue


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("minst", '"mnist"'), ("MNIST", '"mnist"'), ("cifar-10", '"cifar10"'), ("drawn_digit", '"drawn_digits"')],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(name, nearest):
    with pytest.raises(InvalidValue, match=f"did you mean {nearest}"):
        load_images(name)


@pytest.mark.parametrize("name", ["", "zzzz", None, 10, "folder:", "folder:PATH"])
def test_names_that_are_like_nothing_are_refused(name):
    with pytest.raises(InvalidValue, match="name is"):
        load_images(name)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"split": "validation"}, 'must be "train" or "test"'),
        ({"image_size": 0}, "image_size is 0"),
        ({"image_size": -8}, "image_size is -8"),
        ({"image_size": 32.0}, "image_size is 32.0"),
        ({"image_size": "32"}, "image_size is '32'"),
        ({"image_size": True}, "image_size is True"),
        ({"image_size": (32, 32, 3)}, "pair"),
        ({"image_size": 100_000}, "1 to 1024"),
        ({"channels": 2}, "channels is 2, but it must be 1"),
        ({"channels": True}, "channels is True"),
        ({"channels": "3"}, "channels is '3'"),
    ],
)
def test_other_wrong_arguments_are_refused(changes, words):
    with pytest.raises(InvalidValue, match=words):
        load_images("drawn_objects", **changes)


@pytest.mark.parametrize(
    ("name", "title", "shape"), [("mnist", "MNIST", (1, 28, 28)), ("cifar10", "CIFAR-10", (3, 32, 32))]
)
def test_stand_ins_are_loud(name, title, shape, capsys):
    found = load_images(name, "test", stand_in=True)
    assert found.is_stand_in and found.images.shape == (60, *shape)
    assert found.title_note == f" (drawn stand-in, not {title})" and f"not {title}" in found.source
    printed = capsys.readouterr().out
    assert f"THIS IS NOT {title}." in printed and "set DCGAN_COURSE_DATA" in printed and len(printed.splitlines()) >= 5


def test_stand_ins_by_name_are_quiet_and_splits_differ(capsys):
    train, test = load_images("drawn_objects"), load_images("drawn_objects", "test")
    assert len(train) == 300 and len(test) == 60 and train.is_stand_in
    assert not torch.equal(train.images[:60], test.images)
    assert train.class_names[0] == "circle" and capsys.readouterr().out == ""


@pytest.mark.parametrize("size", [(14, 14), (32, 32), (40, 24)])
def test_resizing_is_bilinear_and_antialiased(size, tmp_path):
    """Oracle: the same filter in float64, to half a grey level."""
    original = load_images("drawn_digits", "test")
    small = load_images("drawn_digits", "test", image_size=size[0] if size[0] == size[1] else size)
    assert small.images.shape == (60, 1, *size) and small.images.dtype == torch.uint8
    exact = torch.nn.functional.interpolate(original.images.double(), size, mode="bilinear", antialias=True)
    assert (small.images.double() - exact).abs().max() <= 1
    assert torch.equal(small.labels, original.labels) and small.remark == original.remark


def test_whole_numbers_of_numpy_are_sizes():
    assert load_images("drawn_digits", "test", image_size=np.int64(8)).images.shape[2:] == (8, 8)
    assert load_images("drawn_digits", "test", image_size=(np.int64(8), 9)).images.shape[2:] == (8, 9)


def test_any_data_set_can_be_made_grey_or_coloured():
    digits, objects = load_images("drawn_digits", "test", channels=3), load_images("drawn_objects", "test", channels=1)
    assert digits.images.shape == (60, 3, 28, 28) and objects.images.shape == (60, 1, 32, 32)
    assert torch.equal(digits.images[:, 1:2], load_images("drawn_digits", "test").images)
    assert load_images("drawn_objects", "test", channels=3).images.shape == (60, 3, 32, 32)
