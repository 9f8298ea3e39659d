"""Write a report card into the card of a shipped generator: `python -m recording report NAME`; without a name, all."""

import datetime

import torch

from dcgan_course import recorded
from dcgan_course.commands.evaluate import DRAWS, real_pictures, report_of
from dcgan_course.files import read_json
from dcgan_course.recorded.runs import REPORT
from recording.files import hardware, write_sums

COUNT = 2_000  # pictures on each side, as `evaluate` takes them by default
SEED = 0  # of the first z, and of the permutation of the real pictures


def record_report(name: str) -> None:
    """Evaluate the shipped weights as `python -m dcgan_course evaluate NAME` does, and renew card and sums."""
    run = recorded.load_run(name)
    shape = run.generator.image_shape
    pictures = real_pictures(run.card["dataset"], shape, shape[0], COUNT, SEED)
    report = report_of(run.generator, pictures, tuple(range(SEED, SEED + DRAWS)))
    made = {
        "command": f"python -m recording report {name}",
        "date": datetime.date.today().isoformat(),
        "torch": torch.__version__,
        "hardware": hardware(),
    }
    folder = recorded.FOLDER / name
    write_sums(folder, read_json(folder / "card.json") | {REPORT: report.facts() | made})
    print(f"{name}\n{report}\n", flush=True)
