"""Training a GAN: algorithm 1 of Goodfellow et al. 2014, and what keeps it alive around it.

The order of this file is the order of the algorithm: its two steps, then the loop. Its settings are in `config`; what
a training carries from step to step is in `state`; how that is kept on disk is in `checkpoint`.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.optim import Optimizer

from dcgan_course.errors import CheckpointError, InvalidValue
from dcgan_course.models.protocols import Module, Network
from dcgan_course.training import checkpoint as checkpoints
from dcgan_course.training.acceleration import GraphedRound, near
from dcgan_course.training.config import TrainConfig
from dcgan_course.training.fixes.labels import refuse_bad_labels, told
from dcgan_course.training.fixes.networks import refuse_other_networks
from dcgan_course.training.fixes.penalties import clip_weights, penalty_of, weight_of
from dcgan_course.training.interrupts import interrupt_as_flag
from dcgan_course.training.losses import GAMES, discriminator_loss, non_saturating
from dcgan_course.training.random_state import own_random_state, undisturbed
from dcgan_course.training.state import AnyDiscriminator, AnyGenerator, History, Training

if TYPE_CHECKING:  # it brings ipywidgets where these are installed: imported when a bar is drawn
    from tqdm import tqdm


Hook = Callable[[Training], bool | None]


@contextlib.contextmanager
def _frozen(network: Module) -> Iterator[None]:
    """Compute no gradients for a network's parameters inside the block; gradients still pass through it."""
    parameters = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in parameters:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in parameters:
            parameter.requires_grad_(True)


def discriminator_step(
    generator: Network,
    discriminator: Network,
    optimizer: Optimizer,
    real: Tensor,
    z: Tensor,
    fake: Tensor | None = None,
    *,
    loss_of_logits: Callable[[Tensor, Tensor], Tensor] | None = None,
    penalty: Callable[[Network, Tensor, Tensor], Tensor] | None = None,
) -> Tensor:
    """Move the discriminator once: raise D(x) on real pictures, lower D(G(z)) on fakes.

    Args:
        real: (N, C, H, W) in [−1, 1]. z: (N, latent_dim). optimizer: holds the discriminator's parameters.
        fake: G(z), if it has been drawn already; its graph is not used here.
        loss_of_logits: of D's answers to reals and to fakes; None is `losses.discriminator_loss`.
        penalty: one more term, of (discriminator, real, fake).

    Returns:
        The loss before the move, with the penalty, a tensor without gradient. The generator's parameters stay as they
        are.

    Source: Goodfellow et al. 2014, algorithm 1, the inner loop.
    """
    with torch.no_grad():  # the generator is not moved here, so its graph is not needed
        fake = generator(z) if fake is None else fake.detach()
    loss = (loss_of_logits or discriminator_loss)(discriminator(real), discriminator(fake))
    if penalty is not None:
        loss = loss + penalty(discriminator, real, fake)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.detach()


def generator_step(
    generator: Network,
    discriminator: Network,
    optimizer: Optimizer,
    z: Tensor,
    loss_of_logits: Callable[..., Tensor] = non_saturating,
    fake: Tensor | None = None,
    *,
    real: Tensor | None = None,
) -> Tensor:
    """Move the generator once: raise D(G(z)).

    Args:
        z: (N, latent_dim), fresh. optimizer: holds the generator's parameters.
        loss_of_logits: of D's answers to the fakes, such as `losses.non_saturating`.
        fake: G(z) with its graph, if it has been drawn already.
        real: (N, C, H, W), for a loss that compares: it is then called with D's answers to fakes and to reals.

    Returns:
        The loss before the move, a tensor without gradient. The discriminator's parameters stay as they are: its
        gradients are not even computed.

    Source: Goodfellow et al. 2014, algorithm 1, the outer loop; the non-saturating loss is from its section 3.
    """
    with _frozen(discriminator):
        fake_logits = discriminator(generator(z) if fake is None else fake)
        loss = loss_of_logits(fake_logits) if real is None else loss_of_logits(fake_logits, discriminator(real))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
    optimizer.step()
    return loss.detach()


