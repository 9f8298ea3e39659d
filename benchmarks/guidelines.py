"""What does each guideline of the DCGAN paper buy? Every one is switched off in turn, on MNIST, over several seeds.

DCGAN_COURSE_DATA=… python -m benchmarks.guidelines              three seeds; about 20 minutes of one core
DCGAN_COURSE_DATA=… python -m benchmarks.guidelines --seeds 5    two more for every row

A run that is already in the results is not repeated, so the command can be stopped and started again. It writes
dcgan_course/recorded/guidelines/ (results.json and a strip of samples for every row, which lesson 06 replays) and
benchmarks/results/guidelines.md.
"""

import argparse
import datetime
import json
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TypedDict

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dcgan_course import latent, models, recorded
from dcgan_course.data import load_images, scale, to_pixels
from dcgan_course.errors import TrainingDiverged
from dcgan_course.evaluation import metrics
from dcgan_course.models.ablations import VARIANTS
from dcgan_course.models.protocols import LatentGenerator
from dcgan_course.recorded.tables import strip_path
from dcgan_course.training import TrainConfig, train
from dcgan_course.training.acceleration import chosen_precision
from dcgan_course.training.state import Training
from recording.files import write_sums

ROOT = Path(__file__).resolve().parent.parent
FOLDER = recorded.FOLDER / "guidelines"


class Settings(TypedDict):
    """What is the same for all rows."""

    width: int
    pictures: int
    epochs: int
    batch_size: int
    learning_rate: float
    samples: int


SETTINGS = Settings(width=16, pictures=20_000, epochs=3, batch_size=64, learning_rate=1e-3, samples=5_000)
SHOWN, SEED_OF_Z = 14, 1  # pictures of a strip, the first that are drawn


class Judge:
    """Entropy of classes and Fréchet distance to the test pictures, both by the classifier of digits."""

    def __init__(self) -> None:
        self.classifier = recorded.digit_classifier()
        self.test = load_images("mnist", "test").images
        self.real = self.features(scale(self.test))

    @torch.no_grad()
    def features(self, pictures: Tensor) -> Tensor:
        """Return (N, 64) numbers for pictures (N, 1, 28, 28) in [−1, 1]."""
        return torch.cat([self.classifier.features(part) for part in pictures.split(1000)])

    @torch.no_grad()
    def look(self, generator: LatentGenerator) -> dict:
        """Draw samples of fixed z in eval mode and return what is measured, with the first of them."""
        z = latent.sample(SETTINGS["samples"], generator.latent_dim, SEED_OF_Z)
        with models.eval_mode(generator):
            pictures = torch.cat([generator(part) for part in z.split(1000)])
        counts = metrics.class_histogram(self.classifier, pictures)
        distance = metrics.frechet_distance(self.features(pictures), self.real)
        found = {"entropy": round(abs(metrics.entropy(counts)), 4), "frechet": round(distance, 3)}
        return found | {"counts": counts.tolist(), "shown": to_pixels(pictures[:SHOWN])}

    def yardsticks(self, images: Tensor) -> dict:
        """Return the same two figures for real training pictures: nobody can do much better."""
        pictures = scale(images[: SETTINGS["samples"]])
        counts = metrics.class_histogram(self.classifier, pictures)
        distance = metrics.frechet_distance(self.features(pictures), self.real)
        return {"entropy": round(metrics.entropy(counts), 4), "frechet": round(distance, 3)}


def run_once(row: str, seed: int, images: Tensor, judge: Judge) -> tuple[dict, Tensor]:
    """Train one variant with one seed; return its figures epoch by epoch and its strip."""
    torch.manual_seed(seed)
    generator, discriminator = VARIANTS[row](SETTINGS["width"])
    looks: list[dict] = []

    def look(training: Training) -> None:
        if training.epoch_is_over:
            looks.append(judge.look(generator))

    config = TrainConfig(
        SETTINGS["epochs"], SETTINGS["batch_size"], SETTINGS["learning_rate"], betas=(0.5, 0.999), seed=seed
    )
    start, history = time.process_time(), None
    try:
        history = train(
            generator, discriminator, images, config, test_images=judge.test[:2000], hook=look, progress=False
        )
    except TrainingDiverged as error:
        print(error)
        looks.append(judge.look(generator))
    found = {
        "seed": seed,
        "diverged": history is None,
        "entropy": [look["entropy"] for look in looks],
        "frechet": [look["frechet"] for look in looks],
        "counts": looks[-1]["counts"],
        "p_real": round(history.p_real[-1], 4) if history else None,
        "p_fake": round(history.p_fake[-1], 4) if history else None,
        "cpu_seconds": round(time.process_time() - start, 1),
        "parameters": [models.count_parameters(network) for network in (generator, discriminator)],
    }
    return found, looks[-1]["shown"]


