"""Whole numbers are NumPy's as well as Python's, everywhere; True, 3.0 and "3" are refused everywhere."""

import re

import numpy as np
import pytest
import torch

from dcgan_course import latent, widgets
from dcgan_course.convolution import arithmetic, ladders
from dcgan_course.data import Images, batches
from dcgan_course.data.drawn.pictures import drawn_digits, drawn_objects
from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation import metrics, probabilities
from dcgan_course.interpretability import (
    blocks,
    controls,
    features,
    forgetting,
    guided_backpropagation,
    probes,
    supervised,
    units,
)
from dcgan_course.models import (
    ConcatenatedDiscriminator,
    ConditionalGenerator,
    Discriminator,
    Generator,
    MLPDiscriminator,
    MLPGenerator,
    OneClass,
    ProjectionDiscriminator,
)
from dcgan_course.models.ablations import VARIANTS
from dcgan_course.toy import stacked
from dcgan_course.toy.divergences import jensen_shannon_estimate
from dcgan_course.toy.faults import FAULTS, play
from dcgan_course.toy.line import LineGame, disjoint_pushes, generator_density
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.toy.point_networks import PointDiscriminators, PointGenerators
from dcgan_course.toy.points import GameSettings, lopsided_game
from dcgan_course.training import TrainConfig
from tests.helpers.networks import lively_discriminator
from tests.helpers.pictures import random_pictures

PICTURES, LABELS = random_pictures(12, (2, 32, 32)), torch.arange(12) % 2
NUMBERS = torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
MAPS, MARKS = NUMBERS.view(3, 5, 2, 2), torch.arange(12).view(3, 2, 2) % 2 > 0
Z = NUMBERS[:, :4]
D, G = lively_discriminator(32), Generator(32, 4, 2, 3)
CONFIG = ("epochs", "batch_size", "discriminator_steps", "seed")
CLASSIFIER = torch.nn.Linear(5, 3)
DIGITS = Images("digits", random_pictures(12, (1, 28, 28)), LABELS, ("even", "odd"), "random numbers")
RESPONSES = units.unit_responses(D, PICTURES, 0)


def taught(**numbers):
    network = supervised.SupervisedNetwork(32, 2, 2, 2)
    supervised.train_supervised(network, PICTURES, LABELS, **({"epochs": 1, "seed": 0} | numbers))


def probe(**numbers):
    return probes.linear_probe(NUMBERS, LABELS, NUMBERS, LABELS, fit=probes.all_classes_at_once, **numbers)


def slide(**numbers):
    widgets.latent_slider(G, **({"points": 2, "steps": 1} | numbers))


