"""Instant feedback for the exercises. One module a lesson: `from dcgan_course.checks import lesson_01 as check`."""
