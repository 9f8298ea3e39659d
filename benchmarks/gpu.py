"""How fast is `train` on a GPU, and what did each switch give? A DCGAN at 64×64, width 64, batches of 128.

DCGAN_COURSE_DATA=… python -m benchmarks.gpu        writes benchmarks/results/gpu.json, gpu.md, and what 07b reads

The textbook loop is that of `benchmarks.dcgan`, its DataLoader with eight workers: float32, as PyTorch computes it on
a GPU (convolutions in TF32). It plays three turns; each way of `train` plays some epochs of the same pictures, of
which the first, with its preparations, does not count.
"""

import argparse
import datetime
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks import dcgan
from dcgan_course import recorded
from dcgan_course.data import load_images
from dcgan_course.training import DCGAN, TrainConfig, train
from recording.files import hardware, write_card

RESULTS = dcgan.ROOT / "benchmarks" / "results" / "gpu.json"
FOLDER = recorded.FOLDER / "gpu_speed"
BATCH, STEPS, TURNS, WORKERS = 128, 100, 3, 8
FULL_EPOCHS, FULL_PICTURES = 200, 50_000
TEXTBOOK = "textbook: PNG files, DataLoader with eight workers, .item()"
LADDER: dict[str, tuple[int, dict[str, Any]]] = {  # epochs, switches
    "train in float32": (4, {"precision": "float32", "channels_last": False}),
    "bfloat16": (4, {"channels_last": False}),
    "channels-last": (4, {}),
    "CUDA graph": (9, {"cuda_graph": True}),
    "CUDA graph, cuDNN tries its algorithms": (9, {"cuda_graph": True}),
    "CUDA graph, cuDNN tries, fakes of D's step shown to G": (9, {"cuda_graph": True, "reuse_fakes": True}),
    "CUDA graph, cuDNN tries, torch.compile": (9, {"cuda_graph": True, "compile": True}),
}


def seconds_of_epochs(images: Tensor, epochs: int, switches: dict[str, Any]) -> list[float]:
    """Train, and return the seconds of each epoch but the first."""
    settings = TrainConfig(
        epochs=epochs, batch_size=BATCH, learning_rate=DCGAN.learning_rate, betas=DCGAN.betas, **switches
    )
    return train(*dcgan.networks(), images, settings, progress=False).seconds[1:]


def peak_tflops() -> float:
    """Return what one large matrix product in bfloat16 reaches, in 10¹² operations a second."""
    size, times = 8192, []
    a, b = (torch.randn(size, size, device=dcgan.DEVICE, dtype=torch.bfloat16) for _ in range(2))
    for _ in range(10):
        times.append(dcgan.seconds(torch.mm, a, b))
    return 2 * size**3 / statistics.median(times) / 1e12


def main(arguments: list[str] | None = None) -> int:
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args(
        arguments
    )
    if dcgan.DEVICE.type != "cuda":
        raise SystemExit("This measures a GPU, and there is none here: python -m benchmarks.dcgan measures the CPU.")
    data = load_images("cifar10", image_size=dcgan.SIZE)
    images = data.images[: STEPS * BATCH]
    speeds: dict[str, list[float]] = {}
    facts: dict[str, Any] = {
        "command": "python -m benchmarks.gpu",
        "date": datetime.date.today().isoformat(),
        "machine": f"{hardware(shared=False)}, torch {torch.__version__}, cuDNN {torch.backends.cudnn.version()}",
        "data": data.source,
        "batch": BATCH,
        "gflop_a_picture": {
            str(reuse): round(1000 * dcgan.tflop_of_a_step(BATCH, reuse_fakes=reuse) / BATCH, 3)
            for reuse in (False, True)
        },
        "tflops_of_a_matrix_product": round(peak_tflops()),
    }
    with tempfile.TemporaryDirectory() as name:
        dcgan.write_pictures(Path(name), images, compress_level=1)
        turn: Callable[[], float] = lambda: dcgan.seconds(dcgan.textbook, Path(name), BATCH, workers=WORKERS)
        turn()
        speeds[TEXTBOOK] = [len(images) / turn() for _ in range(TURNS)]
        speeds["the same steps, pictures on the GPU, no .item()"] = [
            len(images) / dcgan.seconds(dcgan.from_memory, images, BATCH) for _ in range(TURNS)
        ]
        facts["ladder"] = {}
        for rung, (epochs, switches) in [("", (0, {})), *LADDER.items()]:
            if rung:
                torch.backends.cudnn.benchmark = "cuDNN tries" in rung
                begin = time.perf_counter()
                speeds[rung] = [len(images) / each for each in seconds_of_epochs(images, epochs, switches)]
                print(f"{rung}: {time.perf_counter() - begin:.1f} s in all", flush=True)
            facts["ladder"] = {way: told(way, found, speeds[TEXTBOOK], facts) for way, found in speeds.items()}
            write_results(facts)
    return 0


