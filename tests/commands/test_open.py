"""`open` lays the lessons out, from a checkout and from a wheel, and never over what a learner wrote."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dcgan_course.__main__ import main
from dcgan_course.commands.open import files_of, lessons

ROOT = Path(__file__).resolve().parents[2]


def test_the_lessons_are_laid_out_and_what_was_changed_is_left(tmp_path, capsys):
    assert main(["open", str(tmp_path / "my course")]) == 0
    lesson = tmp_path / "my course" / "notebooks" / "00_start_here.ipynb"
    assert lesson.read_bytes() == (ROOT / "notebooks" / "00_start_here.ipynb").read_bytes()
    assert (tmp_path / "my course" / "GLOSSARY.md").is_file() and "jupyter lab" in capsys.readouterr().out
    lesson.write_text("mine", encoding="utf-8")
    (tmp_path / "my course" / "GLOSSARY.md").unlink()
    assert main(["open", str(tmp_path / "my course")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("1 files were laid out") and "1 were there and are others" in said
    assert lesson.read_text(encoding="utf-8") == "mine"


def test_lessons_exercises_solutions_and_the_glossary_are_laid_out_and_nothing_else(tmp_path):
    main(["open", str(tmp_path)])
    assert {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*.*")} == {
        "notebooks",
        "exercises",
        "solutions",
        "GLOSSARY.md",
    }


@pytest.mark.parametrize("name", ["", "a_file", "a_file/inside", "notebooks"])
def test_a_folder_that_cannot_be_is_a_sentence(tmp_path, monkeypatch, capsys, name):
    (tmp_path / "a_file").write_text("x", encoding="utf-8")
    monkeypatch.chdir(ROOT if name == "notebooks" else tmp_path)
    assert main(["open", name]) == 2
    assert "Traceback" not in (said := capsys.readouterr().err) and said.count("\n") == 1


def test_it_needs_nothing_but_python(tmp_path):
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from dcgan_course.__main__ import main; "
    code += f"code = main(['open', {str(tmp_path / 'out')!r}]); assert 'torch' not in sys.modules; sys.exit(code)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_a_wheel_carries_the_lessons_the_weights_and_the_cards_and_nothing_of_a_run(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(tmp_path)]
    copied = tmp_path / "source"
    left_out = (".venv", ".git", "build", "runs", "tests", "*.egg-info", ".*cache", ".jupyter", ".hypothesis")
    shutil.copytree(ROOT, copied, ignore=shutil.ignore_patterns(*left_out))
    done = subprocess.run([*command, str(copied)], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    source = lessons()
    for path in files_of(source):
        assert f"dcgan_course/lessons/{path.relative_to(source).as_posix()}" in names
    for path in (ROOT / "dcgan_course" / "recorded").glob("*/*"):
        if "__pycache__" not in path.parts:
            assert path.relative_to(ROOT).as_posix() in names, path
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    code = f"import sys; sys.path.insert(0, {str(unpacked)!r}); from dcgan_course.__main__ import main; "
    code += f"sys.exit(main(['open', {str(tmp_path / 'laid out')!r}]))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "laid out").rglob("*.ipynb"))) == len(list(source.glob("*/*.ipynb")))
