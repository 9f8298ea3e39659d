"""The checks of lesson 11, beyond DCGAN: one function an exercise."""

from dcgan_course.checks.lesson_11.augmentation import augmented_losses
from dcgan_course.checks.lesson_11.deviation import add_deviation
from dcgan_course.checks.lesson_11.dirac import critical_gamma, slowest_rate
from dcgan_course.checks.lesson_11.mixes import gradient_penalty
from dcgan_course.checks.lesson_11.pairing import relativistic_losses
from dcgan_course.checks.lesson_11.projection import projection_logits
from dcgan_course.checks.lesson_11.r1 import r1_penalty
from dcgan_course.checks.lesson_11.spectral import power_step
from dcgan_course.checks.lesson_11.table import believed, permutation_p
