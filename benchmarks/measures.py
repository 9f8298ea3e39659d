"""How long the measures take, and how much memory: 10,000 points against 10,000, of 64 and of 512 numbers.

python -m benchmarks.measures                each measure in a process of its own; some minutes
python -m benchmarks.measures --count 2000   fewer points

It prints times and peak memory, and writes benchmarks/results/measures.md.
"""

import argparse
import datetime
import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from recording.files import hardware

RESULTS = Path(__file__).resolve().parent / "results" / "measures.md"
FEATURES = (64, 512)
MEASURES = ("precision and recall, and 1-NN", "kernel distance")
ASKED = "Asked on two cores of their own: under 20 s and 1,500 MB each."


def measure(name: str, count: int, features: int) -> tuple[float, float, float]:
    """Return seconds, processor seconds of all threads, and the peak memory of this process in MB."""
    from dcgan_course.evaluation.kernel import kernel_distance
    from dcgan_course.evaluation.neighbours import one_nearest_neighbour, precision_recall

    random = torch.Generator().manual_seed(0)
    real = torch.randn(count, features, generator=random)
    fake = torch.randn(count, features, generator=random) + 0.1
    works: dict[str, list[Callable[..., object]]] = {
        MEASURES[0]: [precision_recall, one_nearest_neighbour],
        MEASURES[1]: [kernel_distance],
    }
    start, used = time.perf_counter(), time.process_time()
    for work in works[name]:
        work(real, fake)
    return time.perf_counter() - start, time.process_time() - used, _peak() / 1e6


def _peak() -> float:
    """Return the most bytes that this process ever held, or holds now where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return float(psutil.Process().memory_info().rss)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(most * (1 if sys.platform == "darwin" else 1024))


def _child(pipe: Connection, name: str, count: int, features: int) -> None:
    pipe.send(measure(name, count, features))


def alone(name: str, count: int, features: int) -> tuple[float, float, float]:
    """Return what `measure` finds in a new process, whose peak is nobody else's."""
    here, there = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_child, args=(there, name, count, features))
    process.start()
    there.close()
    found = here.recv()
    process.join()
    return found


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000, help="points in each cloud")
    choice = parser.parse_args(arguments)
    rows = []
    for name in MEASURES:
        for features in FEATURES:
            seconds, used, megabytes = alone(name, choice.count, features)
            rows.append(f"| {name} | {features} | {seconds:.1f} | {used:.1f} | {megabytes:,.0f} |")
            print(f"{name}, {features} numbers a point: {seconds:.1f} s, of which the processor worked {used:.1f} s in")
            print(f"    all threads together; at most {megabytes:,.0f} MB in the process")
    command = f"python -m benchmarks.measures --count {choice.count}"
    lines = [
        "# Measures: time and memory",
        "",
        f"{choice.count:,} points against {choice.count:,}; one run each. {ASKED}",
        "Memory: the peak of a new process, with Python and torch in it. Other work makes the seconds longer,",
        "but hardly the processor seconds: on two free cores a measure takes from half of them to all.",
        f"`{command}`, {datetime.date.today()}, {hardware()}.",
        "",
        "| measure | numbers a point | seconds | processor seconds, all threads | MB at its highest |",
        "| --- | --- | --- | --- | --- |",
        *rows,
    ]
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
