"""A run knows its pictures by their content: they may move, but not become others."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from dcgan_course.__main__ import main
from tests.helpers.runs import TINY, folder_of_pictures

SMALL = ["--image-size", "8", *TINY, "--batch-size", "20", "--epochs", "1"]


@pytest.fixture
def begun(tmp_path, monkeypatch, capsys):
    """A run on 40 pictures of the folder `pics`, which was named from beside it: its folder, and `resume`."""
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    folder_of_pictures(tmp_path / "pics", 40)
    assert main(["train", "--data", "folder:pics", "--out", "run", *SMALL]) == 0

    def resume(*options, epochs=2):
        capsys.readouterr()
        code = main(["train", "--out", str(tmp_path / "run"), "--resume", "--epochs", str(epochs), *options])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return tmp_path, resume


def test_pictures_are_found_from_another_working_directory(begun, monkeypatch):
    here, resume = begun
    (here / "elsewhere" / "pics").mkdir(parents=True)  # another folder of that name
    monkeypatch.chdir(here / "elsewhere")
    assert resume()[0] == 0
    assert json.loads((here / "run" / "run.json").read_text())["data"] == f"folder:{here / 'pics'}"


@pytest.mark.parametrize("spelling", ["folder:pics", "folder:pics/", "folder:./pics", "folder:../{here}/pics"])
def test_the_same_folder_may_be_spelled_in_any_way(begun, spelling):
    here, resume = begun
    assert resume("--data", spelling.format(here=here.name), "--image-size", "8x8", "--learning-rate", "2e-4")[0] == 0


def test_pictures_that_moved_are_named_anew(begun):
    here, resume = begun
    shutil.move(here / "pics", here / "moved")
    code, shown = resume()
    assert code == 2 and "not there" in shown
    assert resume("--data", "folder:moved")[0] == 0
    assert resume(epochs=3)[0] == 0  # the new place is kept


def another_picture(path: Path) -> None:
    Image.new("RGB", (32, 32), (200, 30, 90)).save(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda pics: another_picture(pics / "007.png"), "as many as before, but number"),
        (lambda pics: [another_picture(pics / f"more{n}.png") for n in range(9)], "now, and there were"),
        (lambda pics: (pics / "001.png").unlink(), "now, and there were"),
    ],
)
def test_other_pictures_are_refused_with_what_differs(begun, change, words):
    here, resume = begun
    before = (here / "run" / "run.json").read_bytes()
    change(here / "pics")
    code, shown = resume()
    assert code == 2 and words in shown and "Put them back" in shown
    assert (here / "run" / "run.json").read_bytes() == before


def test_another_folder_and_another_data_set_are_refused(begun):
    here, resume = begun
    (here / "grey").mkdir()
    for path in (here / "pics").iterdir():
        Image.open(path).convert("L").convert("RGB").save(here / "grey" / path.name)
    code, shown = resume("--data", "folder:grey")
    assert code == 2 and "are not those that the run" in shown
    code, shown = resume("--data", "drawn_digits")
    assert code == 2 and "leave --data out" in shown


def test_a_run_from_before_fingerprints_goes_on_and_gets_one(begun):
    here, resume = begun
    path = here / "run" / "run.json"
    old = {key: value for key, value in json.loads(path.read_text()).items() if key != "fingerprint"}
    path.write_text(json.dumps(old | {"data": "folder:pics"}))
    code, shown = resume()
    assert code == 0 and "only the number and the size are compared" in shown
    assert json.loads(path.read_text())["fingerprint"]["shape"][1:] == [3, 8, 8]
