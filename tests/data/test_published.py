"""Where MNIST and CIFAR-10 are looked for, in which order, and what is said when they are not there."""

import gzip
import struct

import pytest

from dcgan_course.data import already_here, load_images
from dcgan_course.errors import DataNotFound
from tests.helpers.data_sets import publish, write_mnist


def test_the_search_goes_from_root_to_the_environment_to_the_cache(tmp_path, monkeypatch):
    for number, place in enumerate(("cache", "environment", "root"), start=1):
        write_mnist(tmp_path / place, first=number)
    publish(tmp_path / "cache" / "MNIST" / "raw", monkeypatch)
    assert load_images("mnist").images[0, 0, 0, 0] == 1
    assert already_here("mnist") == "MNIST, from the cache"
    monkeypatch.setenv("DCGAN_COURSE_DATA", str(tmp_path / "environment"))
    publish(tmp_path / "environment" / "MNIST" / "raw", monkeypatch)
    found = load_images("mnist")
    assert found.images[0, 0, 0, 0] == 2 and found.source == "MNIST, from the folder in DCGAN_COURSE_DATA"
    publish(tmp_path / "root" / "MNIST" / "raw", monkeypatch)
    found = load_images("mnist", root=tmp_path / "root")
    assert found.images[0, 0, 0, 0] == 3 and "root" in found.source
    assert not found.is_stand_in and found.title_note == "" and len(found) == 6
    assert repr(found) == "6 pictures of 1×28×28 in 10 classes: MNIST, from the folder given as root."


def cut_short(raw):
    path = raw / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:1000])


def too_long(raw):
    with open(raw / "train-labels-idx1-ubyte", "ab") as file:
        file.write(b"\0")


def without_header(raw):
    (raw / "train-images-idx3-ubyte").write_bytes(b"\0\0")


def not_idx(raw):
    (raw / "train-images-idx3-ubyte").write_bytes(gzip.compress(b"x" * 5000))


def missing(raw):
    (raw / "train-labels-idx1-ubyte").unlink()


def other_labels(raw):
    (raw / "train-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, 3) + b"\1\2\3")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut_short, "train-images-idx3-ubyte has 1,000 bytes where its header promises 4,720"),
        (too_long, "train-labels-idx1-ubyte has 15 bytes where its header promises 14"),
        (without_header, "train-images-idx3-ubyte has only 2 bytes"),
        (not_idx, "train-images-idx3-ubyte is not an idx file"),
        (missing, "train-labels-idx1-ubyte is missing"),
        (other_labels, "do not belong together"),
    ],
)
def test_damaged_files_are_named_and_passed_over(damage, words, tmp_path, monkeypatch, capsys):
    damage(write_mnist(tmp_path / "data"))
    monkeypatch.setenv("DCGAN_COURSE_DATA", str(tmp_path / "data"))
    with pytest.raises(DataNotFound, match=words):
        load_images("mnist")
    publish(write_mnist(tmp_path / "cache", first=9), monkeypatch)
    capsys.readouterr()
    found = load_images("mnist")
    assert found.images[0, 0, 0, 0] == 9 and found.source == "MNIST, from the cache"
    printed = capsys.readouterr().out
    assert printed.startswith("Note: in the folder in DCGAN_COURSE_DATA, ") and len(printed.splitlines()) == 1


def test_nothing_found_is_one_sentence_with_what_was_tried_and_the_remedy():
    with pytest.raises(DataNotFound) as caught:
        load_images("mnist")
    message = str(caught.value)
    for words in (
        "MNIST was not found",
        "DCGAN_COURSE_DATA is not set",
        "the cache has no MNIST/raw",
        "DCGAN_COURSE_OFFLINE forbids",
        "connect to the internet",
        "set DCGAN_COURSE_DATA to a folder",
    ):
        assert words in message
    assert message.endswith(".") and "\n" not in message
    assert already_here("mnist") is None


def test_a_folder_that_does_not_exist_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("DCGAN_COURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataNotFound, match="the folder in DCGAN_COURSE_DATA does not exist"):
        load_images("cifar10")
