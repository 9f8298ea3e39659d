"""`python -m dcgan_course train`: a DCGAN into a folder, from any pictures, on any machine."""

import argparse
import contextlib
import copy
import dataclasses
import signal
import sys
from collections.abc import Iterable
from typing import Any

import torch

from dcgan_course.commands.fingerprint import fingerprint
from dcgan_course.commands.inputs import lasting_name, test_pictures
from dcgan_course.commands.run_folder import RunFolder, RunSettings
from dcgan_course.commands.speed import Watch, choose_threads, remedy_for_a_busy_machine
from dcgan_course.commands.terminal import INTERRUPTED
from dcgan_course.data.images import Images, load_images
from dcgan_course.errors import InvalidValue
from dcgan_course.training.config import CHOICES, DCGAN, TrainConfig
from dcgan_course.training.fixes.penalties import WEIGHTS
from dcgan_course.training.interrupts import interrupt_as_flag
from dcgan_course.training.loop import refuse_bad_images, train
from dcgan_course.training.losses import WITH_CHANCES
from dcgan_course.training.processes import (
    Processes,
    join_processes,
    leave_processes,
    refuse_unequal_parts,
    started_processes,
)
from dcgan_course.training.state import History, Training

NETWORK_DEFAULTS: dict[str, Any] = {"width": 64, "latent_dim": 100, "ema": False}
OF_A_RUN = ("data", *NETWORK_DEFAULTS)  # beside the config
MOST_THREADS = 1024
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
    "cuda_graph": "on a GPU, ask for a whole step at once: the same numbers, three times as fast on an H200; the "
    "paper's recipe has it there unless --no-cuda-graph is given",
    "reuse_fakes": "let G learn from the fakes that D has just seen, instead of fresh ones; saves a call of G a step",
    "ema_decay": "with --ema: how much of the averaged generator stays at each step; at least 0 and below 1",
    "loss": "what both players make small",
    "penalty": "on D's slope, or clip for its weights; all but clip need --no-discriminator-norm",
    "penalty_weight": "gamma of r1, r2 and r1_r2, lambda of gradient, the bound of clip",
    "discriminator_learning_rate": "Adam's for D, if it shall have one of its own; above 0",
    "augment": "random changes through which D sees every picture, real or fake",
    "packing": "pictures that D sees at a time",
    "minibatch_deviation": "let D see how much a batch varies",
    "spectral_norm": "divide D's weights by their largest singular value",
    "discriminator_norm": "batch norm in D",
    "conditional": "draw what class is asked for; how D is told the class. The data need classes",
}


