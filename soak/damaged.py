"""Damaged files of every kind, each read through the door that a learner's command would take.

Each must be refused in a sentence (`main` makes exit code 2 of it), or be provably harmless: what was read is the same
to the bit, or is named as something else. Nothing may be half loaded, and nothing may be executed.
"""

import random
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dcgan_course.data.pickles import PickleError
from dcgan_course.errors import CheckpointError, DataNotFound, InvalidValue
from soak.report import Report

SENTENCES = (InvalidValue, DataNotFound, CheckpointError, PickleError)
LONGEST_S = 30.0  # of one reading, on a busy machine
SAME = "harmless: the same to the bit"


class HalfDone(Exception):
    """Something was changed, or executed, or said otherwise, although a file was refused."""


@dataclass(frozen=True)
class Door:
    """One way to read files.

    share: of all mutations. spoil: damages files and returns in words what it did. read: returns what was read, as a
    value to compare, or a text that says why other content is harmless. mend: puts the files back.
    """

    name: str
    share: float
    spoil: Callable[[random.Random], str]
    read: Callable[[], object]
    mend: Callable[[], None]


def soak_files(mutations: int, seed: int, folder: Path) -> Report:
    """Damage files `mutations` times, in turn through all doors."""
    from soak import doors_of_data, doors_of_runs

    report = Report("damaged files", seed)
    with doors_of_runs.opened(folder) as of_runs, doors_of_data.opened(folder) as of_data:
        doors = [*of_runs, *of_data]
        total = sum(door.share for door in doors)
        for door in doors:
            _through(door, round(mutations * door.share / total), random.Random(f"{seed} {door.name}"), report)
    if list(Path(tempfile.gettempdir()).glob("soak-executed*")):
        report.faults.append("a pickle was executed")
    return report


def _through(door: Door, times: int, source: random.Random, report: Report) -> None:
    whole = door.read()
    for number in range(times):
        done, start = door.spoil(source), time.monotonic()
        try:
            read = door.read()
            if isinstance(read, str):
                came, fault = f"harmless: {read}", ""
            else:
                came, fault = (
                    (SAME, "") if read == whole else ("another content, unsaid", "it was read, and is another")
                )
        except SENTENCES as error:
            came, fault = "a sentence", "" if _is_a_sentence(str(error)) else f"no sentence: {str(error)[:200]!r}"
        except Exception:  # noqa: BLE001  this is what the soak looks for
            came, fault = "an exception", traceback.format_exc()[-900:]
        if time.monotonic() - start > LONGEST_S:
            fault = fault or f"it took {time.monotonic() - start:.0f} s"
        report.note(f"{door.name}: {came}", f"{door.name} {number} ({done}): {fault}" if fault else "")
        door.mend()
    if door.read() != whole:
        report.faults.append(f"{door.name}: not whole any more after all was put back")


def _is_a_sentence(text: str) -> bool:
    return 10 < len(text) < 2_000 and "Traceback" not in text
