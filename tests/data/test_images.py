"""The door to all pictures: what is found where, what is refused, and how batches are cut."""

import gzip
import os
import pickle
import struct

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from dcgan_course.data import already_here, batches, cache, images, layouts, load_images, scale, to_pixels
from dcgan_course.errors import DataNotFound, InvalidValue

REAL = os.environ.get("DCGAN_COURSE_DATA")
needs_real_data = pytest.mark.skipif(not REAL, reason="needs real pictures: set DCGAN_COURSE_DATA")


@pytest.fixture(autouse=True)
def empty_machine(tmp_path, monkeypatch):
    """No data anywhere, no downloads, a cache of its own, few stand-ins."""
    monkeypatch.delenv("DCGAN_COURSE_DATA", raising=False)
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DCGAN_COURSE_OFFLINE", "1")
    monkeypatch.setattr(images, "STAND_IN_COUNT", {"train": 300, "test": 60})  # drawing 10,000 takes a second


def write_mnist(folder, first=0, count=6):
    """Four idx files. Every pixel of picture i is first + i; its label is i % 10."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for prefix in ("train", "t10k"):
        pixels = np.repeat(np.arange(first, first + count, dtype=np.uint8), 784).tobytes()
        (raw / f"{prefix}-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, count, 28, 28) + pixels)
        labels = (np.arange(count) % 10).astype(np.uint8).tobytes()
        (raw / f"{prefix}-labels-idx1-ubyte").write_bytes(struct.pack(">2I", 2049, count) + labels)
    return raw


# --- batches ---------------------------------------------------------------------------------------------------------


def numbered(count):
    """Pictures (count, 1, 1, 2) that hold their own number in two bytes."""
    numbers = torch.arange(count)
    return torch.stack([numbers // 256, numbers % 256], 1).to(torch.uint8).view(count, 1, 1, 2)


def numbers_in(batch):
    high, low = to_pixels(batch).long().flatten(1).unbind(1)
    return high * 256 + low


@given(count=st.integers(1, 700), batch_size=st.integers(1, 800), seed=st.integers(0, 99), drop_last=st.booleans())
def test_each_picture_is_shown_once_in_the_order_of_the_generator(count, batch_size, seed, drop_last):
    if drop_last and batch_size > count:
        return
    made = torch.Generator().manual_seed(seed)
    parts = list(batches(numbered(count), batch_size, generator=made, drop_last=drop_last))
    shown = torch.cat([numbers_in(part) for part in parts])
    expected = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(shown, expected[: count - count % batch_size] if drop_last else expected)
    assert {len(part) for part in parts[:-1]} <= {batch_size}
    assert all(part.dtype == torch.float32 and part.min() >= -1 and part.max() <= 1 for part in parts)


def test_without_a_generator_the_order_is_the_stored_one():
    shown = torch.cat([numbers_in(part) for part in batches(numbered(300), 7)])
    assert torch.equal(shown, torch.arange(300))


def test_a_second_epoch_has_another_order_and_the_global_random_state_stays():
    generator, before = torch.Generator().manual_seed(0), torch.get_rng_state()
    first, second = (torch.cat(list(batches(numbered(300), 64, generator=generator))) for _ in range(2))
    assert not torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), before)


def test_batches_take_mapped_pictures_and_leave_them_alone(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 3, 4, 4), dtype=np.uint8)
    np.save(tmp_path / "a.npy", pixels)
    mapped = torch.from_numpy(np.load(tmp_path / "a.npy", mmap_mode="c"))
    parts = list(batches(mapped, 8, generator=torch.Generator().manual_seed(1)))
    parts[0].zero_()
    assert np.array_equal(mapped.numpy(), pixels)
    order = torch.randperm(20, generator=torch.Generator().manual_seed(1))
    assert np.array_equal(to_pixels(torch.cat(parts[1:])).numpy(), pixels[order[8:]])


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"images": torch.rand(4, 1, 2, 2)}, "images is torch.float32"),
        ({"images": numbered(4)[0]}, r"images is torch.uint8 \(1, 1, 2\)"),
        ({"images": numbered(0)}, "N of 1 or more"),
        ({"images": [1, 2]}, "images is list"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": -5}, "batch_size is -5"),
        ({"batch_size": 2.0}, "batch_size is 2.0"),
        ({"batch_size": True}, "batch_size is True"),
        ({"batch_size": "8"}, "batch_size is '8'"),
        ({"batch_size": 5, "drop_last": True}, "only 4 pictures"),
        ({"device": "gpu"}, "device is 'gpu'"),
        ({"device": "cuda:99"}, "device is 'cuda:99'"),
        ({"generator": 3}, "must be a torch.Generator"),
    ],
)
def test_wrong_arguments_are_refused_before_the_first_batch(changes, words):
    arguments = {"images": numbered(4), "batch_size": 2} | changes
    with pytest.raises(InvalidValue, match=words):
        batches(**arguments)


def test_scale_and_to_pixels_are_inverse_for_all_values():
    every = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_pixels(scale(every)), every)
    assert scale(every)[0] == -1 and scale(every)[-1] == 1
    assert torch.allclose(scale(every).double(), every.double() / 127.5 - 1, atol=1e-7)


def test_to_pixels_cuts_off_and_keeps_its_input():
    x = torch.tensor([-3.0, 3.0, float("nan"), float("inf"), 0.0], requires_grad=True)
    assert to_pixels(x).tolist() == [0, 255, 0, 255, 128]
    assert x.detach()[0] == -3


# --- the door --------------------------------------------------------------------------------------------------------


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
    ],
)
def test_other_wrong_arguments_are_refused(changes, words):
    with pytest.raises(InvalidValue, match=words):
        load_images("drawn_objects", **changes)


def test_the_search_goes_from_root_to_the_environment_to_the_cache(tmp_path, monkeypatch):
    for number, place in enumerate(("cache", "environment", "root"), start=1):
        write_mnist(tmp_path / place, first=number)
    assert load_images("mnist").images[0, 0, 0, 0] == 1
    assert already_here("mnist") == "MNIST, from the cache"
    monkeypatch.setenv("DCGAN_COURSE_DATA", str(tmp_path / "environment"))
    found = load_images("mnist")
    assert found.images[0, 0, 0, 0] == 2 and found.source == "MNIST, from the folder in DCGAN_COURSE_DATA"
    found = load_images("mnist", root=tmp_path / "root")
    assert found.images[0, 0, 0, 0] == 3 and "root" in found.source
    assert not found.is_stand_in and found.title_note == "" and len(found) == 6
    assert repr(found) == "6 pictures of 1×28×28 in 10 classes: MNIST, from the folder given as root."


def test_mnist_reads_as_torchvision_reads_it(tmp_path):
    from torchvision.datasets import MNIST

    raw = write_mnist(tmp_path, count=20)
    pixels = np.random.default_rng(0).integers(0, 256, 20 * 784, dtype=np.uint8).tobytes()
    (raw / "t10k-images-idx3-ubyte").write_bytes(struct.pack(">4I", 2051, 20, 28, 28) + pixels)
    ours, theirs = load_images("mnist", "test", root=tmp_path), MNIST(tmp_path, train=False)
    assert torch.equal(ours.images[:, 0], theirs.data) and torch.equal(ours.labels, theirs.targets)
    assert ours.images.dtype == torch.uint8 and ours.labels.dtype == torch.int64
    assert ours.class_names == tuple("0123456789")


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
    write_mnist(tmp_path / "cache", first=9)
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


def test_the_cache_folder_follows_environment_and_platform(monkeypatch, tmp_path):
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "mine"))
    assert images.cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("DCGAN_COURSE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert images.cache_folder() == tmp_path / "xdg" / "dcgan-course"
    monkeypatch.setattr(cache.sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert images.cache_folder() == tmp_path / "local" / "dcgan-course"


# --- CIFAR-10 --------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_batches(tmp_path, monkeypatch):
    """A folder of four pickled pictures a batch in torchvision's layout, with the md5 sums that torchvision expects."""
    import hashlib

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


# --- real pictures ---------------------------------------------------------------------------------------------------


@pytest.mark.real_data
@needs_real_data
def test_real_mnist_has_its_published_counts_and_brightness():
    train, test = load_images("mnist", root=REAL), load_images("mnist", "test", root=REAL)
    assert train.images.shape == (60_000, 1, 28, 28) and test.images.shape == (10_000, 1, 28, 28)
    assert train.labels.bincount().tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert train.labels[:5].tolist() == [5, 0, 4, 1, 9] and test.labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert abs(train.images.float().mean() / 255 - 0.1307) < 1e-4
