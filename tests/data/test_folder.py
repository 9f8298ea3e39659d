"""A folder of one's own pictures: classes, splits, and files that are no pictures."""

import os

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


def test_pictures_beside_class_folders_are_left_out_and_said(folder, capsys):
    (folder / "kind").mkdir()
    for i in range(5):
        Image.new("RGB", (9, 9), "blue").save(folder / "kind" / f"{i}.png")
    found = load_folder(folder, image_size=8)
    assert found.class_names == ("kind",) and set(reds(found)) == {0}
    assert "lie beside its class folders and were left out" in capsys.readouterr().out


def test_a_class_whose_only_picture_is_for_the_test_is_no_crash(folder):
    """All others lie beside the class folder and are left out."""
    (folder / "kind").mkdir()
    names = [f"{i}.png" for i in range(60) if data_folder._is_test(f"kind/{i}.png")]
    Image.new("RGB", (9, 9), "blue").save(folder / "kind" / names[0])
    assert len(load_folder(folder, image_size=8)) == 1 and len(load_folder(folder, "test", image_size=8)) == 1


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
