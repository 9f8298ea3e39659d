"""Exercise 4 of lesson 07: an alarm on D's loss that rings early where D has won, and never where it has not."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import NoReturn

import torch

from dcgan_course.checks.engine import answer, describe, fail, passed
from dcgan_course.checks.registry import exercise

STEPS = 500
LATEST = 100  # steps after the trouble has begun
LOW = 0.05  # D's loss in nats
JUMP, JUMP_EVERY = 0.15, 9  # nats, steps: where D has won, one step in so many is as high
Alarm = Callable[[list[float]], int | None]


@dataclass(frozen=True)
class Trace:
    """D's loss in every step of one made-up training."""

    name: str
    losses: list[float]
    trouble: int | None  # the step from which on D has won or the numbers are broken; None: it is healthy


def traces(seed: int) -> list[Trace]:
    """Return made-up traces of D's loss: healthy ones with short dips, and two kinds of trouble.

    Nobody trained them: they show one pattern each, as `profiles` of lesson 07b does. Losses are in nats.
    """
    noise = torch.Generator().manual_seed(seed)

    def level(middle: float, count: int) -> torch.Tensor:
        return middle * torch.exp(0.4 * torch.randn(count, generator=noise))

    def low(count: int) -> torch.Tensor:
        """D has won: near 0 but for one jump in nine steps, so that no ten steps in a row are low."""
        losses = level(0.008, count)
        losses[4 + int(torch.randint(5, (), generator=noise)) :: JUMP_EVERY] = JUMP
        return losses

    healthy, dips, ditch = level(0.6, STEPS), level(0.6, STEPS), level(0.5, STEPS)
    dips[40::55] = 0.03  # single steps
    ditch[260:270] = 0.02  # ten steps in a row
    won, at_once = level(0.6, STEPS), level(0.6, STEPS)
    won[200:], at_once[30:] = low(STEPS - 200), low(STEPS - 30)
    broken, endless = level(0.6, STEPS), level(0.6, STEPS)
    broken[150:], endless[310:] = math.nan, math.inf
    found = (
        ("healthy", healthy, None),
        ("healthy, with single steps near 0", dips, None),
        ("healthy, with ten steps near 0 in a row", ditch, None),
        ("D has won from step 200 on", won, 200),
        ("D has won from step 30 on", at_once, 30),
        ("not a number from step 150 on", broken, 150),
        ("infinite from step 310 on", endless, 310),
    )
    return [Trace(name, losses.tolist(), trouble) for name, losses, trouble in found]


def _fail_false_alarm(exercise: str, trace: Trace, step: int) -> NoReturn:
    """Say why an alarm rang in a healthy training."""
    said = f"{trace.name}: your alarm rings at step {step}, though nothing is wrong."
    if "single" in trace.name:
        fail(exercise, f"{said} One step says little: a batch can be easy for D. Look at many steps together.")
    if "ten" in trace.name:
        fail(
            exercise,
            f"{said} D was ahead for ten steps and G came back. Look at more steps together; a median is low as soon "
            "as half of its steps are.",
        )
    if step == 0:
        fail(exercise, f"{said} It is the first step: no alarm can know anything yet. `None` means: it did not ring.")
    fail(
        exercise,
        f"{said} The loss there is {trace.losses[step]:.2f}; {LOW} is far below. An alarm that rings for nothing is "
        "switched off.",
    )


