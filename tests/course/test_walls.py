"""The walls of the house hold: no import runs up, and what is special stays in its room. Planted faults are seen."""

import ast
from pathlib import Path

import pytest

from authoring.house import (
    FLOORS,
    IDEAS,
    PACKAGE,
    PAGE,
    PICTURE,
    ROOT,
    arrows,
    faults,
    files,
    floor_of,
    imports,
    page,
    said,
)


def test_the_house_breaks_no_rule():
    assert faults(ROOT / PACKAGE) == []


def test_everything_is_read():
    package = ROOT / PACKAGE
    assert len(files(package)) > 100
    assert {each.room for each in imports(package)} >= {room for floor in FLOORS for room in floor} - {"__init__"}


@pytest.fixture
def small_house(tmp_path) -> Path:
    """A house of three rooms that breaks no rule."""
    for name, text in {
        "__init__.py": "",
        "errors.py": "import textwrap\n",
        "models/__init__.py": "from dcgan_course.models.dcgan import Generator\n",
        "models/dcgan.py": "import torch\nfrom dcgan_course.errors import InvalidValue\n",
        "widgets/panel.py": "import ipywidgets\nfrom dcgan_course.models import dcgan\n",
        "commands/train.py": "import argparse\n",
    }.items():
        path = tmp_path / PACKAGE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert faults(tmp_path / PACKAGE) == []
    return tmp_path / PACKAGE


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("models/dcgan.py", "from dcgan_course.widgets.panel import Panel", "models may only import itself"),
        ("models/dcgan.py", "from dcgan_course import widgets", "models may only import itself"),
        ("models/dcgan.py", "import dcgan_course.widgets.panel", "models may only import itself"),
        (
            "models/dcgan.py",
            "def late():\n    from dcgan_course.commands import train",
            "models may only import itself",
        ),
        ("widgets/panel.py", "from dcgan_course.commands import train", "widgets may only import itself"),
        ("errors.py", "from dcgan_course.models.dcgan import Generator", "errors may only import itself"),
        ("models/dcgan.py", "import ipywidgets", "imports ipywidgets, which belongs to widgets alone"),
        ("models/dcgan.py", "from ipywidgets import IntSlider", "imports ipywidgets, which belongs to widgets alone"),
        ("widgets/panel.py", "import argparse", "imports argparse, which belongs to __main__ and commands alone"),
        ("models/dcgan.py", "from dcgan_course.models import Generator", "the door of a room"),
        ("widgets/panel.py", "from dcgan_course import models", "the door of a room"),
        ("widgets/panel.py", "from dcgan_course.models import Generator", "the door of a room"),
        ("models/dcgan.py", "from . import other", "write the whole name"),
        ("plots.py", "", "stands in a room that is in no plan"),
        ("models/dcgan.py", "from dcgan_course.plots import show", "models may only import itself"),
    ],
)
def test_a_planted_fault_is_seen(small_house, path, text, said):
    with (small_house / path).open("a", encoding="utf-8") as file:
        file.write(text + "\n")
    (fault,) = faults(small_house)
    assert said in fault and f"{PACKAGE}/{path}" in fault


def test_a_crowded_folder_is_seen(small_house):
    for number in range(11):
        (small_house / "models" / f"more_{number}.py").touch()
    assert faults(small_house) == [f"{PACKAGE}/models holds 13 files; 12 are the most."]


@pytest.mark.parametrize(("module", "name"), [(module, name) for _, module, name in IDEAS])
def test_an_idea_lives_where_the_page_says(module, name):
    path = ROOT / PACKAGE / f"{module.replace('.', '/')}.py"
    defined = {getattr(node, "name", "") for node in ast.parse(path.read_text(encoding="utf-8")).body}
    assert name in defined


def test_every_room_says_what_it_may_import_and_keeps_to_it():
    package, taken = ROOT / PACKAGE, arrows(ROOT / PACKAGE)
    for floor in FLOORS:
        for room in floor:
            if (package / room).is_dir():
                allowed = said(package, room)
                assert {target for source, target in taken if source == room} <= allowed, room
                assert {other for other in allowed if floor_of(other) < floor_of(room)}, room


def test_the_page_of_the_house_is_the_one_of_its_imports():
    assert PAGE.read_text(encoding="utf-8") == page(ROOT / PACKAGE), "run `python -m authoring.house`"
    assert PICTURE.exists()
