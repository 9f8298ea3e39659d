import copy

import torch

from dcgan_course.training import TrainConfig, Training, train

CONFIG = TrainConfig(epochs=3, batch_size=64, precision="float32", seed=3)


def stopped(networks, images, step):
    """Train to a step and return the Training there, with an averaged generator."""
    seen = []
    average = copy.deepcopy(networks[0])

    def stop(training):
        seen.append(training)
        return training.step == step

    train(*networks, images, CONFIG, ema_generator=average, hook=stop, progress=False)
    return seen[-1]


def assert_same(one, two):
    assert one.keys() == two.keys()
    for name, value in one.items():
        if isinstance(value, dict):
            assert_same(value, two[name])
        elif isinstance(value, torch.Tensor):
            assert torch.equal(value, two[name]), name
        else:
            assert value == two[name], name


def test_a_state_that_is_put_into_another_training_is_its_state(tiny_networks, tiny_images):
    first = stopped(tiny_networks(), tiny_images, 13)
    state = copy.deepcopy(first.state_dict())
    generator, discriminator = tiny_networks(seed=5)
    other = Training(generator, discriminator, tiny_images, CONFIG, copy.deepcopy(generator))
    with torch.random.fork_rng():
        other.load_state_dict(state)
        assert_same(other.state_dict(), state)
    assert torch.equal(other.sample_z(), first.sample_z())


def test_what_is_not_there_is_not_in_the_state(tiny_networks, tiny_images):
    fresh = Training(*tiny_networks(), tiny_images, CONFIG).state_dict()
    assert not {"ema_generator", "discriminator_losses", "generator_losses"} & fresh.keys()
    assert fresh["generator_optimizer"] == {} and fresh["step"] == 0
    after_an_epoch = stopped(tiny_networks(), tiny_images, 10).state_dict()
    assert "discriminator_losses" not in after_an_epoch and len(after_an_epoch["generator_optimizer"]) == 6
