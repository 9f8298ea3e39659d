"""`python -m dcgan_course sample`: a sheet, a walk or a folder of pictures from a trained generator."""

import argparse
import math
import os
from pathlib import Path

from PIL import Image
from torch import Tensor

from dcgan_course.commands.inputs import networks_of, refuse_more_than_memory
from dcgan_course.data.pixels import to_pixels
from dcgan_course.drawing.films import save_webp
from dcgan_course.drawing.sheets import tile_pictures
from dcgan_course.errors import InvalidValue, seed_number
from dcgan_course.latent import paths
from dcgan_course.models.inference import draw
from dcgan_course.recorded import runs

OTHER_ENDINGS = {*Image.registered_extensions(), ".mp4", ".webm"} - {".png", ".gif", ".webp"}  # of files, not folders


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `sample` its options."""
    parser.add_argument("run", help="a run's folder, or a recorded run: " + ", ".join(runs.names()))
    parser.add_argument("--out", required=True, help="a sheet (.png), a walk (.webp, .gif) or a folder")
    parser.add_argument("--count", type=int, default=64, help="pictures on the sheet or in the folder; stops of a walk")
    parser.add_argument("--steps", type=int, default=16, help="pictures from one stop of a walk to the next")
    parser.add_argument("--seed", type=int, default=0, help="of z; the same seed draws the same pictures; default 0")


def run(options: argparse.Namespace) -> int:
    """Draw pictures with a trained generator: nothing is picked, the seed decides."""
    for name in ("count", "steps"):
        if getattr(options, name) < 1:
            raise InvalidValue(f"--{name} is {getattr(options, name)}, but it must be at least 1.")
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
    drawn = options.count * (options.steps if is_walk else 1)
    refuse_more_than_memory("--count and --steps", "pictures", 16 * drawn * math.prod(generator.image_shape))
    z = paths.sample(options.count, generator.latent_dim, options.seed)
    pictures = draw(generator, paths.walk(z, options.steps, loop=True) if is_walk else z)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if is_walk:
            save_webp(out, pictures[:, None], columns=1, seconds=0.06)
        elif out.suffix.lower() == ".png":
            tile_pictures(pictures, columns=8, zoom=2).save(out)
        else:
            _save_each(pictures, out)
    except OSError as error:
        raise InvalidValue(
            f"--out is {out}, but it cannot be written ({error.strerror or error}): choose another place."
        ) from error
    print(f"{len(pictures)} pictures from seed {options.seed} are in {out}.")
    return 0


def _save_each(pictures: Tensor, folder: Path) -> None:
    """Write pictures (N, C, H, W) as 00000.png, 00001.png, … into a folder, which is made."""
    folder.mkdir(exist_ok=True)
    for number, picture in enumerate(to_pixels(pictures).permute(0, 2, 3, 1).numpy()):
        Image.fromarray(picture.squeeze()).save(folder / f"{number:05d}.png")
