import pytest

from dcgan_course.__main__ import main
from tests.helpers.runs import TINY


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """A finished run of two epochs on drawn digits. Tests work on copies of it."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    assert main(["train", "--data", "drawn_digits", "--out", str(folder), "--ema", *TINY]) == 0
    return folder


@pytest.fixture(scope="session")
def conditional_run(tmp_path_factory):
    """A finished conditional run of two epochs on drawn digits."""
    folder = tmp_path_factory.mktemp("runs") / "conditional"
    told = ["--conditional", "projection", "--ema"]
    assert main(["train", "--data", "drawn_digits", "--out", str(folder), *told, *TINY]) == 0
    return folder
