"""The checks of lesson 05, when training fails: one function an exercise."""

from dcgan_course.checks.lesson_05.modes import count_modes
from dcgan_course.checks.lesson_05.packing import train_packed
from dcgan_course.checks.lesson_05.traces import draw_cases, in_words, name_the_faults