def _fail_late(exercise: str, trace: Trace, step: int | None, function: Alarm) -> NoReturn:
    """Say why an alarm rang too late, or never."""
    trouble = trace.trouble or 0
    when = "never rings (it gives None)" if step is None else f"rings at step {step}"
    said = f"{trace.name}: your alarm {when}; step {trouble + LATEST} is the latest."
    if not math.isfinite(trace.losses[-1]):
        fail(
            exercise,
            f"{said} Every comparison with `nan` is False, and `inf` is not small: ask for `math.isfinite`, too.",
        )
    tail = [0.01] * (3 * LATEST)
    calm = function([0.6] * trouble + tail)
    if step is None and calm is not None and calm <= trouble + LATEST:
        fail(
            exercise,
            f"{said} In this training a single step jumps up again and again. A rule that wants *all* steps to be low "
            "waits for ever: take a mean, a median, or a share of the steps.",
        )
    if step == len(trace.losses) - 1:
        fail(exercise, f"{said} That is the end of the training: the hours are spent. Look at every step on the way.")
    if calm is None or calm > trouble + LATEST:
        silent = function([0.6] * trouble + [1e-6] * (3 * LATEST))
        if silent is not None and silent <= trouble + LATEST:
            fail(exercise, f"{said} Your line is too low: at 0.01 nats D has won already. {LOW} is low enough.")
        fail(
            exercise,
            f"{said} Too many old steps are in what you look at: a mean over everything remembers the good times. Take "
            "the last ones only.",
        )
    fail(exercise, f"{said} Look at fewer steps, or put the line a little higher.")


def _rang(exercise: str, function: Alarm, losses: Sequence[float]) -> int | None:
    """Ask a learner's alarm about some steps; return where it rang."""
    got = answer(exercise, function, (list(losses),))
    if got is None:
        return None
    if isinstance(got, bool):
        fail(exercise, f"the *step* is asked for, or None; you gave {got}.")
    if isinstance(got, torch.Tensor) and got.numel() == 1 and not got.is_floating_point():
        got = got.item()
    if not isinstance(got, Integral):
        fail(exercise, f"a step is a whole number, counted from 0, or None; you gave {describe(got)}.")
    step = int(got)
    if not 0 <= step < len(losses):
        fail(exercise, f"the training has the steps 0 to {len(losses) - 1}; your alarm rings at {describe(step)}.")
    return step


def _refuse_the_future(exercise: str, function: Alarm, trace: Trace, step: int | None) -> None:
    """Raise CheckFailed if an alarm says something else when it knows less."""
    if step is None:
        return
    if _rang(exercise, function, trace.losses[: step + 1]) != step:
        fail(
            exercise,
            f"{trace.name}: asked after the whole training, your alarm rings at step {step}. Asked at that step, with "
            "the losses up to there, it says something else. An alarm knows no future: return the step at which the "
            "rule first holds, not one before.",
        )
    if step and _rang(exercise, function, trace.losses[:step]) is not None:
        fail(exercise, f"{trace.name}: your alarm rings at step {step}, and also if it is asked one step earlier.")


@exercise("4 · an alarm that you can trust", id="alarm", points=4)
def alarm(exercise: str, function: Alarm) -> None:
    """Check a learner's alarm(d_loss) → the first step at which it rings, or None."""
    for trace in traces(0):
        step = _rang(exercise, function, trace.losses)
        if trace.trouble is None:
            if step is not None:
                _fail_false_alarm(exercise, trace, step)
            continue
        if step is not None and step < trace.trouble:
            _fail_false_alarm(exercise, trace, step)
        if step is None or step > trace.trouble + LATEST:
            _fail_late(exercise, trace, step, lambda losses: _rang(exercise, function, losses))
        _refuse_the_future(exercise, function, trace, step)
    for seed in (1, 2):  # other traces of the same kinds: a line that fits seed 0 alone is no rule
        for trace in traces(seed):
            step = _rang(exercise, function, trace.losses)
            wrong = step is not None if trace.trouble is None else step is None or step > trace.trouble + LATEST
            if wrong or (step is not None and trace.trouble is not None and step < trace.trouble):
                fail(
                    exercise,
                    f"right for the first seven trainings, wrong for another one ({trace.name}): "
                    f"it rings {'never' if step is None else f'at step {step}'}. Leave more room on both sides.",
                )
    passed(exercise, f"no false alarm in three healthy trainings, and at most {LATEST} steps of waiting in the others.")
