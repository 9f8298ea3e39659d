"""The networks of the course, their shapes, and how to ask them."""

from dcgan_course.models.asking import eval_mode
from dcgan_course.models.dcgan import (
    SMALLEST,
    WIDEST,
    Discriminator,
    Generator,
    MLPDiscriminator,
    MLPGenerator,
    count_parameters,
    down,
    init_mlp_weights,
    init_weights,
    up,
)
