"""The checks of lesson 06, DCGAN layer by layer: one function an exercise."""

from dcgan_course.checks.lesson_06.blocks import write_down, write_up
from dcgan_course.checks.lesson_06.bugs import one_answer, true_comments
from dcgan_course.checks.lesson_06.networks import write_discriminator, write_generator
from dcgan_course.checks.lesson_06.weights import count_generator, first_weights
