"""MNIST and CIFAR-10 on disk: read as torchvision reads them, and refused where they are not whole."""

import gzip
import hashlib
import io
import os
import pickle
import struct

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course.data import layouts, load_images
from dcgan_course.errors import DataNotFound
from tests.helpers.data_sets import publish, write_mnist

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


def packed(path):
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()


def dotted(path):
    path.rename(path.with_name(path.name.replace("-idx", ".idx")))


def dotted_and_packed(path):
    packed(path)
    dotted(path.with_name(f"{path.name}.gz"))


def in_capitals(path):
    packed(path)
    path = path.with_name(f"{path.name}.gz")
    path.rename(path.with_name(path.name.upper()))


def in_a_folder_of_its_name(path):
    aside = path.rename(path.with_name("aside"))
    path.mkdir()
    aside.rename(path / path.name)


def with_the_ending_of_a_packed_one(path):
    path.rename(path.with_name(f"{path.name}.gz"))


def beside_a_packed_one(path):
    packed(path)
    path.write_bytes(gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()))


@pytest.mark.parametrize("place", ["MNIST/raw", "MNIST", "."])
@pytest.mark.parametrize(
    "spell",
    [
        packed,
        dotted,
        dotted_and_packed,
        in_capitals,
        in_a_folder_of_its_name,
        with_the_ending_of_a_packed_one,
        beside_a_packed_one,
    ],
)
def test_mnist_is_read_as_people_have_it(spell, place, tmp_path, monkeypatch):
    raw = write_mnist(tmp_path / "made", first=7)
    publish(raw, monkeypatch)
    (tmp_path / "data" / place).mkdir(parents=True)
    for path in sorted(raw.iterdir()):
        spell(path.rename(tmp_path / "data" / place / path.name))
    found = load_images("mnist", root=tmp_path / "data")
    assert found.images[:, 0, 0, 0].tolist() == list(range(7, 13)) and found.labels.tolist() == list(range(6))
    assert found.source == "MNIST, from the folder given as root"


def inverted(raw):
    path = raw / "train-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:16] + bytes(255 - value for value in path.read_bytes()[16:]))


def rotated_labels(raw):
    path = raw / "train-labels-idx1-ubyte"
    path.write_bytes(path.read_bytes()[:8] + path.read_bytes()[9:] + path.read_bytes()[8:9])


@pytest.mark.parametrize("change", [inverted, rotated_labels])
def test_other_content_is_never_called_mnist(change, tmp_path, monkeypatch, capsys):
    raw = write_mnist(tmp_path)
    publish(raw, monkeypatch)
    change(raw)
    found = load_images("mnist", root=tmp_path)
    assert "not the published MNIST" in found.title_note and "not the published MNIST" in repr(found)
    assert "Note: the train files in MNIST/raw have other md5 sums" in capsys.readouterr().out
    assert load_images("mnist", "test", root=tmp_path).remark == "" and capsys.readouterr().out == ""


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((2**31, 2**31, 4), "claims to hold 2147483648×2147483648×4 bytes, but MNIST's format has"),
        ((2**32 - 1, 28, 28), "claims to hold 4294967295×28×28"),
        ((999_999, 28, 28), "has (116|117) bytes where its header promises 783,999,232"),
        ((6, 14, 14), "claims to hold 6×14×14"),
        ((0, 28, 28), "is not an idx file of MNIST"),
    ],
)
def test_a_header_is_not_believed(shape, words, pack, tmp_path):
    path = write_mnist(tmp_path) / "t10k-images-idx3-ubyte"
    path.write_bytes(pack(struct.pack(">4I", 2051, *shape) + b"x" * 100))
    with pytest.raises(DataNotFound, match=words):
        load_images("mnist", "test", root=tmp_path)


