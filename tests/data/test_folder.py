"""A folder of one's own pictures: classes, splits, and files that are no pictures."""

import os

import numpy as np
import pytest
import torch
from PIL import Image

from dcgan_course.data import folder as data_folder
from dcgan_course.data import load_images
from dcgan_course.errors import DataNotFound
from tests.helpers.data_sets import load_folder, reds


def test_a_folder_gives_all_its_pictures_at_64_unless_said(folder, capsys):
    train, test = load_folder(folder), load_folder(folder, "test")
    assert train.images.shape[1:] == (3, 64, 64) and train.images.dtype == torch.uint8
    assert sorted(reds(train) + reds(test)) == list(range(40)) and 1 <= len(test) <= 10
    assert train.class_names == ("pictures",) and train.labels.unique().tolist() == [0]
    assert train.source == 'pictures of the folder "pictures"' and train.title_note == "" and not train.is_stand_in
    assert load_folder(folder, image_size=(10, 30)).images.shape[2:] == (10, 30)
    assert capsys.readouterr().out == ""


def test_more_pictures_do_not_move_the_others_between_the_splits(folder):
    before = set(reds(load_folder(folder, "test", image_size=8)))
    for i in range(40, 42):
        Image.new("RGB", (20, 20), (6 * i, 0, 0)).save(folder / f"{i:02}.png")
    assert set(reds(load_folder(folder, "test", image_size=8))) - {40, 41} == before


def test_sub_folders_are_classes(tmp_path):
    for kind, colour in (("cats", "red"), ("dogs", "blue"), ("empty", None)):
        (tmp_path / "pets" / kind / "deeper").mkdir(parents=True)
        for i in range(10 if colour else 0):
            Image.new("RGB", (9, 9), colour).save(tmp_path / "pets" / kind / "deeper" / f"{i}.png")
    found = load_folder(tmp_path / "pets", image_size=9)
    assert found.class_names == ("cats", "dogs")
    assert torch.equal(found.images[:, 2, 0, 0] == 255, found.labels == 1) and len(found.labels.unique()) == 2


def test_pictures_beside_class_folders_are_a_class_of_their_own(folder, capsys):
    (folder / "kind").mkdir()
    for i in range(5):
        Image.new("RGB", (9, 9), "blue").save(folder / "kind" / f"{i}.png")
    found = load_folder(folder, image_size=8)
    assert found.class_names == ("kind", "(loose)") and found.labels.bincount().tolist() == [5, 35]
    assert torch.equal(found.images[:, 2, 0, 0] == 255, found.labels == 0)
    assert 'In the folder "pictures": split "train" has kind 5, (loose) 35.' in capsys.readouterr().out


def test_a_class_whose_only_picture_is_for_the_test_is_no_crash(folder):
    (folder / "kind").mkdir()
    names = [f"{i}.png" for i in range(60) if data_folder._is_test(f"kind/{i}.png")]
    Image.new("RGB", (9, 9), "blue").save(folder / "kind" / names[0])
    train, test = load_folder(folder, image_size=8), load_folder(folder, "test", image_size=8)
    assert train.class_names == test.class_names == ("kind", "(loose)")
    assert train.labels.bincount(minlength=2).tolist() == [0, 35] and test.labels.bincount().tolist() == [1, 5]


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
    train, test = load_folder(tmp_path / "p"), load_folder(tmp_path / "p", "test")
    assert (len(train), len(test)) == (6, 2) and train.class_names == test.class_names == ("a", "b")


def test_other_and_hidden_files_do_not_count(folder, capsys):
    (folder / "notes.txt").write_text("hello")
    (folder / "._00.png").write_bytes(b"made by another system")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "a.png").write_bytes(b"x")
    assert len(load_folder(folder)) + len(load_folder(folder, "test")) == 40
    assert capsys.readouterr().out == ""


def test_broken_files_are_counted_named_and_skipped(folder, capsys):
    names = [f"broken {i}.png" for i in range(8)]
    for name in names:
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n")
    first, again = load_folder(folder, image_size=8), load_folder(folder, image_size=8)
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
        load_folder(tmp_path / "p", "test")


def test_names_that_are_not_utf8_can_be_printed(folder, capsys):
    try:
        for i in range(20):
            with open(os.fsencode(str(folder)) + b"/\xff%d.png" % i, "wb") as file:
                file.write(b"no")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    assert len(load_folder(folder, image_size=8)) + len(load_folder(folder, "test", image_size=8)) == 40
    assert b"?0.png (it is not a picture)" in capsys.readouterr().out.encode("utf-8")


def test_train_beside_val_are_splits_and_each_class_is_said_with_its_count(tmp_path, capsys):
    for place, count in (("Train/cats", 5), ("Train/dogs", 4), ("Validation/cats", 3)):
        (tmp_path / "p" / place).mkdir(parents=True)
        for i in range(count):
            Image.new("RGB", (9, 9), (i, 50 * len(place), 0)).save(tmp_path / "p" / place / f"{i}.PNG")
    train, test = load_folder(tmp_path / "p"), load_folder(tmp_path / "p", "test")
    assert train.class_names == test.class_names == ("cats", "dogs")
    assert train.labels.tolist() == [0] * 5 + [1] * 4 and test.labels.tolist() == [0] * 3
    assert capsys.readouterr().out.splitlines() == [
        'In the folder "p": split "train" from Train has cats 5, dogs 4.',
        'In the folder "p": split "test" from Validation has cats 3, dogs 0.',
    ]


