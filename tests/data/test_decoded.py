"""Pictures are decoded once: the cache that is mapped into memory, its damage, and a full disk."""

import errno
import io
import json
import os

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course.data import decoded
from tests.helpers.data_sets import load_folder, reds


def test_pictures_are_decoded_once_and_mapped(folder, own_cache, monkeypatch):
    first = load_folder(folder)

    def never(path, size):
        raise AssertionError("decoded twice")

    monkeypatch.setattr(decoded, "read_picture", never)
    again = load_folder(folder)
    assert torch.equal(first.images, again.images) and torch.equal(first.labels, again.labels)
    kept = sorted(path.suffix for path in (own_cache / "decoded").iterdir())
    assert kept == [".json", ".npy"]
    again.images.zero_()  # a change in memory never reaches the file
    assert torch.equal(load_folder(folder).images, first.images)


def added(folder):
    Image.new("RGB", (9, 9), (250, 0, 0)).save(folder / "new.png")


def removed(folder):
    (folder / "05.png").unlink()


def renamed(folder):
    (folder / "05.png").rename(folder / "zz.png")


def repainted(folder):
    path = folder / "05.png"
    before = path.stat()
    Image.new("RGB", (20, 20), (252, 0, 0)).save(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))


@pytest.mark.parametrize("change", [added, removed, renamed, repainted])
def test_a_change_in_the_folder_is_seen_and_the_old_cache_goes(change, folder, own_cache):
    before = load_folder(folder, image_size=8)
    mapped = before.images.clone()
    change(folder)
    after = load_folder(folder, image_size=8)
    fresh = sorted(set(np.asarray(Image.open(path))[0, 0, 0] // 6 for path in folder.glob("*.png")))
    assert sorted(set(reds(after)) | set(reds(load_folder(folder, "test", image_size=8)))) == fresh
    assert torch.equal(before.images, mapped)  # who still holds the old pictures keeps them
    assert len(list((own_cache / "decoded").glob("*.npy"))) <= 2  # one for each split, none of before


def no_list(npy):
    npy.with_suffix(".json").unlink()


def broken_list(npy):
    npy.with_suffix(".json").write_text("{")


def other_list(npy):
    about = json.loads(npy.with_suffix(".json").read_text())
    npy.with_suffix(".json").write_text(json.dumps(about | {"facts": about["facts"] | {"fingerprint": "0"}}))


def cut_pixels(npy):
    npy.write_bytes(npy.read_bytes()[:-100])


def no_pixels(npy):
    npy.unlink()


def pickled_pixels(npy):
    np.save(npy, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def empty_pixels(npy):
    npy.write_bytes(b"")


def flipped_pixel(npy):
    content = bytearray(npy.read_bytes())
    content[-7] ^= 4
    npy.write_bytes(content)


def other_shape(npy):
    content = npy.read_bytes()
    npy.write_bytes(content.replace(b"(40, 3, 8, 8)", b"(10, 3,16,16)"))


def huge_shape(npy):
    content = npy.read_bytes()
    npy.write_bytes(content.replace(b"(40, 3, 8, 8), }    ", b"(4000000, 3, 8, 8),}"))


def other_type(npy):
    npy.write_bytes(npy.read_bytes().replace(b"|u1", b"|i1"))


def changed_facts(npy):
    listed = npy.with_suffix(".json")
    listed.write_text(listed.read_text().replace('"all_grey": false', '"all_grey": true'))


def listed_as(text):
    def change(npy):
        npy.with_suffix(".json").write_text(text)

    change.__name__ = text[:12]
    return change


def pipe(npy):
    npy.unlink()
    os.mkfifo(npy)


DAMAGES = [
    *(no_list, broken_list, other_list, cut_pixels, no_pixels, pickled_pixels, empty_pixels, flipped_pixel),
    *(other_shape, huge_shape, other_type, changed_facts, listed_as("[" * 100_000), listed_as("[1]"), listed_as("")),
    *(listed_as('{"facts": null}'), listed_as('{"facts": {"skipped": [], "all_grey": 1}, "sum": 3}')),
    pytest.param(pipe, marks=pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")),
]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_made_anew_and_said(damage, folder, own_cache, capsys):
    before = load_folder(folder, image_size=8).images.clone()
    (npy,) = (own_cache / "decoded").glob("*.npy")
    damage(npy)
    assert torch.equal(load_folder(folder, image_size=8).images, before)
    assert "The decoded pictures in the cache are not whole" in (printed := capsys.readouterr().out)
    assert len(printed.splitlines()) == 1
    assert torch.equal(load_folder(folder, image_size=8).images, before) and capsys.readouterr().out == ""
    assert np.array_equal(np.load(npy)[: len(before)], before.numpy())  # the pictures for testing come after


class FullDisk(io.FileIO):
    """A file that takes 5,000 bytes, then there is no space."""

    def write(self, content):
        if self.tell() + memoryview(content).nbytes > 5000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(content)


def test_without_space_the_pictures_stay_in_memory(folder, own_cache, monkeypatch, capsys):
    expected = load_folder(folder, image_size=16).images.clone()
    for path in (own_cache / "decoded").iterdir():
        path.unlink()
    monkeypatch.setattr(decoded, "open", FullDisk, raising=False)
    monkeypatch.setattr(decoded, "BLOCK", 4)
    found = load_folder(folder, image_size=16)
    assert torch.equal(found.images, expected)
    assert "No space left on device" in (printed := capsys.readouterr().out) and "held in memory" in printed
    assert list((own_cache / "decoded").iterdir()) == []


def test_a_cache_that_cannot_be_made_is_no_obstacle(folder, monkeypatch, tmp_path, capsys):
    (tmp_path / "a_file").write_text("x")
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "a_file"))
    assert len(load_folder(folder)) > 30
    assert "held in memory" in capsys.readouterr().out
