"""Exercise 1 of lesson 05: eight short trainings on the ring, and the sign by which each fault is known."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from torch import Tensor

from dcgan_course.checks.naming import judge_names
from dcgan_course.checks.registry import exercise
from dcgan_course.toy.faults import FAULTS, play

LETTERS = "ABCDEFGH"
LATE = slice(-20, None)


@dataclass(frozen=True, eq=False)
class Case:
    """One training: `letter` on the page, `traces` {name: (rounds,)}, and the fault, which the page does not show."""

    letter: str
    traces: dict[str, Tensor]
    fault: str = field(repr=False)


def draw_cases(seed: int, rounds: int = 100) -> list[Case]:
    """Train once with each fault, some seconds together, and return the traces in an order that the seed decides."""
    names = list(FAULTS)
    random.Random(seed).shuffle(names)
    cases = []
    for letter, name in zip(LETTERS, names, strict=True):
        game = play(FAULTS[name], 1, seed).run(rounds)
        cases.append(Case(letter, {key: game.trace(key)[:, 0] for key in game.traces}, name))
    return cases


def in_words(case: Case) -> str:
    """Say in one line what the figure does not show."""
    traces = case.traces
    return (
        f"{case.letter}: D loss {_end(case, 'd_loss'):.2f}, at most {traces['d_loss'].max():.2f}; "
        f"G loss {_end(case, 'g_loss'):.2f}; G's gradient {_end(case, 'g_gradient'):.3f}; "
        f"first samples: σ {traces['spread'][0]:.4f}; furthest: {traces['reach'].max():.2f}"
    )


def _end(case: Case, name: str) -> float:
    return float(case.traces[name][LATE].mean())


# For each fault: what must be seen where it is claimed, and a sentence with the numbers if it is not.
SIGNS: dict[str, tuple[Callable[[Case], bool], Callable[[Case], str]]] = {
    "fake detached in G's step": (
        lambda case: float(case.traces["g_gradient"].max()) == 0,
        lambda case: f"without a way back, G's gradient is exactly 0; here it is {_end(case, 'g_gradient'):.3f}",
    ),
    "saturating loss": (
        lambda case: _end(case, "g_loss") < 0,
        lambda case: f"log(1 − D) is below 0; here G's loss is {_end(case, 'g_loss'):.2f}",
    ),
    "learning rate too high": (
        lambda case: float(case.traces["d_loss"].max()) > 4,
        lambda case: (
            "such steps throw D's loss far above guessing (1.39) at some time; here it is never above "
            f"{case.traces['d_loss'].max():.2f}"
        ),
    ),
    "real and fake in one batch norm": (
        lambda case: abs(_end(case, "p_fake_for_g") - _end(case, "p_fake")) > 0.15,
        lambda case: (
            "then D answers fakes differently in its own step and in G's step; here it says "
            f"{_end(case, 'p_fake'):.2f} and {_end(case, 'p_fake_for_g'):.2f}"
        ),
    ),
    "batch norm with eps 0.8": (
        lambda case: float(case.traces["spread"][0]) < 0.01,
        lambda case: f"then the first samples are one point; here their σ is {case.traces['spread'][0]:.3f}",
    ),
    "data outside tanh": (
        lambda case: float(case.traces["reach"].max()) <= 1 and _end(case, "p_fake") < 0.35,
        lambda case: (
            "then no sample is further out than 1 and D tells it; here the furthest coordinate is "
            f"{case.traces['reach'].max():.2f} and D(fake) ends at {_end(case, 'p_fake'):.2f}"
        ),
    ),
    "D too strong": (
        lambda case: _end(case, "p_real") - _end(case, "p_fake") > 0.25,
        lambda case: (
            "then D(real) and D(fake) move apart; here they end at "
            f"{_end(case, 'p_real'):.2f} and {_end(case, 'p_fake'):.2f}"
        ),
    ),
    "nothing is wrong": (
        lambda case: abs(_end(case, "p_real") - _end(case, "p_fake")) < 0.25,
        lambda case: (
            "in a fair game D(real) and D(fake) stay near each other; here they end at "
            f"{_end(case, 'p_real'):.2f} and {_end(case, 'p_fake'):.2f}"
        ),
    ),
}


@exercise("1 · name the fault", id="name-the-faults", points=4)
def name_the_faults(exercise: str, diagnosis: Callable[[], dict[str, str]], cases: list[Case]) -> None:
    """Check the names that a learner gives to unlabelled traces; the hint is the sign that speaks against a name.

    Args:
        diagnosis: returns {"A": name, …}, names from FAULTS. cases: from `draw_cases`, any seed.
    """
    by_letter = {case.letter: case for case in cases}
    judge_names(
        exercise,
        diagnosis,
        {case.letter: case.fault for case in cases},
        list(FAULTS),
        lambda letter, claim: _against(claim, by_letter[letter]),
        f"all {len(cases)} named. Another seed draws new traces in another order.",
    )


def _against(claim: str, case: Case) -> str:
    """Say what in a case speaks against a fault."""
    seen, sentence = SIGNS[claim]
    if seen(case):
        return f"the sign is there, but a second one too. Look for it: {_second_look(case)}"
    return f"{sentence(case)}."


def _second_look(case: Case) -> str:
    """Say which number decides between the fault of a case and others that share a sign with it."""
    looks = {
        "fake detached in G's step": "how long is G's gradient?",
        "saturating loss": "which sign does G's loss have?",
        "learning rate too high": "how high does D's loss go?",
        "real and fake in one batch norm": "what does D say to fakes in G's step?",
        "batch norm with eps 0.8": "how far apart are the first samples?",
        "data outside tanh": "how far out do the samples reach?",
    }
    return looks.get(case.fault, "are D(real) and D(fake) near each other at the end?")
