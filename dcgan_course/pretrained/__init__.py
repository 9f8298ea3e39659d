"""Networks and runs that come with the course, each with a card that says how it was made.

Everything here was written by `make recorded-runs`; the weights are half precision in safetensors files.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from dcgan_course.checkpoint import read_tensors
from dcgan_course.errors import InvalidValue
from dcgan_course.features import DigitClassifier
from dcgan_course.models import MLPDiscriminator, MLPGenerator
from dcgan_course.train import History

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class RecordedRun:
    """A training that somebody already ran: networks in eval mode, history, sample frames, and the card.

    frames: uint8 (epochs recorded, pictures, C, H, W), drawn from one fixed set of z after each of `frame_epochs`.
    card: how it was made and what was measured; `card_text` writes it in sentences.
    """

    name: str
    generator: nn.Module
    discriminator: nn.Module
    history: History
    frames: Tensor
    frame_epochs: list[int]
    card: dict


def names() -> list[str]:
    """Return the names of the recorded runs."""
    return sorted(_NETWORKS)


def load_run(name: str) -> RecordedRun:
    """Return a recorded run by its name; see `names()`.

    Raises:
        InvalidValue: there is no run of that name.
    """
    if name not in _NETWORKS:
        raise InvalidValue(f"name is {name!r}, but the recorded runs are: {', '.join(names())}.")
    generator, discriminator = _NETWORKS[name]()
    _fill(generator, FOLDER / name / "generator.safetensors")
    _fill(discriminator, FOLDER / name / "discriminator.safetensors")
    record = json.loads((FOLDER / name / "history.json").read_text(encoding="utf-8"))
    epochs = record["frame_epochs"]
    frames = _read_frames(FOLDER / name / "frames.png", len(epochs), generator.image_shape)
    return RecordedRun(name, generator, discriminator, History(**record["history"]), frames, epochs, card(name))


def digit_classifier() -> DigitClassifier:
    """Return the classifier of MNIST digits, in eval mode; its test accuracy stands on its card."""
    return _fill(DigitClassifier(), FOLDER / "digit_classifier" / "weights.safetensors")


def card(name: str) -> dict:
    """Return what is known of a run or network: data, command, seed, hardware, figures."""
    return json.loads((FOLDER / name / "card.json").read_text(encoding="utf-8"))


def card_text(name: str) -> str:
    """Return a card as lines of text, one fact a line."""
    return "\n".join(f"{key.replace('_', ' ')}: {value}" for key, value in card(name).items())


def _fill(network: nn.Module, path: Path) -> nn.Module:
    tensors, _ = read_tensors(path)
    network.load_state_dict({name: tensor.float() for name, tensor in tensors.items()})
    return network.eval().requires_grad_(False)


def _read_frames(path: Path, epochs: int, image_shape: tuple[int, int, int]) -> Tensor:
    import numpy as np
    from PIL import Image

    channels, height, width = image_shape
    with Image.open(path) as picture:
        sheet = torch.from_numpy(np.array(picture)).reshape(epochs, height, -1, width, channels)
    return sheet.permute(0, 2, 4, 1, 3).contiguous()


_NETWORKS = {"mnist_mlp": lambda: (MLPGenerator(), MLPDiscriminator())}
