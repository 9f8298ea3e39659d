"""Dirac-GAN, the smallest game of a generator and a discriminator: one number each; may import what toy may."""

from dcgan_course.toy.dirac.figures import decay_figure, paths_figure
from dcgan_course.toy.dirac.game import LOSSES, PENALTIES, DiracGame, final_radius, radius, steps_until
