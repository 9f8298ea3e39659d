"""The checks of lesson 07b, training that is fast and can be stopped: one function an exercise."""

from dcgan_course.checks.lesson_07b.amdahl import bottleneck, whole_speedup
from dcgan_course.checks.lesson_07b.cost import hours, layer_flop
from dcgan_course.checks.lesson_07b.profiles import best_switches
from dcgan_course.checks.lesson_07b.resume import exact_resume
