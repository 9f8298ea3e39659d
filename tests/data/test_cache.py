"""Where the cache is, and whether anything may be downloaded into it."""

import pytest

from dcgan_course.data import cache


def test_the_cache_folder_follows_environment_and_platform(monkeypatch, tmp_path):
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "mine"))
    assert cache.cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("DCGAN_COURSE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache.cache_folder() == tmp_path / "xdg" / "dcgan-course"
    monkeypatch.setattr(cache.sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert cache.cache_folder() == tmp_path / "local" / "dcgan-course"


@pytest.mark.parametrize(("text", "allowed"), [("", True), ("0", True), (" No ", True), ("1", False), ("yes", False)])
def test_one_variable_forbids_downloads(text, allowed, monkeypatch):
    monkeypatch.setenv("DCGAN_COURSE_OFFLINE", text)
    assert cache.downloads_allowed() is allowed
