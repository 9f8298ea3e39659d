"""Changes of code, shown and run: what is shown is what runs."""

import inspect

import pytest

from dcgan_course.drawing.diffs import changed, diff
from dcgan_course.errors import InvalidValue

OFFSET = 10


def sample(x):
    """Add, then double.

    A docstring is not part of a change.
    """
    total = x + 1
    unused = "<b>"
    unused = unused * 2
    unused = unused + "!"
    return total * 2 + OFFSET


def test_the_changed_function_does_what_its_text_says():
    after = changed(sample, ("x + 1", "x + 5"), ("total * 2", "total * 3"))
    assert sample(1) == 14 and after(1) == 28
    assert "x + 5" in inspect.getsource(after) and "docstring" not in inspect.getsource(after)


def test_a_change_can_be_changed_again():
    once = changed(sample, ("x + 1", "x + 5"))
    twice = changed(once, ("x + 5", "x - 5"))
    assert (once(0), twice(0)) == (20, 0)


def test_the_new_text_may_use_what_the_old_file_does_not_know():
    after = changed(sample, ("x + 1", "cube(x)"), using={"cube": lambda x: x**3})
    assert after(2) == 26 and "cube" not in globals()


def test_a_diff_has_the_lines_that_go_and_come_and_nothing_else():
    shown = diff(sample, changed(sample, ("x + 1", "x + 5"), ("total * 2", "total * 3")), "more")
    assert shown.counts == (2, 2)
    text = str(shown)
    assert text.splitlines()[0] == "more (−2 +2 lines)"
    assert "−     total = x + 1" in text and "+     total = x + 5" in text
    assert "…" in text and "docstring" not in text


def test_an_added_line_is_only_added():
    shown = diff(sample, changed(sample, ("    total = x + 1\n", "    total = x + 1\n    total += 1\n")), "one more")
    assert shown.counts == (0, 1)


def test_html_is_escaped():
    page = diff(sample, changed(sample, ('"<b>"', '"<i>"')), "<script>")._repr_html_()
    assert "<script>" not in page and "&lt;i&gt;" in page and "<i>" not in page


@pytest.mark.parametrize(("old", "times"), [("nowhere", 0), ("unused", 5), ("", 0)])
def test_an_edit_that_is_not_clear_is_refused(old, times):
    with pytest.raises(InvalidValue, match=f"occurs {times} times in sample"):
        changed(sample, (old, "x"))


def test_no_edit_and_no_function_are_refused():
    with pytest.raises(InvalidValue, match="no edit"):
        changed(sample)
    with pytest.raises(InvalidValue, match="no function any more"):
        changed(sample, ("def sample(x):\n", "sample = 1\nif False:\n"), ("return total * 2 + OFFSET", "pass"))
