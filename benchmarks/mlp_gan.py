"""How fast is `train`, beside the loop that most tutorials show, and how much memory does each lesson need?

DCGAN_COURSE_DATA=… python -m benchmarks.mlp_gan                  both; writes benchmarks/results/mlp_gan.json and .md
DCGAN_COURSE_DATA=… python -m benchmarks.mlp_gan --only memory    one of them
DCGAN_COURSE_DATA=… python -m benchmarks.mlp_gan --only memory --lessons 06 07    of some lessons; keeps the other rows

Both loops train the same MLP networks on the same 20,000 MNIST pictures with batches of 200. They take turns, so
that a machine that slows down slows both. The textbook loop: DataLoader over torchvision's MNIST with ToTensor and
Normalize, `.item()` on every loss.
"""

import argparse
import datetime
import json
import os
import statistics
import sys
import time
from pathlib import Path

import nbformat
import torch
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, Dataset, Subset

from dcgan_course.data import load_images
from dcgan_course.models import MLPDiscriminator, MLPGenerator
from dcgan_course.training import TrainConfig, train

ROOT = Path(__file__).resolve().parent.parent
PICTURES, BATCH, ROUNDS = 20_000, 200, 5
ALLOWED_MB, ASKED_RATIO = 700, 2.5
RESULTS = ROOT / "benchmarks" / "results" / "mlp_gan.json"


def networks() -> tuple[MLPGenerator, MLPDiscriminator]:
    """Build the same pair at each call."""
    torch.manual_seed(0)
    return MLPGenerator(), MLPDiscriminator()


def textbook(dataset: Dataset) -> float:
    """Train one epoch as tutorials do; return seconds."""
    generator, discriminator = networks()
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-4)
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-4)
    ones, zeros = torch.ones(BATCH), torch.zeros(BATCH)
    losses = []
    start = time.perf_counter()
    for real, _ in DataLoader(dataset, batch_size=BATCH, shuffle=True):
        fake = generator(torch.randn(BATCH, 100))
        d_loss = binary_cross_entropy_with_logits(discriminator(real), ones)
        d_loss = d_loss + binary_cross_entropy_with_logits(discriminator(fake.detach()), zeros)
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        g_loss = binary_cross_entropy_with_logits(discriminator(generator(torch.randn(BATCH, 100))), ones)
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
        losses.append((d_loss.item(), g_loss.item()))
    return time.perf_counter() - start


def ours(images: torch.Tensor) -> float:
    """Train one epoch with `train`; return seconds."""
    start = time.perf_counter()
    train(*networks(), images, TrainConfig(epochs=1, batch_size=BATCH), progress=False)
    return time.perf_counter() - start


def measure_speed() -> dict:
    """Run both in turns and return images per second, and the ratio round by round."""
    from torchvision import datasets, transforms

    steps = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    dataset = Subset(datasets.MNIST(os.environ["DCGAN_COURSE_DATA"], transform=steps), range(PICTURES))
    images = load_images("mnist").images[:PICTURES]
    ours(images[:2000])  # warm up
    plain, fast = [], []
    for number in range(1, ROUNDS + 1):
        plain.append(PICTURES / textbook(dataset))
        fast.append(PICTURES / ours(images))
        ratio = fast[-1] / plain[-1]
        print(f"round {number}: textbook {plain[-1]:,.0f}, train {fast[-1]:,.0f} images/s, ratio {ratio:.2f}")
    ratios = [a / b for a, b in zip(fast, plain, strict=True)]
    return {
        "textbook_images_per_second_median": round(statistics.median(plain)),
        "train_images_per_second_median": round(statistics.median(fast)),
        "ratio_median": round(statistics.median(ratios), 2),
        "ratio_smallest": round(min(ratios), 2),
        "ratio_largest": round(max(ratios), 2),
        "rounds": ROUNDS,
        "pictures": PICTURES,
    }


MEASURE = """
import json as _json, resource as _resource, sys as _sys
import psutil as _psutil
_peak = _resource.getrusage(_resource.RUSAGE_SELF).ru_maxrss * (1 if _sys.platform == "darwin" else 1024)
print("MEMORY " + _json.dumps([_psutil.Process().memory_info().rss, _peak]))
"""


