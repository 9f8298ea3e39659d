"""Train the network that reads colour, kind, size, place and turn from drawn objects."""

import math
import time

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, mse_loss

from dcgan_course import recorded
from dcgan_course.data import scale
from dcgan_course.data.drawn.objects import FARTHEST, LARGEST, LARGEST_TURN, SMALLEST, WITHOUT_TURN
from dcgan_course.data.drawn.pictures import drawn_objects
from dcgan_course.evaluation.attributes import hue_distance
from dcgan_course.evaluation.classifiers import FactorReader
from recording.files import write_card, write_weights

NOISE = 0.1  # added to training pictures: generated ones are not as clean as drawn ones


def targets(factors: dict[str, Tensor]) -> Tensor:
    """Return the (N, 6) numbers that a reader gives after its ten logits."""
    angle = math.tau * factors["hue"]
    size = (factors["size"] - (SMALLEST + LARGEST) / 2) / ((LARGEST - SMALLEST) / 2)
    place, turn = factors["place"] / FARTHEST, factors["turn"] / LARGEST_TURN
    return torch.stack([angle.cos(), angle.sin(), size, place[:, 0], place[:, 1], turn], dim=1)


def record_factor_reader(epochs: int = 12, seed: int = 0, pictures: int = 20_000, held_out: int = 5_000) -> None:
    """Train the reader on drawn objects of one seed; state its errors on objects of another."""
    start = time.perf_counter()
    images, labels, factors = drawn_objects(pictures, seed)
    want = targets(factors)
    has_turn = ~torch.isin(labels, torch.tensor(WITHOUT_TURN))
    torch.manual_seed(seed)
    reader, random = FactorReader(), torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(reader.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, epochs=epochs, steps_per_epoch=pictures // 128)
    for epoch in range(epochs):
        order = torch.randperm(pictures, generator=random)
        for index in order[: pictures // 128 * 128].view(-1, 128):
            noisy = scale(images[index])
            out = reader(noisy + NOISE * torch.randn(noisy.shape, generator=random))
            turns = has_turn[index]
            turn_out, turn_want = out[turns, 15], want[index, 5][turns]
            loss = cross_entropy(out[:, :10], labels[index]) + 3 * mse_loss(out[:, 10:15], want[index, :5])
            loss = loss + mse_loss(turn_out, turn_want)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}: {float(loss.detach()):.3f}", flush=True)
    folder = recorded.FOLDER / "factor_reader"
    write_weights(folder / "weights.safetensors", reader)
    facts = {
        "what": "FactorReader, 32×32 drawn objects → kind, hue, size, place and turn",
        "data": f"drawn objects: {pictures:,} of seed {seed} to train, {held_out:,} of seed {seed + 1} held out",
        "command": "python -m recording factor_reader",
        "seed": seed,
        "epochs": epochs,
        "minutes": round((time.perf_counter() - start) / 60, 1),
    }
    write_card(folder, facts)  # first, since a network is read only if its card knows its file
    write_card(folder, facts | held_out_errors(recorded.factor_reader(), held_out, seed + 1))


def held_out_errors(reader: FactorReader, count: int, seed: int) -> dict:
    """Measure a reader on objects that it has not seen: share of kinds read right, mean absolute errors of the rest."""
    images, labels, factors = drawn_objects(count, seed)
    read = reader.read(scale(images))
    turns = ~torch.isin(labels, torch.tensor(WITHOUT_TURN))
    errors = {
        "hue_of_1": hue_distance(read.hue, factors["hue"]),
        "size_pixels": (read.size - factors["size"]).abs(),
        "right_pixels": (read.right - factors["place"][:, 0]).abs(),
        "down_pixels": (read.down - factors["place"][:, 1]).abs(),
        "turn_radians_without_circles_and_rings": (read.turn - factors["turn"]).abs()[turns],
    }
    kinds = 100 * float((read.kind == labels).float().mean())
    means = {f"mean_error_{name}": round(float(error.mean()), 4) for name, error in errors.items()}
    return {"held_out_kinds_right_percent": round(kinds, 2)} | means
