"""Pictures of one's own: every mode, broken files, classes, splits, and the cache that is mapped into memory."""

import errno
import io
import json
import os

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course.data import decoded, load_images
from dcgan_course.data import folder as data_folder
from dcgan_course.data.picture_file import PictureError, read_picture
from dcgan_course.errors import DataNotFound


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path):
    """Forty pictures of one colour each: picture i is (6·i, 0, 0)."""
    place = tmp_path / "pictures"
    place.mkdir()
    for i in range(40):
        Image.new("RGB", (20, 20), (6 * i, 0, 0)).save(place / f"{i:02}.png")
    return place


def load(folder, split="train", **options):
    return load_images(f"folder:{folder}", split, **options)


def reds(found):
    return (found.images[:, 0, 0, 0] / 6).long().tolist()


# --- one picture -----------------------------------------------------------------------------------------------------


def halves(mode, left, right):
    """A picture (H 20, W 40) whose left and right halves have one value each."""
    image = Image.new(mode, (40, 20), left)
    image.paste(right, (20, 0, 40, 20))
    return image


def palette_with_transparency():
    image = Image.new("P", (40, 20), 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (20, 0, 40, 20))
    return image


def sixteen_bit():
    values = np.zeros((20, 40), np.uint16)
    values[:, 20:] = 65535
    values[:, :20] = 128 * 257
    return Image.fromarray(values)


def floats():
    values = np.zeros((20, 40), np.float32)
    values[:, 20:] = 0.5
    return Image.fromarray(values)


RED, BLUE, WHITE, BLACK, GREY = (255, 0, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 128, 128)


@pytest.mark.parametrize(
    ("name", "image", "options", "left", "right"),
    [
        ("rgb.png", halves("RGB", RED, BLUE), {}, RED, BLUE),
        ("rgba.png", halves("RGBA", (*RED, 255), (*BLUE, 0)), {}, RED, WHITE),
        ("grey.png", halves("L", 128, 0), {}, GREY, BLACK),
        ("grey_alpha.png", halves("LA", (128, 255), (128, 0)), {}, GREY, WHITE),
        ("one_bit.png", halves("1", 1, 0), {}, WHITE, BLACK),
        ("palette.png", palette_with_transparency(), {}, RED, BLUE),
        ("transparent.png", palette_with_transparency(), {"transparency": 1}, RED, WHITE),
        ("sixteen.png", sixteen_bit(), {}, GREY, WHITE),
        ("float.tif", floats(), {}, BLACK, GREY),
        ("cmyk.jpg", halves("CMYK", (0, 255, 255, 0), (0, 0, 0, 255)), {"quality": 95}, RED, BLACK),
        ("photo.JPEG", halves("RGB", RED, BLUE), {"quality": 95}, RED, BLUE),
        ("film.gif", halves("RGB", RED, BLUE), {}, RED, BLUE),
        ("small.webp", halves("RGB", RED, BLUE), {"lossless": True}, RED, BLUE),
    ],
)
def test_every_mode_becomes_rgb(name, image, options, left, right, tmp_path):
    image.save(tmp_path / name, **options)
    pixels = read_picture(tmp_path / name, (20, 40)).astype(int)
    assert pixels.shape == (3, 20, 40)
    assert np.abs(pixels[:, 10, 8] - left).max() <= 4 and np.abs(pixels[:, 10, 31] - right).max() <= 4


def test_the_exif_note_turns_the_picture(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn by 90 degrees clockwise to see it upright": the left side comes to the top
    halves("RGB", RED, BLUE).save(tmp_path / "a.jpg", exif=exif, quality=95)
    pixels = read_picture(tmp_path / "a.jpg", (40, 20)).astype(int)
    assert np.abs(pixels[:, 8, 10] - RED).max() <= 4 and np.abs(pixels[:, 31, 10] - BLUE).max() <= 4


@pytest.mark.parametrize("scale", [1, 8])
def test_the_middle_is_kept_in_the_shape_that_is_wanted(scale, tmp_path):
    """A wide picture: red, blue, red. A square crop from its middle is all blue, also where a JPEG is read smaller."""
    image = Image.new("RGB", (90 * scale, 30 * scale), RED)
    image.paste(BLUE, (30 * scale, 0, 60 * scale, 30 * scale))
    image.save(tmp_path / "a.jpg", quality=95)
    pixels = read_picture(tmp_path / "a.jpg", (16, 16)).astype(int)
    assert np.abs(pixels[:, :, 2:14] - np.reshape(BLUE, (3, 1, 1))).max() <= 8


def test_resizing_is_that_of_pillow(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    expected = np.asarray(Image.fromarray(pixels).resize((17, 17), Image.Resampling.BILINEAR)).transpose(2, 0, 1)
    assert np.array_equal(read_picture(tmp_path / "a.png", (17, 17)), expected)


def test_broken_pictures_say_why(tmp_path, monkeypatch):
    whole = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)).save(whole, "PNG")
    contents = {
        "text.png": (b"this is text", "it is not a picture"),
        "empty.png": (b"", "it is not a picture"),
        "half.png": (whole.getvalue()[:4000], "it is (not whole|damaged)"),
        "postscript.jpg": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is not a picture"),
    }
    for name, (content, reason) in contents.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PictureError, match=reason):
            read_picture(tmp_path / name, (8, 8))
    with pytest.raises(PictureError, match="it is gone"):
        read_picture(tmp_path / "nothing.png", (8, 8))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("limit", [300, 100])  # Pillow warns above its limit, and refuses above twice of it
