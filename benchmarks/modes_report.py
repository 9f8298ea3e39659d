"""Tables for readers from the long run, and how much stacking saves.

python -m benchmarks.modes_report           write benchmarks/results/modes_table.md from what is there
python -m benchmarks.modes_report --time    first measure ten runs as one beside ten separate runs, a minute or two
"""

import argparse
import json
import statistics
import sys
import time

import torch

from benchmarks.modes_table import RESULTS, ROOT, Cell
from dcgan_course import recorded
from recording.files import write_sums

SHIPPED = recorded.FOLDER / "modes_table"
REPORT = ROOT / "benchmarks" / "results" / "modes_table.md"
TIMES = SHIPPED / "stacking.json"
PUBLISHED = {  # Lin et al. 2018, table 1: modes, high-quality %, reverse KL; spreads where the course knows them
    "ring_packing_1": ("6.3 ± 0.5", "98.2", "0.45"),
    "ring_packing_2": ("7.9", "95.6", "0.07"),
    "grid_packing_1": ("17.3 ± 0.8", "94.8", "0.70"),
    "grid_packing_2": ("23.8", "91.3", "0.13"),
}
NAMES = {
    "ring_packing_1": "ring of 8, GAN",
    "ring_packing_2": "ring of 8, packs of 2",
    "grid_packing_1": "grid of 25, GAN",
    "grid_packing_2": "grid of 25, packs of 2",
}
ON_THE_CARD = ("what", "date", "torch", "machine", "command", "seed", "runs")
WIDTHS = (1, 4, 8)  # hidden widths 400 and 200 divided by these
ROUNDS = 5


def measure_stacking(runs: int = 10) -> dict:
    """Time steps of ten runs as one and of ten separate runs in turn; ratios of processor time, one thread."""
    torch.set_num_threads(1)
    ratios = {}
    for width in WIDTHS:
        together = Cell("ring", 1, runs, width)
        apart = [Cell("ring", 1, 1, width, seed) for seed in range(runs)]
        steps = {1: 2, 4: 10, 8: 20}[width]
        for cell in [together, *apart]:
            cell.move()
        found = []
        for _ in range(ROUNDS):
            start = time.process_time()
            for _ in range(steps):
                together.move()
            middle = time.process_time()
            for cell in apart:
                for _ in range(steps):
                    cell.move()
            found.append((time.process_time() - middle) / (middle - start))
        ratios[str(width)] = [round(ratio, 2) for ratio in found]
        ratio = statistics.median(found)
        print(f"hidden widths {400 // width} and {200 // width}: ten separate runs take {ratio:.2f} times as long")
    return {"runs": runs, "rounds": ROUNDS, "ratio_apart_to_together": ratios}


def spread(values: list[float]) -> str:
    """Write mean ± standard deviation."""
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.2f} ± {deviation:.2f}"


def write_report() -> None:
    """Write the tables as Markdown: ours beside the published ones, run by run, and what was cut."""
    if RESULTS.exists():
        (SHIPPED / "results.json").write_bytes(RESULTS.read_bytes())
    facts = json.loads((SHIPPED / "results.json").read_text(encoding="utf-8"))  # sums come at the end
    epochs = min(cell["history"][-1]["epoch"] for cell in facts["cells"].values())
    lines = [
        "# Ring of 8 and grid of 25: the published protocol, and how far this course got",
        "",
        f"* Date {facts['date']}, torch {facts['torch']}, {facts['machine']}.",
        f"* Command: `{facts['command']}`. Seed {facts['seed']}; the {facts['runs']} runs of a row differ in first "
        "weights, points and z, and are trained as one program.",
        f"* **What was cut:** {epochs} of {facts['published_epochs']} epochs; hidden widths "
        f"{facts['generator_hidden']} instead of 400 in G and {facts['discriminator_hidden']} instead of 200 in D.",
        "* Everything else is the protocol: layers, maxout of 5, first weights N(0, 0.02), Adam 1e-4 with β₁ 0.8, 100 "
        "packs a step, both networks moved at once, 1,000 steps an epoch, 100,000 points a run, 2,500 points judged.",
        "* **Two smaller deviations:** the real points of a step are drawn anew from the 100,000 (an epoch does not "
        "show each of them once), and the points of one pack pass the generator's batch norm together, as one batch.",
        "",
        f"Mean ± standard deviation over {facts['runs']} runs after epoch {epochs}. Published: Lin et al. 2018, table "
        "1.",
        "",
        "| | modes, here | published | high quality %, here | published | reverse KL, here | published |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for key, name in NAMES.items():
        last = next(entry for entry in facts["cells"][key]["history"] if entry["epoch"] == epochs)
        good = [100 * share for share in last["high_quality"]]
        ours = [spread(values) for values in (last["modes"], good, last["reverse_kl"])]
        theirs = PUBLISHED[key]
        lines.append(f"| {name} | " + " | ".join(f"{a} | {b}" for a, b in zip(ours, theirs, strict=True)) + " |")
    lines += ["", "## By epoch (means over runs: modes, high quality, reverse KL)", ""]
    lines += ["| epoch | " + " | ".join(NAMES.values()) + " |", "| --- " * 5 + "|"]
    for epoch in range(epochs + 1):
        row = []
        for key in NAMES:
            entry = facts["cells"][key]["history"][epoch]
            means = [statistics.mean(entry[name]) for name in ("modes", "high_quality", "reverse_kl")]
            row.append(f"{means[0]:.1f}, {means[1]:.1%}, {means[2]:.2f}")
        lines.append(f"| {epoch} | " + " | ".join(row) + " |")
    if TIMES.exists():
        times = json.loads(TIMES.read_text(encoding="utf-8"))["ratio_apart_to_together"]
        lines += ["", "## Ten runs as one beside ten separate runs", ""]
        lines += ["Processor time of ten separate trainings divided by that of one stacked training, same steps, one"]
        lines += ["thread, five rounds in turn (`python -m benchmarks.modes_report --time`):", ""]
        for width, found in times.items():
            lines.append(
                f"* hidden widths {400 // int(width)} and {200 // int(width)}: {statistics.median(found):.2f} "
                f"({min(found):.2f} to {max(found):.2f})"
            )
        lines += ["", "Stacking saves calls, not arithmetic: the smaller the networks, the more it saves."]
    write_sums(SHIPPED, {key: facts[key] for key in ON_THE_CARD})
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{REPORT.name}: {epochs} epochs")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time", action="store_true", help="measure what stacking saves")
    options = parser.parse_args(arguments)
    if options.time:
        TIMES.write_text(json.dumps(measure_stacking()) + "\n", encoding="utf-8")
    write_report()
    return 0


if __name__ == "__main__":
    sys.exit(main())
