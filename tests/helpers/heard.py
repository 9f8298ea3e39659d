"""A plugin of pytest that writes down what every check said: `-p tests.helpers.heard`, into the file HEARD names.

It must be loaded before the checks are. The file is JSON: {lesson-id: {"wrong": [sentences], "right": number}}.
"""

import functools
import json
import os
import re
from pathlib import Path

import pytest

from dcgan_course.checks import registry
from dcgan_course.errors import CheckFailed

_register = registry.exercise
_wrong: dict[str, set[str]] = {}
_right: dict[str, dict[tuple[int, ...], object]] = {}  # the answers are kept, so that no two have one id


def _without_numbers(title: str, said: str) -> str:
    """What a check said, without its title and with # for every number: one idea is one sentence."""
    return re.sub(r"[−-]?\d[\d,.]*(e[+-]?\d+)?", "#", said.removeprefix(f"✗ {title}: "))


def exercise(title, *, id, points):
    def register(check):
        judged = _register(title, id=id, points=points)(check)
        name = f"{registry._registered[id].lesson}-{id}"

        @functools.wraps(judged)
        def listening(*answers, **named):
            try:
                judged(*answers, **named)
            except CheckFailed as failed:
                _wrong.setdefault(name, set()).add(_without_numbers(title, str(failed)))
                raise
            _right.setdefault(name, {})[tuple(map(id_of, answers))] = answers

        vars(listening)["__signature__"] = vars(judged)["__signature__"]
        return listening

    return register


id_of = id
registry.exercise = exercise


def pytest_sessionfinish(session: pytest.Session) -> None:
    names = sorted({*_wrong, *_right})
    heard = {name: {"wrong": sorted(_wrong.get(name, ())), "right": len(_right.get(name, ()))} for name in names}
    Path(os.environ["HEARD"]).write_text(json.dumps(heard, ensure_ascii=False, indent=1), encoding="utf-8")
