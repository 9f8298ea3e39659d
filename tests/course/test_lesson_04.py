"""What lesson 04 says of its neighbours and of the digit 1, measured on real digits."""

import pytest
import torch

from dcgan_course import latent, recorded
from dcgan_course.data import already_here, load_images, scale
from dcgan_course.evaluation import metrics
from dcgan_course.evaluation.probabilities import mean_probabilities
from dcgan_course.training import TrainConfig, train

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not already_here("mnist"), reason="no MNIST here: set DCGAN_COURSE_DATA"),
]


@pytest.fixture(scope="module")
def stored():
    return scale(load_images("mnist", "train").images[:10_000])


@pytest.fixture(scope="module")
def held_out(stored):
    """Classes of 600 test digits, and how far each is from the nearest stored one."""
    test = scale(load_images("mnist", "test").images[:600])
    with torch.no_grad():
        classes = recorded.digit_classifier()(test).argmax(dim=1)
    return classes, metrics.nearest_neighbours(test, stored)[1][:, 0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_copy_with_noise_passes_as_a_fresh_digit(stored, held_out, seed):
    noise = torch.randn(300, 1, 28, 28, generator=torch.Generator().manual_seed(seed))
    _, distances = metrics.nearest_neighbours(stored[:300] + 0.35 * noise, stored)
    assert distances.median() > 0.95 * held_out[1].median()


def test_a_one_lies_nearer_to_its_neighbour_than_any_other_digit(held_out):
    classes, distances = held_out
    medians = torch.stack([distances[classes == digit].median() for digit in range(10)])
    assert medians.argmin() == 1 and medians[1] < 0.6 * medians[torch.arange(10) != 1].min()


def test_at_epoch_50_half_of_the_samples_are_ones_and_no_other_epoch_is_as_near(stored):
    run = recorded.load_run("mnist_mlp")
    nearest = {}
    for epoch in (20, 50, 100, 200):
        samples = scale(run.frames[run.frame_epochs.index(epoch)])
        nearest[epoch] = float(metrics.nearest_neighbours(samples, stored)[1].median())
        if epoch == 50:
            assert metrics.class_histogram(recorded.digit_classifier(), samples)[1] >= 0.5 * len(samples)
    assert min(nearest, key=nearest.__getitem__) == 50


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_samples_are_as_far_from_the_stored_digits_as_test_digits_are(stored, held_out, seed):
    generator = recorded.load_run("mnist_mlp").generator
    with torch.no_grad():
        samples = generator(latent.sample(1000, generator.latent_dim, seed))
    _, distances = metrics.nearest_neighbours(samples, stored)
    assert distances.median() > 0.9 * held_out[1].median() and distances.min() > 0


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_with_as_many_steps_of_g_a_larger_k_widens_the_gap_and_keeps_the_digits(seed):
    pictures, test = load_images("mnist", "train").images, load_images("mnist", "test").images[:2000]
    gaps, ones = {}, {}
    for k in (1, 20):
        run = recorded.load_run("mnist_mlp")
        networks = run.generator.requires_grad_(True), run.discriminator.requires_grad_(True)
        config = TrainConfig(epochs=1_000, discriminator_steps=k, seed=seed)
        train(*networks, pictures, config, hook=lambda training, k=k: training.step >= 60 * k, progress=False)
        p_real, p_fake = mean_probabilities(*networks, test, seed)
        with torch.no_grad():
            samples = networks[0].eval()(latent.sample(2000, networks[0].latent_dim, seed + 1))
        gaps[k] = p_real - p_fake
        ones[k] = float(metrics.class_histogram(recorded.digit_classifier(), samples)[1] / len(samples))
    assert gaps[20] > gaps[1] + 0.1
    assert abs(ones[20] - ones[1]) < 0.06 and ones[20] < 0.3
