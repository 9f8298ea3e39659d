"""What lies in a folder: pictures, links, loops, and files that are not read."""

import os

import pytest

from dcgan_course.data.own.tree import look_through, visible

needs_links = pytest.mark.skipif(os.name == "nt", reason="links need a right on Windows")


def put(place, *names):
    for name in names:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return place


def test_endings_count_in_any_case(tmp_path):
    names = {"a.JPG", "b.Jpeg", "c.PNG", "d.TIFF", "e.WebP", "f.jfif", "g.pgm"}
    assert look_through(put(tmp_path, *names), ["."]).pictures == names


def test_what_is_not_read_is_counted_and_named(tmp_path):
    put(tmp_path, "a.png", "1.HEIC", "2.heic", "x/3.Heif", "noending", "film.MOV", "all.zip", "IMG.png.crdownload")
    tree = look_through(tmp_path, ["."])
    assert tree.pictures == {"a.png"}
    assert tree.unread == {".heic": 2, ".heif": 1, "without an ending": 1, ".mov": 1, ".zip": 1, ".crdownload": 1}
    assert tree.about_unread().startswith("2 .heic (such as 1.HEIC), ")


def test_of_many_kinds_the_most_frequent_are_named(tmp_path):
    put(tmp_path, *(f"{number}.e{number}" for number in range(50)), "a.heic", "b.heic")
    about = look_through(tmp_path, ["."]).about_unread()
    assert about.startswith("2 .heic (such as a.heic), ") and about.endswith(", 45 others")


def test_companions_and_hidden_files_do_not_count(tmp_path):
    put(
        tmp_path,
        "notes.txt",
        "labels.CSV",
        "a.json",
        "README",
        "LICENSE",
        "Thumbs.db",
        ".DS_Store",
        ".git/a.png",
        "._a.png",
    )
    tree = look_through(tmp_path, ["."])
    assert not tree.pictures and not tree.unread


@needs_links
def test_linked_folders_are_read_and_loops_end(tmp_path):
    folder = put(tmp_path / "folder", "real/a.png", "real/deep/b.png")
    put(tmp_path / "outside", "c.png", "in/d.png")
    put(tmp_path / "beside", "never.png")
    (folder / "cats").symlink_to(tmp_path / "outside")
    (tmp_path / "outside" / "back").symlink_to(folder)
    (tmp_path / "outside" / "self").symlink_to(".")
    (folder / "real" / "up").symlink_to("..")
    (folder / "above").symlink_to(tmp_path)
    (folder / "real" / "again").symlink_to("deep")
    (folder / "mutual").symlink_to("mutual")
    (folder / "gone.png").symlink_to("nothing.png")
    (folder / "link.png").symlink_to("real/a.png")
    tree = look_through(folder, ["."])
    assert tree.pictures == {"real/a.png", "real/deep/b.png", "cats/c.png", "cats/in/d.png", "link.png"}
    assert tree.unread == {"links to folders that are read already": 5, "links to what is not there": 2}


@needs_links
def test_many_links_to_one_another_take_each_picture_once(tmp_path):
    for number in range(20):  # would be 2²⁰ ways through
        put(tmp_path, f"{number:02}/a.png")
        for name in ("left", "right"):
            (tmp_path / f"{number:02}" / name).symlink_to(f"../{(number + 1) % 20:02}")
    assert look_through(tmp_path, ["."]).pictures == {f"{number:02}/a.png" for number in range(20)}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_pipes_and_devices_are_no_pictures(tmp_path):
    put(tmp_path, "a.png")
    os.mkfifo(tmp_path / "x.png")
    (tmp_path / "zero.png").symlink_to("/dev/zero")
    tree = look_through(tmp_path, ["."])
    assert tree.pictures == {"a.png"} and tree.unread == {"that are no regular files": 2}


def test_a_folder_that_may_not_be_opened_is_counted(tmp_path, monkeypatch):
    put(tmp_path, "a.png", "closed/b.png")

    def ask(place):
        if place.name == "closed":
            raise PermissionError(13, "Permission denied")
        return visible(place)

    monkeypatch.setattr("dcgan_course.data.own.tree.visible", ask)
    tree = look_through(tmp_path, ["."])
    assert tree.pictures == {"a.png"} and tree.unread == {"folders that may not be opened": 1}
