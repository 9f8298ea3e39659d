"""Only regular files are read: whatever else has a name is refused at once, and never waited for."""

import os
import socket

import pytest

from dcgan_course.data.regular import is_regular, open_regular

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")


def pipe(path):
    os.mkfifo(path)


def link_to_a_pipe(path):
    os.mkfifo(path.with_name("a pipe"))
    path.symlink_to("a pipe")


def listening(path):
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.fspath(path))


def device(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [pipe, link_to_a_pipe, listening, device, os.mkdir])
def test_what_is_no_regular_file_is_not_opened(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    path = tmp_path / "x.png"
    make(path.relative_to(tmp_path) if make is listening else path)
    assert not is_regular(path)
    with pytest.raises(OSError, match="it is not a regular file"):
        open_regular(path)


def test_links_to_files_are_followed_and_broken_ones_are_gone(tmp_path):
    (tmp_path / "a").write_bytes(b"bytes")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "broken").symlink_to("nothing")
    assert is_regular(tmp_path / "link") and not is_regular(tmp_path / "broken") and not is_regular("a\0b")
    with open_regular(tmp_path / "link") as file:
        assert file.read() == b"bytes"
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "broken")
