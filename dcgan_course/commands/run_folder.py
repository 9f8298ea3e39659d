"""The folder of one training from the command line: what it was asked, where it stands, and pictures of its way.

run.json                 what is trained: data and their fingerprint, networks, settings
run.lock                 held while a training writes here
checkpoint.safetensors   everything needed to continue
samples/                 one sheet of pictures an epoch, always from the same z
history.csv              losses, p_real and p_fake, seconds: a row an epoch
losses.png, traces.png   the same as pictures
"""

import contextlib
import csv
import dataclasses
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

from dcgan_course.commands.fingerprint import Fingerprint
from dcgan_course.commands.lock import sole_writer
from dcgan_course.drawing.canvas import png_facts
from dcgan_course.drawing.sheets import tile_pictures
from dcgan_course.errors import CheckpointError, InvalidValue, one_line, whole_number
from dcgan_course.files import read_json
from dcgan_course.latent.paths import sample
from dcgan_course.models.dcgan import Generator, count_parameters
from dcgan_course.models.inference import draw
from dcgan_course.training.checkpoint import read_progress, read_state
from dcgan_course.training.config import TrainConfig
from dcgan_course.training.fixes.averaging import has_own_statistics, statistics_anew
from dcgan_course.training.fixes.networks import AnyDiscriminator, AnyGenerator, build_networks, refuse_other_networks
from dcgan_course.training.kept_state import KeptNetwork, refuse_other_tensors
from dcgan_course.training.state import History, Training

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

SHEET = 64  # pictures on a sheet
SHEET_SEED = 1
LONGEST, LARGEST_NUMBER = 10_000, 65_536  # letters of a name, and a number of run.json: far above what trains
MOST_PARAMETERS = 10**9  # of both networks: 16 GB to train
OF_A_RUN = ("samples", "history.csv", "losses.png", "traces.png")
COLUMNS = ("discriminator_loss", "generator_loss", "p_real", "p_fake", "seconds")  # of the history
Filled = TypeVar("Filled", bound=nn.Module)


@dataclasses.dataclass(frozen=True)
class RunSettings:
    """What a run trains: `data` is a name of load_images; the other numbers are those of Generator and Discriminator.

    data: means the same from every working directory. image_shape: (C, H, W) of the pictures. ema: whether an averaged
    generator is kept, which then draws the samples. fingerprint: of the pictures; None in a run of version 0.1.0.
    classes: how many the generator can be asked for; None where it is not conditional.
    """

    data: str
    image_shape: tuple[int, int, int]
    width: int
    latent_dim: int
    ema: bool
    config: TrainConfig
    fingerprint: Fingerprint | None = None
    classes: int | None = None

    def refuse_strange(self) -> None:
        """Look at settings that a file says, before networks are built of them.

        Raises:
            InvalidValue: a value of another type, or networks that no machine trains.
        """
        if not isinstance(self.data, str) or not 0 < len(self.data) <= LONGEST or not isinstance(self.ema, bool):
            raise InvalidValue("data is no name, or ema neither true nor false.")
        if len(self.image_shape) != 3:
            raise InvalidValue("image_shape is not (C, H, W).")
        for side in self.image_shape:
            whole_number("image_shape", side, 1, LARGEST_NUMBER)
        for name in ("width", "latent_dim"):
            whole_number(name, getattr(self, name), 1, LARGEST_NUMBER)
        if self.classes is not None:
            whole_number("classes", self.classes, 2, LARGEST_NUMBER)
        with torch.random.fork_rng(devices=[]), torch.device("meta"):  # nothing is computed
            networks = self.networks()
            refuse_other_networks(*networks, self.config)
            numbers = sum(count_parameters(network) for network in networks)
        if numbers > MOST_PARAMETERS:
            raise InvalidValue(f"the networks have {numbers:,} numbers, but {MOST_PARAMETERS:,} are the most.")

    def networks(self) -> tuple[AnyGenerator, AnyDiscriminator]:
        """Build both networks from the seed, on the CPU."""
        torch.manual_seed(self.config.seed)
        return build_networks(self.config, self.image_shape, self.width, self.latent_dim, self.classes)


