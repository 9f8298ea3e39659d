import dataclasses
import json
import math

import numpy as np
import pytest

from dcgan_course.errors import InvalidValue
from dcgan_course.training import DCGAN, TrainConfig


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),
        ("batch_size", -1),
        ("discriminator_steps", True),
        ("learning_rate", 0),
        ("learning_rate", math.nan),
        ("learning_rate", "fast"),
        ("betas", (0.5, 1.0)),
        ("seed", -1),
        ("seed", 2**32),
        ("seed", 1.0),
    ],
)
def test_wrong_settings_are_refused_with_their_name_and_value(name, value):
    with pytest.raises(InvalidValue) as caught:
        TrainConfig(**{name: value})
    assert name in str(caught.value) and repr(value) in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("precision", "float16", "precision is 'float16', but it must be one of: auto, float32, bfloat16"),
        ("ema_decay", 1, "ema_decay is 1, but it must be a number of at least 0 and below 1"),
        ("ema_decay", "0.9", "ema_decay is '0.9'"),
        ("loss", "wgan", "loss is 'wgan', but it must be one of: non_saturating, minimax, least_squares, wasserstein"),
        ("loss", None, "loss is None, but it must be one of"),
        ("penalty", ["r1"], r"penalty is \['r1'\], but it must be one of: none, clip, gradient, r1, r2, r1_r2"),
        ("penalty_weight", 1.0, "penalty_weight is 1, but there is no penalty: choose one of clip, gradient"),
        ("discriminator_learning_rate", 0, "discriminator_learning_rate is 0, but it must be a number above 0"),
        ("augment", ("flip",), r"augment is \('flip',\), but it must be a tuple of some of shift, colour, cutout"),
        ("augment", ("shift", "shift"), "each once"),
        ("augment", {"shift"}, "it must be a tuple of some of"),
        ("packing", 0, "packing is 0"),
        ("packing", 3, "packing is 3, but batch_size is 200: it must be a multiple of 3"),
        ("spectral_norm", "yes", "spectral_norm is 'yes', but it must be True or False"),
        ("conditional", True, "conditional is True, but it must be one of: none, concatenated, projection"),
    ],
)
def test_wrong_switches_are_refused(field, value, message):
    with pytest.raises(InvalidValue, match=message):
        TrainConfig(**{field: value})


@pytest.mark.parametrize("name", ["epochs", "batch_size", "discriminator_steps", "seed"])
def test_whole_numbers_of_numpy_become_pythons(name):
    config = TrainConfig(**{name: np.int64(3)})
    assert type(getattr(config, name)) is int and config == TrainConfig(**{name: 3})
    json.dumps(dataclasses.asdict(config))


def test_a_config_that_was_a_file_is_the_same_config():
    assert TrainConfig(**json.loads(json.dumps(dataclasses.asdict(DCGAN)))) == DCGAN


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"penalty": "r1", "compile": True}, "torch.compile cannot differentiate a gradient again"),
        ({"penalty": "gradient", "penalty_weight": math.inf}, "penalty_weight is inf"),
        ({"conditional": "projection", "packing": 2}, "takes no labels: choose one of them"),
        ({"conditional": "concatenated", "minibatch_deviation": True}, "takes no labels: choose one of them"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, message):
    with pytest.raises(InvalidValue, match=message):
        TrainConfig(**settings)


def test_a_config_with_fixes_that_was_a_file_is_the_same_config():
    config = TrainConfig(loss="hinge", augment=("cutout", "shift"), penalty="clip", penalty_weight=0.1, packing=2)
    assert TrainConfig(**json.loads(json.dumps(dataclasses.asdict(config)))) == config
