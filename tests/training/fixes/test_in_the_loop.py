"""Every fix in the one loop: a step moves its own player, and a training that was stopped goes on to the same bits."""

import dataclasses
import itertools
import json

import pytest
import torch

from dcgan_course.errors import CheckpointError
from dcgan_course.training import TrainConfig, Training, loop, train
from dcgan_course.training.config import CHOICES
from dcgan_course.training.fixes.networks import build_networks
from dcgan_course.training.losses import GAMES
from dcgan_course.training.tensor_file import read_tensors, write_tensors

PLAIN = TrainConfig(epochs=2, batch_size=16, precision="float32", learning_rate=1e-3)
NO_NORM = {"discriminator_norm": False}
FIXES = {
    **{loss: {"loss": loss} for loss in GAMES},
    **{penalty: {"penalty": penalty, "penalty_weight": 0.05, **NO_NORM} for penalty in CHOICES["penalty"][1:]},
    "two rates": {"discriminator_learning_rate": 4e-3},
    "augmented": {"augment": ("shift", "colour", "cutout")},
    "packs": {"packing": 4},
    "deviation": {"minibatch_deviation": True},
    "spectral norm": {"spectral_norm": True, "loss": "hinge", **NO_NORM},
    "concatenated": {"conditional": "concatenated"},
    "projection": {"conditional": "projection", "reuse_fakes": True},
    "much at once": {
        "conditional": "projection",
        "loss": "relativistic",
        "penalty": "r1_r2",
        "spectral_norm": True,
        "augment": ("cutout", "shift"),
        "discriminator_steps": 2,
        "precision": "bfloat16",
        **NO_NORM,
    },
}


@pytest.fixture(scope="module")
def data():
    noise = torch.Generator().manual_seed(3)
    images = torch.randint(0, 256, (96, 1, 16, 16), dtype=torch.uint8, generator=noise)
    return images, torch.randint(3, (96,), generator=noise)


def start(name, data, hook=None, checkpoint=None, **more):
    """Train as a fix asks; return what every number of both networks is, and the history."""
    images, labels = data
    config = dataclasses.replace(PLAIN, **FIXES[name], **more)
    told = {"labels": labels, "test_labels": labels[:33]} if config.conditional != "none" else {}
    torch.manual_seed(0)
    pair = build_networks(config, (1, 16, 16), 4, 6, 3 if told else None)
    options = {"test_images": images[:33], "hook": hook, "checkpoint": checkpoint, "progress": False, **told}
    history = train(*pair, images, config, **options)
    return [tensor.clone() for network in pair for tensor in network.state_dict().values()], history


def same(one, two):
    return all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("name", FIXES)
def test_stopped_and_continued_it_is_the_same_to_the_bit(name, data, tmp_path):
    whole, history = start(name, data)
    path = tmp_path / "run.safetensors"
    start(name, data, lambda training: training.step == 3, path)
    start(name, data, lambda training: training.step == 8, path)
    continued, again = start(name, data, checkpoint=path)
    assert same(whole, continued)
    assert again.discriminator_loss == history.discriminator_loss and again.p_fake == history.p_fake
    assert all(tensor.isfinite().all() for tensor in whole)


@pytest.mark.parametrize("name", [name for name in FIXES if name not in ("non_saturating", "minimax")])
def test_a_fix_changes_the_training(name, data):
    plain, _ = start("non_saturating", data)
    changed, _ = start(name, data)
    assert len(plain) != len(changed) or any(
        a.shape != b.shape or not torch.equal(a, b) for a, b in zip(plain, changed, strict=True)
    )


