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
