"""Which recipe of lesson 11 draws CIFAR-10 best at 32×32, for the same pictures, width and number of steps?

DCGAN_COURSE_DATA=… python -m benchmarks.cifar_recipes     every row once, and the nearest at length: half an hour
DCGAN_COURSE_DATA=… python -m benchmarks.cifar_recipes --steps 10 --folder FOLDER    a rehearsal

This is a search, not a proof: one seed a row, one width, and a row that learns late is not seen. The recipe that it
finds is recorded by `python -m recording`. Judged is the Fréchet distance in the features of the shipped classifier to
5,000 pictures of the training file that no row was trained on, of G and of its average; the test file is left alone.
A row that is already in the results is not repeated.
"""

import argparse
import copy
import dataclasses
import datetime
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

from dcgan_course import latent, models, recorded
from dcgan_course.data import load_images, scale
from dcgan_course.errors import TrainingDiverged
from dcgan_course.evaluation import metrics
from dcgan_course.recorded import judge_for
from dcgan_course.training import TrainConfig, train
from dcgan_course.training.fixes.networks import build_networks
from recording.dcgan import MEASURED, RECIPES, UNDER_WAY, DistanceRecorder, record_dcgan
from recording.files import write_sums

WIDTH, STEPS, BATCH_SIZE, SEED, HELD_OUT, EMA_DECAY = 32, 2_000, 64, 0, 5_000, 0.998
CONDITIONAL: dict[str, Any] = {"conditional": "projection"}
HINGE: dict[str, Any] = {"loss": "hinge", "spectral_norm": True, "discriminator_norm": False}
ROWS: dict[str, dict[str, Any]] = {
    "DCGAN": {},
    "DCGAN, 2.5 times the learning rate": {"learning_rate": 5e-4},
    "conditional": CONDITIONAL,
    "hinge, spectral norm": HINGE,
    "conditional, hinge, spectral norm": CONDITIONAL | HINGE,
    "conditional, 2.5 times the learning rate": CONDITIONAL | {"learning_rate": 5e-4},
    "conditional, DiffAugment": CONDITIONAL | {"augment": ("shift", "colour")},
}
FOLDER = Path(__file__).resolve().parent / "results"
SHIPPED = recorded.FOLDER / "cifar_recipes"
WINNER = "cifar10_dcgan_32_tuned"  # what `python -m recording` calls the nearest row
LONG = dataclasses.replace(RECIPES[WINNER], cpu_epochs=10, gpu_epochs=10)  # as many as the run of the paper's rate
ON_THE_CARD = ("what", "command", "data", "machine", "date", "judge", "steps")


def run_once(options: dict[str, Any], steps: int) -> dict[str, Any]:
    """Train one row; return the Fréchet distances of G and of its average, and the CPU minutes."""
    data = load_images("cifar10")
    order = torch.randperm(len(data), generator=torch.Generator().manual_seed(0))
    held, seen = order[:HELD_OUT], order[HELD_OUT:]
    config = TrainConfig(
        **({"learning_rate": 2e-4} | options),
        epochs=1 + steps * BATCH_SIZE // len(seen),
        batch_size=BATCH_SIZE,
        betas=(0.5, 0.999),
        seed=SEED,
        ema_decay=EMA_DECAY,
    )
    conditional = config.conditional != "none"
    torch.manual_seed(SEED)
    generator, discriminator = build_networks(config, (3, 32, 32), WIDTH, classes=10 if conditional else None)
    average, start, diverged = copy.deepcopy(generator), time.process_time(), False
    try:
        train(
            generator,
            discriminator,
            data.images[seen],
            config,
            labels=data.labels[seen] if conditional else None,
            ema_generator=average,
            hook=lambda training: training.step >= steps,
            progress=False,
        )
    except TrainingDiverged as error:
        print(error)
        diverged = True
    minutes = (time.process_time() - start) / 60
    judge = judge_for("cifar10", 3)
    real = judge.features(scale(data.images[held]))
    z = latent.sample(HELD_OUT, generator.latent_dim, SEED + 1)
    labels = torch.arange(HELD_OUT) % 10 if conditional else None
    frechet = {
        name: round(float(metrics.frechet_distance(judge.features(models.draw(drawer, z, labels)), real)), 2)
        for name, drawer in (("G", generator), ("average", average))
    }
    return {"frechet": frechet, "diverged": diverged, "cpu_minutes": round(minutes, 1)}


