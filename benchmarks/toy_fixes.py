"""Ring and grid with each fix of lesson 11: modes, quality, reverse KL, beside what chance alone gives.

python -m benchmarks.toy_fixes                  every game, every row: about 40 minutes of one thread
python -m benchmarks.toy_fixes --game ring      one game; rows that are there already are left as they are
python -m benchmarks.toy_fixes --report         only take what is there into the course, and write the tables

Eight runs a row, trained as one. The small networks of lesson 05: G 2–64–64–2 without batch norm, D of two maxout
layers of 64; Adam with β₁ 0.5, 100 points (or packs) a step, one step of D for one of G unless the row says more.
Nothing was tuned for any row.
"""

import argparse
import copy
import datetime
import json
import math
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.toy_fixes_report import ROOT, write_report
from dcgan_course.toy.flow import PointFlows
from dcgan_course.toy.mixtures import PointMixture, grid_of_25, ring_of_8
from dcgan_course.toy.modes import PROTOCOL_SAMPLES, chance_clouds, count_modes
from dcgan_course.toy.point_networks import PointDiscriminators, PointGenerators
from dcgan_course.toy.points import GameSettings, ManyGans

RESULTS = ROOT / "build" / "toy_fixes" / "results.json"
RUNS, SEED, DECAY = 8, 0, 0.99
LOOK_EVERY = 100  # steps between two counts of modes in the last half
SHOWN = 200  # points of the first run that are kept for a figure


@dataclass(frozen=True)
class Row:
    """One fix: what it changes in the settings of a game, and in its discriminators."""

    settings: Callable[[float], dict[str, Any]] = lambda rate: {}  # of D's learning rate
    packing: int = 1
    batch_deviation: bool = False
    spectral_norm: bool = False
    falling_rates: bool = False
    control: str = "plain"


ROWS = {
    "plain": Row(),
    "plain, twice the points": Row(lambda rate: {"batch_size": 200}),
    "packs of two": Row(packing=2, control="plain, twice the points"),
    "batch deviation": Row(batch_deviation=True),
    "plain, rates fall to 0": Row(falling_rates=True),
    "D four times as fast": Row(lambda rate: {"discriminator_learning_rate": 4 * rate}),
    "least squares": Row(lambda rate: {"loss": "least_squares"}),
    "hinge": Row(lambda rate: {"loss": "hinge"}),
    "relativistic": Row(lambda rate: {"loss": "relativistic"}),
    "R1 (γ 0.1)": Row(lambda rate: {"penalty": "r1", "penalty_weight": 0.1}),
    "R1 and R2 (γ 0.1)": Row(lambda rate: {"penalty": "r1_r2", "penalty_weight": 0.1}),
    "relativistic, R1 and R2 (γ 0.1)": Row(
        lambda rate: {"loss": "relativistic", "penalty": "r1_r2", "penalty_weight": 0.1}, control="relativistic"
    ),
    "Wasserstein, clipped (0.05)": Row(lambda rate: {"loss": "wasserstein", "penalty": "clip", "penalty_weight": 0.05}),
    "Wasserstein, gradient penalty (λ 10)": Row(
        lambda rate: {"loss": "wasserstein", "penalty": "gradient", "penalty_weight": 10.0}
    ),
    "Wasserstein, gradient penalty, k = 5": Row(
        lambda rate: {
            "loss": "wasserstein",
            "penalty": "gradient",
            "penalty_weight": 10.0,
            "discriminator_steps": 5,
        }
    ),
    "hinge, spectral norm": Row(lambda rate: {"loss": "hinge"}, spectral_norm=True, control="hinge"),
    "unrolled, 5 steps": Row(lambda rate: {"unrolled_steps": 5}),
}
DEAR = tuple(ROWS)[-4:] + tuple(name for name in ROWS if "R2" in name)  # they take up to six times as long
AVERAGED = "plain, G averaged"  # the same runs as "plain", drawn from the mean of G's weights
FLOW = "no game: flow matching"  # 8,000 steps of 256 points; its rate was the best of four that were tried, and falls
ORDER = (FLOW, "plain", AVERAGED, *(name for name in ROWS if name != "plain"))


@dataclass(frozen=True)
class Game:
    """One kind of game: its points, how many steps, D's learning rate, and the rows that are too dear for it."""

    name: str
    mixture: PointMixture
    steps: int
    discriminator_rate: float
    left_out: tuple[str, ...] = ()


GAMES = {
    "ring": Game("ring of 8, equal rates", ring_of_8(), 3000, 1e-3),
    "slow_d": Game("ring of 8, D five times slower", ring_of_8(), 1200, 2e-4),
    "grid": Game("grid of 25, equal rates", grid_of_25(), 3000, 1e-3, DEAR),
}


def build(row: Row, game: Game, runs: int) -> ManyGans:
    """Make both networks and the game; G's first weights are the same in every row."""
    random = torch.Generator().manual_seed(SEED)
    generators = PointGenerators(runs, 2, 64, 2, batch_norm=False, generator=random)
    discriminators = PointDiscriminators(
        runs,
        row.packing,
        64,
        2,
        2,
        batch_deviation=row.batch_deviation,
        spectral_norm=row.spectral_norm,
        generator=random,
    )
    rate = game.discriminator_rate
    settings = {"discriminator_learning_rate": rate, "seed": SEED, **row.settings(rate)}
    return ManyGans(generators, discriminators, game.mixture, GameSettings(**settings))


