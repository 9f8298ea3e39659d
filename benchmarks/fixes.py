"""What does each fix that came after DCGAN buy on digits? The same width, pictures, steps and learning rate for all.

DCGAN_COURSE_DATA=… python -m benchmarks.fixes              six seeds of every row; about 25 minutes of one core
DCGAN_COURSE_DATA=… python -m benchmarks.fixes --steps 10 --seeds 2 --folder FOLDER      a rehearsal

A run that is already in the results is not repeated, so the command can be stopped and started again. It writes
dcgan_course/recorded/fixes/ (results.json and a strip of samples for every row, which lesson 11 replays) and
benchmarks/results/fixes.md. Six seeds, because fewer could not tell any row apart after the correction for their
number: see `recorded.comparison`. The figure that decides is the Fréchet distance; this was fixed before the first run.
"""

import argparse
import copy
import datetime
import json
import math
import os
import sys
import time
from pathlib import Path
from typing import Any, TypedDict

import torch
from torch import Tensor

from benchmarks.guidelines import add_line, spread
from dcgan_course import latent, models, recorded
from dcgan_course.data import load_images, scale, to_pixels
from dcgan_course.errors import TrainingDiverged
from dcgan_course.evaluation import metrics
from dcgan_course.evaluation.neighbours import density_coverage, precision_recall
from dcgan_course.models.inference import eval_mode
from dcgan_course.models.protocols import LatentGenerator
from dcgan_course.recorded.comparison import LEVEL, Verdict, verdicts
from dcgan_course.recorded.tables import strip_path
from dcgan_course.training import TrainConfig, train
from dcgan_course.training.acceleration import chosen_precision
from dcgan_course.training.fixes.networks import build_networks
from recording.files import write_sums

SHOWN, SEED_OF_Z = 14, 1  # pictures of a strip, the first that are drawn
ROOT = Path(__file__).resolve().parent.parent
FOLDER = recorded.FOLDER / "fixes"


class Settings(TypedDict):
    """What is the same for all rows."""

    width: int
    pictures: int
    steps: int
    batch_size: int
    learning_rate: float
    betas: list[float]
    samples: int
    neighbours_of: int  # samples and real pictures among which neighbours are looked for
    ema_decay: float


SETTINGS = Settings(
    width=16,
    pictures=20_000,
    steps=500,
    batch_size=64,
    learning_rate=1e-3,
    betas=[0.5, 0.999],
    samples=5_000,
    neighbours_of=2_000,
    ema_decay=0.99,
)
DCGAN, PLAIN_D, AVERAGE = "DCGAN", "no batch norm in D", "average of G (EMA)"
NO_NORM: dict[str, Any] = {"discriminator_norm": False}
# row: (the row it is compared with, its options for TrainConfig)
ROWS: dict[str, tuple[str | None, dict[str, Any]]] = {
    DCGAN: (None, {}),
    PLAIN_D: (DCGAN, {"discriminator_norm": False}),
    "least squares": (DCGAN, {"loss": "least_squares"}),
    "relativistic": (DCGAN, {"loss": "relativistic"}),
    "Wasserstein, weights clipped": (DCGAN, {"loss": "wasserstein", "penalty": "clip", "penalty_weight": 0.01}),
    "two rates, D 4 times G": (DCGAN, {"learning_rate": 5e-4, "discriminator_learning_rate": 2e-3}),
    "packs of 2": (DCGAN, {"packing": 2}),
    "minibatch deviation": (DCGAN, {"minibatch_deviation": True}),
    "DiffAugment, shifts": (DCGAN, {"augment": ("shift",)}),
    "Wasserstein, gradient penalty": (
        PLAIN_D,
        NO_NORM | {"loss": "wasserstein", "penalty": "gradient", "penalty_weight": 10.0},
    ),
    "hinge, spectral norm": (PLAIN_D, NO_NORM | {"loss": "hinge", "spectral_norm": True}),
    "R1": (PLAIN_D, NO_NORM | {"penalty": "r1", "penalty_weight": 0.1}),
    "R1 and R2": (PLAIN_D, NO_NORM | {"penalty": "r1_r2", "penalty_weight": 0.1}),
    "relativistic, R1 and R2": (PLAIN_D, NO_NORM | {"loss": "relativistic", "penalty": "r1_r2", "penalty_weight": 0.1}),
    AVERAGE: (DCGAN, {}),  # drawn by the average that the runs of DCGAN keep
    "conditional, concatenated": (DCGAN, {"conditional": "concatenated"}),
    "conditional, projection": (DCGAN, {"conditional": "projection"}),
}


