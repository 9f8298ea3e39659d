"""How much does the resizer decide? A generator of 64×64 pictures, brought to 32×32 in five ways, and real ones too.

DCGAN_COURSE_DATA=… python -m benchmarks.resizers       five draws of 2,000 pictures; some minutes of one core

Fréchet and kernel distance in the features of the shipped classifier of CIFAR-10, to one reference of test pictures.
Real pictures go the same way: training pictures to 64×64 (as `load_images` resizes them), then back to 32×32.
It writes benchmarks/results/resizers.md and resizers.json.
"""

import argparse
import datetime
import json
import statistics
import sys
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from dcgan_course import latent, recorded
from dcgan_course.data import load_images, scale
from dcgan_course.evaluation.kernel import kernel_distance
from dcgan_course.evaluation.metrics import frechet_distance
from dcgan_course.evaluation.report import written
from dcgan_course.models import draw
from recording.files import hardware

RESULTS = Path(__file__).resolve().parent / "results" / "resizers.json"
SMALL, LARGE = 32, 64  # pixels a side
GENERATOR, BESIDE = "cifar10_dcgan_64", "cifar10_dcgan_32"
RESIZERS: dict[str, dict] = {
    "nearest": {"mode": "nearest"},
    "bilinear": {"mode": "bilinear"},  # at half the size the same as the mean of 2×2 pixels
    "bilinear, antialias": {"mode": "bilinear", "antialias": True},
    "bicubic": {"mode": "bicubic"},
    "bicubic, antialias": {"mode": "bicubic", "antialias": True},
}
Measured = dict[str, dict[str, list[float]]]  # row → measure → a value a draw


def smaller(pictures: Tensor, resizer: str) -> Tensor:
    """Return pictures (N, C, 64, 64) in [−1, 1] as (N, C, 32, 32): bicubic may leave the range, so it is cut to it."""
    parts = [interpolate(part, (SMALL, SMALL), **RESIZERS[resizer]) for part in pictures.split(500)]
    return torch.cat(parts).clamp(-1, 1)


def measure(count: int, draws: int) -> Measured:
    """Return every row's distances, a value a draw."""
    features = recorded.judge_for("cifar10", 3).features
    test, train = load_images("cifar10", "test").images, load_images("cifar10").images
    reference = features(scale(some(test, count, 0)))
    found: Measured = {}

    def note(row: str, pictures: Tensor) -> None:
        there = features(pictures)
        cells = found.setdefault(row, {"frechet_distance": [], "kernel_distance": []})
        cells["frechet_distance"].append(frechet_distance(reference, there))
        cells["kernel_distance"].append(kernel_distance(reference, there))

    for seed in range(draws):
        real = some(train, count, seed)
        note("real training pictures, 32×32", scale(real))
        note(f"{BESIDE}, 32×32", drawn(BESIDE, count, seed))
        up = interpolate(real, (LARGE, LARGE), mode="bilinear", antialias=True)  # on bytes, as load_images does
        for what, pictures in ((GENERATOR, drawn(GENERATOR, count, seed)), ("real, 32 → 64", scale(up))):
            for resizer in RESIZERS:
                note(f"{what} → 32: {resizer}", smaller(pictures, resizer))
        print(f"draw {seed + 1} of {draws}", flush=True)
    return found


def some(images: Tensor, count: int, seed: int) -> Tensor:
    """Return `count` pictures in an order that a seed permutes: CIFAR-10's copy is stored class by class in turn."""
    return images[torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))[:count]]


def drawn(name: str, count: int, seed: int) -> Tensor:
    """Return what a recorded generator draws."""
    generator = recorded.load_run(name).generator
    return draw(generator, latent.sample(count, generator.latent_dim, seed))


def page(results: dict) -> str:
    """Write the results as a page."""
    made = results["made"]
    lines = [
        "# The resizer",
        "",
        "Distances in the features of the shipped classifier of CIFAR-10 (160 numbers a picture, sum of its weights",
        f"{made['classifier']}), mean ± standard deviation over {made['draws']} draws of {made['count']:,} pictures.",
        f"Reference: {made['count']:,} test pictures of 32×32, never resized, permuted with seed 0. Real pictures are",
        "training pictures; at 64×64 they are no sharper than at 32×32, and cifar10_dcgan_64 was trained on such ones.",
        f"`{made['command']}`, {made['date']}, {made['minutes']} minutes, {made['machine']}.",
        f"Data: {made['data']}.",
        "",
        "| pictures | Fréchet distance | kernel distance |",
        "| --- | --- | --- |",
    ]
    for row, cells in results["rows"].items():
        lines.append(f"| {row} | {written(cells['frechet_distance'])} | {written(cells['kernel_distance'])} |")
    return "\n".join([*lines, "", *(f"* {line}" for line in findings(results["rows"]))]) + "\n"


def findings(rows: Measured) -> list[str]:
    """Say what holds in every draw, computed from the rows."""
    said = []
    for what in (GENERATOR, "real, 32 → 64"):
        means = {resizer: statistics.mean(rows[f"{what} → 32: {resizer}"]["frechet_distance"]) for resizer in RESIZERS}
        low, high = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
        said.append(
            f"{what}: Fréchet distance {written([means[low]])} by {low}, {written([means[high]])} by {high}, "
            f"{means[high] / means[low]:.1f} times as much."
        )
    beside = rows[f"{BESIDE}, 32×32"]["frechet_distance"]
    for resizer in RESIZERS:
        ours = rows[f"{GENERATOR} → 32: {resizer}"]["frechet_distance"]
        better = sum(a < b for a, b in zip(ours, beside, strict=True))
        said.append(
            f"By {resizer}, {GENERATOR} is nearer to the reference than {BESIDE} in {better} of {len(ours)} draws."
        )
    return said


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2_000, help="pictures on each side; default 2,000")
    parser.add_argument("--draws", type=int, default=5, help="draws of z, and sets of real pictures; default 5")
    options = parser.parse_args(arguments)
    start = time.perf_counter()
    rows = measure(options.count, options.draws)
    made = {
        "command": f"python -m benchmarks.resizers --count {options.count} --draws {options.draws}",
        "count": options.count,
        "draws": options.draws,
        "date": datetime.date.today().isoformat(),
        "minutes": round((time.perf_counter() - start) / 60, 1),
        "machine": f"{hardware()}, torch {torch.__version__}",
        "data": load_images("cifar10", "test").source,
        "classifier": recorded.card("cifar10_classifier")["sha256"]["weights.safetensors"][:12],
    }
    results = {"made": made, "rows": rows}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    RESULTS.with_suffix(".md").write_text(page(results), encoding="utf-8")
    print(page(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