def train(
    generator: AnyGenerator,
    discriminator: AnyDiscriminator,
    images: Tensor,
    config: TrainConfig | None = None,
    *,
    test_images: Tensor | None = None,
    labels: Tensor | None = None,
    test_labels: Tensor | None = None,
    ema_generator: AnyGenerator | None = None,
    loss_of_logits: Callable[..., Tensor] | None = None,
    hook: Hook | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: int | None = None,
    progress: bool = True,
) -> History:
    """Train two networks against each other, in place, and return what was measured.

    Args:
        generator, discriminator: as in `models`, on one device; training happens there. If the config changes what a
            network is, they come from `fixes.networks.build_networks`.
        images: uint8 (N, C, H, W), on any device. config: see TrainConfig.
        test_images: uint8 pictures that are not trained on; p_real and p_fake are measured with them.
        labels, test_labels: int64 (N,), the classes of images and of test_images, where the pair is conditional. Fakes
            get the labels of the reals that they stand beside.
        ema_generator: a copy of the generator, in which the average of its weights over the last steps is kept; it
            is not trained. Its statistics of batch norm are computed anew at the end of every epoch and of the
            training, for a checkpoint, and when a hook asks for `training.ema_generator`.
        loss_of_logits: the generator's loss, in place of that of config.loss.
        hook: called with the Training after every step; True stops.
            It is also called for a full epoch that was loaded, since a kill may have come before it; True is then none.
        checkpoint: a file. It is written after every epoch, before the hook is called, and when training stops; if it
            is there at the start, training continues from it, to the same bits on the same machine.
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
    refuse_other_networks(generator, discriminator, config)
    refuse_bad_labels(generator, (images, labels), (test_images, test_labels))
    training = Training(generator, discriminator, images, config, ema_generator, labels)
    game, penalty = GAMES[config.loss], penalty_of(config.penalty, config.penalty_weight)
    bound = weight_of("clip", config.penalty_weight) if config.penalty == "clip" else None
    generator_loss = loss_of_logits or game.generator
    fast_g, fast_d = training.accelerated()  # the same two networks, computed faster
    images = near(images, training.device)
    generator.train()
    discriminator.train()

    def play(real: Tensor, classes: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """Move D, and G if it is its turn; return the losses."""
        g, d = told(fast_g, classes), told(fast_d, classes)  # themselves, where there are no classes
        z = training.sample_z()
        fake = g(z) if config.reuse_fakes and training.generator_is_next else None
        of_d, of_g = training.discriminator_optimizer, training.generator_optimizer
        d_loss = discriminator_step(g, d, of_d, real, z, fake, loss_of_logits=game.discriminator, penalty=penalty)
        if bound is not None:
            clip_weights(d, bound)
        if not training.generator_is_next:
            return d_loss, None
        z = z if config.reuse_fakes else training.sample_z()
        return d_loss, generator_step(g, d, of_g, z, generator_loss, fake, real=real if game.in_pairs else None)

    on_one_gpu = training.device.type == "cuda" and training.processes.count == 1
    play_round = GraphedRound(play, training.noise) if config.cuda_graph and on_one_gpu else play
    with own_random_state(training), interrupt_as_flag() as interrupted:
        if checkpoint is not None and Path(checkpoint).exists():
            checkpoints.load_training(checkpoint, training)
            if training.step and training.epoch_is_over:  # a kill may have come before the hook saw this epoch
                _ask(hook, training)
        bar = _progress_bar(training, progress)
        stop = False
        while training.step < training.last_step and not stop:
            for real, classes in training.rest_of_epoch(images):
                d_loss, g_loss = play_round(real, classes)
                training.discriminator_losses.append(d_loss)
                if g_loss is not None:
                    training.generator_losses.append(g_loss)
                    training.average_generator()
                training.end_step(test_images, test_labels)
                bar.update(config.batch_size)
                due = checkpoint_every is not None and training.step % checkpoint_every == 0
                keep_now = due or training.epoch_is_over
                if keep_now:
                    _keep(checkpoint, training)
                stop = training.agree(_ask(hook, training) or interrupted())
                if stop and not keep_now:
                    _keep(checkpoint, training)
                if stop:
                    break
        bar.close()
        training.refresh_average()
    training.history.stopped = training.step < training.last_step
    return training.history


def _ask(hook: Hook | None, training: Training) -> bool:
    """Ask the hook whether to stop."""
    if hook is None:
        return False
    with undisturbed(training):
        return bool(hook(training))


def _keep(path: str | Path | None, training: Training) -> None:
    """Write a checkpoint of finite losses, if one is wanted; a full disk is said and does not stop the training."""
    if path is None:
        return
    training.check_finite()
    training.check_weights()
    if training.processes.rank != 0:
        return
    try:
        checkpoints.save_training(path, training)
    except CheckpointError as error:
        print(f"Training goes on, but step {training.step} is not on disk. {error}")


def _progress_bar(training: Training, wanted: bool) -> "tqdm":
    from tqdm.auto import tqdm

    return tqdm(
        total=training.last_step * training.config.batch_size,
        initial=training.step * training.config.batch_size,
        unit=" images",
        unit_scale=True,
        desc=f"training {training.config.epochs} epochs",
        disable=not wanted or training.processes.rank != 0,
    )


def refuse_bad_images(generator: AnyGenerator, images: Tensor, config: TrainConfig) -> None:
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
