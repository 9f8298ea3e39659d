"""`python -m dcgan_course evaluate`: a report card of a generator's pictures, beside real ones."""

import argparse
from dataclasses import dataclass

import torch
from torch import Tensor

from dcgan_course.commands.inputs import as_asked, data_of, labels_asked, networks_of, test_pictures
from dcgan_course.data.images import Images, load_images
from dcgan_course.data.pixels import scale
from dcgan_course.errors import InvalidValue, seed_number, whole_number
from dcgan_course.evaluation import metrics
from dcgan_course.evaluation.report import ReportCard, Setting, report_card
from dcgan_course.latent import paths
from dcgan_course.models.inference import draw, refuse_not_finite
from dcgan_course.models.protocols import AskedGenerator, LatentGenerator, Network, ToldDiscriminator
from dcgan_course.recorded import runs
from dcgan_course.recorded.judges import DIGITS, judge_for

Shape = tuple[int, int, int]  # (C, H, W)
FEWEST = 200  # with 100 pictures a side, real ones can lie as far from other real ones as a generator's do
DRAWS = 5


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `evaluate` its options."""
    parser.add_argument("run", help="a run's folder, or a recorded run: " + ", ".join(runs.names()))
    parser.add_argument("--data", help="pictures to compare with; default: those the run was trained on")
    parser.add_argument("--count", type=int, help="pictures on each side; default 2000, or all there are")
    parser.add_argument("--seed", type=int, default=0, help="of z, and of which real pictures are taken; default 0")
    parser.add_argument(
        "--draws",
        type=int,
        default=DRAWS,
        help=f"how often pictures are drawn, each time with the next seed of z; default {DRAWS}",
    )


def run(options: argparse.Namespace) -> int:
    """Print what a generator's pictures are like beside as many real ones."""
    if options.count is not None and options.count < FEWEST:
        raise InvalidValue(f"--count is {options.count}, but a distance of distributions needs at least {FEWEST}.")
    seed = seed_number(options.seed, "--seed")
    seeds = tuple(range(seed, seed + whole_number("--draws", options.draws, 1, 100)))
    seed_number(seeds[-1], "the last seed of z, --seed + --draws − 1,")
    generator, discriminator = networks_of(options.run)
    name = options.data or data_of(options.run)
    # MNIST beside a generator of colours is a mistake; pictures it was trained on, or one's own, are read in its way
    channels = generator.image_shape[0] if name.startswith("folder:") or not options.data else None
    pictures = real_pictures(name, generator.image_shape, channels, options.count, seed)
    reference, count = scale(pictures.reference), len(pictures.reference)
    labels = labels_asked(generator, pictures.data, count, seed)
    fake = draw(generator, paths.sample(count, generator.latent_dim, seed), labels)
    of_reals = None if labels is None else pictures.labels
    answers = [_answers(discriminator, *side) for side in ((reference, of_reals), (fake, labels))]
    refuse_not_finite(torch.cat(answers), "discriminator's answers")
    print(f"{count:,} drawn pictures, seed {seed}, beside as many of {pictures.data!r}")
    print(f"p_real {answers[0].mean():.2f}, p_fake {answers[1].mean():.2f} (guessing gives 0.50 and 0.50)")
    if count < FEWEST:
        print(f"Report card: not measured, since it takes at least {FEWEST} pictures on each side.")
        return 0
    print(f"\n{report_of(generator, pictures, seeds)}")
    print("No value here is an FID: that name belongs to the features of Inception.")
    if name in DIGITS and generator.image_shape == (1, 28, 28):
        counts = metrics.class_histogram(runs.digit_classifier(), fake)
        print(f"digits 0 to 9: {counts.tolist()}; entropy {metrics.entropy(counts):.2f} nats (ten equal shares: 2.30)")
    if labels is not None and (classifier := _classifier(name, generator.image_shape)) is not None:
        print("\n".join(as_asked(classifier, fake, labels, reference, pictures.labels, len(pictures.data.class_names))))
    return 0