def add_line(path: Path, pictures: Tensor, number: int) -> None:
    """Write pictures (N, 1, 28, 28) uint8 as line `number` of a strip; lines above it stay."""
    line = pictures[:, 0].permute(1, 0, 2).reshape(28, -1).numpy()
    above = np.array(Image.open(path))[: 28 * number] if number else line[:0]
    Image.fromarray(np.concatenate([above, line])).save(path, optimize=True)


def spread(values: list[float], digits: int) -> str:
    """Write a mean and a standard deviation."""
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


def write_page(results: dict) -> None:
    """Write the table as a page."""
    settings, made = results["settings"], results["made"]
    lines = [
        "# The guidelines of DCGAN, each switched off in turn",
        "",
        f"MNIST, {settings['pictures']:,} pictures, {settings['epochs']} epochs, width {settings['width']}, batches of "
        f"{settings['batch_size']}, Adam {settings['learning_rate']} (0.5, 0.999). {settings['samples']:,} samples of",
        "fixed z against the 10,000 test pictures; Fréchet distance in the 64 features of the digit classifier.",
        f"`{made['command']}`, {made['date']}, {made['machine']}.",
        "",
        "| row | seeds | Fréchet distance | by seed | entropy (nats) | D(x), D(G(z)) | parameters G, D |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row, runs in results["rows"].items():
        if len(runs) < 2:
            continue
        distance, entropy = ([run[key][-1] for run in runs] for key in ("frechet", "entropy"))
        answers = ", ".join(
            f"{statistics.mean([run[key] for run in runs if not run['diverged']]):.2f}" for key in ("p_real", "p_fake")
        )
        size = ", ".join(f"{count:,}" for count in runs[0]["parameters"])
        each = ", ".join(f"{value:.1f}" for value in distance)
        lines.append(
            f"| {row} | {len(runs)} | {spread(distance, 1)} | {each} | {spread(entropy, 2)} | {answers} | {size} |"
        )
    real = results["yardsticks"]
    lines += [
        "",
        "Mean ± standard deviation over the seeds. "
        f"Real training pictures have a distance of {real['frechet']} and an entropy of {real['entropy']}.",
    ]
    (ROOT / "benchmarks" / "results" / "guidelines.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def card_of(results: dict) -> dict:
    """Return what the card of the table says beside the sums."""
    seeds = sorted({run["seed"] for runs in results["rows"].values() for run in runs})
    what = "each guideline of DCGAN switched off in turn: results.json, and a strip of samples for every row"
    return {"what": what, **results["made"], "seeds": seeds, "settings": results["settings"]}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="runs of every row; default 3")
    options = parser.parse_args(arguments)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "results.json"
    images, judge = load_images("mnist").images[: SETTINGS["pictures"]], Judge()
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": {}}  # sums come at the end
    if results.setdefault("settings", SETTINGS) != SETTINGS:
        raise SystemExit(f"{path} was made with other settings: move it away first.")
    results["yardsticks"] = judge.yardsticks(images)
    for seed in range(options.seeds):
        for row in VARIANTS:
            runs = results["rows"].setdefault(row, [])
            if len(runs) > seed:
                continue
            found, shown = run_once(row, seed, images, judge)
            add_line(strip_path(row), shown, seed)
            runs.append(found)
            precision = str(chosen_precision("auto", torch.device("cpu"))).removeprefix("torch.")
            today = datetime.date.today().isoformat()
            began = results.get("made", {}).get("date", today).partition(" to ")[0]  # rows may come on other days
            results["made"] = {
                "command": f"python -m benchmarks.guidelines --seeds {options.seeds}",
                "date": today if began == today else f"{began} to {today}",
                "machine": f"{torch.get_num_threads()} thread of a machine with {os.cpu_count()} CPU cores, torch "
                f"{torch.__version__}, {precision}",
                "data": "MNIST",
            }
            path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
            print(
                f"seed {seed}, {row}: Fréchet {found['frechet']}, entropy {found['entropy'][-1]}, "
                f"D {found['p_real']} / {found['p_fake']}, {found['cpu_seconds']} s",
                flush=True,
            )
    write_sums(FOLDER, card_of(results))
    write_page(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
