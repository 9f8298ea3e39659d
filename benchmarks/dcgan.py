"""How fast is `train` on a DCGAN at 64×64, what did each switch give, and does the fast path learn as well?

DCGAN_COURSE_DATA=… python -m benchmarks.dcgan                     all of it; writes benchmarks/results/dcgan.json, .md
DCGAN_COURSE_DATA=… python -m benchmarks.dcgan --only speed        one of: speed, ladder, limit, memory, quality

The textbook loop: ImageFolder of PNG files, DataLoader with two workers, float32, sigmoid and BCE, `.item()` for each
figure that such loops print, every step. `train` has the same pictures and the same networks (width 64). They take
turns, so that a machine that slows down slows both.
"""

import argparse
import copy
import datetime
import itertools
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypedDict, Unpack

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy
from torch.optim import Adam
from torch.utils.data import DataLoader

from dcgan_course import recorded
from dcgan_course.data import batches, load_images, scale
from dcgan_course.evaluation import metrics
from dcgan_course.latent import sample
from dcgan_course.models import Discriminator, Generator
from dcgan_course.models.inference import draw
from dcgan_course.training import DCGAN, TrainConfig, train
from dcgan_course.training.acceleration import chosen_precision

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "dcgan.json"
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
SIZE, WIDTH, ROUNDS = 64, 64, 5
STEPS = 8 if DEVICE.type == "cpu" else 200
ASKED_RATIO = 2.5 if DEVICE.type == "cpu" else 10
QUALITY_SEEDS, QUALITY_EPOCHS, QUALITY_WIDTH, QUALITY_SAMPLES = (0, 1, 2), 2, 32, 5_000


class Switches(TypedDict, total=False):
    """What may be switched in TrainConfig."""

    precision: str
    channels_last: bool
    reuse_fakes: bool
    compile: bool


def networks() -> tuple[Generator, Discriminator]:
    """Build the same pair at each call."""
    torch.manual_seed(0)
    return Generator(SIZE, width=WIDTH).to(DEVICE), Discriminator(SIZE, width=WIDTH).to(DEVICE)


def config(batch_size: int, **switches: Unpack[Switches]) -> TrainConfig:
    """Return the settings of one epoch of the DCGAN recipe."""
    return TrainConfig(
        epochs=1, batch_size=batch_size, learning_rate=DCGAN.learning_rate, betas=DCGAN.betas, **switches
    )


def plain_step(
    generator: Generator, discriminator: Discriminator, g_optimizer: Adam, d_optimizer: Adam, real: Tensor
) -> tuple[Tensor, ...]:
    """Play one step as tutorials do: sigmoid and BCE, and gradients for D in G's step as well."""
    ones, zeros = torch.ones(len(real), device=DEVICE), torch.zeros(len(real), device=DEVICE)
    d_optimizer.zero_grad()
    d_real = discriminator(real).sigmoid()
    real_loss = binary_cross_entropy(d_real, ones)
    real_loss.backward()
    fake = generator(torch.randn(len(real), 100, device=DEVICE))
    d_fake = discriminator(fake.detach()).sigmoid()
    fake_loss = binary_cross_entropy(d_fake, zeros)
    fake_loss.backward()
    d_optimizer.step()
    g_optimizer.zero_grad()
    d_fake_again = discriminator(fake).sigmoid()
    g_loss = binary_cross_entropy(d_fake_again, ones)
    g_loss.backward()
    g_optimizer.step()
    return real_loss + fake_loss, g_loss, d_real.mean(), d_fake.mean(), d_fake_again.mean()


def plain_loop(real_batches: Iterable[Tensor], read_figures: bool) -> None:
    """Train on every batch; read the five figures of each step if asked to."""
    generator, discriminator = networks()
    g_optimizer = Adam(generator.parameters(), lr=DCGAN.learning_rate, betas=DCGAN.betas)
    d_optimizer = Adam(discriminator.parameters(), lr=DCGAN.learning_rate, betas=DCGAN.betas)
    for real in real_batches:
        figures = plain_step(generator, discriminator, g_optimizer, d_optimizer, real)
        if read_figures:
            [figure.item() for figure in figures]


