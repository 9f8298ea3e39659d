"""`python -m dcgan_course evaluate`: what a generator's pictures are like, beside as many real ones."""

import argparse
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

from dcgan_course.commands.inputs import data_of, networks_of, test_pictures
from dcgan_course.data.images import Images, load_images
from dcgan_course.data.pixels import scale
from dcgan_course.errors import InvalidValue, seed_number
from dcgan_course.evaluation import metrics
from dcgan_course.latent import paths
from dcgan_course.models.inference import draw, refuse_not_finite
from dcgan_course.recorded import runs

Shape = tuple[int, int, int]  # (C, H, W)
FEWEST = 200  # with 100 pictures a side, real ones can lie as far from other real ones as a generator's do


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `evaluate` its options."""
    parser.add_argument("run", help="a run's folder, or a recorded run: " + ", ".join(runs.names()))
    parser.add_argument("--data", help="pictures to compare with; default: those the run was trained on")
    parser.add_argument("--count", type=int, help="pictures on each side; default 2000, or all there are")
    parser.add_argument("--seed", type=int, default=0, help="of z, and of which real pictures are taken; default 0")


def run(options: argparse.Namespace) -> int:
    """Print what a generator's pictures are like beside as many real ones."""
    if options.count is not None and options.count < FEWEST:
        raise InvalidValue(f"--count is {options.count}, but a distance of distributions needs at least {FEWEST}.")
    seed_number(options.seed, "--seed")
    generator, discriminator = networks_of(options.run)
    name = options.data or data_of(options.run)
    # MNIST beside a generator of colours is a mistake; pictures it was trained on, or one's own, are read in its way
    channels = generator.image_shape[0] if name.startswith("folder:") or not options.data else None
    data, real, others = _real_pictures(name, generator.image_shape, channels, options.count, options.seed)
    count = len(real)
    fake = draw(generator, paths.sample(count, generator.latent_dim, options.seed))
    answers = [torch.cat([discriminator(part).sigmoid() for part in side.split(256)]) for side in (real, fake)]
    refuse_not_finite(torch.cat(answers), "discriminator's answers")
    print(f"{count:,} drawn pictures, seed {options.seed}, beside as many of {data!r}")
    print(f"p_real {answers[0].mean():.2f}, p_fake {answers[1].mean():.2f} (guessing gives 0.50 and 0.50)")
    if count < FEWEST:
        print(f"Fréchet distance: not measured, since it takes at least {FEWEST} pictures on each side.")
        return 0
    features, where = _features(name, generator.image_shape)
    yardstick = metrics.frechet_distance(features(real), features(others))
    distance = metrics.frechet_distance(features(real), features(fake))
    print(f"Fréchet distance {where}: {distance:.2f} (as many other real pictures: {yardstick:.2f})")
    if _are_digits(name, generator.image_shape):
        counts = metrics.class_histogram(runs.digit_classifier(), fake)
        print(f"digits 0 to 9: {counts.tolist()}; entropy {metrics.entropy(counts):.2f} nats (ten equal shares: 2.30)")
    return 0


def _real_pictures(
    name: str, image_shape: Shape, channels: int | None, count: int | None, seed: int
) -> tuple[Images, Tensor, Tensor]:
    """Return what is compared with, `count` of its pictures, and as many others of the same data (N, C, H, W).

    They are test pictures; where a folder keeps only a few of these, training pictures, and a line says so. The others
    are test pictures too, or training pictures where the test pictures do not suffice. channels: of load_images.
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
    real, others = data.images[torch.randperm(len(data), generator=source)].split([count, len(data) - count])
    if len(others) < count and kind == "test":
        more = load_images(name, image_size=size, channels=channels).images
        others = torch.cat([others, more[torch.randperm(len(more), generator=source)[:count]]])
    if len(others) < count:
        raise InvalidValue(
            f"--count is {count}, but only {len(others)} other real pictures are left to compare them with: "
            f"{_less((count + len(others)) // 2)}."
        )
    return data, scale(real), scale(others[:count])


def _less(most: int) -> str:
    return f"ask for {most} at most" if most >= FEWEST else "leave it out"


def _are_digits(name: str, image_shape: Shape) -> bool:
    return name in ("mnist", "drawn_digits") and image_shape == (1, 28, 28)


def _features(name: str, image_shape: Shape) -> tuple[Callable[[Tensor], Tensor], str]:
    """Return a function from pictures to features (N, F), and the name of the space that a distance is taken in."""
    if _are_digits(name, image_shape):
        classifier = runs.digit_classifier()
        return lambda images: torch.cat([classifier.features(part) for part in images.split(500)]), (
            "in the digit classifier's features"
        )
    return lambda images: adaptive_avg_pool2d(images, 8).flatten(1), "of pictures shrunk to 8×8 pixels (colours only)"
