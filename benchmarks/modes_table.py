"""Ring of 8 and grid of 25 under the published protocol: modes covered, high-quality share, reverse KL, ten runs.

python -m benchmarks.modes_table                     go on until 400 epochs are done, or until interrupted
python -m benchmarks.modes_table --minutes 75        stop after so many minutes; call it again to go on
python -m benchmarks.modes_report                    take what is there into the course, and write the tables

The protocol (Lin et al. 2018, PacGAN, and the program the authors published with it): 100,000 points a
run; G 2–400–400–400–400–2 with batch norm and ReLU, D 3×200 maxout-5; first weights N(0, 0.02); Adam 1e-4, β₁ 0.8;
batches of 100 packs, 1,000 steps an epoch, 400 epochs; both networks moved at once from the same fakes; 2,500 points
judged, batch norm in eval mode. `--width` divides both hidden widths, which is how a machine without a graphics card
gets anywhere. Every epoch is kept, so that the job can be cut at any time. On a GPU a step is a CUDA graph, and the
four rows are played side by side.
"""

import argparse
import contextlib
import datetime
import functools
import json
import os
import platform
import statistics
import sys
import time
from pathlib import Path

import torch
from torch.nn.functional import softplus

from dcgan_course.models import eval_mode
from dcgan_course.toy.mixtures import grid_of_25, ring_of_8
from dcgan_course.toy.modes import PROTOCOL_SAMPLES, count_modes
from dcgan_course.toy.point_networks import PointDiscriminators, PointGenerators, start_small
from dcgan_course.toy.points import pack
from recording.files import hardware

ROOT = Path(__file__).resolve().parent.parent
CHECKPOINTS = ROOT / "build" / "modes_table"
RESULTS = CHECKPOINTS / "results.json"

GPU = torch.cuda.is_available()
DEVICE = torch.device("cuda" if GPU else "cpu")
START_STEPS = 3  # before the graph: optimisers make their state
POINTS, BATCH, EPOCHS = 100_000, 100, 400
STEPS_AN_EPOCH = POINTS // BATCH
MIXTURES = {"ring": ring_of_8(), "grid": grid_of_25()}
CELLS = [("ring", 1), ("grid", 1), ("ring", 2), ("grid", 2)]
FRAME_EPOCHS = [0, 1, 2, 3, 5, 7, 10, 15, 20, 30, 40, 60, 80, 120, 160, 200, 300, 400]
FRAME_RUNS, FRAME_POINTS = 3, 150


