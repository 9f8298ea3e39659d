"""The torture table: real pictures spoiled in known ways, and what every measure says of each."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from dcgan_course.data.images import Images
from dcgan_course.data.pixels import floats
from dcgan_course.errors import InvalidValue, whole_number
from dcgan_course.evaluation.kernel import kernel_distance
from dcgan_course.evaluation.metrics import frechet_distance, inception_score
from dcgan_course.evaluation.neighbours import density_coverage, one_nearest_neighbour, precision_recall
from dcgan_course.evaluation.spoiled import (
    blurred,
    few_copied,
    half_noise,
    jpeg_saved,
    mirrored,
    noisy,
    of_classes,
    one_a_class,
    resized,
    sampled,
    shifted,
    without_class,
)
from dcgan_course.models.inference import eval_mode
from dcgan_course.models.protocols import FeatureNetwork

K = 5  # neighbours of a ball, for all four measures that ask for one
Spoil = Callable[[Images, int, int], Tensor]  # data, count, seed → pictures (count, C, H, W) in [−1, 1]


def _base(change: Callable[[Tensor], Tensor]) -> Spoil:
    """Return a spoil that takes the same pictures as the row of real ones and changes each."""
    return lambda data, count, seed: change(sampled(data.images, count, seed))


def _with_chance(change: Callable[[Tensor, int], Tensor]) -> Spoil:
    """The same for a change that takes a seed as well."""
    return lambda data, count, seed: change(sampled(data.images, count, seed), seed)


def _through(x: Tensor, mode: str, antialias: bool) -> Tensor:
    """Return pictures at half their size and back."""
    height, width = x.shape[2:]
    return resized(resized(x, (height // 2, width // 2), mode, antialias), (height, width), mode, antialias)


SPOILS: dict[str, Spoil] = {
    "real": _base(lambda x: x),
    "one class missing": lambda data, count, seed: without_class(data.images, data.labels, 4, count, seed),
    "five classes only": lambda data, count, seed: of_classes(data.images, data.labels, (0, 1, 2, 3, 4), count, seed),
    "a fifth, copied 5 times": lambda data, count, seed: few_copied(data.images, max(1, count // 5), count, seed),
    "a fiftieth, copied 50 times": lambda data, count, seed: few_copied(data.images, max(1, count // 50), count, seed),
    "one picture a class": lambda data, count, seed: one_a_class(data.images, data.labels, count, seed),
    "half noise": _with_chance(lambda x, seed: half_noise(x, 0.5, seed)),
    "blur, σ 1": _base(lambda x: blurred(x, 1)),
    "blur, σ 2": _base(lambda x: blurred(x, 2)),
    "shift, 2 pixels": _base(lambda x: shifted(x, 2)),
    "mirrored": _base(mirrored),
    "noise, σ 0.2": _with_chance(lambda x, seed: noisy(x, 0.2, seed)),
    "JPEG, quality 10": _base(lambda x: jpeg_saved(x, 10)),
    "half size and back, antialias": _base(lambda x: _through(x, "bilinear", True)),
    "half size and back, no antialias": _base(lambda x: _through(x, "bilinear", False)),
    "half size and back, nearest": _base(lambda x: _through(x, "nearest", False)),
    "uniform noise": _with_chance(lambda x, seed: half_noise(x, 1.0, seed)),
}


@dataclass(frozen=True)
class TortureRow:
    """What the measures say of one set of pictures beside a reference of real ones.

    name: of the spoil. frechet, kernel: distances, 0 is alike; kernel may be negative. inception: 1 to the number of
    classes. precision, recall, coverage: shares; density: may be above 1. two_sample: accuracy of the 1-NN test, of
    which two_sample_real and two_sample_fake are the halves. count: pictures a side for the first three, neighbours:
    for the others.
    """

    name: str
    frechet: float
    kernel: float
    inception: float
    precision: float
    recall: float
    density: float
    coverage: float
    two_sample: float
    two_sample_real: float
    two_sample_fake: float
    count: int
    neighbours: int


@torch.no_grad()
def read(network: FeatureNetwork, images: Tensor) -> tuple[Tensor, Tensor]:
    """Return what a classifier makes of pictures, in eval mode: features (N, F) and logits (N, classes).

    Args:
        images: (N, C, H, W), uint8 or float in [−1, 1].
    """
    device = next(network.parameters()).device
    features, logits = [], []
    with eval_mode(network):
        for part in images.split(500):
            x = floats(part).to(device)
            features.append(network.features(x).cpu())
            logits.append(network(x).cpu())
    return torch.cat(features), torch.cat(logits)


def measured(
    name: str, reference: Tensor, features: Tensor, logits: Tensor, neighbours: int | None = None, k: int = K
) -> TortureRow:
    """Return all measures of one set of pictures.

    Args:
        reference: (N, F), features of real pictures in an order of chance. features: (M, F) and logits: (M, classes),
            of the set. neighbours: the measures that ask for neighbours use so many of the first rows of each; None
            takes all.

    Raises:
        InvalidValue: what the measures refuse.
    """
    fewer = len(features) if neighbours is None else whole_number("neighbours", neighbours, 2)
    real, fake = reference[:fewer], features[:fewer]
    test = one_nearest_neighbour(real, fake)
    return TortureRow(
        name,
        frechet_distance(reference, features),
        kernel_distance(reference, features),
        inception_score(logits),
        *precision_recall(real, fake, k),
        *density_coverage(real, fake, k),
        test.accuracy,
        test.real,
        test.fake,
        len(features),
        len(fake),
    )


def torture_table(
    network: FeatureNetwork,
    pool: Images,
    reference: Images,
    count: int = 5_000,
    neighbours: int = 1_500,
    seed: int = 0,
    names: Collection[str] = tuple(SPOILS),
) -> list[TortureRow]:
    """Spoil real pictures in every known way and measure each set beside other real pictures.

    Args:
        network: a classifier with features. pool: real pictures, from which the sets are made. reference: real pictures
            that are not in the pool; `count` of them are taken in an order of chance, because the first ones of a file
            may be of one kind. count: pictures a side. neighbours: pictures a side for the measures that ask for
            neighbours, the first ones of a set in an order of chance. seed: of every choice. names: rows, of `SPOILS`.

    On one core a row of 5,000 digits takes some seconds.

    Raises:
        InvalidValue: a name that is none of `SPOILS`, or more pictures than there are.
    """
    wrong = [name for name in names if name not in SPOILS]
    if wrong:
        raise InvalidValue(f"names holds {wrong[0]!r}, but the rows are: {', '.join(SPOILS)}.")
    other, _ = read(network, sampled(reference.images, count, seed))
    # Of another seed: half_noise takes a permutation of the same length, and its noise must not come first.
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed + 1))
    rows = []
    for name in names:
        pictures = SPOILS[name](pool, count, seed)[order]
        rows.append(measured(name, other, *read(network, pictures), neighbours))
    return rows