def textbook(folder: Path, batch_size: int, workers: int = 2) -> None:
    """Train one epoch from PNG files through a DataLoader."""
    from torchvision import datasets, transforms

    steps = transforms.Compose(
        [
            transforms.Resize(SIZE),
            transforms.CenterCrop(SIZE),
            transforms.ToTensor(),
            transforms.Normalize((0.5,) * 3, (0.5,) * 3),
        ]
    )
    loader = DataLoader(
        datasets.ImageFolder(folder, steps), batch_size, shuffle=True, num_workers=workers, drop_last=True
    )
    plain_loop((real.to(DEVICE) for real, _ in loader), read_figures=True)


def from_memory(images: Tensor, batch_size: int) -> None:
    """Train one epoch with the textbook's step, from pictures that lie on the device as uint8; read no figure."""
    order = torch.Generator().manual_seed(0)
    plain_loop(batches(images, batch_size, device=DEVICE, generator=order, drop_last=True), read_figures=False)


def ours(images: Tensor, batch_size: int, **switches: Unpack[Switches]) -> None:
    """Train one epoch with `train`."""
    train(*networks(), images, config(batch_size, **switches), progress=False)


def seconds(function: Callable[..., object], *arguments: object, **switches: object) -> float:
    """Return how long a call takes, the work of a GPU included."""
    start = time.perf_counter()
    function(*arguments, **switches)
    if DEVICE.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def write_pictures(folder: Path, images: Tensor, compress_level: int = 6) -> None:
    """Store pictures as PNG files in one class folder, as ImageFolder wants them."""
    from PIL import Image

    (folder / "all").mkdir(parents=True)
    pictures = images.permute(0, 2, 3, 1).numpy()

    def write(number: int) -> None:
        Image.fromarray(pictures[number]).save(folder / "all" / f"{number:05d}.png", compress_level=compress_level)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(len(pictures))))


def spread(values: list[float]) -> dict[str, float]:
    """Return median, smallest and largest."""
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: round(value, 2) for name, value in found.items()}


def measure_speed() -> dict:
    """Run textbook and `train` in turns at both batch sizes: images per second and the ratio of each round."""
    found: dict = {}
    for batch_size in (64, 128):
        data = load_images("cifar10", image_size=SIZE, stand_in=True)
        images = data.images[: STEPS * batch_size]
        with tempfile.TemporaryDirectory() as folder:
            write_pictures(Path(folder), images)
            ours(images[:batch_size], batch_size)  # warm up
            rounds = [
                (
                    len(images) / seconds(textbook, Path(folder), batch_size),
                    len(images) / seconds(ours, images, batch_size),
                    len(images) / seconds(ours, images, batch_size, reuse_fakes=True),
                )
                for _ in range(ROUNDS)
            ]
        found[str(batch_size)] = {"textbook_images_per_second": spread([plain for plain, *_ in rounds])}
        for place, (name, reuse) in enumerate((("train", False), ("train_reuse_fakes", True)), start=1):
            ratios = [speeds[place] / speeds[0] for speeds in rounds]
            print(f"batch {batch_size}, {name}: ratios {', '.join(f'{ratio:.2f}' for ratio in ratios)}", flush=True)
            speeds = [one[place] for one in rounds]
            per_image = tflop_of_a_step(batch_size, reuse_fakes=reuse) / batch_size
            found[str(batch_size)] |= {
                f"{name}_images_per_second": spread(speeds),
                f"{name}_ratio": spread(ratios),
                f"{name}_tflops": round(per_image * statistics.median(speeds), 3),
            }
    return found | {"batches_a_round": STEPS, "data": data.source}


