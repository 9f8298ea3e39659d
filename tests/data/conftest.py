"""A machine without data: what all tests of pictures begin with."""

import pytest
from PIL import Image

from dcgan_course.data import images


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """No data anywhere, no downloads, few stand-ins, and an empty cache, whose folder it gives."""
    monkeypatch.delenv("DCGAN_COURSE_DATA", raising=False)
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DCGAN_COURSE_OFFLINE", "1")
    monkeypatch.setattr(images, "STAND_IN_COUNT", {"train": 300, "test": 60})  # drawing 10,000 takes a second
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path):
    """Forty pictures of one colour each: picture i is (6·i, 0, 0)."""
    place = tmp_path / "pictures"
    place.mkdir()
    for i in range(40):
        Image.new("RGB", (20, 20), (6 * i, 0, 0)).save(place / f"{i:02}.png")
    return place
