"""Points, paths and directions in latent space."""

from dcgan_course.latent.paths import (
    Inversion,
    activation_directions,
    arithmetic,
    attribute_direction,
    invert,
    lerp,
    sample,
    slerp,
    walk,
    weight_directions,
)