class Cell:
    """Ten runs of one mixture with one packing, trained as one."""

    def __init__(self, name: str, packing: int, runs: int, width: int, seed: int = 0) -> None:
        self.name, self.packing, self.runs, self.width, self.seed = name, packing, runs, width, seed
        self.mixture = MIXTURES[name]
        own_seed = 1000 * seed + 10 * packing + (name == "grid")
        start = torch.Generator().manual_seed(own_seed)
        self.generators = PointGenerators(runs, hidden_dim=400 // width, generator=start)
        start_small(self.generators, start)
        self.discriminators = PointDiscriminators(runs, packing, hidden_dim=200 // width, generator=start)
        start_small(self.discriminators, start)
        self.generators.to(DEVICE)
        self.discriminators.to(DEVICE)
        self.generator_parameters = list(self.generators.parameters())
        self.discriminator_parameters = list(self.discriminators.parameters())
        adam = functools.partial(torch.optim.Adam, lr=1e-4, betas=(0.8, 0.999), fused=True, capturable=GPU)
        self.generator_optimizer = adam(self.generator_parameters)
        self.discriminator_optimizer = adam(self.discriminator_parameters)
        self.points = self.mixture.sample((runs, POINTS), start).to(DEVICE)  # fixed for the whole run
        self.random = torch.Generator(DEVICE).manual_seed(own_seed) if GPU else start  # of the steps
        self.answers = torch.zeros(2, runs, device=DEVICE)  # D's to reals and fakes, added up over an epoch
        self.graph: torch.cuda.CUDAGraph | None = None
        self.step = 0
        self.history: list[dict] = []
        self.frames: list[dict] = []

    @property
    def key(self) -> str:
        return f"{self.name}_packing_{self.packing}"

    def real(self) -> torch.Tensor:
        index = torch.randint(POINTS, (self.runs, BATCH * self.packing, 1), generator=self.random, device=DEVICE)
        return pack(self.points.gather(1, index.expand(-1, -1, 2)), self.packing)

    def move(self) -> None:
        """Move both networks of every run once, from the same fakes; add up D's answers to real and fake."""
        z = torch.randn(self.runs, BATCH * self.packing, 2, generator=self.random, device=DEVICE)
        fake = pack(self.generators(z), self.packing)
        shown = fake.detach().requires_grad_(True)
        logits = self.discriminators(torch.cat([self.real(), shown], dim=1))
        real_logits, fake_logits = logits.split(BATCH, dim=1)
        generator_loss = softplus(-fake_logits).mean(dim=1).sum()  # a sum over runs: each gets its own gradient
        discriminator_loss = softplus(-real_logits).mean(dim=1).sum() + softplus(fake_logits).mean(dim=1).sum()
        (at_fake,) = torch.autograd.grad(generator_loss, shown, retain_graph=True)
        gradients = torch.autograd.grad(discriminator_loss, self.discriminator_parameters)
        gradients += torch.autograd.grad(fake, self.generator_parameters, at_fake)
        for parameter, gradient in zip(
            self.discriminator_parameters + self.generator_parameters, gradients, strict=True
        ):
            parameter.grad = gradient
        self.discriminator_optimizer.step()
        self.generator_optimizer.step()
        self.answers += torch.stack([real_logits, fake_logits]).detach().sigmoid().mean(dim=2)

    @torch.no_grad()
    def judge(self, p_real: torch.Tensor, p_fake: torch.Tensor, seconds: float) -> None:
        """Draw 2,500 points of every run, with a random source of their own, and write down what they show."""
        source = torch.Generator().manual_seed(self.step + 7)
        with eval_mode(self.generators):
            points = self.generators(torch.randn(self.runs, PROTOCOL_SAMPLES, 2, generator=source).to(DEVICE)).cpu()
        reports = [count_modes(cloud, self.mixture) for cloud in points]
        epoch = self.step // STEPS_AN_EPOCH
        self.history.append(
            {
                "epoch": epoch,
                "modes": [report.modes for report in reports],
                "high_quality": [round(report.high_quality, 4) for report in reports],
                "reverse_kl": [round(report.reverse_kl, 4) for report in reports],
                "p_real": [round(float(p), 4) for p in p_real],
                "p_fake": [round(float(p), 4) for p in p_fake],
                "seconds": round(seconds, 1),
            }
        )
        if epoch in FRAME_EPOCHS:
            some = points[:FRAME_RUNS, :FRAME_POINTS].tolist()
            self.frames.append({"epoch": epoch, "points": [[[round(v, 2) for v in p] for p in c] for c in some]})

    def next_step(self) -> None:
        """Play one step; on a GPU the first three one kernel at a time, the others as a CUDA graph."""
        if not GPU or self.step < START_STEPS:
            self.move()
        elif self.graph is None:
            self.graph = self.recorded()
            self.graph.replay()
            torch.cuda.synchronize()
        else:
            self.graph.replay()
        self.step += 1

    def recorded(self) -> torch.cuda.CUDAGraph:
        """Return what a step asks the GPU for; nothing is computed."""
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(self.random)
        torch.cuda.synchronize()
        with torch.cuda.graph(graph):
            self.move()
        return graph

    def save(self) -> None:
        CHECKPOINTS.mkdir(parents=True, exist_ok=True)
        path = CHECKPOINTS / f"{self.key}_width_{self.width}_runs_{self.runs}.pt"
        parts = {name: getattr(self, name).state_dict() for name in self._parts}
        parts |= {"random": self.random.get_state(), "step": self.step}
        parts["record"] = json.dumps({"history": self.history, "frames": self.frames})
        torch.save(parts, path.with_suffix(".new"))
        os.replace(path.with_suffix(".new"), path)

    _parts = ("generators", "discriminators", "generator_optimizer", "discriminator_optimizer")

    def load(self) -> None:
        """Go on from the last epoch that was kept, if there is one."""
        path = CHECKPOINTS / f"{self.key}_width_{self.width}_runs_{self.runs}.pt"
        if not path.exists():
            return
        parts = torch.load(path, weights_only=True)
        for name in self._parts:
            getattr(self, name).load_state_dict(parts[name])
        self.random.set_state(parts["random"])
        self.step = parts["step"]
        record = json.loads(parts["record"])
        self.history, self.frames = record["history"], record["frames"]


def play_epoch(cells: list[Cell]) -> None:
    """Train one epoch of cells, side by side on a GPU; the answers written down are means over it."""
    start = time.perf_counter()
    streams = [torch.cuda.Stream() for _ in cells] if GPU else []
    if GPU:
        torch.cuda.synchronize()
    for _ in range(STEPS_AN_EPOCH):
        for place, cell in enumerate(cells):
            with torch.cuda.stream(streams[place]) if GPU and cell.graph is not None else contextlib.nullcontext():
                cell.next_step()
    if GPU:
        torch.cuda.synchronize()
    seconds = time.perf_counter() - start
    for cell in cells:
        p_real, p_fake = cell.answers / STEPS_AN_EPOCH
        cell.judge(p_real, p_fake, seconds / len(cells))
        cell.answers.zero_()


def write_results(cells: list[Cell], width: int, runs: int) -> None:
    """Write everything measured so far as JSON; benchmarks.modes_report takes it into the course."""
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    facts = {
        "what": "ring of 8 and grid of 25, GAN and PacGAN of two points a pack",
        "date": datetime.date.today().isoformat(),
        "torch": torch.__version__,
        "machine": f"{platform.machine()}, {os.cpu_count()} CPU cores, 1 thread, shared with other work"
        if not GPU
        else hardware(),
        "command": f"python -m benchmarks.modes_table --width {width} --runs {runs}",
        "seed": 0,
        "runs": runs,
        "generator_hidden": 400 // width,
        "discriminator_hidden": 200 // width,
        "steps_an_epoch": STEPS_AN_EPOCH,
        "published_epochs": EPOCHS,
        "samples_judged": PROTOCOL_SAMPLES,
        "cells": {
            cell.key: {"mixture": cell.name, "packing": cell.packing, "history": cell.history, "frames": cell.frames}
            for cell in cells
        },
    }
    path = RESULTS.with_suffix(".new")
    path.write_text(json.dumps(facts, separators=(",", ":")) + "\n", encoding="utf-8")
    os.replace(path, RESULTS)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after the epoch in which they end")
    parser.add_argument("--width", type=int, default=4, help="divide both hidden widths by this")
    parser.add_argument("--runs", type=int, default=10)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    cells = [Cell(name, packing, options.runs, options.width) for name, packing in CELLS]
    for cell in cells:
        cell.load()
        if not cell.history:
            cell.judge(torch.full((options.runs,), 0.5), torch.full((options.runs,), 0.5), 0.0)
    end = time.monotonic() + 60 * options.minutes
    while time.monotonic() < end and any(cell.step < EPOCHS * STEPS_AN_EPOCH for cell in cells):
        least = min(cells, key=lambda cell: cell.step)  # all four stay equally long
        played = cells if GPU else [least]
        play_epoch(played)
        for cell in played:
            cell.save()
            last = cell.history[-1]
            print(
                f"{cell.key} epoch {last['epoch']}: modes {statistics.mean(last['modes']):.1f}, "
                f"high quality {statistics.mean(last['high_quality']):.1%}, "
                f"reverse KL {statistics.mean(last['reverse_kl']):.2f}, {last['seconds']:.1f} s",
                flush=True,
            )
        write_results(cells, options.width, options.runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