def test_a_packed_file_that_is_not_whole_or_too_long_is_refused(tmp_path):
    path = write_mnist(tmp_path) / "train-images-idx3-ubyte"
    content = gzip.compress(path.read_bytes())
    for damaged in (content[:40], content[:-6], content[:60] + b"\xff" * 20):
        path.write_bytes(damaged)
        with pytest.raises(DataNotFound, match="train-images-idx3-ubyte (is not whole|has only)"):
            load_images("mnist", root=tmp_path)
    path.write_bytes(gzip.compress(gzip.decompress(content) + bytes(10**7)))
    with pytest.raises(DataNotFound, match="has 4,721 bytes where its header promises 4,720"):
        load_images("mnist", root=tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes of this kind")
def test_a_pipe_with_the_name_of_a_data_file_is_not_waited_for(tmp_path, small_batches):
    path = write_mnist(tmp_path) / "train-labels-idx1-ubyte"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DataNotFound, match="train-labels-idx1-ubyte: it is not a regular file"):
        load_images("mnist", root=tmp_path)
    path = small_batches / "cifar-10-batches-py" / "data_batch_1"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DataNotFound, match="data_batch_1: it is not a regular file"):
        load_images("cifar10", root=small_batches)


def test_the_sums_of_cifar10_are_those_of_torchvision():
    from torchvision.datasets import CIFAR10

    assert list(map(list, layouts.CIFAR10_SUMS["train"].items())) == CIFAR10.train_list
    assert list(map(list, layouts.CIFAR10_SUMS["test"].items())) == CIFAR10.test_list


class Python2Pickler(pickle._Pickler):
    """Writes what Python 2 wrote in 2009, when CIFAR-10 was pickled: every text is a string of bytes."""

    dispatch = pickle._Pickler.dispatch.copy()

    def save_bytes(self, content):
        self.write(b"T" + struct.pack("<i", len(content)) + content)
        self.memoize(content)

    dispatch[bytes] = save_bytes
    dispatch[str] = lambda self, text: self.save_bytes(text.encode())


def as_published(content):
    """The bytes of a batch in the form of the published ones, with NumPy's names of that time."""
    file = io.BytesIO()
    Python2Pickler(file, protocol=2).dump(content)
    return file.getvalue().replace(b"numpy._core", b"numpy.core")


@pytest.fixture
def small_batches(tmp_path, monkeypatch):
    """A folder of four pickled pictures a batch in torchvision's layout, with the md5 sums that torchvision expects."""

    from torchvision.datasets import CIFAR10

    base, random = tmp_path / "data" / "cifar-10-batches-py", np.random.default_rng(0)
    base.mkdir(parents=True)

    def write(name, content):
        (base / name).write_bytes(as_published(content))
        return [name, hashlib.md5((base / name).read_bytes()).hexdigest()]

    def batch(name):
        pixels = random.integers(0, 256, (4, 3072), dtype=np.uint8)
        return write(name, {"data": pixels, "labels": random.integers(0, 10, 4).tolist()})

    monkeypatch.setattr(CIFAR10, "train_list", [batch("data_batch_1"), batch("data_batch_2")])
    monkeypatch.setattr(CIFAR10, "test_list", [batch("test_batch")])
    sums = {"train": dict(CIFAR10.train_list), "test": dict(CIFAR10.test_list)}
    monkeypatch.setattr(layouts, "CIFAR10_SUMS", sums)
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


def test_a_batch_that_asks_for_a_program_is_not_obeyed_even_with_the_right_sum(small_batches, monkeypatch, tmp_path):
    content = pickle.dumps({"data": Runs(), "labels": [0]}, protocol=2)
    (small_batches / "cifar-10-batches-py" / "test_batch").write_bytes(content)
    sums = layouts.CIFAR10_SUMS | {"test": {"test_batch": hashlib.md5(content).hexdigest()}}
    monkeypatch.setattr(layouts, "CIFAR10_SUMS", sums)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataNotFound, match="test_batch cannot be used: it asks for posix.system|nt.system"):
        load_images("cifar10", "test", root=small_batches)
    assert not (tmp_path / "ran").exists()


class Runs:
    def __reduce__(self):
        return os.system, ("touch ran",)


def test_the_archive_beside_says_that_it_is_packed(tmp_path):
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(b"")
    with pytest.raises(DataNotFound, match="cifar-10-python.tar.gz is still packed: unpack it where it lies"):
        load_images("cifar10", root=tmp_path)


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
    assert train.remark == test.remark == ""  # their sums are the published ones
