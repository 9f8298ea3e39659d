"""Runs and networks that come with the course."""

from dcgan_course.recorded.runs import (
    _NETWORKS,
    FOLDER,
    RecordedRun,
    card,
    card_text,
    digit_classifier,
    factor_reader,
    load_run,
    names,
)
