"""Networks and runs that come with the course, each with a card that says how it was made.

Everything here was written by `make recorded-runs`; the weights are half precision in safetensors files. A card has a
SHA-256 of each file beside it and of itself, so that a flipped bit is seen before anything is used.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from dcgan_course.errors import CheckpointError, InvalidValue, pair_of_sides
from dcgan_course.evaluation.classifiers import Cifar10Classifier, DigitClassifier, FactorReader
from dcgan_course.evaluation.report import ReportCard
from dcgan_course.files import content_of, read_json
from dcgan_course.models.mlp import MLPDiscriminator, MLPGenerator
from dcgan_course.models.protocols import Module
from dcgan_course.training.config import TrainConfig
from dcgan_course.training.fixes.networks import AnyDiscriminator, AnyGenerator, build_networks
from dcgan_course.training.kept_state import history_of, refuse_other_tensors
from dcgan_course.training.state import History
from dcgan_course.training.tensor_file import read_tensors

FOLDER = Path(__file__).parent
SUMS, REPORT = "sha256", "report"  # on a card: of the files, and what was measured of a generator's pictures
Filled = TypeVar("Filled", bound=nn.Module)


@dataclass(frozen=True)
class RecordedRun:
    """A training that somebody already ran: networks in eval mode, history, sample frames, and the card.

    frames: uint8 (times recorded, pictures, C, H, W), drawn from one fixed set of z after each of `frame_epochs`,
        which may be parts of an epoch. Of a conditional run they show the classes in turn, see `labels_in_turn`.
    card: how it was made and what was measured; `card_text` writes it in sentences.
    class_names: of a conditional run, what its generator can be asked for, in the order of the labels; else empty.
    """

    name: str
    generator: AnyGenerator | MLPGenerator
    discriminator: AnyDiscriminator | MLPDiscriminator
    history: History
    frames: Tensor
    frame_epochs: list[float]
    card: dict[str, Any]
    class_names: tuple[str, ...] = ()


def names() -> list[str]:
    """Return the names of the recorded runs."""
    return sorted(name for name in PAIRS if (FOLDER / name / "card.json").exists())


def load_run(name: str) -> RecordedRun:
    """Return a recorded run by its name; see `names()`.

    Raises:
        InvalidValue: there is no run of that name.
        CheckpointError: a file of it is missing, or is not what was recorded.
    """
    if name not in names():
        raise InvalidValue(f"name is {name!r}, but the recorded runs are: {', '.join(names())}.")
    facts = whole(name)
    try:
        generator, discriminator = PAIRS[name](facts)
    except (KeyError, TypeError, ValueError, RuntimeError, OverflowError, MemoryError) as error:  # or InvalidValue
        raise _changed(name, "card.json") from error
    _fill(generator, FOLDER / name / "generator.safetensors")
    _fill(discriminator, FOLDER / name / "discriminator.safetensors")
    record = read_json(FOLDER / name / "history.json")
    if not isinstance(record, dict) or not _are_epochs(record.get("frame_epochs")):
        raise _changed(name, "history.json")
    epochs, history = record["frame_epochs"], history_of(f"history.json of {name}", record.get("history"))
    frames = _read_frames(name, len(epochs), generator.image_shape)
    class_names = tuple(facts.get("class_names", ()))
    return RecordedRun(name, generator, discriminator, history, frames, epochs, facts, class_names)


def digit_classifier() -> DigitClassifier:
    """Return the classifier of MNIST digits, in eval mode; its test accuracy stands on its card.

    Raises:
        CheckpointError: a file of it is missing, or is not what was recorded.
    """
    whole("digit_classifier")
    return _fill(DigitClassifier(), FOLDER / "digit_classifier" / "weights.safetensors")


def cifar10_classifier() -> Cifar10Classifier:
    """Return the classifier of CIFAR-10, in eval mode; its test accuracy stands on its card.

    Raises:
        CheckpointError: as `digit_classifier`.
    """
    whole("cifar10_classifier")
    return _fill(Cifar10Classifier(), FOLDER / "cifar10_classifier" / "weights.safetensors")


def factor_reader() -> FactorReader:
    """Return the network that reads the factors of drawn objects, in eval mode; its errors stand on its card.

    Raises:
        CheckpointError: as `digit_classifier`.
    """
    whole("factor_reader")
    return _fill(FactorReader(), FOLDER / "factor_reader" / "weights.safetensors")


def card(name: str) -> dict[str, Any]:
    """Return what is known of a run or network: data, command, seed, hardware, figures.

    Raises:
        CheckpointError: the card is missing, or is not what was written.
    """
    facts = read_json(FOLDER / name / "card.json")
    sums = facts.get(SUMS) if isinstance(facts, dict) else None
    if not isinstance(sums, dict) or sums.get("card.json") != sum_of_facts(facts):
        raise _changed(name, "card.json")
    return facts


def whole(name: str) -> dict[str, Any]:
    """Return the card of a folder in which every file is what was recorded; else raise CheckpointError."""
    facts = card(name)
    for file, stated in facts[SUMS].items():
        if file != Path(file).name:  # a sum of something that is not in the folder
            raise _changed(name, "card.json")
        if file != "card.json" and sum_of_file(FOLDER / name / file) != stated:
            raise _changed(name, file)
    return facts


def sum_of_facts(facts: dict[str, Any]) -> str:
    """Return the SHA-256 of what a card says beside the sums."""
    return _sum_of_json({key: value for key, value in facts.items() if key != SUMS})


def sum_of_file(path: Path) -> str:
    """Return the SHA-256 of a file; of JSON that of what it says, since Git may write its lines with other ends.

    Raises:
        CheckpointError: it cannot be read.
    """
    if path.suffix == ".json":
        return _sum_of_json(read_json(path))
    return hashlib.sha256(content_of(path)).hexdigest()


def _sum_of_json(said: object) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _changed(name: str, file: str) -> CheckpointError:
    return CheckpointError(
        f"{file} of {name} is not what was recorded: get the course's files again, `git checkout -- dcgan_course`."
    )


def card_text(name: str) -> str:
    """Return a card as lines of text, one fact a line; the report card, if there is one, as a table at the end."""
    facts = card(name)
    lines = [f"{key.replace('_', ' ')}: {value}" for key, value in facts.items() if key != REPORT]
    return "\n".join(lines + ([f"\n{ReportCard.from_facts(facts[REPORT])}"] if REPORT in facts else []))


def report(name: str) -> ReportCard:
    """Return the report card of a recorded run, as `python -m recording report` measured it; `print` shows its table.

    Raises:
        InvalidValue: the run has none.
        CheckpointError: its card is missing, or is not what was written.
    """
    facts = card(name) if name in names() else {}
    if REPORT not in facts:
        known = [other for other in names() if REPORT in card(other)]
        raise InvalidValue(f"name is {name!r}, but the recorded runs with a report card are: {', '.join(known)}.")
    return ReportCard.from_facts(facts[REPORT])


def _fill(network: Filled, path: Path) -> Filled:
    halves, _ = read_tensors(path)
    kept = {name: half.float() if half.is_floating_point() else half for name, half in halves.items()}
    refuse_other_tensors(path.name, path.stem, kept, network.state_dict())
    network.load_state_dict(kept)
    return network.eval().requires_grad_(False)


def _are_epochs(said: object) -> bool:
    return isinstance(said, list) and bool(said) and all(type(each) in (int, float) and each >= 0 for each in said)


def _read_frames(name: str, epochs: int, image_shape: tuple[int, int, int]) -> Tensor:
    import numpy as np
    from PIL import Image

    channels, height, width = image_shape
    try:
        (path,) = (FOLDER / name).glob("frames.*")
        with Image.open(path) as picture:
            pixels = np.array(picture.convert("L" if channels == 1 else "RGB"))
        sheet = torch.from_numpy(pixels).reshape(epochs, height, -1, width, channels)
    except (OSError, ValueError, RuntimeError, SyntaxError, Image.DecompressionBombError) as error:
        raise _changed(name, "frames") from error
    return sheet.permute(0, 2, 4, 1, 3).contiguous()


def _mlp_pair(facts: dict[str, Any]) -> tuple[MLPGenerator, MLPDiscriminator]:
    return MLPGenerator(), MLPDiscriminator()


def dcgan_pair(facts: dict[str, Any]) -> tuple[AnyGenerator, AnyDiscriminator]:
    """Build the DCGAN pair that a card speaks of, as it is before training: its `network` and its `config`."""
    network, known = facts["network"], {field.name for field in dataclasses.fields(TrainConfig)}
    config = TrainConfig(**{name: value for name, value in facts["config"].items() if name in known})
    size = pair_of_sides("image_size", network["image_size"])
    shape = (network["channels"], *size)
    return build_networks(config, shape, network["width"], network["latent_dim"], network.get("classes"))


def labels_in_turn(generator: Module, count: int) -> Tensor | None:
    """Return labels 0, 1, 2, … in turn for `count` pictures of a conditional generator; None for another one.

    So the frames of a conditional run are asked for, and the samples that its card counts.
    """
    classes = getattr(generator, "classes", None)
    return None if classes is None else torch.arange(count) % classes


Pair = tuple[AnyGenerator | MLPGenerator, AnyDiscriminator | MLPDiscriminator]
PAIRS: dict[str, Callable[[dict[str, Any]], Pair]] = {  # how the two networks of each run are built, from its card
    "mnist_mlp": _mlp_pair,
    "mnist_dcgan": dcgan_pair,
    "mnist_dcgan_conditional": dcgan_pair,
    "cifar10_dcgan_32": dcgan_pair,
    "cifar10_dcgan_32_tuned": dcgan_pair,
    "cifar10_dcgan_64": dcgan_pair,
    "objects_dcgan": dcgan_pair,
}
