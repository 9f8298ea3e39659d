"""What a training carries from step to step, and what of it is kept so that it can go on."""

import dataclasses
import itertools
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from dcgan_course.data.pixels import batches
from dcgan_course.errors import TrainingDiverged
from dcgan_course.evaluation.probabilities import mean_probabilities
from dcgan_course.models.protocols import AskedGenerator, LatentGenerator, Module, Network, ToldDiscriminator
from dcgan_course.training.acceleration import Accelerated, chosen_precision
from dcgan_course.training.config import TrainConfig
from dcgan_course.training.fixes import averaging
from dcgan_course.training.fixes.augmentation import Augmented
from dcgan_course.training.processes import Processes

AnyGenerator = LatentGenerator | AskedGenerator
AnyDiscriminator = Network | ToldDiscriminator
CHECK_EVERY = 50  # steps between two looks at whether the losses are finite: a look costs a wait on a GPU


@dataclass
class History:
    """What a training measured, one entry an epoch; `stopped` tells that it ended before its last epoch.

    discriminator_loss (guessing: 1.386), generator_loss (guessing: 0.693 for the non-saturating loss): means over
    the epoch; a penalty is part of the first. p_real, p_fake: mean D(x) and mean D(G(z)) in eval mode, over the test
    pictures and as many z (nan without test pictures). seconds: time of the epoch.
    """

    discriminator_loss: list[float] = field(default_factory=list)
    generator_loss: list[float] = field(default_factory=list)
    p_real: list[float] = field(default_factory=list)
    p_fake: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stopped: bool = False

    def __len__(self) -> int:
        return len(self.discriminator_loss)


class TrainingState(TypedDict):
    """Everything that a training needs to go on to the same bits: tensors, and plain values that JSON can hold.

    A network is kept by the names of its `state_dict`, an optimiser by the number of the parameter. What may be
    missing was not there: an average that is not asked for, an optimiser before its first step, losses right after
    an epoch.
    """

    generator: dict[str, Tensor]
    discriminator: dict[str, Tensor]
    ema_generator: NotRequired[dict[str, Tensor]]
    generator_optimizer: NotRequired[dict[str, dict[str, Tensor]]]
    discriminator_optimizer: NotRequired[dict[str, dict[str, Tensor]]]
    discriminator_losses: NotRequired[Tensor]  # (steps,), of the epoch that was begun
    generator_losses: NotRequired[Tensor]
    noise: Tensor  # the state of the numbers that z comes from
    random: Tensor  # of the others, such as dropout's
    random_cuda: NotRequired[Tensor]
    random_mps: NotRequired[Tensor]
    step: int
    config: dict[str, Any]
    history: dict[str, Any]
    data_shape: list[int]
    made_on: NotRequired[dict[str, Any]]  # device, processes, threads and precision: what the bits rest on


