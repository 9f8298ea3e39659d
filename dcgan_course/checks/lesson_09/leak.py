"""Exercise 4 of lesson 09: a probe whose answer for a picture hangs on no other test picture and no label.

Nothing here compares with one exact accuracy: held-out pictures may be chosen in many ways. What must hold for every
honest probe is asked instead.
"""

import contextlib
import functools
import numbers
from collections.abc import Callable

import torch
from torch import Tensor

from dcgan_course.checks.engine import answer, describe, fail, passed
from dcgan_course.checks.registry import exercise
from dcgan_course.interpretability.probes import linear_probe

Case = tuple[Tensor, Tensor, Tensor, Tensor]  # x, y, x_test, y_test
Asked = Callable[[Tensor, Tensor, Tensor, Tensor], float]  # a case → the share right
CONSTANT = (
    "one feature is the same in all training pictures. Its spread is 0, and 0 / 0 is nan: add 1e-3 to the spread."
)
LOTS, DRAWS = 24, 12  # sets of pictures with labels drawn by lot; sets on which C matters


@exercise("4 · find the leak", id="honest-probe", points=3)
def honest_probe(exercise: str, function: Asked) -> None:
    """Check a learner's honest_probe(x, y, x_test, y_test) → share of the test pictures that it tells right."""

    @functools.wraps(function)
    def guarded(x: Tensor, y: Tensor, x_test: Tensor, y_test: Tensor) -> float:
        try:
            return function(x, y, x_test, y_test)
        except ValueError as error:
            if "NaN" not in str(error) or not (x.std(dim=0) == 0).any():
                raise
            raise ValueError(CONSTANT) from error

    def asked(*case: Tensor) -> float:
        return _share(exercise, answer(exercise, guarded, [part.clone() for part in case]))

    _check_easy(exercise, asked)
    _check_shifted(exercise, asked)
    _check_scaled(exercise, asked)
    _check_count(exercise, asked)
    _check_labels(exercise, asked)
    _check_parts(exercise, asked)
    _check_choice(exercise, asked)
    passed(
        exercise,
        "an answer hangs neither on the other test pictures nor on the test labels, features are still scaled, and C "
        "is chosen where it should be.",
    )


def _share(exercise: str, given: object) -> float:
    if isinstance(given, Tensor) and given.numel() == 1:
        given = given.item()
    share = -1.0
    if isinstance(given, numbers.Real) and not isinstance(given, bool):
        with contextlib.suppress(OverflowError):  # a whole number with hundreds of digits
            share = float(given)
    if not 0 <= share <= 100:
        fail(exercise, f"your function gave back {describe(given)}, but one number is wanted, the share right: 0 to 1.")
    if share > 1:
        fail(exercise, f"your function gave back {describe(given)}: is that in percent? The share is wanted, 0 to 1.")
    return share


def _classes(count: int, features: int, shift: float, seed: int) -> tuple[Tensor, Tensor]:
    """Two classes; each feature is shifted by `shift` standard deviations to one side or the other."""
    random = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 2, (count,), generator=random)
    return torch.randn(count, features, generator=random) + shift * (2 * y - 1)[:, None], y


def _cut(x: Tensor, y: Tensor, count: int) -> Case:
    return x[:count], y[:count], x[count:], y[count:]


def _check_easy(exercise: str, asked: Asked) -> None:
    """All is told right; with all test labels exchanged nothing is."""
    x, y = _classes(200, 8, 1.5, 1)
    case = _cut(torch.cat([x, torch.zeros(len(x), 1)], dim=1), y, 100)  # one feature never changes
    right = asked(*case)
    exchanged = asked(*case[:3], 1 - case[3])
    if right < 0.95:
        hint = "is that the share that is wrong?" if right < 0.05 else "does the answer come from the fitted SVM?"
        fail(
            exercise,
            f"two classes lie far apart here, and an honest probe tells nearly all right, but you gave back {right:.2f}"
            f": {hint}",
        )
    if exchanged > 0.95:
        fail(
            exercise,
            f"with all test labels exchanged you still answer {exchanged:.2f}; nearly all should be wrong then. Is this"
            " the share of held-out training pictures, or were the test pictures learned? At the end: fit on the"
            " training pictures, ask about the test pictures.",
        )


def _check_scaled(exercise: str, asked: Asked) -> None:
    """One feature in small units tells all, the others are noise in large units."""
    x, y = _classes(800, 6, 0.0, 2)
    x[:, 0] += 2.5 * (2 * y - 1)
    x = x * torch.tensor([0.02, 30, 30, 30, 30, 30]) + 5
    case = _cut(x, y, 200)
    right = asked(*case)
    if right >= 0.9:
        return
    message = (
        f"one feature is small here (about 0.05) and tells the classes apart, the others are noise of size 30. With "
        f"scaled features nearly all is right; you reach {right:.2f}."
    )
    fail(
        exercise,
        f"{message}\n  Hint: the repair is not to leave the scaling out. Take mean and spread of the training pictures,"
        " and use them for both.",
    )