def told(way: str, found: list[float], textbook: list[float], facts: dict[str, Any]) -> dict[str, Any]:
    """Return the speeds of one way, pictures a second, and what follows from their median."""
    median = statistics.median(found)
    return {
        "images_per_second": {"median": round(median), "min": round(min(found)), "max": round(max(found))},
        "beside_textbook": round(median / statistics.median(textbook), 2),
        "tflops": tflops(way, median, facts),
        "seconds_for_all_epochs": round(FULL_EPOCHS * FULL_PICTURES / median),
    }


def tflops(way: str, images_per_second: float, facts: dict[str, Any]) -> float | None:
    """Return the arithmetic of `train` a second, in 10¹² operations; that of the textbook's steps is not counted."""
    if way not in LADDER:
        return None
    _, switches = LADDER[way]
    return round(images_per_second * facts["gflop_a_picture"][str("reuse_fakes" in switches)] / 1000, 1)


def write_results(facts: dict[str, Any]) -> None:
    """Store the figures for programs, for lesson 07b and as a page."""
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "results.json").write_text(json.dumps(facts, ensure_ascii=False) + "\n", encoding="utf-8")
    card = {"what": f"speed of a DCGAN at {dcgan.SIZE}×{dcgan.SIZE}, width {dcgan.WIDTH}, switch by switch, on a GPU"}
    card |= {key: facts[key] for key in ("command", "data", "date")} | {"hardware": facts["machine"]}
    write_card(FOLDER, card | {"torch": facts["machine"].split("torch ")[1].split(",")[0]})
    RESULTS.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    rows = [("way", "images/s: median (min to max)", "beside the textbook", "TFLOP/s", f"{FULL_EPOCHS} epochs, s")]
    for way, row in facts["ladder"].items():
        speed = dcgan.in_words(row["images_per_second"])
        rows.append((way, speed, row["beside_textbook"], row["tflops"] or "", row["seconds_for_all_epochs"]))
    plain, reused = facts["gflop_a_picture"].values()
    lines = [
        f"# DCGAN at {dcgan.SIZE}×{dcgan.SIZE}, width {dcgan.WIDTH}, on a GPU",
        "",
        dcgan.made_by(facts),
        f"Batches of {facts['batch']}; data: {facts['data']}.",
        f"One picture takes {plain:.2f} GFLOP of a step of `train`, {reused:.2f} with fakes shown to G as well; the",
        "arithmetic of the textbook's steps was not counted. A product of two large matrices in bfloat16 made",
        f"{facts['tflops_of_a_matrix_product']} TFLOP/s here.",
        "Each way of `train` has the switches above it (torch.compile, where it ran, in place of channels-last). The",
        f"last column counts {FULL_EPOCHS} epochs of {FULL_PICTURES:,} pictures at the median speed.",
        "",
        *dcgan.table(*rows),
    ]
    RESULTS.with_suffix(".md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