# Each is called with 3, and with what is no whole number.
CALLS = {
    "Generator latent_dim": lambda n: Generator(16, n, 1, 2),
    "Generator channels": lambda n: Generator(16, 4, n, 2),
    "Generator width": lambda n: Generator(16, 4, 1, n),
    "Discriminator channels": lambda n: Discriminator(16, n, 2),
    "Discriminator width": lambda n: Discriminator(16, 1, n),
    "MLPGenerator image_shape": lambda n: MLPGenerator((1, n, 4), 4, 8),
    "MLPGenerator latent_dim": lambda n: MLPGenerator((1, 4, 4), n, 8),
    "MLPGenerator hidden_dim": lambda n: MLPGenerator((1, 4, 4), 4, n),
    "MLPDiscriminator hidden_dim": lambda n: MLPDiscriminator((1, 4, 4), n),
    **{f"{row} width": build for row, build in VARIANTS.items()},
    "sample count": lambda n: latent.sample(n, 4, 0),
    "sample latent_dim": lambda n: latent.sample(2, n, 0),
    "sample seed": lambda n: latent.sample(2, 4, n),
    "sample_labels count": lambda n: latent.sample_labels(LABELS, n, 0),
    "sample_labels seed": lambda n: latent.sample_labels(LABELS, 4, n),
    "OneClass label": lambda n: OneClass(ConditionalGenerator(4, 16, 4, 1, 2), n),
    "ConditionalGenerator classes": lambda n: ConditionalGenerator(n, 16, 4, 1, 2),
    "ConditionalGenerator label_dim": lambda n: ConditionalGenerator(4, 16, 4, 1, 2, n),
    "ProjectionDiscriminator classes": lambda n: ProjectionDiscriminator(n, 16, 1, 2),
    "ConcatenatedDiscriminator classes": lambda n: ConcatenatedDiscriminator(n, 16, 1, 2),
    "walk steps": lambda n: latent.walk(Z, n),
    "arithmetic count": lambda n: latent.arithmetic(Z, Z, Z, count=n),
    "arithmetic seed": lambda n: latent.arithmetic(Z, Z, Z, seed=n),
    "weight_directions count": lambda n: latent.weight_directions(G, n),
    "activation_directions count": lambda n: latent.activation_directions(G, n, samples=9),
    "activation_directions samples": lambda n: latent.activation_directions(G, 2, samples=n),
    "activation_directions seed": lambda n: latent.activation_directions(G, 2, samples=9, seed=n),
    "invert restarts": lambda n: latent.invert(G, torch.zeros(2, 32, 32), restarts=n, steps=1),
    "invert steps": lambda n: latent.invert(G, torch.zeros(2, 32, 32), restarts=1, steps=n),
    "invert seed": lambda n: latent.invert(G, torch.zeros(2, 32, 32), restarts=1, steps=1, seed=n),
    "class_histogram classes": lambda n: metrics.class_histogram(CLASSIFIER, NUMBERS, n),
    "nearest_neighbours count": lambda n: metrics.nearest_neighbours(NUMBERS, NUMBERS, n),
    "mean_probabilities seed": lambda n: probabilities.mean_probabilities(G, D, PICTURES, n),
    "maps_of block": lambda n: blocks.maps_of(Generator(64, 4, 1, 1), Z, n),
    "pooled_features side": lambda n: features.pooled_features(D, PICTURES, n),
    "pooled_features batch_size": lambda n: features.pooled_features(D, PICTURES, batch_size=n),
    "layer_slices side": lambda n: features.layer_slices(D, n),
    "random_maps count": lambda n: controls.random_maps(n, 4),
    "random_maps of": lambda n: controls.random_maps(2, n),
    "random_maps draws": lambda n: controls.random_maps(2, 4, draws=n),
    "random_maps seed": lambda n: controls.random_maps(2, 4, seed=n),
    "equally_active_maps draws": lambda n: controls.equally_active_maps(torch.tensor([1]), NUMBERS[0], draws=n),
    "busier_maps count": lambda n: forgetting.busier_maps(MAPS, MARKS, n),
    "place_weights most": lambda n: forgetting.place_weights(MAPS, MARKS, most=n),
    "place_weights seed": lambda n: forgetting.place_weights(MAPS, MARKS, seed=n),
    "few_labels per_class": lambda n: probes.few_labels(LABELS, n, 0),
    "few_labels seed": lambda n: probes.few_labels(LABELS, 2, n),
    "linear_probe choosers": lambda n: probe(choosers=n),
    "linear_probe seed": lambda n: probe(seed=n),
    "SupervisedNetwork classes": lambda n: supervised.SupervisedNetwork(16, 1, 2, n),
    "train_supervised epochs": lambda n: taught(epochs=n),
    "train_supervised batch_size": lambda n: taught(batch_size=n),
    "train_supervised seed": lambda n: taught(seed=n),
    "unit_responses layer": lambda n: units.unit_responses(Discriminator(64, 2, 1), random_pictures(1, (2, 64, 64)), n),
    "top_pictures unit": lambda n: units.top_pictures(units.unit_responses(D, PICTURES, 1), n),
    "top_pictures count": lambda n: units.top_pictures(RESPONSES, 0, n),
    "guided_gradients unit": lambda n: guided_backpropagation.guided_gradients(D, PICTURES, 1, n),
    "random_twin seed": lambda n: units.random_twin(D, PICTURES, n),
    "conv_output_size input_size": lambda n: arithmetic.conv_output_size(n, 2),
    "conv_output_size kernel_size": lambda n: arithmetic.conv_output_size(9, n),
    "conv_transpose_output_size stride": lambda n: arithmetic.conv_transpose_output_size(9, 4, n),
    "receptive_field kernel_size": lambda n: arithmetic.receptive_field([(n, 1)]),
    "plan_upsampling start_size": lambda n: ladders.plan_upsampling(12, n),
    **{f"TrainConfig {name}": lambda n, name=name: TrainConfig(**{name: n}) for name in CONFIG},
    "batches batch_size": lambda n: list(batches(PICTURES, n)),
    "drawn_digits count": lambda n: drawn_digits(n),
    "drawn_digits seed": lambda n: drawn_digits(2, n),
    "drawn_objects count": lambda n: drawn_objects(n),
    "drawn_objects seed": lambda n: drawn_objects(2, n),
    "StackedLinear networks": lambda n: stacked.StackedLinear(n, 2, 2),
    "StackedLinear in_features": lambda n: stacked.StackedLinear(2, n, 2),
    "StackedLinear out_features": lambda n: stacked.StackedLinear(2, 2, n),
    "StackedBatchNorm networks": lambda n: stacked.StackedBatchNorm(n, 2),
    "StackedBatchNorm features": lambda n: stacked.StackedBatchNorm(2, n),
    "StackedMaxout pieces": lambda n: stacked.StackedMaxout(2, 2, 2, n),
    "PointGenerators networks": lambda n: PointGenerators(n, 2, 4, 1),
    "PointGenerators latent_dim": lambda n: PointGenerators(2, n, 4, 1),
    "PointGenerators hidden_dim": lambda n: PointGenerators(2, 2, n, 1),
    "PointGenerators hidden_layers": lambda n: PointGenerators(2, 2, 4, n),
    "PointDiscriminators networks": lambda n: PointDiscriminators(n, 1, 4, 1),
    "PointDiscriminators packing": lambda n: PointDiscriminators(2, n, 4, 1),
    "PointDiscriminators hidden_dim": lambda n: PointDiscriminators(2, 1, n, 1),
    "PointDiscriminators hidden_layers": lambda n: PointDiscriminators(2, 1, 4, n),
    "GameSettings batch_size": lambda n: GameSettings(batch_size=n),
    "GameSettings discriminator_steps": lambda n: GameSettings(discriminator_steps=n),
    "GameSettings unrolled_steps": lambda n: GameSettings(unrolled_steps=n),
    "GameSettings seed": lambda n: GameSettings(seed=n),
    **{f"latent_slider {name}": lambda n, name=name: slide(**{name: n}) for name in ("points", "steps", "seed")},
    "TrainingMonitor pictures": lambda n: widgets.TrainingMonitor(PICTURES, pictures=n),
    "TrainingMonitor seed": lambda n: widgets.TrainingMonitor(PICTURES, seed=n),
    "filter_browser count": lambda n: widgets.filter_browser("mnist_dcgan", DIGITS, count=n),
    "convolution_explorer seed": lambda n: widgets.convolution_explorer(n),
    "break_it_twin seed": lambda n: widgets.break_it_twin(rounds=1, seed=n),
    "LineGame games": lambda n: LineGame(n, 5, 0),
    "LineGame rounds": lambda n: LineGame(2, n, 0),
    "LineGame seed": lambda n: LineGame(2, 5, n),
    "generator_density game": lambda n: generator_density(LineGame(4, 5, 0).generator, torch.zeros(2), n, 9),
    "disjoint_pushes seed": lambda n: disjoint_pushes(1.0, [1], n),
    "jensen_shannon_estimate seed": lambda n: jensen_shannon_estimate((0, 1), (2, 1), 9, n),
    "play seed": lambda n: play(FAULTS["D too strong"], 1, n),
    "lopsided_game networks": lambda n: lopsided_game(ring_of_8(), n),
    "lopsided_game packing": lambda n: lopsided_game(ring_of_8(), 1, packing=n),
    "lopsided_game seed": lambda n: lopsided_game(ring_of_8(), 1, seed=n),
    "PointDiscriminators pieces": lambda n: PointDiscriminators(1, 1, 4, 2, n),
}