def kernel_memory(notebook: nbformat.NotebookNode) -> tuple[float, float]:
    """Run a notebook in a fresh kernel; return its memory at the end and at its highest, in MB."""
    from authoring.notebooks import run

    notebook.cells.append(nbformat.v4.new_code_cell(MEASURE))
    run(notebook, ROOT / "notebooks")
    text = "".join(out.get("text", "") for out in notebook.cells[-1].outputs)
    return tuple(number / 2**20 for number in json.loads(text.split("MEMORY ")[1]))


def measure_memory(wanted: list[str]) -> dict:
    """Return the memory of a kernel after each wanted lesson, in MB above a kernel that imported torch."""
    from authoring.notebooks import from_script, number_of, scripts

    base, base_peak = kernel_memory(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import torch")]))
    print(f"a kernel that imported torch: {base:.0f} MB")
    found = {}
    for script in scripts("lessons"):
        if wanted and number_of(script) not in wanted:
            continue
        after, peak = kernel_memory(from_script(script))
        made = {"date": datetime.date.today().isoformat()}
        found[script.stem] = {"after_mb": round(after - base), "peak_mb": round(peak - base_peak)} | made
        print(f"{script.stem}: {after - base:.0f} MB more at the end, {peak - base_peak:.0f} MB more at its highest")
    return found


def in_words(speed: dict) -> str:
    """Write the ratio with its spread."""
    return f"median {speed['ratio_median']}, from {speed['ratio_smallest']} to {speed['ratio_largest']}"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("speed", "memory"), help="measure one of them and keep the other's figures")
    parser.add_argument("--lessons", nargs="*", default=[], help="their numbers: measure the memory of these only")
    options = parser.parse_args(arguments)
    os.environ.setdefault("DCGAN_COURSE_BUDGET", "cpu")
    facts = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    command = "python -m benchmarks.mlp_gan" + (f" --only {options.only}" if options.only else "")
    command += f" --lessons {' '.join(options.lessons)}" if options.lessons else ""
    made = {
        "command": command,
        "date": datetime.date.today().isoformat(),
        "machine": f"{os.cpu_count()} CPU cores, torch {torch.__version__}, {torch.get_num_threads()} threads",
        "data": "MNIST",
    }
    if options.only != "memory":
        facts["speed"] = measure_speed() | made
        print(f"ratio: {in_words(facts['speed'])}")
    if options.only != "speed":
        before = facts.get("memory", {}).get("above_import_torch", {}) if options.lessons else {}
        rows = dict(sorted((before | measure_memory(options.lessons)).items()))
        facts["memory"] = made | {"budget": os.environ["DCGAN_COURSE_BUDGET"], "above_import_torch": rows}
    write_results(facts)
    slow = facts.get("speed", {}).get("ratio_median", ASKED_RATIO) < ASKED_RATIO
    rows = facts.get("memory", {}).get("above_import_torch", {})
    large = [name for name, row in rows.items() if row["after_mb"] > ALLOWED_MB]
    if slow or large:
        print(f"NOT MET: asked are a ratio of {ASKED_RATIO} and at most {ALLOWED_MB} MB; too large: {large or 'none'}")
    return int(slow or bool(large))


def made_by(part: dict) -> str:
    """Write how a part of the figures was made."""
    return f"`{part['command']}`, {part['date']}, {part['machine']}, {part['data']}."


def write_results(facts: dict) -> None:
    """Store the figures for programs and as a page."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    lines = ["# MLP GAN: speed and memory", ""]
    if speed := facts.get("speed"):
        lines += [
            f"One epoch of {speed['pictures']:,} pictures in batches of {BATCH}, {speed['rounds']} rounds in turns.",
            made_by(speed),
            "",
            "| loop | images per second, median |",
            "| --- | --- |",
            f"| textbook | {speed['textbook_images_per_second_median']:,} |",
            f"| `train` | {speed['train_images_per_second_median']:,} |",
            "",
            f"Ratio, round by round: {in_words(speed)}. Asked: at least {ASKED_RATIO}.",
            "",
        ]
    if memory := facts.get("memory"):
        lines += [
            "Memory of a kernel after each lesson, above one that only imported torch. "
            f"Budget `{memory['budget']}`; asked: at most {ALLOWED_MB} MB at the end.",
            made_by(memory),
            "",
            "| lesson | MB at the end | MB at its highest | measured on |",
            "| --- | --- | --- | --- |",
        ]
        rows = memory["above_import_torch"].items()
        lines += [f"| {name} | {row['after_mb']} | {row['peak_mb']} | {row['date']} |" for name, row in rows]
    RESULTS.with_suffix(".md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
