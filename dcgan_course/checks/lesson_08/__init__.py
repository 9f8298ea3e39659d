"""The checks of lesson 08, walking in latent space: one function an exercise."""

from dcgan_course.checks.lesson_08.invert import invert
from dcgan_course.checks.lesson_08.points import mean_and_repair, slerp
from dcgan_course.checks.lesson_08.turn import turn_effect, turn_vector

__all__ = ["invert", "mean_and_repair", "slerp", "turn_effect", "turn_vector"]