def test_a_picture_of_too_many_pixels_is_not_decoded(limit, tmp_path, monkeypatch):
    Image.new("RGB", (20, 20)).save(tmp_path / "bomb.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(PictureError, match="pixels"):
        read_picture(tmp_path / "bomb.png", (8, 8))


# --- a folder --------------------------------------------------------------------------------------------------------


def test_a_folder_gives_all_its_pictures_at_64_unless_said(folder, capsys):
    train, test = load(folder), load(folder, "test")
    assert train.images.shape[1:] == (3, 64, 64) and train.images.dtype == torch.uint8
    assert sorted(reds(train) + reds(test)) == list(range(40)) and 1 <= len(test) <= 10
    assert train.class_names == ("pictures",) and train.labels.unique().tolist() == [0]
    assert train.source == 'pictures of the folder "pictures"' and train.title_note == "" and not train.is_stand_in
    assert load(folder, image_size=(10, 30)).images.shape[2:] == (10, 30)
    assert capsys.readouterr().out == ""


def test_more_pictures_do_not_move_the_others_between_the_splits(folder):
    before = set(reds(load(folder, "test", image_size=8)))
    for i in range(40, 42):
        Image.new("RGB", (20, 20), (6 * i, 0, 0)).save(folder / f"{i:02}.png")
    assert set(reds(load(folder, "test", image_size=8))) - {40, 41} == before


def test_sub_folders_are_classes(tmp_path):
    for kind, colour in (("cats", RED), ("dogs", BLUE), ("empty", None)):
        (tmp_path / "pets" / kind / "deeper").mkdir(parents=True)
        for i in range(10 if colour else 0):
            Image.new("RGB", (9, 9), colour).save(tmp_path / "pets" / kind / "deeper" / f"{i}.png")
    found = load(tmp_path / "pets", image_size=9)
    assert found.class_names == ("cats", "dogs")
    assert torch.equal(found.images[:, 2, 0, 0] == 255, found.labels == 1) and len(found.labels.unique()) == 2


def test_pictures_beside_class_folders_are_left_out_and_said(folder, capsys):
    (folder / "kind").mkdir()
    for i in range(5):
        Image.new("RGB", (9, 9), BLUE).save(folder / "kind" / f"{i}.png")
    found = load(folder, image_size=8)
    assert found.class_names == ("kind",) and set(reds(found)) == {0}
    assert "lie beside its class folders and were left out" in capsys.readouterr().out


def test_a_class_whose_only_picture_is_for_the_test_is_no_crash(folder):
    """All others lie beside the class folder and are left out."""
    (folder / "kind").mkdir()
    names = [f"{i}.png" for i in range(60) if data_folder._is_test(f"kind/{i}.png")]
    Image.new("RGB", (9, 9), BLUE).save(folder / "kind" / names[0])
    assert len(load(folder, image_size=8)) == 1 and len(load(folder, "test", image_size=8)) == 1


def test_the_folder_we_are_in_has_a_name(folder, monkeypatch):
    monkeypatch.chdir(folder)
    found = load_images("folder:.", image_size=8)
    assert found.source == 'pictures of the folder "pictures"' and found.class_names == ("pictures",)


def test_folders_named_train_and_test_are_the_splits(tmp_path):
    for split, count in (("train", 5), ("test", 2)):
        (tmp_path / "p" / split / "a").mkdir(parents=True)
        for i in range(count):
            Image.new("RGB", (9, 9)).save(tmp_path / "p" / split / "a" / f"{i}.png")
    (tmp_path / "p" / "train" / "b").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "p" / "train" / "b" / "0.png")
    train, test = load(tmp_path / "p"), load(tmp_path / "p", "test")
    assert (len(train), len(test)) == (6, 2) and train.class_names == test.class_names == ("a", "b")


def test_other_and_hidden_files_do_not_count(folder, capsys):
    (folder / "notes.txt").write_text("hello")
    (folder / "._00.png").write_bytes(b"made by another system")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "a.png").write_bytes(b"x")
    assert len(load(folder)) + len(load(folder, "test")) == 40
    assert capsys.readouterr().out == ""