def tflop_of_a_step(batch_size: int, reuse_fakes: bool) -> float:
    """Count the arithmetic of one step of `train`, in 10¹² operations."""
    from torch.utils.flop_counter import FlopCounterMode

    images = torch.zeros(batch_size, 3, SIZE, SIZE, dtype=torch.uint8)
    with FlopCounterMode(display=False) as counter:
        ours(images, batch_size, reuse_fakes=reuse_fakes)
    return counter.get_total_flops() / 1e12


def measure_ladder() -> dict:
    """Measure the rungs from the textbook loop to `train` in turns; each has what the rung before has."""
    batch_size = 64
    images = load_images("cifar10", image_size=SIZE, stand_in=True).images[: STEPS * batch_size]
    plain = Switches(precision="float32", channels_last=False)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pictures(folder, images)
        rungs: dict[str, Callable[[], None]] = {
            "textbook: PNG files, DataLoader, .item()": lambda: textbook(folder, batch_size),
            "pictures in memory as uint8, no .item()": lambda: from_memory(images, batch_size),
            "train in float32: D frozen in G's step, fused Adam": lambda: ours(images, batch_size, **plain),
            "channels-last": lambda: ours(images, batch_size, precision="float32"),
            "bfloat16": lambda: ours(images, batch_size, precision="bfloat16"),
            "fakes of D's step shown to G": lambda: ours(images, batch_size, precision="bfloat16", reuse_fakes=True),
        }
        if DEVICE.type == "cuda" or shutil.which("g++"):
            fastest = Switches(precision="bfloat16", reuse_fakes=True, compile=True)
            rungs["torch.compile"] = lambda: ours(images, batch_size, **fastest)
            begin = time.perf_counter()
            ours(images[:batch_size], batch_size, **fastest)  # writes its code once, outside of the measurement
            compiling = round(time.perf_counter() - begin)
            print(f"torch.compile needs {compiling} s before its first step", flush=True)
        times: dict[str, list[float]] = {rung: [] for rung in rungs}
        for _ in range(ROUNDS):
            for rung, run in rungs.items():
                times[rung].append(len(images) / seconds(run))
    first = next(iter(times.values()))
    found: dict = {}
    for rung, speeds in times.items():
        gains = [speed / base for speed, base in zip(speeds, first, strict=True)]
        found[rung] = {"images_per_second": spread(speeds), "beside_textbook": spread(gains)}
        print(f"{rung}: {found[rung]['beside_textbook']['median']:.2f} times the textbook", flush=True)
    return found | ({"seconds_to_compile": compiling} if "torch.compile" in rungs else {})


def convolutions(network: nn.Module, x: Tensor) -> list[tuple[nn.Module, Tensor]]:
    """Return each convolution of a network with the maps that it is given, in order."""
    found: list[tuple[nn.Module, Tensor]] = []
    layers = [layer for layer in network.modules() if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d))]
    hooks = [layer.register_forward_hook(lambda layer, given, _: found.append((layer, given[0]))) for layer in layers]
    with torch.no_grad():
        network(x)
    for hook in hooks:
        hook.remove()
    return found


def alone(
    layer: nn.Module, given: Tensor, precision: torch.dtype, channels_last: bool, what: str, first: bool
) -> float:
    """Return the seconds of one convolution alone, the median of seven calls.

    what: "learn" is forward, and backward for weights and maps (weights only for the first layer, since nothing lies
    before it); "pass on" is forward, and backward for the maps.
    """
    layer = copy.deepcopy(layer).requires_grad_(what == "learn")
    layout = torch.channels_last if channels_last else torch.contiguous_format
    layer, given = layer.to(memory_format=layout), given.to(memory_format=layout, dtype=precision)
    given = given.detach().requires_grad_(what == "pass on" or not first)

    def call() -> None:
        with torch.autocast(DEVICE.type, torch.bfloat16, enabled=precision == torch.bfloat16):
            made = layer(given)
        made.backward(torch.ones_like(made))

    return statistics.median([seconds(call) for _ in range(9)][2:])


