"""The checks of lesson 04, a GAN on MNIST: one function an exercise."""

from dcgan_course.checks.lesson_04.bugs import answer_by_answer_loss, frozen_generator_step, generator_loss, one_round
from dcgan_course.checks.lesson_04.losses import discriminator_loss, minimax, non_saturating
from dcgan_course.checks.lesson_04.steps import discriminator_step, generator_step
from dcgan_course.checks.lesson_04.traces import read_traces
