"""What can a straight cut read off D's features? Linear SVMs on CIFAR-10 and MNIST, with many labels and with few.

DCGAN_COURSE_DATA=… python -m benchmarks.probes              three seeds; about an hour of one core
DCGAN_COURSE_DATA=… python -m benchmarks.probes --minutes 30     start no new cell after so long; call again to go on
DCGAN_COURSE_DATA=… python -m benchmarks.probes --workers 8      so many cells at a time

A cell that is already in the results is not repeated, so the command can be stopped and started again. It writes
dcgan_course/recorded/probes/ (table.json, which lesson 09 reads, and a card) and benchmarks/results/probes.md.
"""

import argparse
import datetime
import json
import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path
from typing import TypedDict

import sklearn
import torch

from dcgan_course import recorded
from dcgan_course.data import Images, load_images, scale
from dcgan_course.interpretability.features import pooled_features
from dcgan_course.interpretability.probes import (
    HELD_OUT,
    all_classes_at_once,
    few_labels,
    linear_probe,
    one_class_at_a_time,
)
from dcgan_course.interpretability.supervised import SupervisedNetwork, classifier_accuracy, train_supervised
from dcgan_course.models import Discriminator
from recording.files import hardware, write_card

ROOT = Path(__file__).resolve().parent.parent
FOLDER = recorded.FOLDER / "probes"
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
RUNS = {"cifar10": "cifar10_dcgan_32", "mnist": "mnist_dcgan"}
RECORDED, UNTRAINED, PIXELS = "D of the recorded DCGAN", "the same network, untrained", "raw pixels"
SUPERVISED = "the same layers, trained on these labels"
BETTER = "the same layers, trained on changed copies"
ROWS = (RECORDED, UNTRAINED, PIXELS, SUPERVISED, BETTER)


class Column(TypedDict):
    """One column of the table: which data, how many labels."""

    data: str
    per_class: int | None
    epochs: int


# Labels a class (None: all), and the passes that the supervised network makes over them. The passes are a guess from
# one look: on MNIST 20 and 60 passes differed by 0.5 points of test accuracy at most. None was tuned.
COLUMNS: dict[str, Column] = {
    "mnist, 10 labels a class": {"data": "mnist", "per_class": 10, "epochs": 60},
    "mnist, 100 labels a class": {"data": "mnist", "per_class": 100, "epochs": 30},
    "mnist, 400 labels a class": {"data": "mnist", "per_class": 400, "epochs": 15},
    "cifar10, 400 labels a class": {"data": "cifar10", "per_class": 400, "epochs": 20},
    "cifar10, all labels": {"data": "cifar10", "per_class": None, "epochs": 4},
}
# The passes of the better recipe: each picture is shown moved by up to 2 or 4 pixels, on CIFAR-10 also mirrored; the
# step size falls to 0. They were fixed before any of its runs, and nothing was chosen by a look at test pictures.
BETTER_PASSES = {
    "mnist, 10 labels a class": 300,
    "mnist, 100 labels a class": 120,
    "mnist, 400 labels a class": 60,
    "cifar10, 400 labels a class": 60,
    "cifar10, all labels": 10,
}
# The C to choose from. On CIFAR-10 the best on held-out pictures lies inside; on MNIST the last C are about equal.
MANY = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
CS: dict[str, dict[str, tuple[float, ...]]] = {
    "mnist": {RECORDED: MANY, UNTRAINED: MANY, PIXELS: MANY},
    "cifar10": {RECORDED: MANY[:6], UNTRAINED: (0.3, 1.0, 3.0, 10.0, 30.0), PIXELS: MANY[:6]},
}
ALL_LABELS_CS = MANY[2:5]  # one list for all: a larger C takes L-BFGS a thousand steps with an untrained D
CHOOSERS = 1000  # with all labels: pictures of each class that take part in choosing C, so that it takes minutes
PAPER = {
    "source": "Radford, Metz and Chintala 2015, section 5.1 and table 1",
    "cifar10, all labels": "82.8 %",
    "cifar10, 400 labels a class": "73.8 ± 0.4 %",
    "difference": "their D was trained on the photographs of ImageNet-1k and gives 28,672 numbers a picture; ours was "
    "trained for 200 epochs on the 50,000 training pictures of CIFAR-10, in a JPEG copy of quality 75, and gives 7,168",
}


@cache
def pictures(name: str, split: str) -> Images:
    """Return all pictures of one split, and keep them."""
    return load_images(name, split)


def network_settings(name: str) -> tuple[int, int, int]:
    """Return image size, channels and width of the recorded D."""
    network = recorded.card(RUNS[name])["network"]
    return network["image_size"], network["channels"], network["width"]


def pixels(images: torch.Tensor) -> torch.Tensor:
    """Return (N, C·H·W) float32 in [−1, 1]."""
    return scale(images).flatten(1)


def untrained(name: str, seed: int) -> Discriminator:
    """Return a D with its first weights."""
    torch.manual_seed(seed)
    return Discriminator(*network_settings(name)).to(DEVICE)


