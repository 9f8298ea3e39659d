"""The minutes that a lesson states are those that the rule counts."""

import nbformat
import pytest

from authoring import minutes
from authoring.notebooks import notebook_path, scripts

LESSONS = [notebook_path(script) for script in scripts("lessons")]


@pytest.mark.parametrize("path", LESSONS, ids=[path.stem for path in LESSONS])
def test_a_lesson_takes_the_time_it_states(path):
    took = minutes.minutes_of(path)
    assert took.holds, f"{took.name} counts {took.counted:.0f} minutes and states {took.stated}"
    assert took.counted <= 66, f"{took.name} is longer than its hour: {took.counted:.0f} minutes"


def written(tmp_path, *cells):
    head = nbformat.v4.new_markdown_cell("# 99\n\n**Time**: 3 minutes, of which 1 is training on a 2-core CPU.")
    nbformat.write(nbformat.v4.new_notebook(cells=[head, *cells]), tmp_path / "99.ipynb")
    return minutes.minutes_of(tmp_path / "99.ipynb")


def test_what_counts(tmp_path):
    prose = nbformat.v4.new_markdown_cell("word " * 130)
    code = nbformat.v4.new_code_cell("1")
    picture = nbformat.v4.new_code_cell("2", outputs=[nbformat.v4.new_output("display_data", {"image/png": "x"})])
    vote = nbformat.v4.new_markdown_cell("Which?", metadata={"tags": ["predict"]})
    folded = nbformat.v4.new_markdown_cell("<details><summary>More</summary>" + "word " * 500 + "</details>")
    optional = nbformat.v4.new_markdown_cell("## Optional: more\n\n" + "word " * 500)
    empty = written(tmp_path)
    took = written(
        tmp_path, prose, code, picture, vote, folded, optional, *(nbformat.v4.new_code_cell(name) for name in "ab")
    )
    assert took.counts == {"code cell": 2, "picture": 1, "prediction": 1, "explorer": 0}
    assert took.words == empty.words + 131
    assert took.counted == pytest.approx(took.words / 130 + (2 * 20 + 40 + 60) / 60 + 1)
    assert not took.holds and took.stated == 3


def test_a_lesson_without_its_time_is_refused(tmp_path):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# 99")]), tmp_path / "99.ipynb")
    with pytest.raises(ValueError, match="does not state its time"):
        minutes.minutes_of(tmp_path / "99.ipynb")
