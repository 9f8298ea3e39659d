"""Training two networks against each other: losses, steps, loop, and what keeps it alive; may import errors, files,
data, models, evaluation.
"""

from dcgan_course.training.config import DCGAN, TrainConfig
from dcgan_course.training.loop import discriminator_step, generator_step, train
from dcgan_course.training.state import History, Training