@pytest.mark.parametrize("name", FIXES)
def test_a_step_moves_its_own_player_alone(name, data, monkeypatch):
    moved = []

    def weights(network):
        return torch.cat([parameter.detach().flatten().clone() for parameter in network.parameters()])

    def watched(step):
        def function(generator, discriminator, *rest, **options):
            before = [weights(network) for network in (generator, discriminator)]
            loss = step(generator, discriminator, *rest, **options)
            after = [weights(network) for network in (generator, discriminator)]
            moved.append([not torch.equal(*both) for both in zip(before, after, strict=True)])
            assert not loss.requires_grad
            return loss

        return function

    for step in ("discriminator_step", "generator_step"):
        monkeypatch.setattr(loop, step, watched(getattr(loop, step)))
    start(name, data, lambda training: training.step == 4)
    k = FIXES[name].get("discriminator_steps", 1)
    once = [[False, True]] * k + [[True, False]]
    assert moved == list(itertools.islice(itertools.cycle(once), len(moved))) and len(moved) >= 4


def test_the_two_rates_are_those_of_adam(data):
    rates = []

    def look(training):
        pair = (training.generator_optimizer, training.discriminator_optimizer)
        rates.append([optimizer.param_groups[0]["lr"] for optimizer in pair])
        return True

    start("two rates", data, look)
    start("non_saturating", data, look)
    assert rates == [[1e-3, 4e-3], [1e-3, 1e-3]]


def test_clipped_weights_are_within_the_bound_after_every_step(data):
    largest = []

    def look(training):
        largest.append(max(float(parameter.detach().abs().max()) for parameter in training.discriminator.parameters()))

    start("clip", data, look)
    assert largest == pytest.approx([0.05] * 12)


def test_fakes_are_of_the_classes_of_the_reals_beside_them(data, monkeypatch):
    """Labels go with their pictures: each batch of both steps holds the labels of its own reals."""
    images, labels = data
    of_picture = {image.numpy().tobytes(): int(label) for image, label in zip(images, labels, strict=True)}
    seen = []

    def step(generator, discriminator, optimizer, real, *rest, **options):
        seen.append(real)
        pixels = ((real + 1) * 127.5).round().to(torch.uint8)
        wanted = [of_picture[image.numpy().tobytes()] for image in pixels]
        assert generator.labels.tolist() == discriminator.labels.tolist() == wanted
        return torch.tensor(0.0)

    monkeypatch.setattr(loop, "discriminator_step", step)
    start("projection", data)
    assert len(seen) == 12


def test_old_checkpoints_have_the_defaults_of_what_they_do_not_name(data, tmp_path):
    path = tmp_path / "run.safetensors"
    start("non_saturating", data, lambda training: training.step == 3, path)
    tensors, texts = read_tensors(path)
    config = json.loads(texts["config"])
    for setting in ("loss", "penalty", "penalty_weight", "augment", "packing", "spectral_norm", "conditional"):
        del config[setting]
    write_tensors(path, tensors, texts | {"config": json.dumps(config)})
    continued, _ = start("non_saturating", data, checkpoint=path)
    assert same(continued, start("non_saturating", data)[0])


def test_a_checkpoint_of_another_fix_is_refused(data, tmp_path):
    path = tmp_path / "run.safetensors"
    start("hinge", data, lambda training: training.step == 3, path)
    with pytest.raises(CheckpointError, match="was trained with loss = 'hinge', but minimax is asked for"):
        start("minimax", data, checkpoint=path)


@pytest.mark.parametrize("rank", [0, 1])
def test_each_process_gets_the_labels_of_its_own_part(data, rank):
    images, labels = data
    of_picture = {image.numpy().tobytes(): int(label) for image, label in zip(images, labels, strict=True)}
    config = dataclasses.replace(PLAIN, conditional="projection")
    training = Training(*build_networks(config, (1, 16, 16), 4, 6, 3), images, config, labels=labels)
    training.processes.count, training.processes.rank = 2, rank
    batches = list(training.rest_of_epoch(images))
    assert len(batches) == 6
    for real, classes in batches:
        pixels = ((real + 1) * 127.5).round().to(torch.uint8)
        assert len(real) == 8 and classes.tolist() == [of_picture[image.numpy().tobytes()] for image in pixels]
