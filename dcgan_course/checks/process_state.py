"""What the whole process shares beside torch's settings and random numbers: no answer changes it for others."""

import contextlib
import gc
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch


class Shared(NamedTuple):
    """One thing that the process shares: how it is read, so that two readings compare, and how it is put back."""

    read: Callable[[], Any]
    write: Callable[[Any], object]


def _put_environment_back(before: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)


def _folder() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed while we stand in it
        return None


def _put_folder_back(before: str | None) -> None:
    if before is not None:
        with contextlib.suppress(OSError):
            os.chdir(before)


def _print_options() -> dict[str, Any]:
    return dict(vars(torch._tensor_str.PRINT_OPTS))  # PyTorch has no public way to read them


SHARED = (
    Shared(lambda: dict(os.environ), _put_environment_back),
    Shared(_folder, _put_folder_back),
    Shared(lambda: list(sys.path), lambda before: sys.path.__setitem__(slice(None), before)),
    Shared(sys.getrecursionlimit, sys.setrecursionlimit),
    Shared(gc.isenabled, lambda before: gc.enable() if before else gc.disable()),
    Shared(lambda: logging.root.manager.disable, logging.disable),
    Shared(np.get_printoptions, lambda before: np.set_printoptions(**before)),
    Shared(_print_options, lambda before: vars(torch._tensor_str.PRINT_OPTS).update(before)),
)


@contextlib.contextmanager
def put_back() -> Iterator[None]:
    """Put everything in SHARED, the filters of warnings and matplotlib's settings back when the block ends."""
    before = [shared.read() for shared in SHARED]
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())
        if "matplotlib" in sys.modules:
            stack.enter_context(sys.modules["matplotlib"].rc_context())
        try:
            yield
        finally:
            for shared, value in zip(SHARED, before, strict=True):
                if shared.read() != value:
                    shared.write(value)
