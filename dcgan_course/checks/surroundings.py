"""What a check works in: the state that it needs, whatever the notebook left behind, an output that has an end, and an
answer that has one, too.
"""

import builtins
import contextlib
import contextvars
import functools
import inspect
import io
import math
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NamedTuple, Never, TextIO

import numpy as np
import torch

SHOWN = 2_000  # characters that an answer may print, over all calls of a check
SECONDS = 60  # that one call of an answer may take; the slowest right one takes a few
# What an answer could replace, also in the oracle's hands.
PATCHABLE: tuple[ModuleType | type, ...] = (
    torch,
    torch.Tensor,
    torch.autograd,
    torch.nn,
    torch.nn.Module,
    torch.nn.functional,
    torch.nn.init,
    torch.optim,
    builtins,
    math,
    np,
    random,
)
LIBRARIES = tuple(str(Path(inspect.getfile(library)).parent) for library in (torch, np))
_page: contextvars.ContextVar[TextIO | None] = contextvars.ContextVar("page", default=None)


class Setting(NamedTuple):
    """One setting that the whole process shares: how it is read and written, and what a check needs it to be."""

    read: Callable[[], Any]
    write: Callable[[Any], object]
    needed: Any


def _autocast(device: str) -> Setting:
    read, write = torch.is_autocast_enabled, torch.set_autocast_enabled
    return Setting(functools.partial(read, device), functools.partial(write, device), False)


SETTINGS = (
    Setting(torch.get_default_dtype, torch.set_default_dtype, torch.float32),
    Setting(torch.get_num_threads, torch.set_num_threads, 1),  # the same sums on every machine, and no wait for a core
    Setting(torch.is_grad_enabled, torch.set_grad_enabled, True),
    Setting(torch.is_anomaly_enabled, torch.set_anomaly_enabled, False),
    Setting(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision, "highest"),
    Setting(
        lambda: (torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()),
        lambda both: torch.use_deterministic_algorithms(both[0], warn_only=both[1]),
        (False, False),
    ),
    *map(_autocast, ("cpu", "cuda", "mps")),
)


@contextlib.contextmanager
def known_state() -> Iterator[None]:
    """Give the block the settings that checks need; then put back what the whole process shares, however it ended."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    python, numpy, device = random.getstate(), np.random.get_state(), torch.get_default_device()
    before = [setting.read() for setting in SETTINGS]
    cpu = torch.device("cpu") if device.type != "cpu" else contextlib.nullcontext()
    as_numpy_begins = np.errstate(divide="warn", over="warn", under="ignore", invalid="warn")
    try:
        with torch.random.fork_rng(devices=devices), torch.inference_mode(False), as_numpy_begins, cpu:
            for setting in SETTINGS:
                _set(setting, setting.needed)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        for setting, value in zip(SETTINGS, before, strict=True):
            _set(setting, value)
        if torch.get_default_device() != device:
            torch.set_default_device(None if device.type == "cpu" else device)


def _set(setting: Setting, value: object) -> None:
    """Write a setting where it is another one: some are slow to write."""
    if setting.read() != value:
        setting.write(value)


class _Short(io.TextIOBase):
    """A stream that hands the first SHOWN characters on, and counts the others."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.room, self.dropped = stream, SHOWN, 0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        shown = text[: self.room]
        if shown:
            self.stream.write(shown)
        self.room -= len(shown)
        self.dropped += len(text) - len(shown)
        return len(text)

    def flush(self) -> None:
        self.stream.flush()

    def end(self) -> None:
        """Say how much was not shown."""
        if self.dropped:
            self.stream.write(f"\n… (your code printed {self.dropped:,} more characters; they are left out)\n")


@contextlib.contextmanager
def short_output() -> Iterator[None]:
    """Show the beginning of what the block prints, and say how much more there was. `tell` is not counted."""
    out, errors = _Short(sys.stdout), _Short(sys.stderr)
    token = _page.set(sys.stdout)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            yield
    finally:
        _page.reset(token)
        out.end()
        errors.end()


def tell(line: str) -> None:
    """Print a line of the course, not of the learner."""
    print(line, file=_page.get())


class TooLong(BaseException):
    """An answer took too long. No Exception, so that a learner's own `except Exception` does not go on for ever."""


@contextlib.contextmanager
def time_limit(seconds: float | None = None) -> Iterator[None]:
    """Raise TooLong in the block after some seconds, and each second after that, until it ends.

    Where the system has no alarm (Windows), and in other threads than the first, there is no limit.
    """
    seconds = SECONDS if seconds is None else seconds
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(number: int, frame: FrameType | None) -> Never:
        raise TooLong

    handler = signal.signal(signal.SIGALRM, ring)
    left, interval = signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, interval)
        signal.signal(signal.SIGALRM, handler)


@contextlib.contextmanager
def libraries_as_they_are() -> Iterator[list[str]]:
    """Put functions of torch, NumPy and Python back that the block replaces; at its end the list holds their names."""
    before = [dict(vars(home)) for home in PATCHABLE]
    replaced: list[str] = []
    try:
        yield replaced
    finally:
        for home, names in zip(PATCHABLE, before, strict=True):
            for name, now in list(vars(home).items()):
                if name.startswith("_") or not callable(now) or names.get(name) is now or _is_a_librarys_own(now):
                    continue
                if name in names:
                    setattr(home, name, names[name])
                elif isinstance(home, type) and hasattr(home.__base__, name):  # it hides what is inherited
                    delattr(home, name)
                else:
                    continue  # torch loads parts of itself late
                replaced.append(f"{getattr(home, '__name__', home)}.{name}")


def _is_a_librarys_own(function: object) -> bool:
    """Tell whether a function stands in torch or NumPy: they wrap some of theirs when a part is first used."""
    code = getattr(function, "__code__", None)
    return code is not None and code.co_filename.startswith(LIBRARIES)
