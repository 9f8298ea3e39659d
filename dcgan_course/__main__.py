"""The course from the command line: `python -m dcgan_course doctor`, `open`, `train`, `sample` or `evaluate`."""

import argparse
import reprlib
import signal
import sys
from importlib import import_module

if sys.version_info < (3, 11):  # noqa: UP036  whoever starts an older Python shall read why it cannot work
    sys.exit(f"The course needs Python 3.11 or newer, and this is {sys.version.split()[0]}: start it with a newer one.")

from dcgan_course import commands
from dcgan_course.commands import terminal
from dcgan_course.errors import CheckpointError, DataNotFound, InvalidValue, TrainingDiverged

COMMANDS = {
    "doctor": "say whether this machine has what the course needs",
    "open": "lay the lessons out in a folder of your own",
    "train": "train a DCGAN into a folder",
    "sample": "draw pictures with a trained generator",
    "evaluate": "measure a trained generator",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 for what is wrong on this machine, 2 for what cannot be done,
    130 after Ctrl-C.

    Only the command that is asked for is imported: `doctor` exists for machines where the others cannot be.
    """
    words = sys.argv[1:] if arguments is None else arguments
    asked = next((word for word in words if word in COMMANDS), "doctor")
    parser = argparse.ArgumentParser(prog="python -m dcgan_course", description=__doc__)
    parsers = parser.add_subparsers(dest="command", required=True)
    parser_of = {name: parsers.add_parser(name, help=text) for name, text in COMMANDS.items()}
    try:
        command = import_module(f"{commands.__name__}.{asked}")
    except Exception as error:  # noqa: BLE001  a broken library raises anything when it is imported
        print(_what_is_missing(asked, error), file=sys.stderr)
        return 1
    terminal.interruptible()
    try:
        command.add_options(parser_of[asked])
        return command.run(parser.parse_args(words))
    except ImportError as error:  # of a library that is imported late
        print(_what_is_missing(asked, error), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return _said(f"\n{terminal.SENTENCE}", terminal.INTERRUPTED)
    except MemoryError:
        return _said("This machine has not enough memory for that: ask for less.", 2)
    except (InvalidValue, DataNotFound, CheckpointError, TrainingDiverged) as error:
        return _said(error, 2)
    except OSError as error:  # what the system refuses: a name that is too long, a folder in the way of a file
        what = reprlib.repr(str(error.filename)) if error.filename else "A file"
        return _said(f"{what} cannot be used ({error.strerror or error}): choose another path.", 2)


def _said(sentence: object, code: int) -> int:
    """Say a sentence, in one of the processes of torchrun, and return the exit code."""
    if terminal.is_first_process():
        print(sentence, file=sys.stderr)
    return code


def _what_is_missing(command: str, error: Exception) -> str:
    """Say in a sentence that a library is missing or broken, and what to do."""
    what = f"a library that is broken ({error!r})"
    if isinstance(error, ModuleNotFoundError):
        what = f"{error.name}, which is missing"
    return (
        f"`{command}` needs {what}: run `pip install -r requirements.txt` in the course's folder, with the pip of the "
        "course's environment. `python -m dcgan_course doctor` says more."
    )


if __name__ == "__main__":
    terminal.settle()
    code = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # everything is said: what is left is to end
    if lost := terminal.what_was_lost():
        print(lost, file=sys.stderr)
        code = code or 1
    sys.exit(code)