def measure_limit() -> dict:
    """Time the convolutions of one step alone, and whole steps in the same run: what could `train` reach at most?"""
    batch_size = 64
    generator, discriminator = networks()
    of_g = convolutions(generator, torch.randn(batch_size, 100, device=DEVICE))
    of_d = convolutions(discriminator, torch.rand(batch_size, 3, SIZE, SIZE, device=DEVICE))
    images = load_images("cifar10", image_size=SIZE, stand_in=True).images[: STEPS * batch_size]
    fast = chosen_precision("auto", DEVICE)
    plays = {  # (network, what it does, how often in one step)
        "textbook": [(of_d, "learn", 3), (of_g, "learn", 1)],
        "train, fakes reused": [(of_d, "learn", 2), (of_d, "pass on", 1), (of_g, "learn", 1)],
    }
    ways = {"textbook": (torch.float32, False), "train, fakes reused": (fast, True)}
    rounds: dict[str, list[float]] = {name: [] for name in plays}
    steps: dict[str, list[float]] = {name: [] for name in plays}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_pictures(folder, images)
        for _ in range(ROUNDS):
            for which, parts in plays.items():
                times = [
                    n * alone(*one, *ways[which], what, first=place == 0)
                    for layers, what, n in parts
                    for place, one in enumerate(layers)
                ]
                rounds[which].append(1000 * sum(times))
            steps["textbook"].append(1000 * seconds(textbook, folder, batch_size) / STEPS)
            steps["train, fakes reused"].append(1000 * seconds(ours, images, batch_size, reuse_fakes=True) / STEPS)
    ceilings = [step / least for step, least in zip(steps["textbook"], rounds["train, fakes reused"], strict=True)]
    found: dict = {
        which: {"step_ms": spread(steps[which]), "convolutions_ms": spread(rounds[which])} for which in plays
    }
    found["ratio_if_all_else_in_train_cost_nothing"] = spread(ceilings)
    print(found)
    return found


def measure_memory() -> dict:
    """Return the highest memory of a process that trains some steps, above one that only imported torch, in MB."""
    found = {}
    for which in ("nothing", "textbook", "train"):
        command = [sys.executable, "-m", "benchmarks.dcgan", "--inside", which]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found[which] = float(done.stdout.split()[-1])
    return {which: round(found[which] - found["nothing"]) for which in ("textbook", "train")}


def inside(which: str) -> None:
    """Train a little in this process and print its highest memory."""
    if which != "nothing":
        images = torch.randint(0, 256, (256, 3, SIZE, SIZE), dtype=torch.uint8)
        with tempfile.TemporaryDirectory() as folder:
            write_pictures(Path(folder), images)
            textbook(Path(folder), 64) if which == "textbook" else ours(images, 64)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10))