def judge(clouds: Tensor, mixture: PointMixture) -> dict[str, list]:
    """Return the measures of clouds (M, N, 2), a list of M each."""
    reports = [count_modes(cloud, mixture) for cloud in clouds]
    return {
        "modes": [report.modes for report in reports],
        "high_quality": [round(report.high_quality, 4) for report in reports],
        "reverse_kl": [round(report.reverse_kl, 4) for report in reports],
    }


def some(cloud: Tensor) -> list[list[float]]:
    return [[round(value, 3) for value in point] for point in cloud[:SHOWN].tolist()]


def train(name: str, game: Game, steps: int, runs: int) -> dict[str, dict]:
    """Train one row; return its record, and for "plain" also that of the averaged generators."""
    games = build(ROWS[name], game, runs)
    averaged = copy.copy(games)
    averaged.generators = copy.deepcopy(games.generators)
    mean: list[Tensor] = list(averaged.generators.parameters())
    last: list[Tensor] = list(games.generators.parameters())
    fewest = [game.mixture.modes] * runs
    start = time.process_time()
    for step in range(1, steps + 1):
        if ROWS[name].falling_rates:
            share = (1 + math.cos(math.pi * (step - 1) / steps)) / 2
            for optimizer in (games.generator_optimizer, games.discriminator_optimizer):
                optimizer.param_groups[0]["lr"] = share * optimizer.defaults["lr"]
        games.step()
        if name == "plain":
            with torch.no_grad():
                torch._foreach_lerp_(mean, last, 1 - DECAY)
        if step > steps // 2 and step % LOOK_EVERY == 0:
            found = judge(games.points(PROTOCOL_SAMPLES), game.mixture)["modes"]
            fewest = [min(pair) for pair in zip(fewest, found, strict=True)]
    seconds = round(time.process_time() - start, 1)
    records = {}
    for key, each in [(name, games)] + ([(AVERAGED, averaged)] if name == "plain" else []):
        points = each.points(PROTOCOL_SAMPLES)
        records[key] = {**judge(points, game.mixture), "control": ROWS[name].control, "points": some(points[0])}
    return {name: {**records.pop(name), "fewest_modes_in_last_half": fewest, "cpu_seconds": seconds}, **records}


def train_flow(game: Game, runs: int, shorter: int) -> dict[str, Any]:
    """Train flow matching on the same points with the same networks; return its record."""
    start = time.process_time()
    points = PointFlows(runs, game.mixture, seed=SEED).train(8000 // shorter).points(PROTOCOL_SAMPLES)
    seconds = round(time.process_time() - start, 1)
    return {**judge(points, game.mixture), "control": "plain", "points": some(points[0]), "cpu_seconds": seconds}


def chance(game: Game, runs: int) -> dict[str, dict]:
    """Judge clouds that know nothing of the modes: what a row must beat before it has learned them.

    The discs and squares know where the points lie about, the circle knows the ring, the untrained G knows nothing.
    """
    random = torch.Generator().manual_seed(SEED)
    drawn = chance_clouds(game.mixture, (runs, PROTOCOL_SAMPLES), random)
    clouds = {f"chance: {name}": cloud for name, cloud in drawn.items()}
    clouds["chance: G untrained"] = build(ROWS["plain"], game, runs).points(PROTOCOL_SAMPLES)
    return {name: {**judge(cloud, game.mixture), "points": some(cloud[0])} for name, cloud in clouds.items()}


def main(arguments: list[str] | None = None, results: Path = RESULTS) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--game", choices=list(GAMES), help="only this one")
    parser.add_argument("--report", action="store_true", help="train nothing, write the tables")
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--shorter", type=int, default=1, help="divide the steps by this, to try it out")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    table = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {"games": {}}
    table |= {
        "what": "ring of 8 and grid of 25: each fix of lesson 11, and chance",
        "date": datetime.date.today().isoformat(),
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores, 1 thread, shared with other work",
        "command": "python -m benchmarks.toy_fixes",
        "runs": options.runs,
        "seed": SEED,
        "samples_judged": PROTOCOL_SAMPLES,
    }
    for key, game in GAMES.items():
        if options.report or options.game not in (None, key):
            continue
        steps = game.steps // options.shorter
        found = table["games"].setdefault(key, {"name": game.name, "steps": steps, "rows": {}})
        found["chance"] = chance(game, options.runs)
        if FLOW not in found["rows"] and key != "slow_d":
            found["rows"][FLOW] = train_flow(game, options.runs, options.shorter)
        for name in ROWS:
            if name in found["rows"] or name in game.left_out:
                continue
            made = found["rows"] | train(name, game, steps, options.runs)
            found["rows"] = {key: made[key] for key in ORDER if key in made}
            row = found["rows"][name]
            print(f"{game.name}, {name}: modes {row['modes']}, quality {row['high_quality']}", flush=True)
            results.parent.mkdir(parents=True, exist_ok=True)
            fresh = results.with_suffix(".new")
            fresh.write_text(json.dumps(table, separators=(",", ":")) + "\n", encoding="utf-8")
            os.replace(fresh, results)
    if options.shorter == 1:
        write_report(table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