def _answers(discriminator: Network | ToldDiscriminator, pictures: Tensor, labels: Tensor | None) -> Tensor:
    """Return D's answers to pictures (N, C, H, W), each with its label where D takes labels: (N,), from 0 to 1."""
    columns = [pictures] if labels is None else [pictures, labels]
    parts = zip(*(column.split(256) for column in columns), strict=True)
    return torch.cat([discriminator(*part).sigmoid() for part in parts])


def _classifier(name: str, image_shape: Shape) -> Network | None:
    """Return the network that reads the classes of a data set; None where the course has none."""
    if name in DIGITS and image_shape == (1, 28, 28):
        return runs.digit_classifier()
    return runs.cifar10_classifier() if name == "cifar10" and image_shape == (3, 32, 32) else None


@dataclass(frozen=True)
class RealPictures:
    """Real pictures to compare with, uint8 (N, C, H, W), in an order that a seed permuted.

    data: where they are from. says: which of them are the reference, in words. labels: (N,), of the reference. others:
    pictures of the same data that are not in the reference, at least as many.
    """

    data: Images
    says: str
    reference: Tensor
    labels: Tensor
    others: Tensor


def report_of(
    generator: LatentGenerator | AskedGenerator, pictures: RealPictures, seeds: tuple[int, ...]
) -> ReportCard:
    """Return the report card of a generator: as many pictures as the reference has, drawn anew with each seed of z.

    A conditional generator is asked for classes with the shares that they have in the data.
    The yardstick is measured as often, as far as there are other real pictures.
    """
    judge, count = judge_for(pictures.data.name, generator.image_shape[0]), len(pictures.reference)
    drawn = []
    for seed in seeds:
        z, labels = (
            paths.sample(count, generator.latent_dim, seed),
            labels_asked(generator, pictures.data, count, seed),
        )
        drawn.append(judge.features(draw(generator, z, labels)))
    others = [part for part in pictures.others.split(count)[: len(seeds)] if len(part) == count]
    real = [judge.features(scale(part)) for part in others]
    setting = Setting(judge.name, pictures.says, judge.resizer(generator.image_shape), seeds)
    return report_card(setting, judge.features(scale(pictures.reference)), drawn, real)


def real_pictures(name: str, image_shape: Shape, channels: int | None, count: int | None, seed: int) -> RealPictures:
    """Return `count` pictures of a data set, and others of it; by default 2,000, or as many as there are.

    They are test pictures; where a folder keeps only a few of these, training pictures, and a line says so. The others
    are test pictures too, and training pictures where the test pictures do not suffice. channels: of load_images.
    """
    size = image_shape[1:]
    data, kind = test_pictures(name, size, channels), "test"
    if data is None or len(data) < FEWEST:
        kept = 0 if data is None else len(data)
        print(f"{name} keeps {kept} pictures for testing, too few: its training pictures are taken.")
        data, kind = load_images(name, image_size=size, channels=channels), "training"
    if data.images.shape[1] != image_shape[0]:
        raise InvalidValue(
            f"--data is {name}, whose pictures have {data.images.shape[1]} channels, not {image_shape[0]}."
        )
    most = len(data) if kind == "test" else len(data) // 2
    count = min(2000, most) if count is None else count
    if count > len(data):
        raise InvalidValue(f"--count is {count}, but {name} has only {len(data)} {kind} pictures: {_less(most)}.")
    source = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(data), generator=source)
    reference, others = data.images[order].split([count, len(data) - count])
    if len(others) < count and kind == "test":
        more = load_images(name, image_size=size, channels=channels).images
        others = torch.cat([others, more[torch.randperm(len(more), generator=source)[: DRAWS * count]]])
    if len(others) < count:
        raise InvalidValue(
            f"--count is {count}, but only {len(others)} other real pictures are left to compare them with: "
            f"{_less((count + len(others)) // 2)}."
        )
    says = f"{count:,} of {len(data):,} {kind} pictures, permuted with seed {seed}: {data.source}"
    return RealPictures(data, says, reference, data.labels[order[:count]], others)


def _less(most: int) -> str:
    return f"ask for {most} at most" if most >= FEWEST else "leave it out"
