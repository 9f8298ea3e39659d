"""What was found after DCGAN, each as the smallest change of the same code; may import what toy may."""

from dcgan_course.toy.changes.fixes import CHANGES, Change, show
from dcgan_course.toy.changes.plain import make_discriminator, make_optimizers, play_round