def test_broken_files_are_counted_named_and_skipped(folder, capsys):
    names = [f"broken {i}.png" for i in range(8)]
    for name in names:
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    first, again = load(folder, image_size=8), load(folder, image_size=8)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2 and printed[0] == printed[1]  # said again when the pictures come from the cache
    count = len(first.skipped)
    assert 5 < count <= 8 and set(first.skipped) <= set(names) and first.skipped == again.skipped
    expected = f'{count} of {len(first) + count} picture files in "pictures" could not be read and were left out: '
    assert printed[0].startswith(expected + "broken ") and printed[0].endswith(f"and {count - 5} more.")
    assert torch.equal(first.images, again.images) and len(first.labels) == len(first)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: None, 'the folder "p" is not there'),
        (lambda path: path.write_text("a file"), 'the folder "p" is a file'),
        (lambda path: path.mkdir(), 'the folder "p" has no pictures in it'),
        (lambda path: (path.mkdir(), (path / "a.png").write_bytes(b"no")), "a.png: it is not a picture"),
    ],
)
def test_folders_without_pictures_are_one_sentence(make, words, tmp_path):
    make(tmp_path / "p")
    with pytest.raises(DataNotFound, match=words) as caught:
        load_images(f"folder:{tmp_path / 'p'}", stand_in=True)  # own pictures have no stand-in
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_a_split_without_pictures_says_what_to_do(tmp_path):
    (tmp_path / "p").mkdir()
    Image.new("RGB", (9, 9)).save(tmp_path / "p" / "a.png")
    with pytest.raises(DataNotFound, match='no pictures for split="test"'):
        load(tmp_path / "p", "test")


# --- the cache -------------------------------------------------------------------------------------------------------


def test_pictures_are_decoded_once_and_mapped(folder, own_cache, monkeypatch):
    first = load(folder)

    def never(path, size):
        raise AssertionError("decoded twice")

    monkeypatch.setattr(decoded, "read_picture", never)
    again = load(folder)
    assert torch.equal(first.images, again.images) and torch.equal(first.labels, again.labels)
    kept = sorted(path.suffix for path in (own_cache / "decoded").iterdir())
    assert kept == [".json", ".npy"]
    again.images.zero_()  # a change in memory never reaches the file
    assert torch.equal(load(folder).images, first.images)


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
    before = load(folder, image_size=8)
    mapped = before.images.clone()
    change(folder)
    after = load(folder, image_size=8)
    fresh = sorted(set(np.asarray(Image.open(path))[0, 0, 0] // 6 for path in folder.glob("*.png")))
    assert sorted(set(reds(after)) | set(reds(load(folder, "test", image_size=8)))) == fresh
    assert torch.equal(before.images, mapped)  # who still holds the old pictures keeps them
    assert len(list((own_cache / "decoded").glob("*.npy"))) <= 2  # one for each split, none of before


def no_list(npy):
    npy.with_suffix(".json").unlink()


def broken_list(npy):
    npy.with_suffix(".json").write_text("{")


def other_list(npy):
    about = json.loads(npy.with_suffix(".json").read_text())
    npy.with_suffix(".json").write_text(json.dumps(about | {"fingerprint": "0"}))


def cut_pixels(npy):
    npy.write_bytes(npy.read_bytes()[:-100])


def no_pixels(npy):
    npy.unlink()


def pickled_pixels(npy):
    np.save(npy, np.array([{"a": 1}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize("damage", [no_list, broken_list, other_list, cut_pixels, no_pixels, pickled_pixels])
def test_a_damaged_cache_is_made_anew(damage, folder, own_cache):
    before = load(folder, image_size=8).images.clone()
    (npy,) = (own_cache / "decoded").glob("*.npy")
    damage(npy)
    assert torch.equal(load(folder, image_size=8).images, before)
    assert np.array_equal(np.load(npy), before.numpy())


class FullDisk(io.FileIO):
    """A file that takes 5,000 bytes, then there is no space."""

    def write(self, content):
        if self.tell() + memoryview(content).nbytes > 5000:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return super().write(content)


def test_without_space_the_pictures_stay_in_memory(folder, own_cache, monkeypatch, capsys):
    expected = load(folder, image_size=16).images.clone()
    for path in (own_cache / "decoded").iterdir():
        path.unlink()
    monkeypatch.setattr(decoded, "open", FullDisk, raising=False)
    monkeypatch.setattr(decoded, "BLOCK", 4)
    found = load(folder, image_size=16)
    assert torch.equal(found.images, expected)
    assert "No space left on device" in (printed := capsys.readouterr().out) and "held in memory" in printed
    assert list((own_cache / "decoded").iterdir()) == []


def test_a_cache_that_cannot_be_made_is_no_obstacle(folder, monkeypatch, tmp_path, capsys):
    (tmp_path / "a_file").write_text("x")
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "a_file"))
    assert len(load(folder)) > 30
    assert "held in memory" in capsys.readouterr().out


def test_names_that_are_not_utf8_can_be_printed(folder, capsys):
    try:
        for i in range(20):
            with open(os.fsencode(str(folder)) + b"/\xff%d.png" % i, "wb") as file:
                file.write(b"no")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    assert len(load(folder, image_size=8)) + len(load(folder, "test", image_size=8)) == 40
    assert b"?0.png (it is not a picture)" in capsys.readouterr().out.encode("utf-8")
