"""The checks of lesson 07, DCGAN on CIFAR-10: one function an exercise."""

from dcgan_course.checks.lesson_07.alarm import alarm
from dcgan_course.checks.lesson_07.average import move_average
from dcgan_course.checks.lesson_07.company import apart_and_together
from dcgan_course.checks.lesson_07.losses import discriminator_loss
from dcgan_course.checks.lesson_07.today import labels_like, prepare
