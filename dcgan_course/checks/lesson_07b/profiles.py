"""Exercise 3c of lesson 07b: six profiles, and for each the switch that helps most.

The six profiles are invented, and the exercise says so: each shows one pattern of a graphics card clearly, with numbers
drawn from a seed, so that they can be read on a machine that has no card.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from dcgan_course.checks.naming import judge_names
from dcgan_course.checks.registry import exercise

SWITCHES = {
    "uint8 on the device": "keep the pictures as bytes where the networks are",
    "no .item()": "read the losses once an epoch, not several times a step",
    "frozen D": "compute no gradients for D's weights while G moves",
    "bfloat16": "multiply with half as many bits",
    "channels-last": "keep the maps pixel by pixel in memory",
    "compile": "let many small operations become a few large ones",
}

# For each switch: (row, calls, share of the step). Shares are jittered, and "everything else" fills them up to 1. A
# moment in which Python waits and the card computes stands in the row of the waiting.
_PATTERNS = {
    "uint8 on the device": [
        ("DataLoader: decode and resize", 128, 0.63),
        ("copy to the card, float32", 1, 0.17),
        ("convolutions, bfloat16, channels-last", 40, 0.12),
    ],
    "no .item()": [
        ("wait for the card (aten::item)", 24, 0.42),
        ("Python: start the next operations", 330, 0.32),
        ("convolutions, bfloat16, channels-last", 40, 0.07),
        ("batch norm", 26, 0.03),
    ],
    "frozen D": [
        ("generator step: gradients of D's weights", 5, 0.24),
        ("generator step: other convolutions, bfloat16, channels-last", 20, 0.33),
        ("discriminator step: convolutions, bfloat16, channels-last", 20, 0.35),
    ],
    "bfloat16": [
        ("convolutions, float32, channels-last", 40, 0.86),
        ("batch norm", 26, 0.07),
        ("Adam, fused", 2, 0.02),
    ],
    "channels-last": [
        ("turn maps: nchwToNhwc, nhwcToNchw", 84, 0.41),
        ("convolutions, bfloat16", 40, 0.38),
        ("batch norm", 26, 0.12),
    ],
    "compile": [
        ("start small operations (cudaLaunchKernel)", 1460, 0.58),
        ("element-wise operations", 1240, 0.21),
        ("convolutions, bfloat16, channels-last", 40, 0.13),
    ],
}
# One switch helps two programs: the second of them looks so.
_AGAIN = {
    "uint8 on the device": [
        ("wait for the next batch of the DataLoader", 1, 0.70),
        ("copy to the card, float32", 1, 0.09),
        ("convolutions, bfloat16, channels-last", 40, 0.15),
    ],
    "no .item()": [
        ("wait for the card (aten::_local_scalar_dense)", 96, 0.55),
        ("Python: start the next operations", 410, 0.24),
        ("convolutions, bfloat16, channels-last", 40, 0.09),
        ("batch norm", 26, 0.03),
    ],
    "compile": [
        ("start small operations (cudaLaunchKernel)", 2210, 0.46),
        ("element-wise operations", 1980, 0.29),
        ("convolutions, bfloat16, channels-last", 40, 0.16),
    ],
}
_NOT_COMPUTING = ("DataLoader", "copy to", "Python", "cudaLaunchKernel", "everything else")  # rows without the card


@dataclass(frozen=True)
class Profile:
    """One invented profile: rows are (name, calls, self time in ms a step); `busy` is the share of time that the card
    computes. The switch that helps most is not shown on the page."""

    letter: str
    busy: float
    rows: list[tuple[str, int, float]]
    switch: str = field(repr=False)

    def __str__(self) -> str:
        whole = sum(row[2] for row in self.rows)
        head = f"{self.letter}: {whole:.0f} ms a step; the card computes {self.busy:.0%} of the time"
        lines = [f"   {ms:6.1f} ms {ms / whole:4.0%}  {calls:5,} calls  {name}" for name, calls, ms in self.rows]
        return "\n".join([head, *lines])


def profiles(seed: int = 0) -> list[Profile]:
    """Return six invented profiles, A to F; the seed decides their order and their numbers.

    One switch is right for two of them and one for none, so that the last answer does not follow from the others.
    """
    noise = random.Random(seed)
    twice = noise.choice(list(_AGAIN))
    never = noise.choice([switch for switch in _PATTERNS if switch != twice])
    cases = [(switch, rows) for switch, rows in _PATTERNS.items() if switch != never] + [(twice, _AGAIN[twice])]
    noise.shuffle(cases)
    return [_profile(letter, *case, noise) for letter, case in zip("ABCDEF", cases, strict=True)]


def _profile(letter: str, switch: str, pattern: list[tuple[str, int, float]], noise: random.Random) -> Profile:
    whole = noise.uniform(30, 120)
    rows = [(name, calls, whole * share * noise.uniform(0.93, 1.07)) for name, calls, share in pattern]
    rest = max(whole - sum(ms for _, _, ms in rows), 0.02 * whole)
    rows = [*sorted(rows, key=lambda row: -row[2]), ("everything else", noise.randint(200, 300), rest)]
    computing = sum(ms for name, _, ms in rows if not any(words in name for words in _NOT_COMPUTING))
    busy = (computing + noise.uniform(0.2, 0.6) * rest) / sum(ms for _, _, ms in rows)
    return Profile(letter, busy, rows, switch)


# The rows that a switch makes shorter, by words in their names.
_SIGNS = {
    "uint8 on the device": ("DataLoader", "copy to the card, float32"),
    "no .item()": ("wait for the card",),
    "frozen D": ("gradients of D",),
    "bfloat16": ("convolutions, float32",),
    "channels-last": ("nchwToNhwc",),
    "compile": ("small operations", "next operations", "element-wise", "batch norm"),
}


def _share(profile: Profile, switch: str) -> float:
    """Return the share of the rows that name what a switch changes."""
    whole = sum(row[2] for row in profile.rows)
    return sum(ms for name, _, ms in profile.rows if any(words in name for words in _SIGNS[switch])) / whole


def _against(claim: str, profile: Profile) -> str:
    """Say what in a profile speaks against a switch."""
    whole = sum(row[2] for row in profile.rows)
    first, _, ms = max(profile.rows[:-1], key=lambda row: row[2])
    share = _share(profile, claim)
    if share == 0:
        return f"no row of it names what this switch changes. Its largest row is {first!r}, {ms / whole:.0%}."
    return f"this switch changes {share:.0%} of its time. Another switch changes a larger part: look again."


@exercise("3c · six profiles", id="six-profiles", points=3)
def best_switches(exercise: str, function: Callable[[], dict[str, str]], given: list[Profile]) -> None:
    """Check a learner's best_switches() → {letter: switch}, one of SWITCHES for each profile."""
    by_letter = {profile.letter: profile for profile in given}
    judge_names(
        exercise,
        function,
        {profile.letter: profile.switch for profile in given},
        list(SWITCHES),
        lambda letter, claim: _against(claim, by_letter[letter]),
        "the largest row that can go decides; no switch is right because others are used up.",
    )
