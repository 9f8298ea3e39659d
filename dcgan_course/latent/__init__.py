"""Points, paths and directions in latent space, and the way back from a picture; may import errors, models."""

from dcgan_course.latent.directions import (
    Directions,
    activation_directions,
    arithmetic,
    attribute_direction,
    weight_directions,
)
from dcgan_course.latent.inversion import Inversion, invert
from dcgan_course.latent.paths import lerp, pick, sample, sample_labels, shell, slerp, walk
