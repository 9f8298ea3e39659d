"""The checks of lesson 03."""

from dcgan_course.checks.lesson_03.game import (
    ERROR_HINTS,
    LOOP_IDEAS,
    NOT_NEEDED,
    P_DATA,
    P_FAKE,
    ROUNDS,
    Idea,
    LoopBench,
    check_by_hand,
    check_gradients,
    check_jensen_shannon,
    check_loop,
    check_repair,
    judge_loop,
)
