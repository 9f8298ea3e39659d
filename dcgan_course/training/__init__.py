"""Training two networks against each other: losses, steps, loop, and what keeps it alive."""

from dcgan_course.training.loop import DCGAN, TrainConfig, discriminator_step, generator_step, refuse_bad_images, train
from dcgan_course.training.state import (
    CHECK_EVERY,
    LARGEST_SEED,
    History,
    Training,
    interrupt_as_flag,
    mean_probabilities,
    own_random_state,
    refuse_bad_seed,
    undisturbed,
)
