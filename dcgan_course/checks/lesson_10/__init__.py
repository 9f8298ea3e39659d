"""The checks of lesson 10, measuring a generator: one function an exercise."""

from dcgan_course.checks.lesson_10.card import report_card
from dcgan_course.checks.lesson_10.comparable import PAIRS, REASONS, comparable
from dcgan_course.checks.lesson_10.frechet import frechet_clouds, frechet_line
from dcgan_course.checks.lesson_10.kernel import kernel_distance
from dcgan_course.checks.lesson_10.line import bias_line
from dcgan_course.checks.lesson_10.moments import recoloured
from dcgan_course.checks.lesson_10.neighbours import expected_coverage, leave_one_out, precision_recall
from dcgan_course.checks.lesson_10.spoils import SPOILS, draw_cases, in_words, name_the_spoils
