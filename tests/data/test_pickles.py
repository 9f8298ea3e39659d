"""A reader of CIFAR-10's pickles that cannot execute: what is a batch, and what is only a program."""

import os
import pickle
import random
import subprocess

import numpy as np
import pytest

from dcgan_course.data.pickles import PickleError, read_batch

PIXELS = np.random.default_rng(0).integers(0, 256, (4, 3072), dtype=np.uint8)
BATCH = {"data": PIXELS, "labels": [3, 0, 9, 1]}


def test_a_batch_of_numpy_2_is_read():
    pixels, labels = read_batch(pickle.dumps(BATCH, protocol=4))
    assert np.array_equal(pixels, PIXELS) and labels == [3, 0, 9, 1]


class Runs:
    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    "function",
    [
        (os.system, "touch ran"),
        (subprocess.run, ["touch", "ran"]),
        (eval, "open('ran', 'w')"),
        (exec, "open('ran', 'w')"),
        (open, "ran", "w"),
        (np.memmap, "ran"),
        (np.load, "ran"),
    ],
    ids=lambda call: call[0].__name__,
)
def test_nothing_that_a_pickle_names_is_called(function, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = pickle.dumps({"data": Runs(*function), "labels": [1]}, protocol=4)
    with pytest.raises(PickleError, match="which is not read"):
        read_batch(content)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        ([1, 2], "holds no batch"),
        ({}, "labels are no list"),
        (BATCH | {"labels": [3, 0, 9, 10]}, "labels are no list of numbers from 0 to 9"),
        (BATCH | {"labels": [3, 0, 9, True]}, "labels are no list"),
        (BATCH | {"labels": [3, 0, 9]}, "pictures are not 3 rows of 3072 bytes"),
        ({"data": PIXELS[:0], "labels": []}, "pictures are not 0 rows"),
        (BATCH | {"data": PIXELS[:, :3000]}, "pictures are not 4 rows"),
        (BATCH | {"data": PIXELS.astype(np.float32)}, "pictures are not 4 rows"),
        (BATCH | {"data": np.asfortranarray(PIXELS)}, "pictures are not 4 rows"),
        (BATCH | {"data": "pixels"}, "pictures are not 4 rows"),
    ],
)
def test_what_is_no_batch_is_one_sentence(batch, words):
    with pytest.raises(PickleError, match=words):
        read_batch(pickle.dumps(batch, protocol=4))


def test_changed_pickles_are_refused_or_give_a_batch():
    whole, source = pickle.dumps(BATCH, protocol=4), random.Random(0)
    head = len(whole) - 4 * 3072  # the pixels may be any bytes, so changes are made around them
    for _ in range(300):
        content = bytearray(whole)
        place = source.choice([source.randrange(head), len(whole) - 1 - source.randrange(60)])
        content[place] ^= 1 << source.randrange(8)
        try:
            pixels, labels = read_batch(bytes(content[: source.choice([None, place])]))
        except PickleError as problem:
            assert "\n" not in str(problem)
        else:
            assert pixels.shape == (len(labels), 3072) and pixels.dtype == np.uint8 and set(labels) <= set(range(10))