class Judge:
    """The measures of lesson 10 by the classifier of digits, always against the same real pictures."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.classifier = settings, recorded.digit_classifier()
        test = load_images("mnist", "test").images
        self.real = self.features(scale(test))
        order = torch.randperm(len(test), generator=torch.Generator().manual_seed(0))  # the halves of this file differ
        self.neighbours = self.real[order[: settings["neighbours_of"]]]

    @torch.no_grad()
    def features(self, pictures: Tensor) -> Tensor:
        """Return (N, 64) numbers for pictures (N, 1, 28, 28) in [−1, 1]."""
        return torch.cat([self.classifier.features(part) for part in pictures.split(1000)])

    def look(self, pictures: Tensor) -> dict[str, Any]:
        """Return what is measured on pictures (N, 1, 28, 28) in [−1, 1]."""
        features = self.features(pictures)
        near = features[: self.settings["neighbours_of"]]
        counts = metrics.class_histogram(self.classifier, pictures)
        found = dict(zip(("precision", "recall"), precision_recall(self.neighbours, near), strict=True))
        found |= dict(zip(("density", "coverage"), density_coverage(self.neighbours, near), strict=True))
        found |= {"frechet": metrics.frechet_distance(features, self.real), "entropy": abs(metrics.entropy(counts))}
        return {name: round(float(value), 4) for name, value in found.items()} | {"counts": counts.tolist()}


@torch.no_grad()
def draw(generator: LatentGenerator, count: int, labels: Tensor | None) -> Tensor:
    """Draw pictures of fixed z in eval mode, of the given labels (count,) where G is asked for some."""
    z = latent.sample(count, generator.latent_dim, SEED_OF_Z)
    asked = [()] * len(z.split(1000)) if labels is None else [(part,) for part in labels.split(1000)]
    with eval_mode(generator):
        return torch.cat([generator(part, *own) for part, own in zip(z.split(1000), asked, strict=True)])


def run_once(
    row: str, seed: int, data: tuple[Tensor, Tensor], judge: Judge
) -> dict[str, tuple[dict[str, Any], Tensor]]:
    """Train one row with one seed; return {row: (figures, first samples)}, with the average's beside DCGAN's."""
    settings = judge.settings
    images, labels = data
    options = {"learning_rate": settings["learning_rate"]} | ROWS[row][1]
    config = TrainConfig(
        epochs=math.ceil(settings["steps"] * settings["batch_size"] / len(images)) + 1,
        batch_size=settings["batch_size"],
        betas=(settings["betas"][0], settings["betas"][1]),
        seed=seed,
        ema_decay=settings["ema_decay"],
        **options,
    )
    torch.manual_seed(seed)
    generator, discriminator = build_networks(
        config, (1, 28, 28), settings["width"], classes=None if config.conditional == "none" else 10
    )
    average = copy.deepcopy(generator) if row == DCGAN else None
    conditional = config.conditional != "none"
    start, cpu, diverged = time.perf_counter(), time.process_time(), False
    try:
        train(
            generator,
            discriminator,
            images,
            config,
            labels=labels if conditional else None,
            ema_generator=average,
            hook=lambda training: training.step >= settings["steps"],
            progress=False,
        )
    except TrainingDiverged as error:
        print(error)
        diverged = True
    spent = {"seconds": round(time.perf_counter() - start, 1), "cpu_seconds": round(time.process_time() - cpu, 1)}
    found = {}
    for name, drawer in ((row, generator), (AVERAGE, average)):
        if drawer is None:
            continue
        asked = torch.arange(settings["samples"]) % 10 if conditional else None
        pictures = draw(drawer, settings["samples"], asked)
        figures: dict[str, Any] = {"seed": seed, "diverged": diverged} | judge.look(pictures) | spent
        if asked is not None:
            with torch.no_grad():
                read = torch.cat([judge.classifier(part).argmax(1) for part in pictures.split(1000)])
            figures["asked_digit"] = round(float((read == asked).float().mean()), 4)
        figures["parameters"] = [models.count_parameters(network) for network in (generator, discriminator)]
        found[name] = (figures, to_pixels(pictures[:SHOWN]))
    return found


def told_apart(results: dict[str, Any]) -> dict[str, Verdict]:
    """Compare each row with its control by the Fréchet distance, with Holm's correction for all comparisons."""
    figures = {row: [run["frechet"] for run in runs] for row, runs in results["rows"].items()}
    return verdicts(figures, results["controls"])


