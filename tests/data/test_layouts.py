"""MNIST and CIFAR-10 on disk: read as torchvision reads them, and refused where they are not whole."""

import hashlib
import os
import pickle
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course.data import layouts, load_images
from dcgan_course.errors import DataNotFound
from tests.helpers.data_sets import write_mnist

REAL = os.environ.get("DCGAN_COURSE_DATA")


needs_real_data = pytest.mark.skipif(not REAL, reason="needs real pictures: set DCGAN_COURSE_DATA")


def test_mnist_reads_as_torchvision_reads_it(tmp_path):
    from torchvision.datasets import MNIST

    raw = write_mnist(tmp_path, count=20)
    pixels = np.random.default_rng(0).integers(0, 256, 20 * 784, dtype=np.uint8).tobytes()
    (raw / "t10k-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, 20, 28, 28) + pixels)
    ours, theirs = load_images("mnist", "test", root=tmp_path), MNIST(tmp_path, train=False)
    assert torch.equal(ours.images[:, 0], theirs.data) and torch.equal(ours.labels, theirs.targets)
    assert ours.images.dtype == torch.uint8 and ours.labels.dtype == torch.int64
    assert ours.class_names == tuple("0123456789")


@pytest.fixture
def small_batches(tmp_path, monkeypatch):
    """A folder of four pickled pictures a batch in torchvision's layout, with the md5 sums that torchvision expects."""

    from torchvision.datasets import CIFAR10

    base, random = tmp_path / "data" / "cifar-10-batches-py", np.random.default_rng(0)
    base.mkdir(parents=True)

    def write(name, content):
        (base / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((base / name).read_bytes()).hexdigest()]

    def batch(name):
        pixels = random.integers(0, 256, (4, 3072), dtype=np.uint8)
        return write(name, {"data": pixels, "labels": random.integers(0, 10, 4).tolist()})

    monkeypatch.setattr(CIFAR10, "train_list", [batch("data_batch_1"), batch("data_batch_2")])
    monkeypatch.setattr(CIFAR10, "test_list", [batch("test_batch")])
    name, md5 = write("batches.meta", {"label_names": list(layouts.CIFAR10_NAMES)})
    monkeypatch.setattr(CIFAR10, "meta", {"filename": name, "key": "label_names", "md5": md5})
    return tmp_path / "data"


def test_cifar10_reads_as_torchvision_reads_it(small_batches):
    from torchvision.datasets import CIFAR10

    ours, theirs = load_images("cifar10", root=small_batches), CIFAR10(small_batches)
    assert ours.images.shape == (8, 3, 32, 32) and ours.images.is_contiguous()
    assert np.array_equal(ours.images.permute(0, 2, 3, 1).numpy(), theirs.data)
    assert ours.labels.tolist() == theirs.targets and ours.class_names == tuple(theirs.classes)
    assert ours.remark == "" and ours.labels.dtype == torch.int64


def test_a_changed_batch_is_never_unpickled(small_batches):
    with open(small_batches / "cifar-10-batches-py" / "data_batch_2", "ab") as file:
        file.write(b"more")
    with pytest.raises(DataNotFound, match="cifar-10-batches-py/data_batch_2 is missing or not whole"):
        load_images("cifar10", root=small_batches)


@pytest.fixture
def jpeg_copy(tmp_path, monkeypatch):
    monkeypatch.setattr(layouts, "JPEG_FILES_PER_CLASS", {"train": 2, "test": 1})
    for split, count in (("train", 2), ("test", 1)):
        for label, name in enumerate(layouts.CIFAR10_NAMES):
            folder = tmp_path / "data" / "cifar10-jpeg" / split / name
            folder.mkdir(parents=True)
            for i in range(count):
                Image.new("RGB", (32, 32), (20 * label, 100 * i, 50)).save(folder / f"{i:04}.jpg", quality=75)
    return tmp_path / "data"


def test_the_jpeg_copy_says_that_it_is_one_and_is_mixed(jpeg_copy):
    found = load_images("cifar10", root=jpeg_copy)
    assert found.source.startswith("CIFAR-10 (JPEG copy, quality 75), from")
    assert found.title_note == " (JPEG copy, quality 75)" and not found.is_stand_in
    assert found.labels.tolist() == list(range(10)) * 2
    expected = torch.tensor([[20 * label, 100 * i, 50] for i in range(2) for label in range(10)])
    assert (found.images[:, :, 5, 5].long() - expected).abs().max() <= 3


def test_a_jpeg_copy_that_is_not_whole_is_refused(jpeg_copy):
    (jpeg_copy / "cifar10-jpeg" / "train" / "cat" / "0001.jpg").unlink()
    with pytest.raises(DataNotFound, match="cifar10-jpeg/train/cat has 1 of 2 pictures"):
        load_images("cifar10", root=jpeg_copy)
    (jpeg_copy / "cifar10-jpeg" / "test" / "dog" / "0000.jpg").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(DataNotFound, match="cifar10-jpeg/test/dog/0000.jpg cannot be read"):
        load_images("cifar10", "test", root=jpeg_copy)


@pytest.mark.real_data
@needs_real_data
def test_real_mnist_has_its_published_counts_and_brightness():
    train, test = load_images("mnist", root=REAL), load_images("mnist", "test", root=REAL)
    assert train.images.shape == (60_000, 1, 28, 28) and test.images.shape == (10_000, 1, 28, 28)
    assert train.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9] and test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert abs(train.images.float().mean() / 255 - 0.1307) < 1e-4
