"""`python -m dcgan_course sample`: a sheet, a walk or a folder of pictures from a trained generator.

A conditional generator is asked for one class, or for all: then a sheet has a row for each class, from the same z, and
a folder has a folder for each class.
"""

import argparse
import math
import os
import reprlib
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from dcgan_course.commands.inputs import class_names_of, networks_of, refuse_more_than_memory
from dcgan_course.data.pixels import to_pixels
from dcgan_course.drawing.canvas import png_facts
from dcgan_course.drawing.films import save_webp
from dcgan_course.drawing.sheets import tile_pictures
from dcgan_course.errors import InvalidValue, seed_number
from dcgan_course.latent import paths
from dcgan_course.models.conditional import ConditionalGenerator
from dcgan_course.models.inference import draw
from dcgan_course.recorded import runs

OTHER_ENDINGS = {*Image.registered_extensions(), ".mp4", ".webm"} - {".png", ".gif", ".webp"}  # of files, not folders
COLUMNS = 8  # of a sheet


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `sample` its options."""
    parser.add_argument("run", help="a run's folder, or a recorded run: " + ", ".join(runs.names()))
    parser.add_argument("--out", required=True, help="a sheet (.png), a walk (.webp, .gif) or a folder")
    parser.add_argument("--count", type=int, help="pictures on the sheet or in the folder; stops of a walk; default 64")
    parser.add_argument(
        "--class", dest="label", help="of a conditional generator: the number or the name of the class; default: all"
    )
    parser.add_argument("--steps", type=int, default=16, help="pictures from one stop of a walk to the next")
    parser.add_argument("--seed", type=int, default=0, help="of z; the same seed draws the same pictures; default 0")


def run(options: argparse.Namespace) -> int:
    """Draw pictures with a trained generator: nothing is picked, the seed decides."""
    for name in ("count", "steps"):
        value = getattr(options, name)
        if value is not None and value < 1:
            raise InvalidValue(f"--{name} is {value}, but it must be at least 1.")
    seed_number(options.seed, "--seed")
    if not options.out or os.path.realpath(options.out) == os.path.dirname(os.path.realpath(options.out)):
        raise InvalidValue(
            f"--out is {options.out!r}, but it must be a file or a folder of its own, such as sheet.png."
        )
    generator = networks_of(options.run)[0]
    out = Path(options.out)
    if out.suffix.lower() in OTHER_ENDINGS and not os.path.isdir(out):
        raise InvalidValue(f"--out is {out.name}, but it must end in .png, .gif or .webp, or be a folder.")
    is_walk = out.suffix.lower() in (".gif", ".webp")
    names = class_names_of(options.run, generator.classes) if isinstance(generator, ConditionalGenerator) else ()
    label = _label(options, names)
    if is_walk and names and label is None:
        raise InvalidValue(
            f"--out is {out.name}, a walk, and it stays with one class: add --class, such as {names[0]}."
        )
    all_on_a_sheet = bool(names) and label is None and out.suffix.lower() == ".png"
    count = options.count or (COLUMNS * len(names) if all_on_a_sheet else 64)
    drawn = count * (options.steps if is_walk else 1)
    refuse_more_than_memory("--count and --steps", "pictures", 16 * drawn * math.prod(generator.image_shape))
    z = paths.sample(count, generator.latent_dim, options.seed)
    z = paths.walk(z, options.steps, loop=True) if is_walk else z
    labels = _labels(len(z), names, label, COLUMNS if all_on_a_sheet else 1) if names else None
    pictures = draw(generator, _same_in_each_column(z, len(names)) if all_on_a_sheet else z, labels)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if is_walk:
            save_webp(out, pictures[:, None], columns=1, seconds=0.06)
        elif out.suffix.lower() == ".png":
            tile_pictures(pictures, columns=COLUMNS, zoom=2).save(out, pnginfo=png_facts([], []))
        else:
            _save_each(pictures, out, [names[number] for number in labels.tolist()] if labels is not None else [])
    except OSError as error:
        raise InvalidValue(
            f"--out is {out}, but it cannot be written ({error.strerror or error}): choose another place."
        ) from error
    print(f"{len(pictures)} pictures from seed {options.seed} are in {out}.")
    if all_on_a_sheet:
        print(f"A row is a class: {', '.join(names)}. A column is a z, the same in all classes.")
    return 0


def _label(options: argparse.Namespace, names: tuple[str, ...]) -> int | None:
    """Return the number of the class that is asked for, given by its number or its name; None for all."""
    asked = options.label
    if asked is None:
        return None
    if not names:
        raise InvalidValue(
            f"--class is {asked}, but the generator of {options.run} is not conditional: leave it out, or train one "
            "with --conditional."
        )
    if asked in names:
        return names.index(asked)
    if asked.isascii() and asked.isdecimal() and len(asked) < 10 and int(asked) < len(names):
        return int(asked)
    some = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    raise InvalidValue(
        f"--class is {reprlib.repr(asked)}, but it must be a number from 0 to {len(names) - 1}, or one of: {some}."
    )


def _labels(count: int, names: tuple[str, ...], label: int | None, in_turn: int) -> Tensor:
    """Return the labels of `count` pictures: all alike, or each class in turn for so many pictures."""
    if label is not None:
        return torch.full((count,), label)
    return torch.arange(count) // in_turn % len(names)


def _same_in_each_column(z: Tensor, classes: int) -> Tensor:
    """Return as many z as given, so that a sheet's rows have the same ones until every class has had its row."""
    number = torch.arange(len(z))
    return z[number % COLUMNS + COLUMNS * (number // (COLUMNS * classes))]


def _save_each(pictures: Tensor, folder: Path, classes: list[str]) -> None:
    """Write pictures (N, C, H, W) as 00000.png, 00001.png, … into a folder, which is made; below it one a class."""
    folder.mkdir(exist_ok=True)
    for number, picture in enumerate(to_pixels(pictures).permute(0, 2, 3, 1).numpy()):
        place = folder / classes[number] if classes else folder
        place.mkdir(exist_ok=True)
        Image.fromarray(picture.squeeze()).save(place / f"{number:05d}.png")
