"""All that follows from the course's address: nothing while it is empty, else badges, links, URLs and a first cell."""

import runpy
import shutil
from pathlib import Path

import nbformat
import pytest
import setuptools
from IPython.core.inputtransformer2 import TransformerManager

from authoring import doors, notebooks, wrap
from authoring.site import sources
from authoring.site.sources import Book, Place
from dcgan_course import __version__

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ADDRESS = "https://github.com/someone/course"
LESSON = notebooks.scripts("lessons")[0]


def test_the_readme_has_what_follows_from_the_address():
    assert doors.with_badges(README, doors.address()) == README


def test_without_an_address_there_is_none_of_it():
    assert doors.badges("") == doors.in_markdown("notebooks/x.ipynb", "") == ""
    assert doors.with_badges(doors.with_badges(README, ADDRESS), "").count("http") == doors.with_badges(
        README, ""
    ).count("http")


def test_with_an_address_the_readme_has_badges_and_links_and_stays_wrapped():
    text = doors.with_badges(README, ADDRESS)
    for part in (
        f"[![tests]({ADDRESS}/actions/workflows/tests.yml/badge.svg)]",
        "https://colab.research.google.com/github/someone/course/blob/main/notebooks/00_start_here.ipynb",
        "https://mybinder.org/v2/gh/someone/course/main?labpath=notebooks/00_start_here.ipynb",
        f"https://kaggle.com/kernels/welcome?src={ADDRESS}/blob/main/notebooks/00_start_here.ipynb",
        "https://codespaces.new/someone/course",
    ):
        assert part in text
    assert wrap.wrap(text, wrap.PAGE_WIDTH) == text


def test_a_readme_that_lost_its_marks_is_refused():
    with pytest.raises(ValueError, match="lost its marks"):
        doors.with_badges(README.replace(doors.END, ""), ADDRESS)


def test_places_that_know_github_alone_get_no_other_address():
    assert doors.links("notebooks/x.ipynb", "https://example.org/course") == {}
    assert doors.badges("https://example.org/course") == ""


def test_the_first_cell_comes_with_the_address_and_leaves_outputs_and_ids_alone(monkeypatch):
    stored = nbformat.read(notebooks.notebook_path(LESSON), as_version=4)
    monkeypatch.setattr(notebooks, "address", lambda: "")
    without = notebooks.from_script(LESSON)
    assert not any(map(doors.is_door, without.cells))
    monkeypatch.setattr(notebooks, "address", lambda: ADDRESS)
    notebook = notebooks.from_script(LESSON)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert doors.is_door(first) and ADDRESS in first.source
    assert [cell.id for cell in notebook.cells if not doors.is_door(cell)] == [cell.id for cell in without.cells]
    assert notebooks.keep_outputs(notebook, stored)
    kept = [cell.outputs for cell in notebook.cells if cell.cell_type == "code" and not doors.is_door(cell)]
    assert kept == [cell.outputs for cell in stored.cells if cell.cell_type == "code" and not doors.is_door(cell)]


@pytest.mark.parametrize("here", [True, False], ids=["the course is here", "the course is missing"])
def test_the_first_cell_installs_the_course_where_it_is_missing_and_never_another_torch(monkeypatch, here):
    asked = []

    class Shell:
        def run_line_magic(self, name: str, line: str) -> None:
            asked.append((name, line))

    monkeypatch.setattr("importlib.util.find_spec", lambda name: object() if here else None)
    code = TransformerManager().transform_cell(doors.fetching_cell("00", ADDRESS).source)
    exec(code, {"get_ipython": Shell})
    if here:
        assert asked == []
        return
    (_, course), (_, others) = asked
    assert {name for name, _ in asked} == {"pip"}
    assert "--no-deps" in course and course.endswith(f"{ADDRESS}/releases/download/v{__version__}/{Path(course).name}")
    assert "safetensors" in others.split() and not {"torch", "torchvision"} & set(others.split())


def test_a_page_of_the_book_has_the_links_in_place_of_the_cell(monkeypatch, tmp_path):
    place = Place("notebooks/00_start_here.ipynb", "lessons/00_start_here")
    cells = [nbformat.v4.new_markdown_cell("# 00"), doors.fetching_cell("00", ADDRESS), nbformat.v4.new_code_cell("1")]
    monkeypatch.setattr(sources, "address", lambda: ADDRESS)
    page = Book([place], tmp_path).notebook(nbformat.v4.new_notebook(cells=cells), place)
    assert [cell.source for cell in page.cells[1:]] == ["1"]
    assert page.cells[0].source.startswith("# 00") and page.cells[0].source.count("<a href") == 3
    monkeypatch.setattr(sources, "address", lambda: "")
    page = Book([place], tmp_path).notebook(nbformat.v4.new_notebook(cells=cells), place)
    assert [cell.source for cell in page.cells] == ["# 00", "1"]


def test_the_projects_urls_follow_from_the_address(monkeypatch, tmp_path):
    told = []
    monkeypatch.setattr(setuptools, "setup", lambda **facts: told.append(facts["project_urls"]))
    shutil.copy(ROOT / "setup.py", tmp_path)
    for repository in ("", f"{ADDRESS}/"):
        (tmp_path / "pyproject.toml").write_text(f'[tool.dcgan-course]\nrepository = "{repository}"\n')
        runpy.run_path(str(tmp_path / "setup.py"))
    assert told[0] == {} and told[1]["Homepage"] == ADDRESS and told[1]["Issues"] == f"{ADDRESS}/issues"