def measure_quality() -> dict:
    """Train each path on digits with each seed; return Fréchet distances to test digits, smaller is better.

    A path that the results hold already, with the same settings, is not trained again.
    """
    settings = {"epochs": QUALITY_EPOCHS, "width": QUALITY_WIDTH, "samples": QUALITY_SAMPLES, "seeds": [*QUALITY_SEEDS]}
    before = json.loads(RESULTS.read_text(encoding="utf-8")).get("quality", {}) if RESULTS.exists() else {}
    kept = before if before.get("settings") == settings else {}
    data, test = load_images("mnist", stand_in=True), load_images("mnist", "test", stand_in=True)
    classifier = recorded.digit_classifier()
    features = lambda images: torch.cat([classifier.features(part) for part in images.split(500)])
    real = features(scale(test.images))
    paths: dict[str, Switches] = {
        "plain": {"precision": "float32", "channels_last": False},
        "fast": {},
        "fast, fakes reused": {"reuse_fakes": True},
    }
    found = {path: kept.get("by_seed", {}).get(path, []) for path in paths}
    dates = {path: kept.get("dates", {}).get(path, datetime.date.today().isoformat()) for path in paths}
    for seed in QUALITY_SEEDS:
        for path, switches in paths.items():
            if len(found[path]) == len(QUALITY_SEEDS):
                continue
            torch.manual_seed(seed)
            generator, discriminator = Generator(28, 100, 1, QUALITY_WIDTH), Discriminator(28, 1, QUALITY_WIDTH)
            recipe = TrainConfig(QUALITY_EPOCHS, 128, DCGAN.learning_rate, DCGAN.betas, seed=seed, **switches)
            train(generator.to(DEVICE), discriminator.to(DEVICE), data.images, recipe, progress=False)
            fake = draw(generator, sample(QUALITY_SAMPLES, 100, seed + 100))
            found[path].append(round(metrics.frechet_distance(real, features(fake)), 2))
            print(f"{path}, seed {seed}: Fréchet distance {found[path][-1]}", flush=True)
    means = {path: round(statistics.mean(values), 2) for path, values in found.items()}
    deviations = {path: round(statistics.stdev(values), 2) for path, values in found.items()}
    apart = {
        path: round(abs(means[path] - means["plain"]) / max(deviations[path], deviations["plain"]), 2)
        for path in ("fast", "fast, fakes reused")
    }
    print(f"means {means}, standard deviations {deviations}: {apart} standard deviations apart")
    return {
        "by_seed": found,
        "mean": means,
        "standard_deviation": deviations,
        "apart_in_standard_deviations": apart,
        "fast_precision": str(chosen_precision("auto", DEVICE)).removeprefix("torch."),
        "settings": settings,
        "dates": dates,
        "data": data.source,
    }


PARTS = {
    "speed": measure_speed,
    "ladder": measure_ladder,
    "limit": measure_limit,
    "memory": measure_memory,
    "quality": measure_quality,
}


def machine() -> str:
    """Name what was measured on."""
    if DEVICE.type == "cuda":
        return f"one {torch.cuda.get_device_name()}, torch {torch.__version__}"
    return f"{os.cpu_count()} CPU cores, torch {torch.__version__}, {torch.get_num_threads()} threads"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=PARTS, help="measure one part and keep the others' figures")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.inside:
        inside(options.inside)
        return 0
    facts = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    for name in [options.only] if options.only else PARTS:
        made = {"command": f"python -m benchmarks.dcgan --only {name}", "machine": machine()}
        facts[name] = PARTS[name]() | made | {"date": datetime.date.today().isoformat()}
        write_results(facts)
    speed = facts.get("speed", {})
    ratios = {
        f"{name} at batch {size}": speed[size][f"{name}_ratio"]["median"]
        for size in ("64", "128")
        for name in ("train", "train_reuse_fakes")
        if size in speed
    }
    missed = [f"{what}: {ratio}" for what, ratio in ratios.items() if ratio < ASKED_RATIO]
    if missed:
        print(f"NOT MET: asked is a ratio of {ASKED_RATIO}; below it: {', '.join(missed)}")
    return int(bool(missed))


def made_by(part: dict) -> str:
    """Write how a part of the figures was made."""
    return f"`{part['command']}`, {part['date']}, {part['machine']}."


def write_results(facts: dict) -> None:
    """Store the figures for programs and as a page."""
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = [f"# DCGAN at {SIZE}×{SIZE}, width {WIDTH}", ""]
    for name, (title, paragraphs) in SECTIONS.items():
        if name in facts:
            lines += [f"## {title}", "", made_by(facts[name]), *paragraphs(facts[name]), ""]
    RESULTS.with_suffix(".md").write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def table(*rows: tuple) -> list[str]:
    """Write a table: the first row is its head."""
    head, *others = [f"| {' | '.join(map(str, row))} |" for row in rows]
    return [head, "|" + " --- |" * len(rows[0]), *others]


