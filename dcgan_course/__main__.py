"""The course from the command line: `python -m dcgan_course doctor`, `train`, `sample` or `evaluate`."""

import argparse
import os
import sys

from dcgan_course.commands import doctor
from dcgan_course.errors import CheckpointError, DataNotFound, InvalidValue, TrainingDiverged


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code: 0, 1 for what is wrong on this machine, 2 for what cannot be done."""
    from dcgan_course.commands import evaluate, sample, train

    parser = argparse.ArgumentParser(prog="python -m dcgan_course", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("doctor", help="say whether this machine has what the course needs")
    train.add_options(commands.add_parser("train", help="train a DCGAN into a folder"))
    sample.add_options(commands.add_parser("sample", help="draw pictures with a trained generator"))
    evaluate.add_options(commands.add_parser("evaluate", help="measure a trained generator"))
    options = parser.parse_args(arguments)
    if options.command == "doctor":
        return doctor.main()
    command = {"train": train, "sample": sample, "evaluate": evaluate}[options.command]
    try:
        return command.run(options)
    except (InvalidValue, DataNotFound, CheckpointError, TrainingDiverged) as error:
        if os.environ.get("LOCAL_RANK", "0") == "0":  # of the processes of torchrun one says it
            print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