def page(found: dict[str, Any]) -> str:
    """Write the results as a page."""
    best = min(found["rows"], key=lambda row: min(found["rows"][row]["frechet"].values()))
    lines = [
        "# A search for a recipe: CIFAR-10 at 32×32",
        "",
        f"{found['data']}; {found['steps']:,} steps of {BATCH_SIZE}, width {WIDTH}, Adam 0.0002 unless the row says "
        f"otherwise, β = (0.5, 0.999), seed {SEED}; Fréchet distance of {HELD_OUT:,} samples, nothing picked, to "
        f"{HELD_OUT:,} pictures of the training file that were held out; average of G: decay {EMA_DECAY}, statistics "
        f"of batch norm computed anew. {found['machine']}, {found['date']}.",
        "`python -m benchmarks.cifar_recipes`",
        "",
        "| row | G | average of G | CPU minutes |",
        "| --- | --- | --- | --- |",
        *(
            f"| {row} | {run['frechet']['G']} | {run['frechet']['average']} | {run['cpu_minutes']}"
            f"{', diverged' if run['diverged'] else ''} |"
            for row, run in found["rows"].items()
        ),
        "",
        f"Nearest: {best}. One seed a row, so near neighbours in this table are not told apart.",
        f"Features: {found['judge']}.",
    ]
    if length := found.get("at_length"):
        lines += [
            "",
            "## The nearest row at length",
            "",
            f"The same command: {length['what']}. Kept under build/recorded on the way.",
            "",
            "| epoch | G | average of G |",
            "| --- | --- | --- |",
            *(f"| {row['epoch']} | {row['last']} | {row['average']} |" for row in length["rows"]),
            "",
            f"{length['shipped']['name']}, measured in the same way: {length['shipped']['distance']}.",
        ]
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    kept = options.folder / "cifar_recipes.json"
    found: dict[str, Any] = {"rows": {}}
    if kept.exists():
        found = json.loads(kept.read_text(encoding="utf-8"))
    found |= {
        "what": "a search for the recipe that draws CIFAR-10 best at 32×32",
        "command": "python -m benchmarks.cifar_recipes",
        "judge": judge_in_words(),
        "steps": options.steps,
        "data": load_images("cifar10").source,
        "machine": f"1 thread of a CPU, torch {torch.__version__}",
        "date": datetime.date.today().isoformat(),
    }
    for row, own in ROWS.items():
        if row not in found["rows"]:
            found["rows"][row] = run_once(own, options.steps)
            print(row, found["rows"][row], flush=True)
            kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if options.folder == FOLDER:  # no rehearsal
        found["at_length"] = at_length()
    kept.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (options.folder / "cifar_recipes.md").write_text(page(found), encoding="utf-8")
    if options.folder == FOLDER:
        ship(found)
    return 0


def ship(found: dict[str, Any]) -> None:
    """Take the results into the course, where lesson 11 reads them."""
    SHIPPED.mkdir(exist_ok=True)
    (SHIPPED / "results.json").write_text(json.dumps(found) + "\n", encoding="utf-8")
    write_sums(SHIPPED, {key: found[key] for key in ON_THE_CARD})


def judge_in_words() -> str:
    """Say whose features the distances are measured in."""
    accuracy = recorded.card("cifar10_classifier")["test_accuracy_percent"]
    return f"the classifier of CIFAR-10 that reads {accuracy} % of the test pictures"


def at_length() -> dict[str, Any]:
    """Train the nearest row for longer; return its distances epoch by epoch, beside the shipped run's at its end."""
    name = f"{WINNER}_at_length"
    record_dcgan(name, SEED, recipe=LONG, ship=False)
    kept = UNDER_WAY / f"{name}_width{LONG.cpu_width}_distances.json"
    shipped = "cifar10_dcgan_32"
    generator = recorded.load_run(shipped).generator
    assert isinstance(generator, models.Generator)
    measured = DistanceRecorder(LONG, generator, load_images("cifar10").images, SEED, kept)
    return {
        "what": f"width {LONG.cpu_width}, batch size {LONG.fixes['batch_size']}, learning rate "
        f"{LONG.fixes['learning_rate']}, {LONG.cpu_epochs} epochs, seed {SEED}, average of G: decay 0.999; "
        f"distance of {MEASURED:,} samples to as many training pictures",
        "rows": measured.found,
        "shipped": {"name": shipped, "distance": measured.distance(generator)},
    }


if __name__ == "__main__":
    sys.exit(main())