class Training:
    """A training under way: two networks, their optimisers, the random state, the step and the history.

    A hook receives it after every step. `step` counts batches shown; an epoch has `steps_per_epoch` of them. Under
    torchrun several processes each play a part of every batch; see `processes`.
    """

    def __init__(
        self,
        generator: AnyGenerator,
        discriminator: AnyDiscriminator,
        images: Tensor,
        config: TrainConfig,
        ema_generator: AnyGenerator | None = None,
        labels: Tensor | None = None,
    ) -> None:
        self.generator, self.discriminator, self.config, self.labels = generator, discriminator, config, labels
        self._average, self._average_moved = ema_generator, False  # moved since its statistics were computed
        self.device = next(generator.parameters()).device
        self.processes = Processes(config.batch_size)
        self.generator_optimizer = self._adam(generator, config.learning_rate)
        of_its_own = config.discriminator_learning_rate
        self.discriminator_optimizer = self._adam(discriminator, of_its_own or config.learning_rate)
        self.noise = torch.Generator(self.device).manual_seed(config.seed)
        self.data_shape = list(images.shape)
        self.steps_per_epoch = len(images) // config.batch_size
        self.last_step = config.epochs * self.steps_per_epoch
        self.step = 0
        self.discriminator_losses: list[Tensor] = []  # of this epoch, on the device
        self.generator_losses: list[Tensor] = []
        self.history = History()
        self._epoch_start = time.perf_counter()
        averaged = [] if ema_generator is None else [ema_generator]
        self.processes.share_start(generator, discriminator, *averaged)
        for optimizer in (self.generator_optimizer, self.discriminator_optimizer):
            self.processes.average_gradients_of(optimizer)

    def _adam(self, network: Module, learning_rate: float) -> torch.optim.Adam:
        fused = self.device.type in ("cpu", "cuda")
        graphed = self.config.cuda_graph and self.device.type == "cuda"
        return torch.optim.Adam(
            network.parameters(), lr=learning_rate, betas=self.config.betas, fused=fused, capturable=graphed
        )

    def accelerated(self) -> tuple[nn.Module, nn.Module]:
        """Return the two networks as the loop calls them: same parameters, with the config's switches.

        Where pictures are augmented, D sees all of them through the changes.
        """
        config, precision = self.config, chosen_precision(self.config.precision, self.device)
        said: list[str] = []

        def say_once(sentence: str) -> None:
            if not said and self.processes.rank == 0:
                print(sentence)
            said.append(sentence)

        switches = (precision, config.channels_last, config.compile, say_once)
        generator, discriminator = (Accelerated(each, *switches) for each in (self.generator, self.discriminator))
        return generator, Augmented(discriminator, config.augment) if config.augment else discriminator

    def sample_z(self) -> Tensor:
        """Draw fresh z (batch_size, latent_dim) from N(0, 1); of several processes each gets its own rows."""
        shape = (self.config.batch_size, self.generator.latent_dim)
        return self.processes.part(torch.randn(shape, generator=self.noise, device=self.device))

    def average_generator(self) -> None:
        """Move the averaged generator, if there is one, towards the generator."""
        if self._average is not None:
            averaging.move_average(self._average, self.generator, self.config.ema_decay)
            self._average_moved = True

    def refresh_average(self) -> None:
        """Compute the statistics of the averaged generator's batch norm for its weights of now."""
        if self._average is not None and self._average_moved:
            averaging.statistics_anew(self._average, self.config.seed, self.labels)
            self._average_moved = False

    @property
    def ema_generator(self) -> AnyGenerator | None:
        """The averaged generator, with statistics of batch norm for its weights of now; None if there is none."""
        self.refresh_average()
        return self._average

    def agree(self, stop: bool) -> bool:
        """Return True in every process if one of them wants to stop."""
        return self.processes.any(stop)

    def rest_of_epoch(self, images: Tensor) -> Iterator[tuple[Tensor, Tensor | None]]:
        """Yield the batches of this epoch that were not shown yet: pictures, and their labels if there are some.

        The order depends on seed and epoch alone.
        """
        epoch, shown = divmod(self.step, self.steps_per_epoch)
        seed, size = self.config.seed * 1_000_003 + epoch, self.config.batch_size
        order = torch.Generator().manual_seed(seed)
        epoch_batches = batches(
            images, size, device=self.device, generator=order, drop_last=True, part=self.processes.part
        )
        batches_of_labels: Iterator[Tensor | None] = itertools.repeat(None)
        if self.labels is not None:
            ordered = self.labels[torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))]
            batches_of_labels = (self.processes.part(some).to(self.device) for some in ordered.split(size))
        both = zip(epoch_batches, batches_of_labels, strict=False)  # labels of a rest that fills no batch are left
        return itertools.islice(both, shown, None)

    def check_finite(self) -> None:
        """Raise TrainingDiverged if a loss of this epoch is not a finite number."""
        for name, losses in (("discriminator", self.discriminator_losses), ("generator", self.generator_losses)):
            if losses and self.processes.any(not torch.stack(losses).isfinite().all()):
                raise TrainingDiverged(
                    f"The {name}'s loss stopped being a finite number before step {self.step}: try a learning_rate "
                    f"below {self.config.learning_rate:g}, and look for nan in the networks' weights."
                )

    def check_weights(self) -> None:
        """Raise TrainingDiverged if a network is no longer made of finite numbers: nobody could go on from it."""
        for name, network in (("generator", self.generator), ("discriminator", self.discriminator)):
            if self.processes.any(not all(bool(value.isfinite().all()) for value in network.state_dict().values())):
                raise TrainingDiverged(
                    f"The {name}'s weights are no longer finite numbers after step {self.step}: try a learning_rate "
                    f"below {self.config.learning_rate:g}. What was kept before is still there."
                )

    def end_step(self, test_images: Tensor | None, test_labels: Tensor | None = None) -> None:
        """Count the step; at the end of an epoch write one entry of the history."""
        self.step += 1
        if self.step % CHECK_EVERY == 0 or self.epoch_is_over:
            self.check_finite()
        if not self.epoch_is_over:
            return
        self.refresh_average()
        p_real, p_fake = math.nan, math.nan
        if test_images is not None:
            pair, seed = (self.generator, self.discriminator), self.config.seed
            p_real, p_fake = mean_probabilities(*pair, test_images, seed, test_labels)
        now = time.perf_counter()
        history = self.history
        history.discriminator_loss.append(self.processes.mean(_mean(self.discriminator_losses)))
        history.generator_loss.append(self.processes.mean(_mean(self.generator_losses)))
        history.p_real.append(p_real)
        history.p_fake.append(p_fake)
        history.seconds.append(now - self._epoch_start)
        self.discriminator_losses, self.generator_losses, self._epoch_start = [], [], now

    def state_dict(self) -> TrainingState:
        """Return what has to be kept; its tensors are those of the training itself, not copies."""
        state: TrainingState = {
            "generator": self.generator.state_dict(),
            "discriminator": self.discriminator.state_dict(),
            "generator_optimizer": _state_of(self.generator_optimizer),
            "discriminator_optimizer": _state_of(self.discriminator_optimizer),
            "noise": self.noise.get_state(),
            "random": torch.get_rng_state(),
            "step": self.step,
            "config": dataclasses.asdict(self.config),
            "history": dataclasses.asdict(self.history),
            "data_shape": self.data_shape,
            "made_on": {
                "device": self.device.type,
                "processes": self.processes.count,
                "threads": torch.get_num_threads() if self.device.type == "cpu" else 0,
                "precision": str(chosen_precision(self.config.precision, self.device)).removeprefix("torch."),
            },
        }
        if (average := self.ema_generator) is not None:
            state["ema_generator"] = average.state_dict()
        if self.device.type == "cuda":
            state["random_cuda"] = torch.cuda.get_rng_state(self.device)
        if self.device.type == "mps":
            state["random_mps"] = torch.mps.get_rng_state()
        if self.discriminator_losses:
            state["discriminator_losses"] = torch.stack(self.discriminator_losses)
        if self.generator_losses:
            state["generator_losses"] = torch.stack(self.generator_losses)
        return state

    def load_state_dict(self, state: TrainingState) -> None:
        """Put a kept state into this training, in place; networks, pictures and settings must be those of the state.

        Random states of another kind of device cannot go on here: then z and dropout are seeded from (seed, step).
        """
        self.generator.load_state_dict(state["generator"])
        self.discriminator.load_state_dict(state["discriminator"])
        if self._average is not None:
            self._average.load_state_dict(state["ema_generator"])
            self._average_moved = state["step"] > 0  # files from before have the statistics of the generator
        _load_state(self.generator_optimizer, state.get("generator_optimizer", {}))
        _load_state(self.discriminator_optimizer, state.get("discriminator_optimizer", {}))
        none = torch.empty(0)
        self.discriminator_losses = list(state.get("discriminator_losses", none).to(self.device).unbind())
        self.generator_losses = list(state.get("generator_losses", none).to(self.device).unbind())
        self.step = state["step"]
        self.history = History(**state["history"])
        if len(state["noise"]) == len(self.noise.get_state()):
            self.noise.set_state(state["noise"])
            torch.set_rng_state(state["random"])
            if "random_cuda" in state and self.device.type == "cuda":
                torch.cuda.set_rng_state(state["random_cuda"], self.device)
            if "random_mps" in state and self.device.type == "mps":
                torch.mps.set_rng_state(state["random_mps"])
        else:
            anew = self.config.seed * 1_000_003 + self.step
            self.noise.manual_seed(anew)
            torch.manual_seed(anew)
        if self.processes.rank > 0:  # the state is that of process 0; dropout must differ in the others
            torch.manual_seed(self.config.seed + 1_000_003 * self.processes.rank + self.step)

    @property
    def epoch_is_over(self) -> bool:
        """True right after the last step of an epoch."""
        return self.step % self.steps_per_epoch == 0

    @property
    def generator_is_next(self) -> bool:
        """True when k discriminator steps have been made since the generator's last."""
        return (self.step + 1) % self.config.discriminator_steps == 0


def _mean(losses: list[Tensor]) -> float:
    return float(torch.stack(losses).mean()) if losses else math.nan


def _state_of(optimizer: Optimizer) -> dict[str, dict[str, Tensor]]:
    """Return Adam's numbers by the number of the parameter; one that was never moved is at step 0, as Adam starts."""
    state = {str(index): entries for index, entries in optimizer.state_dict()["state"].items()}
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for index, parameter in enumerate(parameters if state else []):
        if str(index) not in state and parameter.requires_grad:
            zeros = torch.zeros_like(parameter, requires_grad=False)
            state[str(index)] = {"step": torch.tensor(0.0), "exp_avg": zeros, "exp_avg_sq": zeros.clone()}
    return state


def _load_state(optimizer: Optimizer, stored: dict[str, dict[str, Tensor]]) -> None:
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state = {int(index): _laid_out_like(parameters[int(index)], entries) for index, entries in stored.items()}
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _laid_out_like(parameter: Tensor, entries: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return an optimiser's entries, laid out in memory like their parameter, as Adam's kernels expect."""
    return {
        name: value if name == "step" else torch.empty_like(parameter, requires_grad=False).copy_(value)
        for name, value in entries.items()
    }
