"""What does a step cost with each of the fixes after DCGAN?

DCGAN_COURSE_DATA=… python -m benchmarks.fix_costs     writes benchmarks/results/fix_costs.md

All take turns, so that a machine that slows down slows all of them. On a processor the seconds are those that one
thread computed: they do not count what other programs took.
"""

import argparse
import dataclasses
import datetime
import platform
import statistics
import time
from pathlib import Path

import torch

from dcgan_course.data import load_images
from dcgan_course.data.images import Images
from dcgan_course.training import DCGAN, TrainConfig, train
from dcgan_course.training.fixes.networks import build_networks
from dcgan_course.training.state import Training

RESULTS = Path(__file__).resolve().parent / "results" / "fix_costs.md"
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
WIDTH, STEPS, TURNS, WARM_UP = 16, 24, 5, 4  # a turn: steps that are timed after some that are not
BASE = dataclasses.replace(DCGAN, epochs=1, batch_size=64)
WITHOUT_NORM = dataclasses.replace(BASE, discriminator_norm=False)
OPTIONS = {
    "default": BASE,
    "default again": BASE,  # what differs by chance
    "D without batch norm": WITHOUT_NORM,
    "loss least_squares": dataclasses.replace(BASE, loss="least_squares"),
    "loss wasserstein": dataclasses.replace(BASE, loss="wasserstein"),
    "loss hinge": dataclasses.replace(BASE, loss="hinge"),
    "loss relativistic": dataclasses.replace(BASE, loss="relativistic"),
    "penalty clip": dataclasses.replace(BASE, penalty="clip"),
    "penalty gradient": dataclasses.replace(WITHOUT_NORM, penalty="gradient"),
    "penalty r1": dataclasses.replace(WITHOUT_NORM, penalty="r1"),
    "penalty r1_r2": dataclasses.replace(WITHOUT_NORM, penalty="r1_r2"),
    "relativistic, r1_r2": dataclasses.replace(WITHOUT_NORM, loss="relativistic", penalty="r1_r2"),
    "spectral norm": dataclasses.replace(WITHOUT_NORM, spectral_norm=True),
    "two rates": dataclasses.replace(BASE, discriminator_learning_rate=4e-4),
    "augment shift, colour, cutout": dataclasses.replace(BASE, augment=("shift", "colour", "cutout")),
    "packing 2": dataclasses.replace(BASE, packing=2),
    "minibatch deviation": dataclasses.replace(BASE, minibatch_deviation=True),
    "conditional concatenated": dataclasses.replace(BASE, conditional="concatenated"),
    "conditional projection": dataclasses.replace(BASE, conditional="projection"),
}


def now() -> float:
    """Return a time in seconds: of a GPU when its work is done, else what this process has computed."""
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def seconds_per_step(config: TrainConfig, data: Images) -> float:
    """Train some steps from the same start and return what one of them costs."""
    torch.manual_seed(0)
    labels = None if config.conditional == "none" else data.labels
    shape: tuple[int, int, int] = (data.images.shape[1], data.images.shape[2], data.images.shape[3])
    pair = build_networks(config, shape, WIDTH, classes=None if labels is None else len(data.class_names))
    times: list[float] = []

    def note(training: Training) -> None:
        if training.step in (WARM_UP, WARM_UP + STEPS):
            times.append(now())

    generator, discriminator = pair[0].to(DEVICE), pair[1].to(DEVICE)
    train(generator, discriminator, data.images, config, labels=labels, hook=note, progress=False)
    return (times[1] - times[0]) / STEPS


def main() -> None:
    """Time all options in turns and write the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    torch.set_num_threads(1)
    data = load_images("mnist", stand_in=True)
    count = (WARM_UP + STEPS) * BASE.batch_size
    few = dataclasses.replace(data, images=data.images[:count], labels=data.labels[:count])
    turns = [{name: seconds_per_step(config, few) for name, config in OPTIONS.items()} for _ in range(TURNS)]
    where = torch.cuda.get_device_name() if DEVICE.type == "cuda" else f"one thread of {platform.machine()}"
    lines = [
        "# What a step costs with each fix",
        "",
        f"Milliseconds a step, median of {TURNS} turns of {STEPS} steps (lowest to highest); the ratio is that of each "
        f"turn to the default of the same turn, its median. Width {WIDTH}, batches of {BASE.batch_size}, 28×28, "
        f"{data.source}; {where}; PyTorch {torch.__version__}; {datetime.date.today()}. "
        "`python -m benchmarks.fix_costs` writes this table.",
        "",
        "| option | ms a step | times the default |",
        "| --- | --- | --- |",
    ]
    for name in OPTIONS:
        values = sorted(1000 * turn[name] for turn in turns)
        ratio = statistics.median(turn[name] / turn["default"] for turn in turns)
        middle = statistics.median(values)
        lines.append(f"| {name} | {middle:.1f} ({values[0]:.1f} to {values[-1]:.1f}) | {ratio:.2f} |")
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
