"""Training two networks against each other: losses, steps, loop, and what keeps it alive. May import: errors, data,
models, evaluation."""

from dcgan_course.training.loop import DCGAN, TrainConfig, discriminator_step, generator_step, train
from dcgan_course.training.state import History, Training