def _check_shifted(exercise: str, asked: Asked) -> None:
    """All features lie around 5, in training and test alike."""
    x, y = _classes(300, 8, 1.5, 4)
    right = asked(*_cut(x + 5, y, 200))
    if right < 0.9:
        fail(
            exercise,
            f"all features lie around 5 here, in training and in test alike. {right:.2f} of your answers are right; it "
            "should be nearly all.\n  Hint: scale the test pictures as the training pictures are scaled, with the same "
            "mean and the same spread.",
        )


def _check_count(exercise: str, asked: Asked) -> None:
    """A share of 97 pictures is a whole number of 97ths."""
    x, y = _classes(297, 6, 0.3, 5)
    share = asked(*_cut(x, y, 200))
    if abs(97 * share - round(97 * share)) > 0.02:
        fail(
            exercise,
            f"of 97 test pictures you tell {share:.4f} right, which is {97 * share:.2f} pictures. A share is a whole "
            "number of pictures, divided by 97.\n  Hint: is it rounded, or the mean of the shares of the two classes?",
        )


def _check_labels(exercise: str, asked: Asked) -> None:
    """Labels drawn by lot: the shares for them and for the exchanged ones add up to 1, whatever is answered."""
    total = 0.0
    for seed in range(LOTS):
        x, y = _classes(100, 30, 0.0, 200 + seed)
        case = _cut(x, y, 80)
        total += asked(*case) + asked(*case[:3], 1 - case[3])
    total /= LOTS
    if total <= 1.03:
        return
    message = (
        f"I asked about {LOTS} small test sets twice: with their labels, and with all labels exchanged. If nobody "
        f"looks at the labels, the two shares add up to 1.00. Yours add up to {total:.2f} in the mean."
    )
    if total > 1.5:
        fail(exercise, f"{message}\n  Hint: the test pictures, with their labels, were fitted on.")
    fail(
        exercise,
        f"{message}\n  Hint: test labels chose something. Choose C on training pictures that were held out.",
    )


def _check_parts(exercise: str, asked: Asked) -> None:
    """The share of all test pictures must be the mean of the shares of its two halves."""
    x, y = _classes(500, 6, 0.0, 3)
    x[:, 0] += 2.5 * (2 * y - 1)  # this one tells the classes apart
    x, y, x_test, y_test = _cut(x, y, 200)
    x_test[150:, 0] = 1000 * x_test[150:, 0] + 500  # and is in other units in the second half
    halves = [asked(x, y, x_test[part], y_test[part]) for part in (slice(0, 150), slice(150, None))]
    together, mean = asked(x, y, x_test, y_test), sum(halves) / 2
    if abs(together - mean) <= 0.02:
        return
    fail(
        exercise,
        f"I cut a test set into two halves. Alone, you tell {halves[0]:.2f} and {halves[1]:.2f} of them right, "
        f"{mean:.2f} in the mean; together you tell {together:.2f}. So the answer for a picture hangs on which other "
        "test pictures lie beside it.\n  Hint: mean and spread must come from the training pictures alone, also those "
        "that the test pictures are scaled with.",
    )


def _check_choice(exercise: str, asked: Asked) -> None:
    """A C that is always large or always small must fail: some sets need it small, some large."""
    noisy = [_noisy(seed) for seed in range(DRAWS)]
    fine = [_fine(seed) for seed in range(DRAWS)]
    means = [sum(asked(*case) for case in cases) / DRAWS for cases in (noisy, fine)]
    wanted = [sum(linear_probe(*case).accuracy for case in cases) / DRAWS for cases in (noisy, fine)]
    if means[0] < wanted[0] - 0.1:
        fail(
            exercise,
            f"on {DRAWS} noisy sets, which need a small C, {means[0]:.2f} of your answers are right; with C chosen on "
            f"held-out training pictures it is {wanted[0]:.2f}.\n  Hint: a fixed C, or one chosen on the pictures that "
            "it was fitted on (they always like a large C), is no leak, but it is no choice either. Hold some out.",
        )
    if means[1] < wanted[1] - 0.1:
        fail(
            exercise,
            f"on {DRAWS} sets with a fine difference, which need a large C, {means[1]:.2f} of your answers are right; "
            f"with C chosen on held-out training pictures it is {wanted[1]:.2f}.\n  Hint: is C fixed, or the smallest?",
        )


def _noisy(seed: int) -> Case:
    """Many weak features, and a quarter of the training labels is wrong."""
    x, y = _classes(650, 80, 0.3, 400 + seed)
    x, y, x_test, y_test = _cut(x, y, 250)
    wrong = torch.rand(len(y), generator=torch.Generator().manual_seed(seed)) < 0.25
    return x, torch.where(wrong, 1 - y, y), x_test, y_test


def _fine(seed: int) -> Case:
    """Two features that go together; the class is in their small difference."""
    x, y = _classes(600, 6, 0.0, 600 + seed)
    x[:, 1] = x[:, 0] + 0.1 * (2 * y - 1) + 0.02 * x[:, 1]
    return _cut(x, y, 200)
