"""How much time a lesson may take: `smoke`, `cpu` or `gpu`."""

import difflib
import os

from dcgan_course.errors import InvalidValue

BUDGETS = {
    "smoke": "seconds a training cell, for tests: too short to learn anything",
    "cpu": "a laptop with two cores: the training of a lesson stays under five minutes",
    "gpu": "the real thing, on a graphics card",
}


def course_budget() -> str:
    """Return the budget in use: the variable DCGAN_COURSE_BUDGET if set, else `gpu` where CUDA works, else `cpu`.

    Raises InvalidValue if the variable holds anything but smoke, cpu or gpu.
    """
    wanted = os.environ.get("DCGAN_COURSE_BUDGET", "").strip()
    if not wanted:
        import torch

        return "gpu" if torch.cuda.is_available() else "cpu"
    if wanted not in BUDGETS:
        near = difflib.get_close_matches(wanted.lower(), BUDGETS, n=1, cutoff=0.3)
        guess = f"; did you mean {near[0]}?" if near else ""
        raise InvalidValue(
            f"The environment variable DCGAN_COURSE_BUDGET is {wanted!r}, but it must be smoke, cpu or gpu{guess}"
            + ("" if near else ".")
        )
    return wanted
