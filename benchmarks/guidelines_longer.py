"""Are the late rows of lesson 06's table lost? The same table for four times as long, with fairer rows beside it.

DCGAN_COURSE_DATA=… python -m benchmarks.guidelines_longer              three seeds; about an hour of one core
DCGAN_COURSE_DATA=… python -m benchmarks.guidelines_longer --seeds 5    two more for every row

A run that is already in the results is not repeated, so the command can be stopped and started again. It writes
dcgan_course/recorded/guidelines_longer/ and benchmarks/results/guidelines_longer.md.
"""

import argparse
import datetime
import json
import os
import sys
import time

import torch
from torch import Tensor, nn

from benchmarks.guidelines import ROOT, SETTINGS, Judge, Settings, spread
from dcgan_course import models, recorded
from dcgan_course.data import load_images
from dcgan_course.errors import TrainingDiverged
from dcgan_course.models.ablations import VARIANTS, Pair
from dcgan_course.models.protocols import LatentGenerator
from dcgan_course.training import TrainConfig, train
from dcgan_course.training.acceleration import chosen_precision
from dcgan_course.training.state import Training
from recording.files import write_sums

FOLDER = recorded.FOLDER / "guidelines_longer"
PAGE = ROOT / "benchmarks" / "results" / "guidelines_longer.md"
LONGER = Settings(**(SETTINGS | {"epochs": 12}))
LOOKS = (1, 2, 3, 6, 9, 12)  # epochs
RATE = SETTINGS["learning_rate"]


Networks = tuple[LatentGenerator, nn.Module]


def he_start(pair: Pair) -> Pair:
    """Draw all weights from N(0, √(2 / n)), where n is how many products one output adds up; biases are 0.

    Source: K. He et al. 2015, "Delving Deep into Rectifiers", equation 10. A transposed convolution adds up
    in · (k / s)² products; the first one of G, whose input is 1×1, adds up one for each number of z.
    """
    for network in pair:
        for layer in network.modules():
            if not isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
                continue
            taps = layer.kernel_size[0] ** 2
            if isinstance(layer, nn.ConvTranspose2d):
                taps = 1 if layer.stride[0] == 1 else taps // layer.stride[0] ** 2
            nn.init.normal_(layer.weight, 0.0, (2 / (layer.in_channels * taps)) ** 0.5)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return pair


def pair_of(row: str) -> Networks:
    """Return the networks of a row: a name of VARIANTS, with what else is changed behind a semicolon."""
    if row.startswith("MLP"):
        return models.MLPGenerator(), models.MLPDiscriminator()
    name, _, change = row.partition("; ")
    pair = VARIANTS[name](SETTINGS["width"])
    return he_start(pair) if change.startswith("He start") else pair


ROWS = {  # name → learning rate and β₁
    "full recipe": (RATE, 0.5),
    "ReLU in D": (RATE, 0.5),
    "pooling and upsampling": (RATE, 0.5),
    "first weights N(0, 0.002)": (RATE, 0.5),
    "no batch norm": (RATE, 0.5),
    "no batch norm; He start": (RATE, 0.5),
    "no batch norm; He start, a third of the rate": (RATE / 3, 0.5),
    "average pooling at D's end": (RATE, 0.5),
    "MLP GAN of lesson 04": (1e-4, 0.9),
    "MLP GAN, rate and β₁ of the DCGAN": (RATE, 0.5),
}


def run_once(row: str, seed: int, images: Tensor, judge: Judge) -> dict:
    """Train one row with one seed; return its figures after each epoch of LOOKS."""
    torch.manual_seed(seed)
    generator, discriminator = pair_of(row)
    looks: dict[int, dict] = {}

    def look(training: Training) -> None:
        epoch = training.step // training.steps_per_epoch
        if training.epoch_is_over and epoch in LOOKS:
            looks[epoch] = judge.look(generator)

    rate, beta = ROWS[row]
    config = TrainConfig(LONGER["epochs"], LONGER["batch_size"], rate, betas=(beta, 0.999), seed=seed)
    start, diverged = time.process_time(), False
    try:
        train(generator, discriminator, images, config, test_images=judge.test[:2000], hook=look, progress=False)
    except TrainingDiverged as error:
        print(error)
        diverged = True
    return {
        "seed": seed,
        "diverged": diverged,
        "epochs": list(looks),
        "entropy": [each["entropy"] for each in looks.values()],
        "frechet": [each["frechet"] for each in looks.values()],
        "cpu_seconds": round(time.process_time() - start, 1),
    }


def write_page(results: dict) -> None:
    """Write the table as a page: the distance after each look, mean ± standard deviation over the seeds."""
    settings, made = results["settings"], results["made"]
    lines = [
        "# The late rows of lesson 06, four times as long",
        "",
        f"MNIST, {settings['pictures']:,} pictures, width {settings['width']}, batches of {settings['batch_size']}, "
        f"Adam with the rate and β₁ of the row. Fréchet distance of {settings['samples']:,} samples of fixed z to",
        "the test pictures, in the 64 features of the digit classifier; the table of lesson 06 ends at epoch 3.",
        f"`{made['command']}`, {made['date']}, {made['machine']}.",
        "",
        "| row | rate, β₁ | seeds | " + " | ".join(f"epoch {epoch}" for epoch in LOOKS) + " | last, by seed |",
        "| --- " * (4 + len(LOOKS)) + "|",
    ]
    for row, runs in results["rows"].items():
        whole = [run for run in runs if not run["diverged"]]
        if len(whole) < 2:
            continue
        rate, beta = ROWS[row]
        columns = [spread(list(distances), 1) for distances in zip(*(run["frechet"] for run in whole), strict=True)]
        each = ", ".join(f"{run['frechet'][-1]:.1f}" for run in whole)
        lines.append(f"| {row} | {rate:.2g}, {beta} | {len(whole)} | {' | '.join(columns)} | {each} |")
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="runs of every row; default 3")
    options = parser.parse_args(arguments)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "results.json"
    images, judge = load_images("mnist").images[: LONGER["pictures"]], Judge()
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": {}}  # sums come at the end
    if results.setdefault("settings", LONGER) != LONGER:
        raise SystemExit(f"{path} was made with other settings: move it away first.")
    for seed in range(options.seeds):
        for row in ROWS:
            runs = results["rows"].setdefault(row, [])
            if len(runs) > seed:
                continue
            runs.append(run_once(row, seed, images, judge))
            results["made"] = {
                "command": f"python -m benchmarks.guidelines_longer --seeds {options.seeds}",
                "date": datetime.date.today().isoformat(),
                "machine": f"{torch.get_num_threads()} thread of a machine with {os.cpu_count()} CPU cores, torch "
                f"{torch.__version__}, {str(chosen_precision('auto', torch.device('cpu'))).removeprefix('torch.')}",
                "data": "MNIST",
            }
            path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            print(f"seed {seed}, {row}: {runs[-1]['frechet']}, {runs[-1]['cpu_seconds']} s", flush=True)
    what = "late and unfair rows of the table of guidelines, trained for 12 epochs: results.json"
    seeds = list(range(options.seeds))
    write_sums(FOLDER, {"what": what, **results["made"], "seeds": seeds, "settings": results["settings"]})
    write_page(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
