"""The fixes as lesson 11 shows them are the fixes that `train` plays, to the last bit of a step."""

import copy
import itertools

import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.changes import CHANGES, show
from dcgan_course.toy.changes.plain import make_discriminator, make_optimizers, mover, play_round
from dcgan_course.training import TrainConfig, train
from dcgan_course.training.fixes.networks import build_networks
from dcgan_course.training.random_state import own_random_state
from dcgan_course.training.state import Training

BATCH, WIDTH = 8, 2
BETAS = {"batch_size": BATCH, "epochs": 1, "betas": (0.5, 0.999), "precision": "float32", "channels_last": False}
PICTURES = torch.randint(0, 256, (BATCH, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(BATCH) % 3


def networks(config):
    torch.manual_seed(1)
    return build_networks(config, (1, 28, 28), WIDTH, 5, None if config.conditional == "none" else 3)


def with_weights_of(network, other):
    """Give a network the weights of another one that is built alike, in their order."""
    network.load_state_dict(dict(zip(network.state_dict(), other.state_dict().values(), strict=True)))
    return network


def one_step_by_train(config):
    generator, discriminator = networks(config)
    average = copy.deepcopy(generator)
    labels = None if config.conditional == "none" else LABELS
    train(generator, discriminator, PICTURES, config, labels=labels, ema_generator=average, progress=False)
    return [generator, discriminator, average]


def one_round_as_shown(config, change):
    generator, built = networks(config)
    labels = None if config.conditional == "none" else LABELS
    average = copy.deepcopy(generator)
    training = Training(generator, built, PICTURES, config, average, labels)
    discriminator = (
        built if labels is not None else with_weights_of(change.function("make_discriminator")(WIDTH), built)
    )
    adam_g, adam_d = change.function("make_optimizers")(generator, discriminator)
    play = change.function("play_round")
    play.__globals__["average"] = average
    generator.train(), discriminator.train()
    with own_random_state(training):
        real, classes = next(training.rest_of_epoch(PICTURES))
        given = (real, training.sample_z(), training.sample_z())
        play(generator, discriminator, mover(adam_g), mover(adam_d), *given, *([] if classes is None else [classes]))
    return [generator, discriminator, average]


@pytest.mark.parametrize("name", CHANGES)
def test_a_shown_round_is_one_step_of_train(name):
    shown = CHANGES[name]
    options = {"learning_rate": 1e-3} | shown.options
    if options.get("penalty") in ("gradient", "r1", "r1_r2"):  # with batch norm in D, train refuses them
        options["discriminator_norm"] = False
    config = TrainConfig(**BETAS, **options)
    if options.get("discriminator_norm") is False:
        shown = type(shown)(
            shown.source, shown.options, shown.round, CHANGES["no batch norm in D"].discriminator, shown.optimizers
        )
    for mine, theirs in zip(one_round_as_shown(config, shown), one_step_by_train(config), strict=True):
        pairs = itertools.zip_longest(mine.parameters(), theirs.parameters())
        for number, (one, other) in enumerate(pairs):
            torch.testing.assert_close(one, other, msg=lambda text, number=number: f"parameter {number}: {text}")


def test_without_a_change_the_three_functions_are_dcgan():
    config = TrainConfig(**BETAS, learning_rate=1e-3)

    class Plain:
        def function(self, name):
            return {f.__name__: f for f in (play_round, make_discriminator, make_optimizers)}[name]

    for mine, theirs in zip(one_round_as_shown(config, Plain())[:2], one_step_by_train(config)[:2], strict=True):
        torch.testing.assert_close(list(mine.parameters()), list(theirs.parameters()))


@pytest.mark.parametrize("name", [name for name in CHANGES if name != "average of G (EMA)"])
def test_each_change_changes_the_step(name):
    """Else the test above would hold for a change that does nothing."""
    change = CHANGES[name]
    if change.options.get("penalty") in ("gradient", "r1", "r1_r2") or name == "conditional":
        pytest.skip("its networks differ from DCGAN's anyway")
    config = TrainConfig(**BETAS, **({"learning_rate": 1e-3} | change.options))
    plain = one_step_by_train(TrainConfig(**BETAS, learning_rate=1e-3))
    fixed = one_step_by_train(config)
    assert any(
        not torch.equal(one, other) for one, other in zip(plain[0].parameters(), fixed[0].parameters(), strict=True)
    )


def test_what_is_shown_is_short_and_names_its_source():
    for name, change in CHANGES.items():
        found = show(name)
        assert change.source in str(found) and "TrainConfig(" in str(found)
        for diff in found.diffs:
            gone, new = diff.counts
            assert 1 <= gone + new <= 8, name


@pytest.mark.parametrize("names", [(), ("hinge", "magic")])
def test_a_name_that_is_not_known_is_refused(names):
    with pytest.raises(InvalidValue, match="must be one of: least squares"):
        show(*names)
