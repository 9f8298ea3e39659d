"""What judges a learner: instant feedback for the exercises, a folder a lesson; may import everything but widgets,
commands and recorded.

`from dcgan_course.checks import lesson_01 as check`
"""
