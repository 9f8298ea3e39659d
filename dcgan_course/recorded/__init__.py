"""Runs, networks and tables that come with the course, each with what says how it was made; may import errors, files,
models, evaluation, training.
"""

from dcgan_course.recorded.judges import Judge, judge_for
from dcgan_course.recorded.runs import (
    FOLDER,
    RecordedRun,
    card,
    card_text,
    cifar10_classifier,
    digit_classifier,
    factor_reader,
    load_run,
    names,
    report,
)
from dcgan_course.recorded.tables import (
    cifar_recipes,
    fix_samples,
    fixes,
    gpu_speed,
    guideline_samples,
    guidelines,
    guidelines_longer,
    long_film,
    long_trainings,
    modes_table,
    probes,
    toy_fixes,
)