def in_words(values: dict, form: str = "") -> str:
    """Write what `spread` found, each number in a format."""
    return f"{values['median']:{form}} ({values['min']:{form}} to {values['max']:{form}})"


def speed_section(speed: dict) -> list[str]:
    rows = [("batch", "textbook, images/s", "`train`, images/s", "ratio: median (min to max)", "TFLOP/s of `train`")]
    for size, (name, words) in itertools.product(
        ("64", "128"), (("train", ""), ("train_reuse_fakes", ", `reuse_fakes`"))
    ):
        row = speed[size]
        plain, fast = (f"{row[f'{which}_images_per_second']['median']:.0f}" for which in ("textbook", name))
        rows.append((size + words, plain, fast, in_words(row[f"{name}_ratio"]), row[f"{name}_tflops"]))
    asked = f"Asked: a ratio of at least {ASKED_RATIO}."
    return [f"{ROUNDS} rounds in turns; data: {speed['data']}.", "", *table(*rows), "", asked]


def ladder_section(ladder: dict) -> list[str]:
    rows = [("rung", "images/s, median", "beside the textbook: median (min to max)")]
    rows += [
        (rung, f"{row['images_per_second']['median']:.0f}", in_words(row["beside_textbook"]))
        for rung, row in ladder.items()
        if isinstance(row, dict)
    ]
    lines = ["Batch 64; each rung has all rungs above it.", "", *table(*rows)]
    if "seconds_to_compile" in ladder:
        lines += ["", f"`torch.compile` needs {ladder['seconds_to_compile']} s more before its first step."]
    return lines


def limit_section(limit: dict) -> list[str]:
    rows = [("loop", "one step, ms: median (min to max)", "its convolutions alone, ms")]
    for which in ("textbook", "train, fakes reused"):
        rows.append((which, in_words(limit[which]["step_ms"], ".0f"), in_words(limit[which]["convolutions_ms"], ".0f")))
    return [
        "Batch 64. The convolutions of one step were also timed alone, one by one, in the same rounds.",
        "",
        *table(*rows),
        "",
        "If everything in `train` but the convolutions cost nothing, it would be "
        f"{in_words(limit['ratio_if_all_else_in_train_cost_nothing'])} times the textbook loop.",
    ]


def memory_section(memory: dict) -> list[str]:
    return [
        f"Highest, above a process that only imported torch: textbook {memory['textbook']} MB (its two "
        f"workers not counted), `train` {memory['train']} MB."
    ]


def quality_section(quality: dict) -> list[str]:
    setup = quality["settings"]
    rows = [("path", "by seed", "mean ± standard deviation")]
    for path, values in quality["by_seed"].items():
        mean, deviation = quality["mean"][path], quality["standard_deviation"][path]
        rows.append((path, ", ".join(map(str, values)), f"{mean} ± {deviation}"))
    lines = [
        f"MNIST 28×28, width {setup['width']}, {setup['epochs']} epochs, {len(QUALITY_SEEDS)} seeds, "
        f"{setup['samples']:,} samples; fast is {quality['fast_precision']} and channels-last. Fréchet distance "
        "in the digit classifier's features, smaller is better.",
        "",
        *table(*rows),
    ]
    for path, apart in quality["apart_in_standard_deviations"].items():
        lines += ["", f"From plain to {path}: the means are {apart} standard deviations apart."]
    return lines


SECTIONS = {
    "speed": ("Beside a textbook loop", speed_section),
    "ladder": ("What each switch gave", ladder_section),
    "limit": ("What could `train` reach at most?", limit_section),
    "memory": ("Memory", memory_section),
    "quality": ("Does the fast path learn as well?", quality_section),
}


if __name__ == "__main__":
    sys.exit(main())
