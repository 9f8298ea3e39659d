"""The networks of the course, their shapes, and how to ask them; may import errors, convolution, drawing."""

from dcgan_course.models.conditional import (
    ConcatenatedDiscriminator,
    ConditionalGenerator,
    OneClass,
    ProjectionDiscriminator,
)
from dcgan_course.models.dcgan import Discriminator, Generator, count_parameters, down, init_weights, up
from dcgan_course.models.inference import draw, eval_mode
from dcgan_course.models.mlp import MLPDiscriminator, MLPGenerator, init_mlp_weights
