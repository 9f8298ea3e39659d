"""An interrupt that ends the loop between two steps and loses nothing."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def interrupt_as_flag(sign: signal.Signals = signal.SIGINT) -> Iterator[Callable[[], bool]]:
    """Turn an interrupt into a question that the loop asks between two steps; a second one interrupts at once.

    Args:
        sign: the signal that asks: SIGINT is Ctrl-C, SIGTERM is what `kill` and torchrun send to end a process.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set  # signals reach the main thread only
        return

    def note(number: int, frame: FrameType | None) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    before = signal.signal(sign, note)
    try:
        yield asked.is_set
    finally:
        signal.signal(sign, before)
