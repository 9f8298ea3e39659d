"""`python -m dcgan_course train`: a DCGAN into a folder, from any pictures, on any machine."""

import argparse
import copy
import dataclasses
import os
import signal
import sys

import torch

from dcgan_course.commands.inputs import test_pictures
from dcgan_course.commands.run_folder import RunFolder, RunSettings
from dcgan_course.data.images import load_images
from dcgan_course.errors import InvalidValue
from dcgan_course.training.interrupts import interrupt_as_flag
from dcgan_course.training.loop import DCGAN, TrainConfig, refuse_bad_images, train
from dcgan_course.training.processes import join_processes, leave_processes, rank, refuse_unequal_parts

NETWORK_DEFAULTS = {"width": 64, "latent_dim": 100, "ema": False}
KEEP_EVERY = {"cpu": 100, "cuda": 2000}  # steps between checkpoints inside an epoch: of 64×64, some minutes or less
HELP = {  # of the options that are read off TrainConfig
    "epochs": "passes over the pictures",
    "batch_size": "pictures a step; under torchrun the processes share them",
    "learning_rate": "Adam's, for both networks; above 0",
    "betas": "Adam's two, each at least 0 and below 1",
    "discriminator_steps": "steps of D for each step of G; at least 1",
    "seed": "of the weights, z and the order of the pictures; 0 to 4294967295",
    "precision": "of matrix products: float32, bfloat16, or auto, which is bfloat16 where the processor computes it",
    "channels_last": "keep maps pixel by pixel in memory; changes results by rounding only",
    "compile": "let torch.compile rewrite the networks; costs a minute at the start",
    "reuse_fakes": "let G learn from the fakes that D has just seen, instead of fresh ones; saves a call of G a step",
    "ema_decay": "with --ema: how much of the averaged generator stays at each step; at least 0 and below 1",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `train` its options; those of TrainConfig are read off the dataclass."""
    parser.add_argument("--data", help="mnist, cifar10, folder:PATH, drawn_digits or drawn_objects")
    parser.add_argument("--out", required=True, help="the folder of the run, such as runs/first")
    parser.add_argument("--resume", action="store_true", help="continue the run in --out; only --epochs may be changed")
    parser.add_argument(
        "--image-size",
        type=_size,
        help="pixels: 64, or 64x96 (height x width); default: the data's own, and 64 for a folder",
    )
    parser.add_argument("--width", type=int, help="maps of G's last hidden layer; default 64")
    parser.add_argument("--latent-dim", type=int, help="length of z; default 100")
    parser.add_argument("--ema", action=argparse.BooleanOptionalAction, default=None, help="average G's weights")
    for field in dataclasses.fields(TrainConfig):
        default, name = getattr(DCGAN, field.name), "--" + field.name.replace("_", "-")
        shown = ("no", "yes")[default] if isinstance(default, bool) else default
        text = f"{HELP[field.name]}; default {' '.join(map(str, default)) if isinstance(default, tuple) else shown}"
        if isinstance(default, bool):
            parser.add_argument(name, action=argparse.BooleanOptionalAction, default=None, help=text)
        elif isinstance(default, tuple):
            parser.add_argument(name, type=float, nargs=len(default), help=text)
        else:
            parser.add_argument(name, type=type(default), help=text)


def run(options: argparse.Namespace) -> int:
    """Train a DCGAN into a folder, or continue there."""
    folder = RunFolder(options.out)
    settings = _settings_to_resume(folder, options) if options.resume else None
    if settings is None and folder.checkpoint.exists():
        raise InvalidValue(f"--out is {folder.path}, which holds a run already: add --resume, or choose another name.")
    if settings is None and options.data is None:
        raise InvalidValue("--data is missing: say what to train on, such as --data cifar10.")
    config = settings.config if settings else _config(options, DCGAN)
    refuse_unequal_parts(config.batch_size, int(os.environ.get("WORLD_SIZE", "1")))
    if settings is None:
        _refuse_bad_networks(options)
    device = join_processes()
    name, size = (settings.data, settings.image_shape[1:]) if settings else (options.data, options.image_size)
    data = load_images(name, image_size=size)
    test = test_pictures(name, size)
    settings = settings or _settings(options, tuple(data.images.shape[1:]))
    generator, discriminator = settings.networks()
    refuse_bad_images(generator, data.images, settings.config)
    generator, discriminator = (network.to(device) for network in (generator, discriminator))
    ema_generator = copy.deepcopy(generator) if settings.ema else None
    main = rank() == 0
    if main:
        folder.write_settings(settings)
        if test is None:
            print(f"No picture of {name} could be kept for testing: p_real and p_fake are of the training pictures.")
        print(f"{data!r}\nTraining into {folder.path} for {_epochs(settings.config.epochs)}.", flush=True)
    with interrupt_as_flag(signal.SIGTERM) as terminated:
        history = train(
            generator,
            discriminator,
            data.images,
            settings.config,
            test_images=(data if test is None else test).images[:2000],
            ema_generator=ema_generator,
            hook=lambda training: folder(training) or terminated(),
            checkpoint=folder.checkpoint,
            checkpoint_every=KEEP_EVERY[device.type],
        )
    lost = folder.what_was_not_kept() if main else None
    if lost:
        print(lost, file=sys.stderr)
    elif main and history.stopped:
        full = _epochs(len(history), "full ")
        print(f"Stopped after {full}; `train --out {folder.path} --resume` goes on from here.")
    elif main:
        print(f"Done: {_epochs(len(history))}, p_real {history.p_real[-1]:.2f}, p_fake {history.p_fake[-1]:.2f}.")
    leave_processes()
    return 1 if lost else 0


def _settings(options: argparse.Namespace, image_shape: tuple[int, int, int]) -> RunSettings:
    own = {name: _or(getattr(options, name), default) for name, default in NETWORK_DEFAULTS.items()}
    return RunSettings(data=options.data, image_shape=image_shape, config=_config(options, DCGAN), **own)


def _refuse_bad_networks(options: argparse.Namespace) -> None:
    """Raise InvalidValue for networks that cannot be built, before any picture is read; nothing is computed."""
    with torch.device("meta"):
        _settings(options, (3, *_pair(options.image_size or 64))).networks()


def _config(options: argparse.Namespace, base: TrainConfig) -> TrainConfig:
    """Return the base with what the command line gives in its place."""
    given = {field.name: getattr(options, field.name) for field in dataclasses.fields(TrainConfig)}
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    return dataclasses.replace(base, **{name: value for name, value in given.items() if value is not None})


def _settings_to_resume(folder: RunFolder, options: argparse.Namespace) -> RunSettings:
    """Return the kept settings, with more epochs if asked; refuse an option that says something else."""
    kept = folder.settings()
    wanted = dataclasses.asdict(_config(options, kept.config))
    for name in ("data", *NETWORK_DEFAULTS):
        wanted[name] = _or(getattr(options, name), getattr(kept, name))
    before = dataclasses.asdict(kept.config) | dataclasses.asdict(kept)
    for name, value in wanted.items():
        if name != "epochs" and value != before[name]:
            option = "--" + name.replace("_", "-")
            raise InvalidValue(f"{option} is {value}, but the run in {folder.path} has {before[name]}: leave it out.")
    if options.image_size is not None and _pair(options.image_size) != tuple(kept.image_shape[1:]):
        raise InvalidValue(f"--image-size is another than that of the run in {folder.path}: leave it out.")
    longer = dataclasses.replace(kept.config, epochs=wanted["epochs"])
    folder.refuse_fewer_epochs(longer.epochs)
    return dataclasses.replace(kept, config=longer)


def _size(text: str):
    """Read 64 or 64x96."""
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdecimal() for side in sides):
        raise argparse.ArgumentTypeError(
            f"it is {text!r}, but it must be a number of pixels, such as 64, or height x width, such as 64x96."
        )
    return int(sides[0]) if len(sides) == 1 else tuple(map(int, sides))


def _pair(size) -> tuple[int, int]:
    return size if isinstance(size, tuple) else (size, size)


def _epochs(count: int, kind: str = "") -> str:
    return f"{count} {kind}epoch{'' if count == 1 else 's'}"


def _or(value, default):
    return default if value is None else value