def taught(row: str, column: str, seed: int) -> SupervisedNetwork:
    """Return the network of the same layers, trained on the labels of a column as the row says."""
    images, labels = labelled(column, seed)
    torch.manual_seed(seed)
    data = COLUMNS[column]["data"]
    network = SupervisedNetwork(*network_settings(data)).to(DEVICE)
    if row == SUPERVISED:
        train_supervised(network, images, labels, COLUMNS[column]["epochs"], seed)
    else:
        colour = data == "cifar10"
        passes, shift = BETTER_PASSES[column], 4 if colour else 2
        train_supervised(network, images, labels, passes, seed, shift=shift, flip=colour, falling=True)
    return network


def labelled(column: str, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the training pictures and labels that one run of a column may use."""
    train = pictures(COLUMNS[column]["data"], "train")
    per_class = COLUMNS[column]["per_class"]
    if per_class is None:
        return train.images, train.labels
    rows = few_labels(train.labels, per_class, seed)
    return train.images[rows], train.labels[rows]


def features_of(row: str, column: str, seed: int) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the function from pictures to features of one row."""
    name = COLUMNS[column]["data"]
    if row == PIXELS:
        return pixels
    if row != RECORDED:
        return partial(pooled_features, untrained(name, seed))
    discriminator = recorded.load_run(RUNS[name]).discriminator
    assert isinstance(discriminator, Discriminator)
    discriminator.to(DEVICE)
    return partial(pooled_features, discriminator)


def cs_of(row: str, column: str) -> tuple[float, ...]:
    """Return the C that the SVM of one row may choose in one column."""
    facts = COLUMNS[column]
    return ALL_LABELS_CS if facts["per_class"] is None else CS[facts["data"]][row]


def run_once(row: str, column: str, seed: int) -> dict:
    """Return what one row reaches in one column with one seed."""
    start, cpu = time.perf_counter(), time.process_time()
    test = pictures(COLUMNS[column]["data"], "test")
    if row in (SUPERVISED, BETTER):
        accuracy = classifier_accuracy(taught(row, column, seed), test.images, test.labels)
        found = {"accuracy": accuracy, "n_train": len(labelled(column, seed)[1]), "n_test": len(test)}
    else:
        whole = COLUMNS[column]["per_class"] is None
        features, (images, labels) = features_of(row, column, seed), labelled(column, seed)
        fit = all_classes_at_once if whole else one_class_at_a_time
        probe = linear_probe(
            features(images),
            labels,
            features(test.images),
            test.labels,
            cs=cs_of(row, column),
            seed=seed,
            choosers=CHOOSERS if whole else None,
            fit=fit,
        )
        found = asdict(probe) | {"numbers": features(test.images[:1]).shape[1], "fit": fit.__name__}
    cpu = round(time.process_time() - cpu, 1)
    return {"seed": seed, **found, "cpu_seconds": cpu, "seconds": round(time.perf_counter() - start, 1)}


def wanted(seeds: int) -> Iterator[tuple[str, str, int]]:
    """Yield (row, column, seed) of every cell, the cheap columns first.

    With all labels the recorded D and the pixels are run once: nothing in them depends on a seed but which pictures
    choose C.
    """
    for column, facts in COLUMNS.items():
        for seed in range(seeds):
            for row in ROWS:
                whole = facts["per_class"] is None
                if whole and seed and row in (RECORDED, PIXELS):
                    continue
                yield row, column, seed


def written(runs: list[dict]) -> str:
    """Write mean and standard deviation in percent, or the one run."""
    percents = [100 * run["accuracy"] for run in runs]
    if len(percents) == 1:
        return f"{percents[0]:.1f} (one run)"
    return f"{statistics.mean(percents):.1f} ± {statistics.stdev(percents):.1f} ({len(percents)})"


def write_page(results: dict) -> None:
    """Write the table as a page, and the card."""
    made, cells = results["made"], results["cells"]
    columns = [column for column in COLUMNS if column in cells]
    lines = [
        "# D's features as a classifier",
        "",
        "Percent of the 10,000 test pictures that are right: mean ± standard deviation (runs). A run draws its own",
        "labels, first weights and held-out pictures.",
        f"`{made['command']}`, {made['date']}, {made['minutes']} minutes, {made['machine']}.",
        *(f"{name}: {source}." for name, source in results["data"].items()),
        "",
        "| | " + " | ".join(columns) + " |",
        "| --- |" + " --- |" * len(columns),
    ]
    for row in ROWS:
        found = [written(cells[column][row]) if cells[column].get(row) else "not run" for column in columns]
        lines.append(f"| {row} | " + " | ".join(found) + " |")
    paper = [PAPER.get(column, "none") for column in columns]
    lines += [f"| the paper's D, trained on ImageNet | {' | '.join(paper)} |", "", *results["how"], ""]
    lines += ["| C that was chosen, by run | " + " | ".join(columns) + " |", "| --- |" + " --- |" * len(columns)]
    for row in ROWS:
        if row not in (SUPERVISED, BETTER):
            chosen = [", ".join(f"{run['c']:g}" for run in cells[column].get(row, [])) for column in columns]
            lines.append(f"| {row} | " + " | ".join(chosen) + " |")
    (ROOT / "benchmarks" / "results" / "probes.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    facts = {
        "what": "accuracies of linear SVMs on features, beside the same network trained on the labels: table.json",
        "data": "; ".join(results["data"].values()),
        "command": made["command"],
        "seed": "0, 1, 2 and so on: the runs of a cell",
        "minutes": made["minutes"],
        **{
            f"{row}; {column}": written(cells[column][row])
            for column in columns
            for row in ROWS
            if cells[column].get(row)
        },
        "paper": "; ".join(f"{key}: {value}" for key, value in PAPER.items()),
        "how": " ".join(results["how"]),
    }
    write_card(FOLDER, facts)


def how() -> list[str]:
    """Say in sentences what was done."""
    passes = ", ".join(f"{facts['epochs']} ({column})" for column, facts in COLUMNS.items())
    better = ", ".join(f"{count} ({column})" for column, count in BETTER_PASSES.items())
    return [
        "Features: the maps of every convolution layer but the last, max-pooled to 4×4 and concatenated; all features",
        "standardised with mean and spread of the training pictures and divided by √F. Linear SVM, squared hinge, L2;",
        f"C by the accuracy on {HELD_OUT:.0%} of the training pictures (with all labels: of {CHOOSERS:,} a class, then",
        f"a fit to all, C from {', '.join(f'{c:g}' for c in ALL_LABELS_CS)}). The other lists stand in "
        "benchmarks/probes.py.",
        f"Few labels: LinearSVC of scikit-learn {sklearn.__version__}. All labels: the same SVM, found by L-BFGS.",
        "Untrained: first weights N(0, 0.02), eval mode, so that batch norm does next to nothing.",
        f"Trained on these labels: cross-entropy, Adam 0.001, batches of 50, no augmentation, epochs {passes};",
        "the last epoch counts. One look at MNIST test pictures set the epochs: 20 and 60 differed by 0.5 points.",
        "Trained on changed copies: each picture moved by up to 2 (MNIST) or 4 pixels, on CIFAR-10 also mirrored half",
        f"of the times, Adam's step from 0.001 to 0 along half a cosine, epochs {better}, fixed before the runs.",
        "With all labels D, trained or not, chose the largest C of the list, raw pixels the smallest: a wider list may",
        "add some tenths of a point.",
        "Recorded D: it saw all training pictures of its data set, without labels.",
    ]


def store(path: Path, results: dict) -> None:
    """Write what is there so far."""
    results["paper"], results["how"] = PAPER, how()
    path.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def played(cells: list[tuple[str, str, int]], workers: int, until: float) -> Iterator[tuple[str, str, dict]]:
    """Yield (row, column, what was found) of each cell as it is done; none begins after a time of the clock."""
    if workers == 1:
        for row, column, seed in cells:
            if time.monotonic() < until:
                yield row, column, run_once(row, column, seed)
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        under_way = {pool.submit(run_once, *cell): cell for cell in cells}
        for done in as_completed(under_way):
            row, column, _ = under_way[done]
            yield row, column, done.result()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="runs of every cell; default 3")
    parser.add_argument("--minutes", type=float, default=600, help="start no new cell after so many minutes")
    parser.add_argument("--workers", type=int, default=1, help="cells at a time, each in a process of its own")
    options = parser.parse_args(arguments)
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "table.json"
    results = recorded.probes() if path.exists() else {"cells": {}}
    settings = json.loads(json.dumps({"columns": COLUMNS, "held_out": HELD_OUT, "choosers": CHOOSERS}))
    if results.setdefault("settings", settings) != settings:
        raise SystemExit(f"{path} was made with other settings: move it away first.")
    start, cells = time.monotonic(), results["cells"]
    runs_of = lambda row, column: cells.setdefault(column, {}).setdefault(row, [])
    missing = [
        (row, column, seed)
        for row, column, seed in wanted(options.seeds)
        if all(run["seed"] != seed for run in runs_of(row, column))
    ]
    for row, column, run in played(missing, options.workers, start + 60 * options.minutes):
        runs_of(row, column).append(run)
        runs_of(row, column).sort(key=lambda run: run["seed"])
        print(column, row, json.dumps(run), flush=True)
        spent = sum(run["seconds"] for rows in cells.values() for runs in rows.values() for run in runs)
        results["made"] = {
            "command": f"python -m benchmarks.probes --seeds {options.seeds}",
            "date": datetime.date.today().isoformat(),
            "machine": f"{hardware()}, torch {torch.__version__}, scikit-learn {sklearn.__version__}",
            "minutes": round(spent / 60, 1),
        }
        names = {facts["data"] for facts in COLUMNS.values()}
        results["data"] = {name: pictures(name, "train").source for name in sorted(names)}
        store(path, results)
    store(path, results)
    write_page(results)
    return 0


if __name__ == "__main__":
    sys.exit(main())
