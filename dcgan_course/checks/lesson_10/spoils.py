"""Exercise 7 of lesson 10: seven sets of points that nobody sees, and the measures by which each is known."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor

from dcgan_course.checks.naming import judge_names
from dcgan_course.checks.registry import exercise
from dcgan_course.evaluation.metrics import frechet_distance
from dcgan_course.evaluation.neighbours import density_coverage, one_nearest_neighbour, precision_recall

LETTERS = "ABCDEFG"
COUNT = 240
CENTRES = torch.tensor([[-3.0, -3.0], [3.0, -3.0], [-3.0, 3.0], [3.0, 3.0]])


def _points(source: torch.Generator, count: int = COUNT, modes: int = 4, sigma: float = 1.0) -> Tensor:
    """Points (count, 2) from Gaussians round the first centres, as many from each."""
    return CENTRES[torch.arange(count) % modes] + sigma * torch.randn(count, 2, generator=source)


def _with_noise(source: torch.Generator) -> Tensor:
    return torch.cat([_points(source, COUNT // 2), 40 * torch.rand(COUNT // 2, 2, generator=source) - 20])


SPOILS: dict[str, Callable[[Tensor, torch.Generator], Tensor]] = {
    "nothing is wrong": lambda reference, source: _points(source),
    "a mode is missing": lambda reference, source: _points(source, modes=3),
    "twelve points repeated": lambda reference, source: _points(source, 12).repeat(COUNT // 12, 1),
    "copies of the reference": lambda reference, source: reference + 1e-3 * torch.randn(COUNT, 2, generator=source),
    "half of it is noise": lambda reference, source: _with_noise(source),
    "too near the middles": lambda reference, source: _points(source, sigma=0.35),
    "all of it is moved": lambda reference, source: _points(source) + 1.5,
}


@dataclass(frozen=True)
class Case:
    """One set of points, seen through its measures. `spoil` is what was done to it; the page does not show it."""

    letter: str
    frechet: float
    precision: float
    recall: float
    density: float
    coverage: float
    reals: float  # 1-NN test: share of the reals told right
    fakes: float
    spoil: str = field(repr=False)


def draw_cases(seed: int) -> list[Case]:
    """Spoil seven sets and measure them, in an order that the seed decides."""
    names = list(SPOILS)
    random.Random(seed).shuffle(names)
    source = torch.Generator().manual_seed(seed)
    reference = _points(source)
    cases = []
    for letter, name in zip(LETTERS, names, strict=True):
        made = SPOILS[name](reference, source)
        test = one_nearest_neighbour(reference, made)
        shares = (*precision_recall(reference, made, k=3), *density_coverage(reference, made, k=5))
        cases.append(Case(letter, frechet_distance(reference, made), *shares, test.real, test.fake, name))
    return cases


def in_words(case: Case) -> str:
    """Say in one line what was measured."""
    return (
        f"{case.letter}: FD {case.frechet:5.2f}; precision {case.precision:.2f}, recall {case.recall:.2f}; "
        f"density {case.density:.2f}, coverage {case.coverage:.2f}; 1-NN tells {case.reals:.2f} of the reals "
        f"and {case.fakes:.2f} of the fakes"
    )


# For each spoil: what must be seen where it is claimed, and a sentence with the numbers if it is not.
SIGNS: dict[str, tuple[Callable[[Case], bool], Callable[[Case], str]]] = {
    "copies of the reference": (
        lambda case: max(case.reals, case.fakes) < 0.25,
        lambda case: (
            "each point would lie beside its copy in the other set, so 1-NN would tell almost none right; here it "
            f"tells {case.reals:.2f} and {case.fakes:.2f}"
        ),
    ),
    "twelve points repeated": (
        lambda case: case.fakes > 0.9 and case.recall < 0.1,
        lambda case: (
            "copies find each other: 1-NN would tell nearly all fakes, and the balls round them would have no size, so "
            f"recall would be near 0; here 1-NN tells {case.fakes:.2f} of the fakes and recall is {case.recall:.2f}"
        ),
    ),
    "half of it is noise": (
        lambda case: case.frechet > 20 and case.precision < 0.7,
        lambda case: (
            "half of the fakes would be near nothing real, so precision would be near 0.50, with a high recall; here "
            f"precision is {case.precision:.2f} and recall {case.recall:.2f}"
        ),
    ),
    "all of it is moved": (
        lambda case: 1 < case.frechet < 20 and case.recall > 0.1 and min(case.reals, case.fakes) > 0.67,
        lambda case: (
            "the mean would be off, so FD would be well above the floor, and 1-NN would tell both halves; here FD is "
            f"{case.frechet:.2f}, and 1-NN tells {case.reals:.2f} and {case.fakes:.2f}"
        ),
    ),
    "a mode is missing": (
        lambda case: 1 < case.frechet < 20 and case.coverage < 0.85 and min(case.reals, case.fakes) < 0.67,
        lambda case: (
            "one of four places would be empty and the other three right: coverage near 0.75, the mean off, and 1-NN "
            f"could hardly tell; here coverage is {case.coverage:.2f}, FD {case.frechet:.2f}, and 1-NN tells "
            f"{case.fakes:.2f} of the fakes"
        ),
    ),
    "too near the middles": (
        lambda case: 0.1 < case.recall < 0.65 and case.frechet < 1,
        lambda case: (
            "the rim of every mode would be missing: a low recall with a high precision, while mean and covariance "
            f"hardly change; here recall is {case.recall:.2f}, precision {case.precision:.2f} and FD {case.frechet:.2f}"
        ),
    ),
    "nothing is wrong": (
        lambda case: case.recall > 0.85 and case.precision > 0.85 and 0.35 < case.reals < 0.62,
        lambda case: (
            "then precision and recall are both high and 1-NN guesses, near 0.50; here they are "
            f"{case.precision:.2f} and {case.recall:.2f}, and 1-NN tells {case.reals:.2f} and {case.fakes:.2f}"
        ),
    ),
}


@exercise("7 · name what is wrong", id="name-the-spoils", points=4)
def name_the_spoils(exercise: str, diagnosis: Callable[[], dict[str, str]], cases: list[Case]) -> None:
    """Check the names that a learner gives to seven sets of measures.

    Args:
        diagnosis: returns {"A": name, …}, names from SPOILS. cases: from `draw_cases`, any seed.
    """
    by_letter = {case.letter: case for case in cases}
    judge_names(
        exercise,
        diagnosis,
        {case.letter: case.spoil for case in cases},
        list(SPOILS),
        lambda letter, claim: _against(claim, by_letter[letter]),
        f"all {len(cases)} named, and nobody saw a point. Another seed draws new sets in another order.",
    )


def _against(claim: str, case: Case) -> str:
    """Say what in a case speaks against a spoil."""
    seen, sentence = SIGNS[claim]
    if seen(case):
        return f"the sign is there, but a second one too: {SIGNS[case.spoil][1](case).partition(';')[0]}."
    return f"{sentence(case)}."
