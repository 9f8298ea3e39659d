"""How much memory does a class take on one machine? Kernels of a lesson, side by side, each run to its end.

python -m benchmarks.kernels     some minutes; writes benchmarks/results/kernels.md

Kernels share what they only read, so their memory is counted in proportion: a page that three hold counts a third for
each (PSS, which Linux says). What one more kernel takes is the slope over the numbers of kernels; thirty are a straight
line from there, not a measurement.
"""

import argparse
import datetime
import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "kernels.md"
LESSONS = ("04_gan_on_mnist", "08_walking_in_latent_space")
NUMBERS = (1, 2, 4)
CLASS = 30
# One learner: a kernel that runs a lesson to its end, says its process, and stays until the line is closed.
LEARNER = """
import sys
import nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
client = NotebookClient(notebook, timeout=900, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}})
with client.setup_kernel():
    for index, cell in enumerate(notebook.cells):
        client.execute_cell(cell, index)
    print(client.km.provisioner.pid, flush=True)
    sys.stdin.read()
"""


def proportional_mb(process: int) -> float:
    """Return the memory of a process in MB, of what it shares its share."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    raise RuntimeError("This system does not say how memory is shared: Linux does.")


def memory(lesson: str, kernels: int) -> list[float]:
    """Run a lesson in so many kernels at once; return the memory of each at its end, in MB."""
    environment = os.environ | {"DCGAN_COURSE_BUDGET": "smoke", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    notebook = ROOT / "notebooks" / f"{lesson}.ipynb"
    command = [sys.executable, "-c", LEARNER, str(notebook), str(notebook.parent)]
    learners = [
        subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(kernels)
    ]
    try:
        processes = [int(json.loads(learner.stdout.readline())) for learner in learners if learner.stdout]
        return [proportional_mb(process) for process in processes]
    finally:
        for learner in learners:
            learner.communicate(timeout=120)  # closes its line: it ends, and its kernel with it


def slope_and_start(totals: dict[int, float]) -> tuple[float, float]:
    """Return what one more kernel takes and what the first takes besides, in MB: a straight line by least squares."""
    x = torch.tensor([[float(kernels), 1.0] for kernels in totals], dtype=torch.float64)
    y = torch.tensor(list(totals.values()), dtype=torch.float64)
    slope, start = torch.linalg.lstsq(x, y[:, None]).solution.flatten().tolist()
    return slope, start


def page(found: dict[str, dict[int, float]]) -> str:
    """Return the page: totals in MB for each number of kernels, and the line from there to a class."""
    head = " | ".join(str(number) for number in NUMBERS)
    rows = [
        "# Memory of a class on one machine",
        "",
        f"`python -m benchmarks.kernels`: lessons in the `smoke` budget, one thread a kernel; {datetime.date.today()}, "
        f"torch {torch.__version__}, {os.cpu_count()} CPU cores ({platform.machine()}). Proportional memory (PSS) of "
        f"the kernels alone at the end of the lesson, in MB; the column for {CLASS} is a line, not a measurement.",
        "",
        f"| lesson | {head} | one more kernel | {CLASS}, by the line |",
        "|---" * (len(NUMBERS) + 3) + "|",
    ]
    for lesson, totals in found.items():
        slope, start = slope_and_start(totals)
        measured = " | ".join(f"{total:,.0f}" for total in totals.values())
        rows.append(f"| {lesson} | {measured} | {slope:,.0f} | {start + CLASS * slope:,.0f} |")
    return "\n".join(rows) + "\n"


def main() -> None:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    found: dict[str, dict[int, float]] = {lesson: {} for lesson in LESSONS}
    for lesson in LESSONS:
        for kernels in NUMBERS:
            each = memory(lesson, kernels)
            found[lesson][kernels] = sum(each)
            print(f"{lesson}, {kernels} kernels: {', '.join(f'{mb:.0f}' for mb in each)} MB", flush=True)
    RESULTS.write_text(page(found), encoding="utf-8")
    print(RESULTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
