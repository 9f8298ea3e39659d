"""What stands between a command and the terminal: letters that it cannot show, readers that went away, Ctrl-C."""

import contextlib
import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TextIO

INTERRUPTED = 130  # what a shell expects of a program that Ctrl-C has ended
SENTENCE = "Stopped by Ctrl-C; what was kept before is still there."


class Output(io.TextIOWrapper):
    """Text for people: it never ends the work that it tells of.

    A letter that the terminal cannot show becomes a question mark. When nobody reads any more (`| head -1`), or the
    disk behind it is full, the rest goes nowhere; `lost` says why, unless a reader went away, who knows.
    """

    lost = ""

    def write(self, text: str) -> int:
        with self._going_on():
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with self._going_on():
            super().flush()

    @contextlib.contextmanager
    def _going_on(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EINVAL):  # EINVAL: a closed pipe of Windows
                self.lost = self.lost or error.strerror or str(error)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())  # what is still in the buffer goes there, too
            os.close(nowhere)


def _forgiving(stream: TextIO | None) -> TextIO:
    """Return a stream that writes where this one does, and forgives."""
    if stream is None:  # it was closed before the start
        return open(os.devnull, "w", encoding="utf-8")
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    encoding, at_each_line = stream.encoding, stream.line_buffering
    return Output(stream.detach(), encoding=encoding, errors="replace", line_buffering=at_each_line)


def settle() -> None:
    """Make this process ready for a terminal of any kind; figures are drawn without a window.

    Until a command begins, Ctrl-C ends the process at once: libraries that are interrupted while they are imported
    raise anything, or nothing.
    """
    signal.signal(signal.SIGINT, _leave)  # first: an interrupt between two streams would leave none to speak with
    sys.stdout, sys.stderr = _forgiving(sys.stdout), _forgiving(sys.stderr)
    os.environ["MPLBACKEND"] = "agg"


def interruptible() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again, once everything is imported."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def what_was_lost() -> str:
    """Return a sentence if something that a command said is lost, else ""; what is not yet written is written."""
    sys.stdout.flush()
    lost = sys.stdout.lost if isinstance(sys.stdout, Output) else ""
    if not lost:
        return ""
    return f"Not all that was said could be written ({lost}): free some space, or send the output somewhere else."


def is_first_process() -> bool:
    """True in that one of torchrun's processes that speaks, and without torchrun."""
    return os.environ.get("LOCAL_RANK", "0") == "0"


def _leave(number: int, frame: FrameType | None) -> None:
    if is_first_process():
        with contextlib.suppress(OSError):
            os.write(2, f"\n{SENTENCE}\n".encode())
    os._exit(INTERRUPTED)
