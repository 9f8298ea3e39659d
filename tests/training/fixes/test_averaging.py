"""The averaged generator draws with statistics of batch norm of its own; the training does not notice."""

import copy
import dataclasses

import pytest
import torch
from torch.optim.swa_utils import update_bn

from dcgan_course import latent, models
from dcgan_course.data import load_images
from dcgan_course.training import TrainConfig, train
from dcgan_course.training.fixes.averaging import BATCH_SIZE, BATCHES, move_average, statistics_anew

CONFIG = TrainConfig(epochs=2, batch_size=32, precision="float32", ema_decay=0.8)


@pytest.fixture(scope="module")
def images():
    return load_images("drawn_digits", image_size=16).images[:2000]


def pair(seed=0):
    torch.manual_seed(seed)
    return models.Generator(16, 20, 1, 8), models.Discriminator(16, 1, 8)


def state(*networks):
    return [tensor.clone() for network in networks for tensor in network.state_dict().values()]


def same(one, two):
    return all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def test_the_statistics_are_those_of_update_bn():
    """torch.optim.swa_utils.update_bn is the oracle, on the same z."""
    ours, theirs = copy.deepcopy(pair()[0]), pair()[0]
    statistics_anew(ours, 5)
    noise = torch.Generator().manual_seed(5)
    update_bn([torch.randn(BATCH_SIZE, 20, generator=noise) for _ in range(BATCHES)], theirs)
    for got, wanted in zip(ours.buffers(), theirs.buffers(), strict=True):
        torch.testing.assert_close(got, wanted)


def test_only_statistics_change():
    generator = pair()[0]
    generator.blocks[0][1].eval()
    generator.insert = torch.nn.Dropout(0.5)
    before = [parameter.clone() for parameter in generator.parameters()]
    modes, momenta = [layer.training for layer in generator.modules()], generator.blocks[1][1].momentum
    random = torch.get_rng_state()
    statistics_anew(generator, 0)
    assert same(before, generator.parameters()) and torch.equal(random, torch.get_rng_state())
    assert modes == [layer.training for layer in generator.modules()] and momenta == generator.blocks[1][1].momentum


def test_dropout_in_the_generator_draws_nothing():
    torch.manual_seed(0)
    generator = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Dropout(0.5), torch.nn.BatchNorm1d(6))
    generator.latent_dim = 4
    random = torch.get_rng_state()
    statistics_anew(generator, 0)
    assert torch.equal(random, torch.get_rng_state()) and generator[2].running_var.std() > 0


def test_a_generator_without_batch_norm_stays_as_it_is():
    generator = models.MLPGenerator()
    before = state(generator)
    statistics_anew(generator, 0)
    assert same(before, state(generator))


def test_a_step_of_the_average_copies_other_buffers_and_leaves_statistics():
    network, average = torch.nn.Sequential(torch.nn.BatchNorm1d(2)), torch.nn.Sequential(torch.nn.BatchNorm1d(2))
    for each, value in ((network, 3.0), (average, 1.0)):
        each.register_buffer("scale", torch.tensor(value))
        torch.nn.init.constant_(each[0].weight, value)
        each[0].running_mean.fill_(value)
    move_average(average, network, 0.75)
    assert average[0].weight.tolist() == [1.5, 1.5] and average.scale == 3
    assert average[0].running_mean.tolist() == [1, 1]


def test_the_statistics_fit_the_average_whenever_it_is_looked_at(images):
    """At every hook that asks, after an epoch, and at the end: always what its weights and the seed give."""
    generator, discriminator = pair()
    average, seen = copy.deepcopy(generator), []

    def fits():
        fresh = copy.deepcopy(average)
        statistics_anew(fresh, CONFIG.seed)
        return same(state(fresh), state(average))

    def look(training):
        if training.epoch_is_over:
            seen.append(fits())  # without being asked
        if training.step in (3, 7):
            assert not fits()
            assert training.ema_generator is average
            seen.append(fits())
        return training.step == 70

    train(generator, discriminator, images, CONFIG, ema_generator=average, hook=look, progress=False)
    assert seen == [True, True, True] and fits()


def test_whoever_asks_for_the_average_does_not_disturb_the_training(images):
    ends = []
    for hook in (None, lambda training: training.ema_generator and None):
        networks = pair()
        average = copy.deepcopy(networks[0])
        few = images[:256]
        train(*networks, few, CONFIG, ema_generator=average, hook=hook, progress=False)
        ends.append(state(*networks, average))
    networks = pair()
    train(*networks, images[:256], CONFIG, progress=False)
    assert same(*ends) and same(ends[0][: len(state(*networks))], state(*networks))


def test_stopped_anywhere_and_continued_it_is_the_same_average(images, tmp_path):
    ends = []
    for stops in ((), (3, 9)):
        path = tmp_path / f"{len(stops)}.safetensors"
        for stop in (*stops, None):
            networks = pair()
            average = copy.deepcopy(networks[0])
            hook = lambda training, stop=stop: training.step == stop
            few = images[:256]
            train(*networks, few, CONFIG, ema_generator=average, hook=hook, checkpoint=path, progress=False)
        ends.append(state(*networks, average))
    assert same(*ends)


@pytest.mark.parametrize("seed", [0, 1])
def test_most_of_the_missing_variety_came_from_statistics_of_another_network(images, seed):
    """The old claim was that the average is paler because old networks are in it."""
    generator, discriminator = pair(seed)
    average = copy.deepcopy(generator)
    config = dataclasses.replace(CONFIG, epochs=9, seed=seed, learning_rate=4e-3, betas=(0.5, 0.999), ema_decay=0.95)
    hook = lambda training: training.step == 120
    train(generator, discriminator, images, config, ema_generator=average, hook=hook, progress=False)
    with_statistics_of_g = copy.deepcopy(average)
    for mine, other in zip(with_statistics_of_g.buffers(), generator.buffers(), strict=True):
        mine.copy_(other)
    z = latent.sample(64, 20, 9)
    of_g, anew, copied = (
        float(torch.pdist(models.draw(network, z).flatten(1)).mean())
        for network in (generator, average, with_statistics_of_g)
    )
    assert copied < anew and abs(of_g - anew) < 0.6 * abs(of_g - copied), (of_g, anew, copied)
