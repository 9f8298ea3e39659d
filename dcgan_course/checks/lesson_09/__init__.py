"""The checks of lesson 09, what the networks learned: one function an exercise."""

from dcgan_course.checks.lesson_09.control import ranked_control
from dcgan_course.checks.lesson_09.features import pooled
from dcgan_course.checks.lesson_09.guided import guided_relu
from dcgan_course.checks.lesson_09.leak import honest_probe
