"""The checks of lesson 07, DCGAN on CIFAR-10: one function an exercise."""

from dcgan_course.checks.lesson_07.average import move_average
from dcgan_course.checks.lesson_07.profiles import best_switches, bottleneck, whole_speedup
from dcgan_course.checks.lesson_07.resume import exact_resume
from dcgan_course.checks.lesson_07.today import discriminator_loss, labels_like, prepare

__all__ = [
    "best_switches",
    "bottleneck",
    "discriminator_loss",
    "exact_resume",
    "labels_like",
    "move_average",
    "prepare",
    "whole_speedup",
]