@pytest.mark.parametrize(("mode", "colour"), [("L", 77), ("RGB", (77, 77, 77)), ("LA", (77, 255)), ("1", 1)])
def test_grey_folders_have_one_channel_unless_three_are_asked_for(mode, colour, tmp_path, capsys):
    (tmp_path / "p").mkdir()
    for i in range(20):
        Image.new(mode, (9, 9), colour).save(tmp_path / "p" / f"{i}.png")
    assert load_folder(tmp_path / "p").images.shape[1] == load_folder(tmp_path / "p", "test").images.shape[1] == 1
    assert capsys.readouterr().out == 2 * 'In the folder "p": all pictures are grey, so they have one channel.\n'
    three = load_folder(tmp_path / "p", channels=3)
    assert three.images.shape[1] == 3 and three.images.unique().tolist() == [255 if mode == "1" else 77]
    assert load_folder(tmp_path / "p", channels=1).images.shape[1] == 1 and capsys.readouterr().out == ""


def test_one_coloured_picture_in_either_split_gives_all_three_channels(tmp_path):
    for split, colour in (("train", (5, 5, 5)), ("test", (5, 6, 5))):
        (tmp_path / "p" / split).mkdir(parents=True)
        Image.new("RGB", (9, 9), colour).save(tmp_path / "p" / split / "a.png")
    assert [load_folder(tmp_path / "p", split).images.shape[1] for split in ("train", "test")] == [3, 3]


def test_coloured_pictures_become_grey_as_pillow_makes_them_grey(folder):
    colours = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    for i, colour in enumerate(colours):
        Image.fromarray(colour).save(folder / f"{i:02}.png")
    grey = load_folder(folder, image_size=8, channels=1).images[:, 0]
    expected = {np.asarray(Image.fromarray(colour).convert("L")).tobytes() for colour in colours}
    assert grey.shape[1:] == (8, 8) and {picture.numpy().tobytes() for picture in grey} <= expected


def test_both_splits_come_from_one_cache(folder, monkeypatch):
    load_folder(folder, image_size=8)
    monkeypatch.setattr("dcgan_course.data.decoded.read_picture", None)
    assert len(load_folder(folder, "test", image_size=8)) + len(load_folder(folder, image_size=8)) == 40


@pytest.mark.skipif(os.name == "nt", reason="Windows has no named pipes of this kind")
def test_a_pipe_among_the_pictures_is_not_waited_for(folder, capsys):
    os.mkfifo(folder / "x.png")
    for i in range(8):
        (folder / f"{i}.HEIC").write_bytes(b"x")
    assert len(load_folder(folder, image_size=8)) == 35
    assert capsys.readouterr().out == (
        'In the folder "pictures": 8 .heic (such as 0.HEIC), 1 that are no regular files (such as x.png): not read, '
        "so convert or rename what is a picture.\n"
    )


def test_a_folder_of_unread_pictures_alone_says_which(tmp_path):
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.heic").write_bytes(b"x")
    with pytest.raises(DataNotFound, match=r"has no pictures in it .* Not read: 1 .heic \(such as a.heic\)"):
        load_folder(tmp_path / "p")


def test_a_folder_and_classes_whose_names_are_not_utf8_are_read_and_printed(tmp_path, capsys):
    place = os.fsencode(str(tmp_path)) + b"/\xff\xfe\xfd\xfc"
    try:
        for name in (b"\xff\xfe", b"dogs"):
            os.makedirs(place + b"/" + name)
            for i in range(4):
                with open(place + b"/" + name + b"/\xff%d.png" % i, "wb") as file:
                    Image.new("RGB", (9, 9), (200, 10 * i, 0)).save(file, "PNG")
    except OSError:
        pytest.skip("this file system takes only UTF-8 names")
    found = load_images(f"folder:{os.fsdecode(place)}", image_size=8)
    assert sorted(found.class_names) == ["??", "dogs"]
    print(found, found.class_names)
    printed = capsys.readouterr().out
    assert printed.encode("utf-8") and 'In the folder "????"' in printed
    with pytest.raises(DataNotFound) as caught:
        load_images(f"folder:{os.fsdecode(place)}/gone")
    assert str(caught.value).encode("utf-8")


def test_classes_and_labels_are_those_of_torchvisions_image_folder(tmp_path):
    """Lesson 07 says so: the same in the wild."""
    from torchvision.datasets import ImageFolder

    for name, count in (("cats", 30), ("ants", 20), ("bees", 10)):
        (tmp_path / name).mkdir()
        for number in range(count):
            Image.new("RGB", (8, 8), (number, 100, 200)).save(tmp_path / name / f"{number}.png")
    wild = ImageFolder(str(tmp_path))
    ours = [load_images(f"folder:{tmp_path}", split, image_size=8) for split in ("train", "test")]
    assert all(list(images.class_names) == wild.classes for images in ours)
    assert sorted(torch.cat([images.labels for images in ours]).tolist()) == sorted(wild.targets)