def write_page(path: Path, results: dict[str, Any]) -> None:
    """Write the table as a page."""
    settings, made, found = results["settings"], results["made"], told_apart(results)
    lines = [
        "# What came after DCGAN, on digits",
        "",
        f"MNIST, {settings['pictures']:,} pictures, {settings['steps']} steps of {settings['batch_size']}, width "
        f"{settings['width']}, Adam {settings['learning_rate']} {tuple(settings['betas'])} unless the row says "
        "otherwise; D sees the",
        f"same number of pictures in every row. {settings['samples']:,} samples of fixed z against all 10,000 test "
        "pictures: Fréchet distance in the 64",
        f"features of the digit classifier. Precision, recall (k = 3), density and coverage (k = 5) among "
        f"{settings['neighbours_of']:,} a side. Entropy of the classes in",
        f"nats. `{made['command']}`, {made['date']}, {made['machine']}.",
        "",
        "| row | control | seeds | Fréchet distance | by seed | lower than the control's | p | p after Holm | verdict |"
        " precision | recall | density | coverage | entropy | CPU seconds |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row, runs in results["rows"].items():
        distance = [run["frechet"] for run in runs]
        cells = [row, results["controls"].get(row, "–"), str(len(runs)), spread(distance, 1)]
        cells += [", ".join(f"{value:.0f}" for value in distance)]
        if row in found:
            verdict = found[row]
            cells += [
                f"{verdict.lower} of {verdict.pairs}",
                f"{verdict.p:.4f}",
                f"{verdict.adjusted:.3f}",
                word(verdict),
            ]
        else:
            cells += ["–"] * 4
        cells += [spread([run[key] for run in runs], 2) for key in ("precision", "recall", "density", "coverage")]
        cells += [spread([run["entropy"] for run in runs], 2), spread([run["cpu_seconds"] for run in runs], 0)]
        lines.append(f"| {' | '.join(cells)} |")
    real = results["yardsticks"]
    lines += [
        "",
        f"Mean ± standard deviation over the seeds. p: exact permutation test of the means of the distance, two-sided; "
        f"{len(found)} comparisons, Holm's correction, level {LEVEL}.",
        f"Real training pictures: distance {real['frechet']:.1f}, precision {real['precision']:.2f}, recall "
        f"{real['recall']:.2f}, density {real['density']:.2f}, coverage {real['coverage']:.2f}, entropy "
        f"{real['entropy']:.2f}.",
        "The two conditional rows are told the labels: extra information, not the same task.",
        "One learning rate for all rows is a limit of this table: none was tuned.",
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def word(verdict: Verdict) -> str:
    """Say a verdict: better, worse, or not told apart."""
    return ("better" if verdict.difference < 0 else "worse") if verdict.apart else "not told apart"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=6, help="runs of every row; default 6")
    parser.add_argument("--steps", type=int, default=SETTINGS["steps"], help="of every run; default 500")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where results go; default: what the course ships")
    options = parser.parse_args(arguments)
    settings = SETTINGS | {"steps": options.steps}
    options.folder.mkdir(parents=True, exist_ok=True)
    path = options.folder / "results.json"
    shown = load_images("mnist")
    data = shown.images[: settings["pictures"]], shown.labels[: settings["pictures"]]
    judge = Judge(settings)
    results = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"rows": {}}
    if results.setdefault("settings", settings) != settings:
        raise SystemExit(f"{path} was made with other settings: move it away first.")
    results["controls"] = {row: control for row, (control, _) in ROWS.items() if control}
    results["yardsticks"] = judge.look(scale(shown.images[: settings["samples"]]))
    for seed in range(options.seeds):
        for row in ROWS:
            if row == AVERAGE or len(results["rows"].get(row, [])) > seed:
                continue
            for name, (found, pictures) in run_once(row, seed, data, judge).items():
                results["rows"].setdefault(name, []).append(found)
                add_line(options.folder / strip_path(name, "fixes").name, pictures, seed)
                print(f"seed {seed}, {name}: {found}", flush=True)
            precision = str(chosen_precision("auto", torch.device("cpu"))).removeprefix("torch.")
            results["made"] = {
                "command": f"python -m benchmarks.fixes --seeds {options.seeds}",
                "date": datetime.date.today().isoformat(),
                "machine": f"{torch.get_num_threads()} thread of a machine with {os.cpu_count()} CPU cores, torch "
                f"{torch.__version__}, {precision}",
                "data": "MNIST",
            }
            path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if options.folder == FOLDER:
        write_sums(FOLDER, card_of(results))
        write_page(ROOT / "benchmarks" / "results" / "fixes.md", results)
    else:
        write_page(options.folder / "fixes.md", results)
    return 0


def card_of(results: dict[str, Any]) -> dict[str, Any]:
    """Return what the card of the recorded table says."""
    return {
        "what": "fixes that came after DCGAN, on digits: results.json, and a strip of samples for every row",
        **results["made"],
        "seeds": [run["seed"] for run in results["rows"][DCGAN]],
        "settings": results["settings"],
    }


if __name__ == "__main__":
    sys.exit(main())
