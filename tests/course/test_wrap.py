"""Wrapped prose reads as before: the same words, the same blocks, nothing parted that belongs together."""

import re

import pytest

from authoring import wrap as tool
from authoring.notebooks import from_script, scripts
from authoring.wrap import wrap, wrap_script


def rendered(markdown: str) -> str:
    """The HTML that nbconvert makes, white space folded."""
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    return re.sub(r"\s+", " ", markdown2html_mistune(markdown)).replace("> <", "><")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("one two three four five", "one two three\nfour five"),
        ("one\ntwo\n\nthree\nfour", "one two\n\nthree four"),
        ("* one two three four\n  five\n* six", "* one two three\n  four five\n* six"),
        ("12. one two three four", "12. one two\n    three four"),
        ("one\n* two\nthree", "one\n* two three"),
        ("one two  \nthree\nfour five six", "one two  \nthree four five\nsix"),
        ("one two\\\nthree", "one two\\\nthree"),
        ("one `two three four` five", "one\n`two three four`\nfive"),
        ("one $a + b + c + d$ five", "one\n$a + b + c + d$\nfive"),
        ("one [two three](four.md), five", "one\n[two three](four.md),\nfive"),
        ("one [`a[0] b` c](d_(e).md) f", "one\n[`a[0] b` c](d_(e).md)\nf"),
        ("one ``two ` three`` four", "one\n``two ` three``\nfour"),
        ("a price of seven - and more", "a price of\nseven - and more"),  # "- and" would be a list
        ("it was the year 1984. So", "it was the\nyear 1984. So"),
        ("one two three xy # four", "one two three\nxy # four"),
        ("one\n$$a +\nb$$\ntwo\nthree", "one\n$$a +\nb$$\ntwo three"),
        ("# one two three four five", "# one two three four five"),
        ("| one two three | four |\n| --- | --- |", "| one two three | four |\n| --- | --- |"),
        ("[one]: https://two.three/four", "[one]: https://two.three/four"),
        ("> one two three four five", "> one two three four five"),
        ("```\none\ntwo\n```\nthree\nfour", "```\none\ntwo\n```\nthree four"),
        ("    one two three four", "    one two three four"),
        (
            "<details><summary>Hint</summary>\none two\nthree four</details>\n<details>five",
            "<details><summary>Hint</summary>\none two three\nfour</details>\n<details>five",
        ),
    ],
)
def test_at_sixteen_characters(before, after):
    assert wrap(before, 16) == after
    assert wrap(after, 16) == after
    assert rendered(after) == rendered(before)


@pytest.mark.parametrize("width", [40, 300])
@pytest.mark.parametrize("script", scripts("lessons") + scripts("solutions"), ids=lambda path: path.stem)
def test_every_cell_of_the_course_reads_the_same_at_other_widths(script, width):
    for cell in from_script(script).cells:
        if cell.cell_type == "markdown":
            other = wrap(cell.source, width)
            assert wrap(other, width) == other
            assert wrap(other, 110) == wrap(cell.source, 110)
            assert rendered(other) == rendered(cell.source)


def test_code_and_its_comments_stay():
    prose, code = "# %% [markdown]\n# # Title\n#\n" + "# word\n" * 40, "# %%\nx = 1\n" + "# word\n" * 40
    wrapped = wrap_script(f"{prose}\n{code}\n{prose}")
    assert wrapped.count(f"\n\n{code}\n") == 1 and wrapped.count("# %% [markdown]\n# # Title\n#\n# word word") == 2
    assert max(len(line) for line in wrapped.splitlines()) <= len("# ") + 110


def test_check_names_what_is_not_wrapped_and_changes_nothing(tmp_path, monkeypatch, capsys):
    page = tmp_path / "PAGE.md"
    page.write_text("one\ntwo\n", encoding="utf-8")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "scripts", lambda kind: [])
    assert tool.main(["--check"]) == 1
    assert "PAGE.md" in capsys.readouterr().out and page.read_text(encoding="utf-8") == "one\ntwo\n"
    assert tool.main([]) == 0
    assert page.read_text(encoding="utf-8") == "one two\n" and tool.main(["--check"]) == 0
