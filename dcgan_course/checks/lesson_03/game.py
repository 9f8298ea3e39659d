"""Exercises 1 to 5 of lesson 03: the best D, V and the JSD, a D that meets more fakes, and both gradients."""

import functools
import math
from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from dcgan_course.checks.engine import Mistake, answer, fail, judge, one_float
from dcgan_course.checks.registry import exercise
from dcgan_course.training.losses import minimax, non_saturating

Gradients = Callable[[float], tuple[float, float]]
P_DATA, P_FAKE = [0.5, 0.5, 0.0], [0.0, 0.25, 0.75]  # the three boxes of the first exercise


def _jsd(p_data: Tensor, p_fake: Tensor) -> float:
    middle = (p_data + p_fake) / 2
    return 0.5 * float(_divergence(p_data, middle) + _divergence(p_fake, middle))


def _divergence(p: Tensor, q: Tensor) -> Tensor:
    """KL(p ‖ q) in nats, with 0 · log 0 = 0."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def _row(function: Callable[..., Iterable[float] | None]) -> Callable[..., list[float] | None]:
    """Return the function with its numbers as a list: it may give a tuple or a tensor. Nothing stays nothing."""

    @functools.wraps(function)  # the messages show a call with the learner's own names
    def listed(*case: float) -> list[float] | None:
        given = function(*case)
        return None if given is None else [float(number) for number in given]

    return listed


@exercise("1 · the best D and the JSD by hand", id="by-hand", points=2)
def by_hand(exercise: str, best_discriminator: Callable[[], list[float]], divergence: Callable[[], float]) -> None:
    """Check D* at three boxes, and the JSD of the two distributions over them, both worked out by hand."""
    boxes = torch.tensor(P_DATA, dtype=torch.float64), torch.tensor(P_FAKE, dtype=torch.float64)
    data, fake = boxes
    judge(
        exercise,
        _row(best_discriminator),
        [()],
        lambda: (data / (data + fake)).tolist(),
        [
            Mistake(
                lambda: (fake / (data + fake)).tolist(),
                "you have the share of the fakes. D says how sure it is that x is REAL: the data's density is on top.",
            ),
            Mistake(
                lambda: [0.5, 0.5, 0.5],
                "½ is the end of the game, when both are equal. Here they are not: look at each box alone.",
            ),
            Mistake(
                lambda: (data / 2).tolist(),
                "you divided by 2. Divide by the sum of both densities in this box, p_data + p_fake.",
            ),
            Mistake(
                lambda: data.tolist(),
                "this is p_data itself. D* is a share: divide by p_data + p_fake of the same box.",
            ),
        ],
        praise="D* is sure where only one of the two ever is, and else it is the data's share.",
        tolerance=2e-3,  # written with three decimals it is right
    )
    mid = (data + fake) / 2
    judge(
        exercise,
        divergence,
        [()],
        lambda: _jsd(*boxes),
        [
            Mistake(
                lambda: 2 * _jsd(*boxes),
                "you added the two divergences. The JSD is their mean: a half of each. Its largest value is log 2.",
            ),
            Mistake(
                lambda: _jsd(*boxes) / math.log(2), "this is in bits. The course uses nats: take the natural logarithm."
            ),
            Mistake(
                lambda: float(_divergence(data, mid)),
                "this is only the data's half, KL(p_data ‖ middle). The fakes' half is missing.",
            ),
            Mistake(
                lambda: 2 * _jsd(*boxes) - math.log(4),
                "this is V at the best D. V = −log 4 + 2 · JSD: solve it for the JSD.",
            ),
        ],
        praise=f"{_jsd(*boxes):.4f} nats, of at most log 2 = 0.6931.",
        tolerance=2e-3,
    )


@exercise("2 · the JSD of any two distributions", id="jensen-shannon", points=2)
def jensen_shannon(exercise: str, function: Callable[[Tensor, Tensor], float]) -> None:
    """Check a function of two distributions over K boxes, (K,) each."""

    def cases() -> list[tuple[Tensor, ...]]:
        numbers = [([0.2, 0.3, 0.5], [0.4, 0.4, 0.2]), ([0.7, 0.3], [0.7, 0.3]), (P_DATA, P_FAKE), ([1.0, 0], [0, 1.0])]
        return [tuple(torch.tensor(part, dtype=torch.float64) for part in pair) for pair in numbers]

    for case in cases():
        got = answer(exercise, function, case)
        if (number := one_float(got)) is not None and not math.isfinite(number):
            fail(
                exercise,
                f"your answer for boxes {case[0].tolist()} and {case[1].tolist()} is {number}.\n  Hint: a box with "
                "probability 0 gives 0 · log 0. Its limit is 0: `torch.xlogy` knows that, or leave such boxes out.",
            )

    def middle(p: Tensor, q: Tensor) -> Tensor:
        return (p + q) / 2

    judge(
        exercise,
        function,
        cases(),
        _jsd,
        [
            Mistake(
                lambda p, q: 2 * _jsd(p, q), "the two divergences are added. The JSD is their mean: a half of each."
            ),
            Mistake(lambda p, q: _jsd(p, q) / math.log(2), "this is in bits: use the natural logarithm."),
            Mistake(
                lambda p, q: 0.5 * float(_divergence(p, p + q) + _divergence(q, p + q)),
                "the middle must be a distribution: (p_data + p_fake) / 2, and you used the sum without the 2.",
            ),
            Mistake(
                lambda p, q: float(_divergence(p, middle(p, q))),
                "only the data's half, KL(p_data ‖ middle), is there. Add the half of the fakes.",
            ),
            Mistake(
                lambda p, q: 0.5 * float(_divergence(middle(p, q), p) + _divergence(middle(p, q), q)),
                "the order is turned: it is KL(p ‖ middle), the mean is taken over p and not over the middle.",
            ),
            Mistake(lambda p, q: -_jsd(p, q), "the sign is turned: a divergence is never below 0."),
            Mistake(
                lambda p, q: _jsd(p, q) ** 0.5,
                "this is the root of the JSD, which some call the Jensen–Shannon distance; asked is the divergence.",
            ),
            Mistake(
                lambda p, q: _jsd(p, q) / len(p),
                "you took the mean over the boxes. The probabilities are the weights already: add up.",
            ),
            Mistake(
                lambda p, q: 2 * _jsd(p, q) - math.log(4),
                "this is V at the best D, −log 4 + 2 · JSD. Solve it for the JSD.",
            ),
        ],
        praise="right on four pairs, among them equal ones (0) and ones that never meet (log 2).",
    )


def _value(p_data: Tensor, p_fake: Tensor) -> float:
    """V at the best D over boxes: the mean of log D* over data plus the mean of log(1 − D*) over fakes."""
    both = p_data + p_fake
    terms = torch.xlogy(p_data, p_data) - torch.xlogy(p_data, both)
    terms = terms + torch.xlogy(p_fake, p_fake) - torch.xlogy(p_fake, both)
    return float(terms.sum())


@exercise("3 · the value of the game", id="value", points=2)
def value_at_best(exercise: str, function: Callable[[Tensor, Tensor], float]) -> None:
    """Check V(D*, G) of two distributions over K boxes, (K,) each."""

    def cases() -> list[tuple[Tensor, ...]]:
        numbers = [([0.2, 0.3, 0.5], [0.4, 0.4, 0.2]), ([0.7, 0.3], [0.7, 0.3]), (P_DATA, P_FAKE), ([1.0, 0], [0, 1.0])]
        return [tuple(torch.tensor(part, dtype=torch.float64) for part in pair) for pair in numbers]

    for case in cases():
        got = answer(exercise, function, case)
        if (number := one_float(got)) is not None and not math.isfinite(number):
            fail(
                exercise,
                f"your answer for boxes {case[0].tolist()} and {case[1].tolist()} is {number}.\n  Hint: "
                "a box where only data are gives log(1 − D*) = log 0, but no fake is ever there: its weight is 0.",
            )
    log2 = math.log(2)
    judge(
        exercise,
        function,
        cases(),
        _value,
        [
            Mistake(lambda p, q: 2 * _jsd(p, q), "this is 2 · JSD. Putting D* into V leaves −log 4 over."),
            Mistake(
                lambda p, q: _jsd(p, q) - 2 * log2,
                "the JSD is counted once. It is HALF of the two divergences, so V holds it twice: 2 · JSD − log 4.",
            ),
            Mistake(
                lambda p, q: 2 * _jsd(p, q) - log2,
                "−log 2 comes out of each of the two means, the one over data and the one over fakes: −log 4 in all.",
            ),
            Mistake(lambda p, q: -_value(p, q), "the sign is turned: V is a sum of logarithms of numbers below 1."),
            Mistake(
                lambda p, q: 2 * log2 - 2 * _jsd(p, q),
                "the sign is turned. This is −V, the loss of D; V is 2 · JSD − log 4.",
            ),
            Mistake(
                lambda p, q: -2 * log2,
                "this is V of equal densities, the lowest of all. Here D can tell: put D* in, box by box.",
            ),
            Mistake(lambda p, q: _value(p, q) / log2, "this is in bits: use the natural logarithm."),
            Mistake(
                lambda p, q: _value(p, q) / len(p),
                "you took the mean over the boxes. E is a mean over data: weigh each box by its probability, and add.",
            ),
            Mistake(
                lambda p, q: float((torch.xlogy(p, p) - torch.xlogy(p, p + q)).sum()),
                "only the first term is there, the mean of log D* over data. Add the mean of log(1 − D*) over fakes.",
            ),
        ],
        praise="−log 4 where nothing can be told, 0 where everything can.",
    )


@exercise("4 · more fakes than data", id="more-fakes", points=2)
def more_fakes(
    exercise: str, best_discriminator: Callable[[float, float, float], float], at_the_end: Callable[[float], float]
) -> None:
    """Check D* for r fakes to each real point, and what it says when both densities are equal."""
    cases = [(0.2, 0.6, 2.0), (0.5, 0.1, 3.0), (0.3, 0.3, 1.0), (0.4, 0.0, 2.0)]
    judge(
        exercise,
        best_discriminator,
        cases,
        lambda a, b, r: a / (a + r * b),
        [
            Mistake(
                lambda a, b, r: a / (a + b), "this is D* for as many fakes as data. Here r fakes come to each real x."
            ),
            Mistake(
                lambda a, b, r: r * a / (r * a + b),
                "the factor is on the wrong side: there are r times as many FAKES, so p_fake is multiplied by r.",
            ),
            Mistake(
                lambda a, b, r: r * b / (a + r * b),
                "you have the share of the fakes. D says how sure it is that x is REAL: p_data is on top.",
            ),
            Mistake(
                lambda a, b, r: b / (a + b),
                "the share of the fakes, for as many fakes as data. p_data is on top, and p_fake counts r times.",
            ),
            Mistake(
                lambda a, b, r: a / (a + b + r),
                "r is no density and cannot be added to one: it says how often p_fake counts.",
            ),
            Mistake(
                lambda a, b, r: a / (r * (a + b)),
                "r counts for the fakes alone. With p_fake = 0 every x is real, and D* must be 1.",
            ),
            Mistake(
                lambda a, b, r: 1 / (1 + r),
                "this is what D* says when both densities are equal. Here they differ from place to place.",
            ),
        ],
        praise="D* answers a question about the MIX that it was shown, not about the two densities alone.",
    )
    judge(
        exercise,
        at_the_end,
        [(1.0,), (2.0,), (4.0,)],
        lambda r: 1 / (1 + r),
        [
            Mistake(lambda r: 0.5, "½ is right for r = 1 only. Of 1 + r points in the mix, how many are real?"),
            Mistake(lambda r: r / (1 + r), "this is the share of the fakes."),
            Mistake(lambda r: 1 / r, "of 1 + r points one is real: you left the real one out of the sum."),
            Mistake(lambda r: 0.5 / r, "the shares must add up to 1: one part real, r parts fake."),
        ],
        praise="a D at 1/3 may be a D that has nothing left to tell: first ask how many fakes it sees.",
    )


def _gradient(loss: Callable[[Tensor], Tensor], d: float) -> tuple[float, float]:
    """What PyTorch says: the gradient of a loss in D and in the logit."""
    logit = torch.tensor([d], dtype=torch.float64).logit().requires_grad_()
    (in_logit,) = torch.autograd.grad(loss(logit), logit)
    return float(in_logit) / (d * (1 - d)), float(in_logit)


@exercise("5 · both losses and their gradients", id="gradients", points=2)
def gradients(exercise: str, saturating_gradients: Gradients, non_saturating_gradients: Gradients) -> None:
    """Check both losses' gradients; each function takes D(G(z)) and returns (in D, in the logit)."""
    cases = [(0.01,), (0.3,), (0.5,), (0.9,)]
    no_chain = "to get from D to the logit multiply with the slope of the sigmoid, D · (1 − D)."
    turned = "the sign is turned. Both losses FALL when D(G(z)) grows, so both gradients are below 0."
    other = "this belongs to the other loss. Differentiate {} again."
    judge(
        exercise,
        _row(saturating_gradients),
        cases,
        lambda d: _gradient(minimax, d),
        [
            Mistake(lambda d: tuple(-part for part in _gradient(minimax, d)), turned),
            Mistake(lambda d: (_gradient(minimax, d)[0],) * 2, no_chain),
            Mistake(lambda d: (1 / (1 - d), d), turned),
            Mistake(lambda d: _gradient(non_saturating, d), other.format("log(1 − D)")),
            Mistake(lambda d: (1 / (1 - d), -d), "the inner derivative of 1 − D is −1: the gradient in D is below 0."),
            Mistake(lambda d: _gradient(minimax, d)[::-1], "the order is turned: first in D, then in the logit."),
        ],
        praise="−1/(1 − D) in D, −D in the logit: nothing pulls a fake that D sees through.",
    )
    judge(
        exercise,
        _row(non_saturating_gradients),
        cases,
        lambda d: _gradient(non_saturating, d),
        [
            Mistake(lambda d: tuple(-part for part in _gradient(non_saturating, d)), turned),
            Mistake(lambda d: (_gradient(non_saturating, d)[0],) * 2, no_chain),
            Mistake(lambda d: _gradient(minimax, d), other.format("−log D")),
            Mistake(lambda d: (-1 / d, 1 - d), "in the logit the sign is missing: −1/D times D · (1 − D) is −(1 − D)."),
            Mistake(
                lambda d: _gradient(non_saturating, d)[::-1], "the order is turned: first in D, then in the logit."
            ),
        ],
        praise="−1/D in D, −(1 − D) in the logit: the worse the fake, the stronger the pull.",
    )
