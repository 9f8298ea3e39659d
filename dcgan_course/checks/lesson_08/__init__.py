"""The checks of lesson 08, walking in latent space: one function an exercise."""

from dcgan_course.checks.lesson_08.inversion import invert
from dcgan_course.checks.lesson_08.points import mean_and_repair, slerp
from dcgan_course.checks.lesson_08.turn import turn_effect, turn_vector
