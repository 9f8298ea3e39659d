"""Runs and networks that come with the course, each with a card that says how it was made. May import: errors, models,
evaluation, training."""

from dcgan_course.recorded.runs import (
    FOLDER,
    RecordedRun,
    card,
    card_text,
    digit_classifier,
    factor_reader,
    load_run,
    names,
)