class RunFolder:
    """A run's files. As a hook of `train` it writes samples, history and traces after every epoch."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._board: SummaryWriter | None = None
        self._failed: set[str] = set()  # of what is only there to be looked at
        self._step: int | None = None  # of the training that this folder is a hook of
        self._settings: RunSettings | None = None  # to be kept in run.json
        self._settings_are_kept = False

    @property
    def checkpoint(self) -> Path:
        """Where the training is kept."""
        return self.path / "checkpoint.safetensors"

    @property
    def holds_a_run(self) -> bool:
        """True if a training was begun here."""
        return os.path.exists(self.path / "run.json")

    @property
    def holds_a_checkpoint(self) -> bool:
        """True if something of a training was kept here."""
        return os.path.exists(self.checkpoint)

    def refuse_another_run(self) -> None:
        """Raise InvalidValue if a new run cannot begin here."""
        path = os.path.realpath(self.path)
        if path in (os.path.dirname(path), os.path.realpath(os.path.expanduser("~"))):
            raise InvalidValue(
                f"--out is {self.path}, but a run needs a folder of its own: name one, such as runs/first."
            )
        if self.holds_a_checkpoint:
            raise InvalidValue(
                f"--out is {self.path}, which holds a run already: add --resume, or choose another name."
            )
        foreign = [name for name in OF_A_RUN if os.path.exists(self.path / name)]
        if foreign and not self.holds_a_run:
            raise InvalidValue(
                f"--out is {self.path}, which holds {foreign[0]} that is of no run: choose another name."
            )

    @contextlib.contextmanager
    def begun(self, settings: RunSettings, resume: bool) -> Iterator[None]:
        """Make the folder, keep what is asked, and let no other training write here inside the block.

        Where a checkpoint is continued, run.json changes with the first step: only then the checkpoint was accepted.

        Raises:
            InvalidValue: another training is under way here or has come first, or the folder cannot be written.
        """
        with contextlib.ExitStack() as held:
            try:
                self.path.mkdir(parents=True, exist_ok=True)
                held.enter_context(sole_writer(self.path))
                if resume:
                    self.refuse_fewer_epochs(settings.config.epochs)
                else:
                    self.refuse_another_run()
                self._settings = settings
                if not self.holds_a_checkpoint:
                    self._keep_settings()
            except OSError as error:
                raise InvalidValue(
                    f"The folder {self.path} cannot be written ({error.strerror}): choose another with --out."
                ) from error
            yield

    def _keep_settings(self) -> None:
        """Keep what is asked, once; and again where the folder is not there any more."""
        if self._settings is None or (self._settings_are_kept and self.holds_a_run):
            return
        if self._settings_are_kept:
            print(f"The folder {self.path} was moved or removed: a new one takes its place.")
        self.path.mkdir(parents=True, exist_ok=True)
        self._write("run.json", json.dumps(dataclasses.asdict(self._settings), indent=1) + "\n")
        self._settings_are_kept = True

    def settings(self) -> RunSettings:
        """Return what was asked when the run was begun.

        Raises:
            CheckpointError: there is no run here, or its run.json is damaged.
        """
        if not (self.path / "run.json").exists():
            raise CheckpointError(f"{self.path} holds no run: it has no run.json; check the name.")
        facts = read_json(self.path / "run.json")
        try:
            config = TrainConfig(**facts.pop("config"))
            if known := facts.pop("fingerprint", None):
                facts["fingerprint"] = Fingerprint(**(known | {"shape": tuple(known["shape"])}))
            settings = RunSettings(**(facts | {"image_shape": tuple(facts["image_shape"])}), config=config)
            settings.refuse_strange()
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            why = f" ({error})" if isinstance(error, InvalidValue) else ""
            raise CheckpointError(
                f"run.json in {self.path} is damaged or of another version{why}: train anew in another folder."
            ) from error
        return settings

    def generator(self) -> AnyGenerator:
        """Return the generator as it was last kept, in eval mode: the averaged one if the run keeps one.

        Raises:
            CheckpointError: nothing was kept yet, or the file is damaged.
        """
        settings = self.settings()
        if not settings.ema:
            return self._filled(settings.networks()[0], "generator")
        average = self._filled(settings.networks()[0], "ema_generator")
        if isinstance(average, Generator) and not has_own_statistics(average):  # kept before they were computed anew
            statistics_anew(average, settings.config.seed)
        return average

    def discriminator(self) -> AnyDiscriminator:
        """Return the discriminator as it was last kept, in eval mode.

        Raises:
            CheckpointError: as `generator`.
        """
        return self._filled(self.settings().networks()[1], "discriminator")

    def _filled(self, network: Filled, name: KeptNetwork) -> Filled:
        if not self.holds_a_checkpoint:
            raise CheckpointError(
                f"{self.path} holds a run of which nothing was kept yet: `train --out {self.path} --resume` begins it."
            )
        state = read_state(self.checkpoint)
        kept, wanted = state.get(name, {}), list(self.settings().image_shape)
        if list(state["data_shape"][1:]) != wanted:  # networks of another picture size may have weights of one size
            raise CheckpointError(
                f"{self.checkpoint.name} was trained on pictures {tuple(state['data_shape'][1:])}, but run.json says "
                f"{tuple(wanted)}: one of the two was changed. Take an older copy, or train anew."
            )
        refuse_other_tensors(self.checkpoint.name, name, kept, network.state_dict())
        network.load_state_dict(kept)
        return network.eval().requires_grad_(False)

    def refuse_fewer_epochs(self, epochs: int) -> None:
        """Raise InvalidValue if the run has more behind it than `epochs`: a training does not go back."""
        if not self.holds_a_checkpoint:
            return
        kept = read_progress(self.checkpoint)
        if epochs < kept.begun_epochs:
            rest = "" if kept.begun_epochs == kept.full_epochs else " and a part of the next"
            raise InvalidValue(
                f"--epochs is {epochs}, but the run in {self.path} has {kept.full_epochs} epochs{rest} behind it: "
                f"ask for {kept.begun_epochs} or more."
            )

    def what_was_not_kept(self) -> str | None:
        """Return a sentence if the last step of the training that has just ended is not in the checkpoint."""
        if self._step is None:
            return None
        kept = read_progress(self.checkpoint).step if self.holds_a_checkpoint else 0
        if kept == self._step:
            return None
        found = f"the last checkpoint is of step {kept}" if kept else "no checkpoint could be written"
        return (
            f"The training reached step {self._step}, but {found}: free some space for {self.path}, "
            f"then `train --out {self.path} --resume` goes on from {f'step {kept}' if kept else 'the start'}."
        )

    def __call__(self, training: Training) -> None:
        """Write what there is to see, if an epoch has just ended."""
        self._step = training.step
        with self._extra("run.json"):
            self._keep_settings()
        if not training.epoch_is_over or training.processes.rank != 0:
            return
        with self._extra("samples"):
            self._write_samples(training)
        with self._extra("history.csv"):
            self._write_table(training.history)
        with self._extra("losses.png and traces.png"):
            self._draw_traces(training)
        with self._extra("event files for TensorBoard"):
            self._tell_tensorboard(training.history)

    @contextlib.contextmanager
    def _extra(self, what: str) -> Iterator[None]:
        """Let a training live without what is written inside: a failure is one line, the first time."""
        try:
            yield
        except Exception as error:  # noqa: BLE001  other people's libraries raise anything
            if what not in self._failed:
                self._failed.add(what)
                print(f"Training goes on without {what} ({one_line(error)}).")

    def _write_samples(self, training: Training) -> None:
        generator = training.ema_generator or training.generator
        classes: int | None = getattr(generator, "classes", None)
        labels = None if classes is None else torch.arange(SHEET) // 8 % classes  # a row is a class
        pictures = draw(generator, sample(SHEET, generator.latent_dim, SHEET_SEED), labels)
        sheet = tile_pictures(pictures, columns=8, zoom=1)
        (self.path / "samples").mkdir(exist_ok=True)
        with self._aside(f"samples/epoch_{len(training.history):04d}.png") as aside:
            sheet.save(aside, "PNG", pnginfo=png_facts([], []))

    def _write_table(self, history: History) -> None:
        rows = zip(*(getattr(history, name) for name in COLUMNS), strict=True)
        with self._aside("history.csv") as aside, open(aside, "w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["epoch", *COLUMNS])
            table.writerows([number, *row] for number, row in enumerate(rows, start=1))

    def _draw_traces(self, training: Training) -> None:
        from dcgan_course.drawing import page, traces

        history = training.history
        page.use_course_style()
        for name, draw_traces in (("losses", traces.loss_traces), ("traces", traces.probability_traces)):
            figure = draw_traces(history, f"{len(history)} of {training.config.epochs} epochs")
            with self._aside(f"{name}.png") as aside:
                figure.savefig(aside, format="png")

    def _tell_tensorboard(self, history: History) -> None:
        """Write event files, where tensorboard is installed."""
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ModuleNotFoundError as error:
            if error.name == "tensorboard":
                return
            raise
        self._board = self._board or SummaryWriter(str(self.path))
        for name in COLUMNS:
            self._board.add_scalar(name, getattr(history, name)[-1], len(history))
        self._board.flush()

    def _write(self, name: str, text: str) -> None:
        with self._aside(name) as aside:
            aside.write_text(text, encoding="utf-8")

    @contextlib.contextmanager
    def _aside(self, name: str) -> Iterator[Path]:
        """Give a path to write to; after the block it becomes the file `name`, whole or not at all."""
        aside = self.path / f"{name}.part"
        try:
            yield aside
            os.replace(aside, self.path / name)
        finally:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)
