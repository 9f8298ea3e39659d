"""Training a GAN: algorithm 1 of Goodfellow et al. 2014, and what keeps it alive around it.

The order of this file is the order of the algorithm: its settings, its two steps, the loop. What a run carries
from step to step is in `training_run`; how that is kept on disk is in `checkpoint`.
"""

import contextlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from dcgan_course.errors import CheckpointError, InvalidValue, refuse_bad_seed
from dcgan_course.training import checkpoint as checkpoints
from dcgan_course.training.acceleration import near, refuse_bad_switches
from dcgan_course.training.interrupts import interrupt_as_flag
from dcgan_course.training.losses import discriminator_loss, non_saturating
from dcgan_course.training.random_state import own_random_state, undisturbed
from dcgan_course.training.state import History, Training


@dataclass(frozen=True)
class TrainConfig:
    """The settings of one training. The defaults are the recipe of lesson 04.

    Args:
        epochs: passes over the pictures. batch_size: pictures a step.
        learning_rate, betas: Adam's, for both networks.
        discriminator_steps: k, discriminator steps for each generator step.
        seed: of z, of the order of the pictures and of dropout; from 0 to 2³² − 1.
        precision, channels_last, compile: what makes a step faster, see `acceleration`.
        reuse_fakes: True lets G's step judge the fakes that D has just learned from, as most published programs do;
            False draws fresh z for it, as the paper's algorithm 1. True saves one call of G in each step.
        ema_decay: how much of the averaged generator stays at each step, if `train` is given one to average into.
    """

    epochs: int = 200
    batch_size: int = 200
    learning_rate: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.999)
    discriminator_steps: int = 1
    seed: int = 0
    precision: str = "auto"
    channels_last: bool = True
    compile: bool = False
    reuse_fakes: bool = False
    ema_decay: float = 0.999

    def __post_init__(self):
        refuse_bad_switches(self.precision, self.ema_decay)
        for name in ("epochs", "batch_size", "discriminator_steps"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise InvalidValue(f"{name} is {value!r}, but it must be a whole number of at least 1.")
        if not isinstance(self.learning_rate, (int, float)) or not 0 < self.learning_rate < math.inf:
            raise InvalidValue(f"learning_rate is {self.learning_rate!r}, but it must be a number above 0.")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise InvalidValue(f"betas is {self.betas!r}, but it must be two numbers, each at least 0 and below 1.")
        refuse_bad_seed(self.seed)


DCGAN = TrainConfig(batch_size=128, learning_rate=2e-4, betas=(0.5, 0.999))  # Radford et al. 2015, section 4


@contextlib.contextmanager
def _frozen(network: nn.Module):
    """Compute no gradients for a network's parameters inside the block; gradients still pass through it."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)


def discriminator_step(generator, discriminator, optimizer, real: Tensor, z: Tensor, fake: Tensor | None = None):
    """Move the discriminator once: raise D(x) on real pictures, lower D(G(z)) on fakes.

    Args:
        real: (N, C, H, W) in [−1, 1]. z: (N, latent_dim). optimizer: holds the discriminator's parameters.
        fake: G(z), if it has been drawn already; its graph is not used here.

    Returns:
        The loss before the move, a tensor without gradient. The generator's parameters stay as they are.

    Source: Goodfellow et al. 2014, algorithm 1, the inner loop.
    """
    with torch.no_grad():  # the generator is not moved here, so its graph is not needed
        fake = generator(z) if fake is None else fake.detach()
    loss = discriminator_loss(discriminator(real), discriminator(fake))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.detach()


def generator_step(
    generator, discriminator, optimizer, z: Tensor, loss_of_logits=non_saturating, fake: Tensor | None = None
) -> Tensor:
    """Move the generator once: raise D(G(z)).

    Args:
        z: (N, latent_dim), fresh. optimizer: holds the generator's parameters.
        loss_of_logits: `losses.non_saturating` or `losses.minimax`.
        fake: G(z) with its graph, if it has been drawn already.

    Returns:
        The loss before the move, a tensor without gradient. The discriminator's parameters stay as they are: its
        gradients are not even computed.

    Source: Goodfellow et al. 2014, algorithm 1, the outer loop; the non-saturating loss is from its section 3.
    """
    with _frozen(discriminator):
        loss = loss_of_logits(discriminator(generator(z) if fake is None else fake))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
    optimizer.step()
    return loss.detach()


def train(
    generator: nn.Module,
    discriminator: nn.Module,
    images: Tensor,
    config: TrainConfig | None = None,
    *,
    test_images: Tensor | None = None,
    ema_generator: nn.Module | None = None,
    loss_of_logits: Callable[[Tensor], Tensor] = non_saturating,
    hook: Callable[[Training], bool | None] | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: int | None = None,
    progress: bool = True,
) -> History:
    """Train two networks against each other, in place, and return what was measured.

    Args:
        generator, discriminator: as in `models`, on one device; training happens there.
        images: uint8 (N, C, H, W), on any device. config: see TrainConfig.
        test_images: uint8 pictures that are not trained on; p_real and p_fake are measured with them.
        ema_generator: a copy of the generator, in which the average of its weights over the last steps is kept; it
            is not trained, and it draws calmer pictures than the generator of any one step.
        loss_of_logits: the generator's loss. hook: called with the Training after every step; True stops.
        checkpoint: a file. It is written after every epoch and when training stops; if it is there at the start,
            training continues from it, to the same bits on the same machine.
        checkpoint_every: steps between further writings. progress: show a bar.

    An interrupt (the stop button of Jupyter, Ctrl-C) ends the loop after the step under way; nothing is lost.
    torch's global random state is left as it was.

    Raises:
        InvalidValue: fewer pictures than one batch, pictures that are not uint8, or networks of another size.
        CheckpointError: `checkpoint` is damaged, or belongs to other networks, pictures or settings.
        TrainingDiverged: a loss is not finite; the last good checkpoint stays.
    """
    config = config or TrainConfig()
    refuse_bad_images(generator, images, config)
    training = Training(generator, discriminator, images, config, ema_generator)
    fast_g, fast_d = training.accelerated()  # the same two networks, computed faster
    images = near(images, training.device)
    generator.train()
    discriminator.train()
    with own_random_state(training), interrupt_as_flag() as interrupted:
        if checkpoint is not None and Path(checkpoint).exists():
            checkpoints.load_training(checkpoint, training)
        bar = _progress_bar(training, progress)
        stop = False
        while training.step < training.last_step and not stop:
            for real in training.rest_of_epoch(images):
                z = training.sample_z()
                fake = fast_g(z) if config.reuse_fakes and training.generator_is_next else None
                d_loss = discriminator_step(fast_g, fast_d, training.discriminator_optimizer, real, z, fake)
                training.discriminator_losses.append(d_loss)
                if training.generator_is_next:
                    z = z if config.reuse_fakes else training.sample_z()
                    g_loss = generator_step(fast_g, fast_d, training.generator_optimizer, z, loss_of_logits, fake)
                    training.generator_losses.append(g_loss)
                    training.average_generator()
                training.end_step(test_images)
                bar.update(config.batch_size)
                stop = training.agree(_ask(hook, training) or interrupted())
                due = checkpoint_every is not None and training.step % checkpoint_every == 0
                if checkpoint is not None and (stop or due or training.epoch_is_over):
                    _keep(checkpoint, training)
                if stop:
                    break
        bar.close()
    training.history.stopped = training.step < training.last_step
    return training.history


def _ask(hook, training: Training) -> bool:
    """Ask the hook whether to stop."""
    if hook is None:
        return False
    with undisturbed(training):
        return bool(hook(training))


def _keep(path, training: Training) -> None:
    """Write a checkpoint of finite losses; a full disk is said and does not stop the training."""
    training.check_finite()
    if training.processes.rank != 0:
        return
    try:
        checkpoints.save_training(path, training)
    except CheckpointError as error:
        print(f"Training goes on, but step {training.step} is not on disk. {error}")


def _progress_bar(training: Training, wanted: bool):
    from tqdm.auto import tqdm

    return tqdm(
        total=training.last_step * training.config.batch_size,
        initial=training.step * training.config.batch_size,
        unit=" images",
        unit_scale=True,
        desc=f"training {training.config.epochs} epochs",
        disable=not wanted or training.processes.rank != 0,
    )


def refuse_bad_images(generator: nn.Module, images: Tensor, config: TrainConfig) -> None:
    """Raise InvalidValue for what `train` cannot train on, before any work is done."""
    if not isinstance(images, Tensor) or images.dtype != torch.uint8 or images.dim() != 4:
        found = f"{images.dtype} {tuple(images.shape)}" if isinstance(images, Tensor) else type(images).__name__
        raise InvalidValue(f"images is {found}, but it must be a uint8 tensor (N, C, H, W), as load_images gives it.")
    if len(images) < config.batch_size:
        raise InvalidValue(
            f"batch_size is {config.batch_size}, but there are only {len(images)} pictures: it must not be larger."
        )
    wanted = getattr(generator, "image_shape", tuple(images.shape[1:]))
    if tuple(images.shape[1:]) != tuple(wanted):
        raise InvalidValue(
            f"images are {tuple(images.shape[1:])}, but the generator draws {tuple(wanted)}: "
            "build it with the shape of the pictures."
        )