DEFAULT_SAID = {  # where None stands for something
    "penalty_weight": ", ".join(f"{weight:g} for {penalty}" for penalty, weight in WEIGHTS.items()),
    "discriminator_learning_rate": "that of G",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Give `train` its options; those of TrainConfig are read off the dataclass. What is not given is left out."""
    parser.argument_default = argparse.SUPPRESS
    parser.add_argument("--data", help="mnist, cifar10, folder:PATH, drawn_digits or drawn_objects")
    parser.add_argument("--out", required=True, help="the folder of the run, such as runs/first")
    parser.add_argument(
        "--resume",
        action="store_true",
        default=False,
        help="continue the run in --out; only --epochs may be changed",
    )
    parser.add_argument(
        "--image-size",
        type=_size,
        help="pixels: 64, or 64x96 (height x width); default: the data's own, and 64 for a folder",
    )
    parser.add_argument(
        "--channels",
        type=int,
        choices=(1, 3),
        help="1 trains on grey pictures, 3 on coloured ones; default: the data's own, and 1 for a folder all grey",
    )
    parser.add_argument("--width", type=int, help="maps of G's last hidden layer; default 64")
    parser.add_argument("--latent-dim", type=int, help="length of z; default 100")
    parser.add_argument(
        "--threads",
        type=_threads,
        help="of the CPU: a number, or auto, which takes the faster of one and all; default: what torch takes",
    )
    parser.add_argument("--ema", action=argparse.BooleanOptionalAction, help="average G's weights")
    for field in dataclasses.fields(TrainConfig):
        default, name = getattr(DCGAN, field.name), "--" + field.name.replace("_", "-")
        allowed = f": {', '.join(CHOICES[field.name])}" if field.name in CHOICES and field.name != "precision" else ""
        text = f"{HELP[field.name]}{allowed}; default {DEFAULT_SAID.get(field.name) or _said(default)}"
        if isinstance(default, bool):
            parser.add_argument(name, action=argparse.BooleanOptionalAction, help=text)
        elif field.name == "augment":
            parser.add_argument(name, nargs="+", help=text)
        elif default is None:
            parser.add_argument(name, type=float, help=text)
        elif isinstance(default, tuple):
            parser.add_argument(name, type=float, nargs=len(default), help=text)
        else:
            parser.add_argument(name, type=type(default), help=text)


def _said(value: object) -> str:
    """Return a setting as it stands on a command line."""
    if isinstance(value, bool):
        return ("no", "yes")[value]
    return " ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)


def run(options: argparse.Namespace) -> int:
    """Train a DCGAN into a folder, or continue there."""
    if not options.out:
        raise InvalidValue("--out is empty, but a run needs a folder of its own: name one, such as runs/first.")
    folder = RunFolder(options.out)
    if options.resume:
        settings = _settings_to_resume(folder, options)
        shape = settings.image_shape
        device, data, test = _meet_and_read(settings.config, settings.data, shape[1:], shape[0])
        settings = _of_the_same_pictures(folder, settings, data)
    else:
        config = _config_of_new_run(folder, options)
        size, channels = getattr(options, "image_size", None), getattr(options, "channels", None)
        device, data, test = _meet_and_read(config, options.data, size, channels)
        channels, height, width = data.images.shape[1:]
        settings = _settings(options, (channels, height, width), data)
    watch = _threads_of(options, settings, device)
    return _train_into(folder, settings, device, data, test, options.resume, watch)


def _meet_and_read(
    config: TrainConfig, name: str, size: tuple[int, int] | None, channels: int | None
) -> tuple[torch.device, Images, Images | None]:
    """Meet the other processes, if there are some; return the device, the pictures and, if there are some, others
    for testing."""
    refuse_unequal_parts(config.batch_size, started_processes())
    device = join_processes()
    return device, load_images(name, image_size=size, channels=channels), test_pictures(name, size, channels)


def _threads_of(options: argparse.Namespace, settings: RunSettings, device: torch.device) -> Watch | None:
    """Set torch's number of threads as asked; return what watches it, or None where nothing is to be said."""
    threads = getattr(options, "threads", None)
    first = Processes(settings.config.batch_size).rank == 0
    if isinstance(threads, int):
        torch.set_num_threads(threads)
    if device.type != "cpu" or settings.classes is not None:  # what is measured is a step of unconditional networks
        if threads == "auto" and first:
            print("--threads auto changes nothing here: it measures on the CPU, without classes.")
        return None
    if threads == "auto":
        about = choose_threads(settings.networks)[1]
        if first:
            print(about)
    return Watch(settings.networks) if first else None


def _train_into(
    folder: RunFolder,
    settings: RunSettings,
    device: torch.device,
    data: Images,
    test: Images | None,
    resume: bool,
    watch: Watch | None,
) -> int:
    """Train as the settings say, from where the folder stands; say how it ended, and return the exit code."""
    generator, discriminator = settings.networks()
    refuse_bad_images(generator, data.images, settings.config)
    conditional = settings.classes is not None
    generator.to(device)
    discriminator.to(device)
    first = Processes(settings.config.batch_size).rank == 0
    with contextlib.ExitStack() as held:
        if first:
            held.enter_context(folder.begun(settings, resume))
            _say_what_begins(folder, settings, data, test)
            if watch and (remedy := remedy_for_a_busy_machine(settings.networks)):
                print(remedy, flush=True)
                watch = None
        terminated = held.enter_context(interrupt_as_flag(signal.SIGTERM))

        def write_and_ask(training: Training) -> bool:
            if watch and (remedy := watch.end()):
                print(f"\n{remedy}", flush=True)
            folder(training)
            if watch:
                watch.begin()
            return terminated()

        history = train(
            generator,
            discriminator,
            data.images,
            settings.config,
            test_images=(data if test is None else test).images[:2000],
            labels=data.labels if conditional else None,
            test_labels=(data if test is None else test).labels[:2000] if conditional else None,
            ema_generator=copy.deepcopy(generator) if settings.ema else None,
            hook=write_and_ask,
            checkpoint=folder.checkpoint,
            checkpoint_every=KEEP_EVERY[device.type],
        )
        lost = folder.what_was_not_kept() if first else None
    leave_processes()
    if first:
        _say_what_ended(folder, settings.config, history, lost)
    if lost:
        return 1
    return INTERRUPTED if history.stopped and not terminated() else 0


def _say_what_begins(folder: RunFolder, settings: RunSettings, data: Images, test: Images | None) -> None:
    if test is None:
        print(
            f"No picture of {settings.data} could be kept for testing: p_real and p_fake are of the training pictures."
        )
    print(f"{data!r}\nTraining into {folder.path} for {_epochs(settings.config.epochs)}.", flush=True)


def _say_what_ended(folder: RunFolder, config: TrainConfig, history: History, lost: str | None) -> None:
    if lost:
        print(lost, file=sys.stderr)
    elif history.stopped:
        full = _epochs(len(history), "full ")
        print(f"Stopped after {full}; `train --out {folder.path} --resume` goes on from here.")
    else:
        what = "" if config.loss in WITH_CHANCES else f" (with {config.loss} D gives scores: these are no chances)"
        print(f"Done: {_epochs(len(history))}, p_real {history.p_real[-1]:.2f}, p_fake {history.p_fake[-1]:.2f}{what}.")


def _config_of_new_run(folder: RunFolder, options: argparse.Namespace) -> TrainConfig:
    """Return the settings of a new training; refuse what cannot work before any picture is read."""
    folder.refuse_another_run()
    if "data" not in options:
        raise InvalidValue("--data is missing: say what to train on, such as --data cifar10.")
    settings = _settings(options, (getattr(options, "channels", 3), *getattr(options, "image_size", (64, 64))))
    settings.refuse_strange()
    return settings.config


def _settings(
    options: argparse.Namespace, image_shape: tuple[int, int, int], data: Images | None = None
) -> RunSettings:
    """Return the settings of a new run on pictures of a shape (C, H, W); before these are read, of two classes."""
    networks = NETWORK_DEFAULTS | _given(options, NETWORK_DEFAULTS)
    config = _config(options, DCGAN)
    if "cuda_graph" not in options and torch.cuda.is_available() and is_plain(config):
        config = dataclasses.replace(config, cuda_graph=True)
    return RunSettings(
        data=lasting_name(options.data),
        image_shape=image_shape,
        config=config,
        fingerprint=None if data is None else fingerprint(data),
        classes=None if config.conditional == "none" else 2 if data is None else _classes_of(data),
        **networks,
    )


def is_plain(config: TrainConfig) -> bool:
    """Tell whether a training is the paper's but for its numbers: what was measured as a CUDA graph."""
    numbers = {name: getattr(config, name) for name in ("epochs", "batch_size", "learning_rate", "betas", "seed")}
    switches = {name: getattr(config, name) for name in ("precision", "channels_last", "reuse_fakes", "ema_decay")}
    return dataclasses.replace(DCGAN, **numbers, **switches) == config


def _classes_of(data: Images) -> int:
    """Return how many classes the pictures have; refuse data with fewer than two."""
    if len(data.class_names) < 2:
        raise InvalidValue(
            f"--conditional needs pictures of at least two classes, but {data.name} has {len(data.class_names)}: sort "
            "them into folders, one a class, or leave it out."
        )
    return len(data.class_names)


def _config(options: argparse.Namespace, base: TrainConfig) -> TrainConfig:
    """Return the base with what the command line gives in its place."""
    return dataclasses.replace(base, **_given(options, [field.name for field in dataclasses.fields(TrainConfig)]))


def _given(options: argparse.Namespace, names: Iterable[str]) -> dict[str, Any]:
    """Return those of the named options that stand on the command line."""
    return {name: getattr(options, name) for name in names if name in options}


def _settings_to_resume(folder: RunFolder, options: argparse.Namespace) -> RunSettings:
    """Return the kept settings, with more epochs if asked; refuse an option that says something else."""
    kept = folder.settings()
    given = _given(options, OF_A_RUN)
    if "data" in given:
        given["data"] = _data_named_anew(given["data"], kept.data)
    longer = dataclasses.replace(kept, config=_config(options, kept.config), **given)
    before, asked = (dataclasses.asdict(each) | dataclasses.asdict(each.config) for each in (kept, longer))
    for name in (*dataclasses.asdict(kept.config), *OF_A_RUN):
        if name not in ("epochs", "data") and asked[name] != before[name]:
            option = "--" + name.replace("_", "-")
            said, kept_as = _said(asked[name]), _said(before[name])
            raise InvalidValue(f"{option} is {said}, but the run in {folder.path} has {kept_as}: leave it out.")
    if "image_size" in options and options.image_size != kept.image_shape[1:]:
        raise InvalidValue(f"--image-size is another than that of the run in {folder.path}: leave it out.")
    if "channels" in options and options.channels != kept.image_shape[0]:
        raise InvalidValue(
            f"--channels is {options.channels}, but the run in {folder.path} has {kept.image_shape[0]}: leave it out."
        )
    folder.refuse_fewer_epochs(longer.config.epochs)
    return longer


def _data_named_anew(asked: str, kept: str) -> str:
    """Return what --data says when a run goes on: a folder may have moved, anything else stays what it was."""
    asked = lasting_name(asked)
    if asked != kept and not (asked.startswith("folder:") and kept.startswith("folder:")):
        raise InvalidValue(f"--data is {asked}, but the run was trained on {kept}: leave --data out.")
    return asked


def _of_the_same_pictures(folder: RunFolder, settings: RunSettings, data: Images) -> RunSettings:
    """Return the settings with the fingerprint of the pictures; refuse other pictures than the run began with."""
    found, known = fingerprint(data), settings.fingerprint
    first = Processes(settings.config.batch_size).rank == 0
    if known is None:
        if first and settings.data.startswith("folder:"):
            print(f"{folder.path} is of version 0.1.0: of its pictures only the number and the size are compared.")
    elif difference := found.difference(known):
        raise InvalidValue(
            f"The pictures of {settings.data} are not those that the run in {folder.path} was trained on: "
            f"{difference}. Put them back, say with --data where they are now, or begin a new run with another --out."
        )
    elif first and found.pixels != known.pixels:
        print("The pictures are decoded a little differently here: the run goes on, but not to the same bits.")
    return dataclasses.replace(settings, fingerprint=found)


def _threads(text: str) -> int | str:
    """Read a number of threads, or auto."""
    if text == "auto":
        return text
    if not (text.isascii() and text.isdecimal() and len(text) < 5 and 1 <= int(text) <= MOST_THREADS):
        raise argparse.ArgumentTypeError(f"it is {text!r}, but it must be auto, or a number from 1 to {MOST_THREADS}.")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    """Read 64 or 64x96 as (height, width)."""
    sides = text.lower().split("x")
    if len(sides) > 2 or not all(side.isdecimal() for side in sides):
        raise argparse.ArgumentTypeError(
            f"it is {text!r}, but it must be a number of pixels, such as 64, or height x width, such as 64x96."
        )
    return int(sides[0]), int(sides[-1])


def _epochs(count: int, kind: str = "") -> str:
    return f"{count} {kind}epoch{'' if count == 1 else 's'}"
