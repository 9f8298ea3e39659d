"""The checks of lesson 03, the adversarial game: one function an exercise."""

from dcgan_course.checks.lesson_03.broken import broken_1, broken_2, broken_3, who_moves
from dcgan_course.checks.lesson_03.game import by_hand, gradients, jensen_shannon, more_fakes, value_at_best
from dcgan_course.checks.lesson_03.loops import play
