"""The checks of lesson 03, the adversarial game: one function an exercise."""

from dcgan_course.checks.lesson_03.game import by_hand, gradients, jensen_shannon
from dcgan_course.checks.lesson_03.loops import play, repaired_1, repaired_2, repaired_3
