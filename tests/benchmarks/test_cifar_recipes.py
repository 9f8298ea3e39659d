"""The search for a recipe: its page says what was found, and its shipped results are of the rows that it names."""

import json

import pytest

from benchmarks import cifar_recipes
from dcgan_course import recorded
from dcgan_course.training import TrainConfig


def run(g, average):
    return {"frechet": {"G": g, "average": average}, "diverged": g > 90, "cpu_minutes": 1.0}


def test_the_page_names_the_row_whose_generator_or_average_is_nearest():
    rows = {"first": run(50.0, 45.0), "second": run(46.0, 60.0), "third": run(95.0, 99.0)}
    page = cifar_recipes.page(
        {"rows": rows, "data": "noise", "steps": 7, "machine": "a CPU", "date": "today", "judge": "x"}
    )
    assert "Nearest: first." in page and "| first | 50.0 | 45.0 | 1.0 |" in page
    assert "| third | 95.0 | 99.0 | 1.0, diverged |" in page


def test_the_shipped_page_is_that_of_the_shipped_results():
    found = json.loads((cifar_recipes.FOLDER / "cifar_recipes.json").read_text(encoding="utf-8"))
    assert list(found["rows"]) == list(cifar_recipes.ROWS) and found["steps"] == cifar_recipes.STEPS
    assert found == recorded.cifar_recipes()
    assert cifar_recipes.page(found) == (cifar_recipes.FOLDER / "cifar_recipes.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("row", cifar_recipes.ROWS)
def test_every_row_is_a_config(row):
    TrainConfig(epochs=1, **cifar_recipes.ROWS[row])