@pytest.mark.parametrize("call", CALLS)
def test_numpy_s_whole_numbers_pass(call):
    CALLS[call](np.int64(3))


@pytest.mark.parametrize("number", [True, 3.0, "3"], ids=repr)
@pytest.mark.parametrize("call", CALLS)
def test_nothing_else_passes(call, number):
    with pytest.raises(InvalidValue, match=re.escape(repr(number))):
        CALLS[call](number)


@pytest.mark.parametrize("network", [Generator, Discriminator, supervised.SupervisedNetwork])
def test_sizes_too(network):
    one, other = network(np.int64(16), width=2), network((np.int64(16), 24), width=np.int64(2))
    assert one.image_shape == (3, 16, 16) and other.image_shape == (3, 16, 24)
    assert {type(side) for side in one.image_shape + other.image_shape} == {int}
    for size in (True, 16.0, "16", (16, 16.0)):
        with pytest.raises(InvalidValue, match=f"image_size is {re.escape(repr(size))}"):
            network(size)


@pytest.mark.parametrize("large", [2**53 + 1, 10**400])
def test_a_number_beyond_what_a_float_tells_apart_is_refused(large):
    """A progress bar and a learning curve count in floats; a number of 400 digits overflows them."""
    for refused in (
        lambda: TrainConfig(epochs=large),
        lambda: TrainConfig(batch_size=large),
        lambda: Generator(large),
        lambda: Generator(16, width=large),
        lambda: latent.sample(large, 3, 0),
    ):
        with pytest.raises(InvalidValue, match=r"9,007,199,254,740,992") as caught:
            refused()
        assert len(str(caught.value)) < 300
