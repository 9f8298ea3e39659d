"""A change of code, shown as one: lines that go, marked −, and lines that come, marked +.

The changed function is made from the first one's source by replacing pieces of it. So what is shown is what runs:
nothing is typed twice.
"""

import difflib
import html
import inspect
import linecache
import reprlib
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from dcgan_course.drawing.canvas import COLOURS
from dcgan_course.errors import InvalidValue

AROUND = 1  # unchanged lines that are shown before and after a change


def changed(
    function: Callable[..., Any], *edits: tuple[str, str], using: Mapping[str, object] | None = None
) -> Callable[..., Any]:
    """Return a function made from the source of another one: in each edit (old, new) the old text becomes the new.

    Args:
        function: written in a file or in a cell of a notebook. It may have been changed before.
        edits: made one after the other; each old text must occur exactly once when its turn comes.
        using: what the new text calls and the old text's file does not know, by name.

    Raises:
        InvalidValue: an old text occurs never or more than once, or no edit was given.
    """
    if not edits:
        raise InvalidValue("no edit was given; give pairs (old text, new text).")
    source = _source(function)
    for old, new in edits:
        if not old or source.count(old) != 1:
            raise InvalidValue(
                f"{reprlib.repr(old)} occurs {source.count(old) if old else 0} times in {function.__name__}, but it "
                "must occur exactly once, so that it is clear what is replaced."
            )
        source = source.replace(old, new)
    name = f"<{function.__name__}, changed {len(linecache.cache)}>"
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)  # for getsource and tracebacks
    space: dict[str, Any] = {}
    names = {**getattr(function, "__globals__", {}), **(using or {})}
    exec(compile(source, name, "exec"), names, space)  # our own text, or the learner's
    made = space[function.__name__]
    if not isinstance(made, FunctionType):
        raise InvalidValue(f"after the edits, {function.__name__} is no function any more.")
    return made


@dataclass(frozen=True)
class Diff:
    """The lines of a change: ("−", text), ("+", text), (" ", text) and ("…", "") where unchanged lines are left out.

    A notebook shows it in colour, and as plain text where there is none.
    """

    title: str
    lines: tuple[tuple[str, str], ...]
    note: str = ""

    @property
    def counts(self) -> tuple[int, int]:
        """How many lines go, and how many come."""
        marks = [mark for mark, _ in self.lines]
        return marks.count("−"), marks.count("+")

    def __str__(self) -> str:
        gone, new = self.counts
        head = [f"{self.title} (−{gone} +{new} lines)", *([self.note] if self.note else [])]
        return "\n".join([*head, *(f"{mark} {text}".rstrip() for mark, text in self.lines)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        looks = {"−": ("#fbe3d6", "line-through"), "+": ("#d9ecdd", "none")}
        rows = []
        for mark, text in self.lines:
            ground, line = looks.get(mark, ("transparent", "none"))
            written = f'<span style="text-decoration:{line}">{html.escape(text)}</span>'
            rows.append(f'<div style="background:{ground};padding:0 6px">{mark} {written}</div>')
        gone, new = self.counts
        return (
            f'<div style="color:{COLOURS["ink"]};background:#fff;border-left:4px solid {COLOURS["green"]};'
            f'padding:4px 8px;margin:4px 0"><b>{html.escape(self.title)}</b> (−{gone} +{new} lines)'
            f'<div style="font-size:14px">{html.escape(self.note)}</div>'
            f'<pre style="font-size:14px;line-height:1.45;margin:4px 0;white-space:pre-wrap;color:inherit;'
            f'background:none">{"".join(rows)}</pre></div>'
        )


def diff(before: Callable[..., Any], after: Callable[..., Any], title: str, note: str = "") -> Diff:
    """Return what changes between the sources of two functions, with a line of what stands around each change.

    Args:
        title: the name of the change. note: where it comes from.
    """
    old, new = (_source(each).splitlines() for each in (before, after))
    lines: list[tuple[str, str]] = []
    for number, group in enumerate(difflib.SequenceMatcher(None, old, new).get_grouped_opcodes(AROUND)):
        if number:
            lines.append(("…", ""))
        for kind, old_from, old_to, new_from, new_to in group:
            if kind == "equal":
                lines += [(" ", text) for text in old[old_from:old_to] if text.strip()]
            else:
                lines += [("−", text) for text in old[old_from:old_to]]
                lines += [("+", text) for text in new[new_from:new_to]]
    return Diff(title, tuple(lines), note)


def _source(function: Callable[..., Any]) -> str:
    """Return a function's source without its docstring and comments of their own line, and without indentation."""
    source = textwrap.dedent(inspect.getsource(function))
    if function.__doc__:
        start = source.index('"""')
        end = source.index('"""', start + 3) + 3
        source = source[:start].rstrip(" ").rstrip("\n") + source[end:]
    return source.rstrip("\n") + "\n"
