"""The checks of lesson 07, DCGAN on CIFAR-10: one function an exercise."""

from dcgan_course.checks.lesson_07.alarm import alarm
from dcgan_course.checks.lesson_07.average import move_average
from dcgan_course.checks.lesson_07.losses import discriminator_loss
from dcgan_course.checks.lesson_07.statistics import rank_with
from dcgan_course.checks.lesson_07.today import labels_like, prepare
