"""Networks and runs that come with the course, each with a card that says how it was made.

Everything here was written by `make recorded-runs`; the weights are half precision in safetensors files.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation.classifiers import DigitClassifier, FactorReader
from dcgan_course.models.dcgan import Discriminator, Generator
from dcgan_course.models.mlp import MLPDiscriminator, MLPGenerator
from dcgan_course.training.state import History
from dcgan_course.training.tensor_file import read_tensors

FOLDER = Path(__file__).parent
Filled = TypeVar("Filled", bound=nn.Module)


@dataclass(frozen=True)
class RecordedRun:
    """A training that somebody already ran: networks in eval mode, history, sample frames, and the card.

    frames: uint8 (times recorded, pictures, C, H, W), drawn from one fixed set of z after each of `frame_epochs`,
        which may be parts of an epoch.
    card: how it was made and what was measured; `card_text` writes it in sentences.
    """

    name: str
    generator: Generator | MLPGenerator
    discriminator: Discriminator | MLPDiscriminator
    history: History
    frames: Tensor
    frame_epochs: list[float]
    card: dict[str, Any]


def names() -> list[str]:
    """Return the names of the recorded runs."""
    return sorted(name for name in PAIRS if (FOLDER / name / "card.json").exists())


def load_run(name: str) -> RecordedRun:
    """Return a recorded run by its name; see `names()`.

    Raises:
        InvalidValue: there is no run of that name.
    """
    if name not in names():
        raise InvalidValue(f"name is {name!r}, but the recorded runs are: {', '.join(names())}.")
    facts = card(name)
    generator, discriminator = PAIRS[name](facts)
    _fill(generator, FOLDER / name / "generator.safetensors")
    _fill(discriminator, FOLDER / name / "discriminator.safetensors")
    record = json.loads((FOLDER / name / "history.json").read_text(encoding="utf-8"))
    epochs = record["frame_epochs"]
    (sheet,) = (FOLDER / name).glob("frames.*")
    frames = _read_frames(sheet, len(epochs), generator.image_shape)
    return RecordedRun(name, generator, discriminator, History(**record["history"]), frames, epochs, facts)


def digit_classifier() -> DigitClassifier:
    """Return the classifier of MNIST digits, in eval mode; its test accuracy stands on its card."""
    return _fill(DigitClassifier(), FOLDER / "digit_classifier" / "weights.safetensors")


def factor_reader() -> FactorReader:
    """Return the network that reads the factors of drawn objects, in eval mode; its errors stand on its card."""
    return _fill(FactorReader(), FOLDER / "factor_reader" / "weights.safetensors")


def card(name: str) -> dict[str, Any]:
    """Return what is known of a run or network: data, command, seed, hardware, figures."""
    return json.loads((FOLDER / name / "card.json").read_text(encoding="utf-8"))


def card_text(name: str) -> str:
    """Return a card as lines of text, one fact a line."""
    return "\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in card(name).items())


def _fill(network: Filled, path: Path) -> Filled:
    tensors, _ = read_tensors(path)
    network.load_state_dict({name: t.float() if t.is_floating_point() else t for name, t in tensors.items()})
    return network.eval().requires_grad_(False)


def _read_frames(path: Path, epochs: int, image_shape: tuple[int, int, int]) -> Tensor:
    import numpy as np
    from PIL import Image

    channels, height, width = image_shape
    with Image.open(path) as picture:
        pixels = np.array(picture.convert("L" if channels == 1 else "RGB"))
        sheet = torch.from_numpy(pixels).reshape(epochs, height, -1, width, channels)
    return sheet.permute(0, 2, 4, 1, 3).contiguous()


def _mlp_pair(facts: dict[str, Any]) -> tuple[MLPGenerator, MLPDiscriminator]:
    return MLPGenerator(), MLPDiscriminator()


def _dcgan_pair(facts: dict[str, Any]) -> tuple[Generator, Discriminator]:
    network = facts["network"]
    discriminator = Discriminator(network["image_size"], network["channels"], network["width"])
    return Generator(**network), discriminator


Pair = tuple[Generator | MLPGenerator, Discriminator | MLPDiscriminator]
PAIRS: dict[str, Callable[[dict[str, Any]], Pair]] = {  # how the two networks of each run are built, from its card
    "mnist_mlp": _mlp_pair,
    "mnist_dcgan": _dcgan_pair,
    "cifar10_dcgan_32": _dcgan_pair,
    "cifar10_dcgan_64": _dcgan_pair,
    "objects_dcgan": _dcgan_pair,
}
