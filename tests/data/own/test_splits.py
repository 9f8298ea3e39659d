"""Folders as people lay them out: which are splits, which are classes."""

import pytest

from dcgan_course.data.own.splits import Classes, Splits, find_splits, split_of
from dcgan_course.data.own.tree import look_through


@pytest.mark.parametrize(
    ("split", "names"),
    [
        (
            "train",
            "train Train TRAIN training trn train2017 train_images training_set seg_train train-data images_train",
        ),
        ("test", "test Test testing test_set test1 test-images seg_test tst testset"),
        ("val", "val valid Validation VAL val2017 valid_set dev validation_data eval"),
        (None, "trains trainers cats tests_of_time testudo valley trainA testimony devices 1 seg data retrain"),
    ],
)
def test_splits_are_known_in_their_usual_spellings(split, names):
    assert {split_of(name) for name in names.split()} == {split}


def lay(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("train/a.png val/b.png", Splits(["train"], ["val"], [], 0)),
        ("Train/x/a.png Test/x/b.png", Splits(["Train"], ["Test"], [], 0)),
        ("train/a.png valid/b.png test/c.png", Splits(["train"], ["test"], ["valid"], 0)),
        ("train/a.png test/c.png more/c.png d.png", Splits(["train"], ["test"], ["more"], 1)),
        ("zip/inner/train/a.png zip/inner/val/b.png __MACOSX/x", Splits(["zip/inner/train"], ["zip/inner/val"], [], 0)),
        (
            "training_set/training_set/cat/a.png test_set/test_set/cat/b.png",
            Splits(["training_set/training_set"], ["test_set/test_set"], [], 0),
        ),
        (
            "cable/train/a.png cable/test/b.png tile/train/a.png tile/val/b.png",
            Splits(["cable/train", "tile/train"], ["cable/test", "tile/val"], [], 0),
        ),
        ("cats/a.png dogs/b.png", None),
        ("train/a.png cats/b.png", None),
        ("test/a.png val/b.png", None),
        ("cats/train/a.png cats/test/a.png dogs/a.png", None),
        ("a.png", None),
        ("", None),
    ],
)
def test_splits_are_found_where_they_lie(names, expected, tmp_path):
    assert find_splits(lay(tmp_path, *names.split())) == expected


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        ("cats/a.png dogs/b.png", {"cats": 1, "dogs": 1}),
        ("a.png b.png", {}),
        ("cats/a.png cats/old/b.png", {"cats": 2}),
        ("pets/cats/a.png pets/dogs/b.png", {"cats": 1, "dogs": 1}),
        ("pets/cats/a.png pets/dogs/b.png pets/c.png", {"pets": 3}),
        ("cats/a.png b.png c.png", {"cats": 1, "(loose)": 2}),
        ("train/cats/a.png train/dogs/b.png", {"cats": 1, "dogs": 1}),
        ("train/cats/a.png val/dogs/b.png", {"cats": 1, "dogs": 1}),
        ("train/a.png test/b.png", {}),
        ("cable/train/good/a.png cable/test/bad/b.png tile/train/a.png tile/test/b.png", {"cable": 2, "tile": 2}),
        ("training_set/training_set/cat/a.png test_set/test_set/dog/b.png", {"cat": 1, "dog": 1}),
    ],
)
def test_classes_are_the_first_folders_in_which_pictures_differ(names, classes, tmp_path):
    splits = find_splits(lay(tmp_path, *names.split()))
    pictures = look_through(tmp_path, splits.starts if splits else ["."]).pictures
    found = Classes(sorted(pictures), splits)
    numbers = [found.number_of(name) for name in pictures]
    assert {name: numbers.count(number) for number, name in enumerate(found.names)} == classes
    assert set(numbers) <= set(range(max(1, len(classes))))
