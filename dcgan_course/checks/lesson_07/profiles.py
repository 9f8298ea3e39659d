"""The checks of exercise 4 of lesson 07: a profile is read, and what a switch can buy is estimated.

The six profiles are invented, and the exercise says so: each shows one pattern of a graphics card clearly, with numbers
drawn from a seed, so that they can be read on a machine that has no card.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from dcgan_course.checks.engine import Mistake, answer, judge, same
from dcgan_course.checks.naming import judge_names

# Exercise 4a and 4b: bottleneck(rows), whole_speedup(share, factor)

ROWS = [
    [
        ("training step", 1, 3.0, 100.0),
        ("generator step", 1, 2.0, 41.0),
        ("convolution backward", 9, 48.0, 48.0),
        ("convolution", 12, 25.0, 25.0),
        ("batch norm", 9, 14.0, 14.0),
        ("add", 240, 8.0, 8.0),
    ],
    [
        ("epoch", 1, 1.0, 400.0),
        ("next batch", 40, 20.0, 260.0),
        ("decode a picture", 2560, 180.0, 180.0),
        ("resize a picture", 2560, 60.0, 60.0),
        ("optimiser step", 80, 99.0, 99.0),
        ("save the grid", 1, 40.0, 40.0),
    ],
    [("step", 1, 5.0, 10.0), ("read the loss", 200, 3.0, 3.0), ("copy", 1, 2.0, 2.0)],
    [  # two outermost rows: no total time is the whole
        ("discriminator step", 1, 2.0, 60.0),
        ("generator step", 1, 3.0, 40.0),
        ("convolution backward", 9, 45.0, 45.0),
        ("convolution", 12, 28.0, 28.0),
        ("batch norm", 9, 14.0, 14.0),
        ("add", 240, 8.0, 8.0),
    ],
]


def _whole(rows) -> float:
    return sum(row[2] for row in rows)


def _largest(rows, key, share) -> tuple[str, float]:
    row = max(rows, key=key)
    return row[0], share(row)


BOTTLENECK_MISTAKES = [
    Mistake(
        lambda rows: max(rows, key=lambda r: r[2])[0],
        "the name is right. Its share of the whole is asked for, too: return (name, share).",
    ),
    Mistake(
        lambda rows: max(rows, key=lambda r: r[2]),
        "the row is right, and the whole row came back. Two things are asked for: its name and its share of the whole.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2], lambda r: r[2] / r[3]),
        "the row is right. But this is its self time beside its own total time; the share of the *whole* is asked for: "
        "divide by the sum of all self times.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[3], lambda r: r[3] / _whole(rows)),
        "a total time contains the time of everything that was called inside. So the outermost row is always the "
        "largest, and says nothing. Look at self time.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[3], lambda r: r[2] / _whole(rows)),
        "this row has the largest total time, which contains what was called inside. Look for the largest self time.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[1], lambda r: r[2] / _whole(rows)),
        "this row has the most calls. Many calls may be cheap: look at their time.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2] / r[1], lambda r: r[2] / _whole(rows)),
        "this row has the most time for one call. What counts is all calls together.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2], lambda r: 100 * r[2] / _whole(rows)),
        "the row is right. The share is asked for as a number from 0 to 1, not in per cent.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2], lambda r: r[2]),
        "the row is right. Its time came back; its share of the whole is asked for.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2], lambda r: r[2] / sum(row[3] for row in rows)),
        "the row is right. But the total times overlap: their sum counts many milliseconds twice. The self times "
        "together are the whole.",
    ),
    Mistake(
        lambda rows: _largest(rows, lambda r: r[2], lambda r: r[2] / max(row[3] for row in rows)),
        "the row is right. But the largest total is one call, not the whole: another step may stand beside it. The "
        "self times together are the whole.",
    ),
]


def bottleneck(function: Callable) -> None:
    """Check exercise 4a: `function(rows)` → (name, share) of the row with the largest self time."""
    judge(
        "4a · the bottleneck",
        function,
        [(rows,) for rows in ROWS],
        lambda rows: _largest(rows, lambda row: row[2], lambda row: row[2] / _whole(rows)),
        BOTTLENECK_MISTAKES,
        praise="the largest self time, and its share of the whole.",
    )


SPEEDUP_MISTAKES = [
    Mistake(
        lambda share, factor: factor,
        "the whole program does not become that much faster: the other part takes as long as before.",
    ),
    Mistake(
        lambda share, factor: (1 - share) + share / factor,
        "this is the time that is left, as a share of the old time. The speed is one over it.",
    ),
    Mistake(
        lambda share, factor: share * factor + (1 - share),
        "this averages speeds. Times add up, speeds do not: first ask what time is left.",
    ),
    Mistake(
        lambda share, factor: share * factor,
        "a share times a factor is no speed. First ask what time is left of each part.",
    ),
    Mistake(
        lambda share, factor: factor / share,
        "this counts only what is left of the row. The rest of the program, 1 − share, still takes its time: add it.",
    ),
    Mistake(
        lambda share, factor: 1 / (1 - share),
        "this is the limit, for a line that costs nothing afterwards. It still costs share / factor.",
    ),
    Mistake(
        lambda share, factor: 1 / (share + (1 - share) / factor),
        "here the other part became faster, and the bottleneck stayed as it was.",
    ),
    Mistake(
        lambda share, factor: 1 / (1 - share / factor),
        "the row was taken off by what is *left* of it, share / factor. What is left of the program is the rest, "
        "1 − share, and the row, share / factor: add the two.",
    ),
    Mistake(
        lambda share, factor: 1 + share * (1 - 1 / factor),
        "this adds the saved time to the speed. The saved share of the time is right; what is left is 1 minus it, and "
        "the speed is one over what is left.",
    ),
    Mistake(
        lambda share, factor: _speedup(share, factor) - 1,
        "this is how much faster the program becomes, above 1. Old time / new time is asked for: nothing gained is 1, "
        "not 0.",
    ),
]


def _speedup(share: float, factor: float) -> float:
    return 1 / ((1 - share) + share / factor)


def whole_speedup(function: Callable) -> None:
    """Check exercise 4b: `function(share, factor)` → how many times faster the whole program becomes."""
    exercise = "4b · what it can buy"
    inner, edges = [(0.5, 2.0), (0.9, 10.0), (0.1, 1000.0)], [(1.0, 3.0), (0.0, 5.0)]
    right = all(same(answer(exercise, function, case), _speedup(*case)) for case in inner)
    judge(
        exercise,
        function,
        inner + edges if right else inner,  # a wrong idea gets its hint, before it divides by 0 at an edge
        _speedup,
        SPEEDUP_MISTAKES,
        praise="times add up, and the part that stays sets the limit.",
    )


# Exercise 4c: six profiles, six switches

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
    """Return six invented profiles, A to F; the seed decides their order and their numbers."""
    noise = random.Random(seed)
    order = list(_PATTERNS)
    noise.shuffle(order)
    return [_profile(letter, switch, noise) for letter, switch in zip("ABCDEF", order, strict=True)]


def _profile(letter: str, switch: str, noise: random.Random) -> Profile:
    whole = noise.uniform(30, 120)
    rows = [(name, calls, whole * share * noise.uniform(0.93, 1.07)) for name, calls, share in _PATTERNS[switch]]
    rest = max(whole - sum(ms for _, _, ms in rows), 0.02 * whole)
    rows = [*sorted(rows, key=lambda row: -row[2]), ("everything else", noise.randint(200, 300), rest)]
    computing = sum(ms for name, _, ms in rows if not any(words in name for words in _NOT_COMPUTING))
    busy = (computing + noise.uniform(0.2, 0.6) * rest) / sum(ms for _, _, ms in rows)
    return Profile(letter, busy, rows, switch)


# The rows that a switch makes shorter, by words in their names.
_SIGNS = {
    "uint8 on the device": ("DataLoader", "copy to the card, float32"),
    "no .item()": ("aten::item",),
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


def best_switches(function: Callable[[], dict[str, str]], given: list[Profile]) -> None:
    """Check exercise 4c: `function()` returns {letter: switch}, one of SWITCHES for each profile."""
    by_letter = {profile.letter: profile for profile in given}
    judge_names(
        "4c · six profiles",
        function,
        {profile.letter: profile.switch for profile in given},
        list(SWITCHES),
        lambda letter, claim: _against(claim, by_letter[letter]),
        "six profiles, six switches: the largest row that can go decides.",
    )
