"""`python -m dcgan_course evaluate`: what a generator's pictures are like, beside as many test pictures."""

import argparse

import torch
from torch.nn.functional import adaptive_avg_pool2d

from dcgan_course import latent, metrics, pretrained
from dcgan_course.commands.sample import networks_of
from dcgan_course.data import load_images, scale
from dcgan_course.errors import InvalidValue
from dcgan_course.run_folder import RunFolder, draw
from dcgan_course.training_run import refuse_bad_seed


def add_options(parser: argparse.ArgumentParser):
    """Give `evaluate` its options."""
    parser.add_argument("run", help="a run's folder, or a recorded run: " + ", ".join(pretrained.names()))
    parser.add_argument("--data", help="pictures to compare with; default: those the run was trained on")
    parser.add_argument("--count", type=int, default=2000, help="pictures on each side")
    parser.add_argument("--seed", type=int, default=0, help="of z, and of which real pictures are taken; default 0")


def run(options: argparse.Namespace) -> int:
    """Print what a generator's pictures are like beside as many test pictures."""
    if options.count < 100:
        raise InvalidValue(f"--count is {options.count}, but a distance of distributions needs at least 100 pictures.")
    refuse_bad_seed(options.seed, "--seed")
    generator, discriminator = networks_of(options.run)
    name = options.data or _data_of(options.run)
    channels, height, width = generator.image_shape
    data = load_images(name, "test", image_size=(height, width))
    if data.images.shape[1] != channels:
        raise InvalidValue(f"--data is {name}, whose pictures have {data.images.shape[1]} channels, not {channels}.")
    if len(data) < options.count:
        raise InvalidValue(f"--count is {options.count}, but {name} has only {len(data)} test pictures: ask for less.")
    real = scale(
        data.images[torch.randperm(len(data), generator=torch.Generator().manual_seed(options.seed))[: options.count]]
    )
    fake = draw(generator, latent.sample(options.count, generator.latent_dim, options.seed))
    half = options.count // 2
    answers = [torch.cat([discriminator(part).sigmoid() for part in side.split(256)]) for side in (real, fake)]
    print(f"{options.count:,} drawn pictures, seed {options.seed}, beside as many of {data!r}")
    print(f"p_real {answers[0].mean():.2f}, p_fake {answers[1].mean():.2f} (guessing gives 0.50 and 0.50)")
    features, where = _features(name, generator.image_shape)
    yardstick = metrics.frechet_distance(features(real[:half]), features(real[half:]))
    distance = metrics.frechet_distance(features(real), features(fake))
    print(f"Fréchet distance {where}: {distance:.2f} (two halves of the real pictures: {yardstick:.2f})")
    if _are_digits(name, generator.image_shape):
        counts = metrics.class_histogram(pretrained.digit_classifier(), fake)
        print(f"digits 0 to 9: {counts.tolist()}; entropy {metrics.entropy(counts):.2f} nats (ten equal shares: 2.30)")
    return 0


def _data_of(run: str) -> str:
    return pretrained.card(run)["dataset"] if run in pretrained.names() else RunFolder(run).settings().data


def _are_digits(name: str, image_shape) -> bool:
    return name in ("mnist", "drawn_digits") and image_shape == (1, 28, 28)


def _features(name: str, image_shape):
    """Return a function from pictures to features (N, F), and the name of the space that a distance is taken in."""
    if _are_digits(name, image_shape):
        classifier = pretrained.digit_classifier()
        return lambda images: torch.cat([classifier.features(part) for part in images.split(500)]), (
            "in the digit classifier's features"
        )
    return lambda images: adaptive_avg_pool2d(images, 8).flatten(1), "of pictures shrunk to 8×8 pixels (colours only)"
