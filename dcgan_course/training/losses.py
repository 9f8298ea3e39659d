"""The losses of the adversarial game, computed from logits: that of the paper first, then those that came after.

A logit is the number before the sigmoid: D(x) = sigmoid(logit). Writing log D(x) as −softplus(−logit) keeps the
logarithm away from zero, however sure the discriminator is. In the games below that have no logarithm, D's number is a
score: larger means more real, and its sigmoid is no chance.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import relu, softplus


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return −mean log D(x) − mean log(1 − D(G(z))), the negative of V(D, G); guessing gives 2 log 2 ≈ 1.386.

    Args:
        real_logits, fake_logits: any shape; D's answers before the sigmoid.

    Source: Goodfellow et al. 2014, equation 1.
    """
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def non_saturating(fake_logits: Tensor) -> Tensor:
    """Return −mean log D(G(z)), the generator's loss in practice; guessing gives log 2 ≈ 0.693.

    Its gradient with respect to the logit is D − 1: largest when D is sure that the picture is fake.

    Source: Goodfellow et al. 2014, section 3.
    """
    return softplus(-fake_logits).mean()


def minimax(fake_logits: Tensor) -> Tensor:
    """Return mean log(1 − D(G(z))), the generator's loss in equation 1; guessing gives −log 2 ≈ −0.693.

    Its gradient with respect to the logit is −D: it vanishes when D is sure that the picture is fake.

    Source: Goodfellow et al. 2014, equation 1.
    """
    return -softplus(fake_logits).mean()


def least_squares_discriminator(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Return ½ mean (D(x) − 1)² + ½ mean D(G(z))²: reals shall get 1, fakes 0. Always answering ½ gives 0.25.

    Source: Mao et al. 2017, equation 2, with a = 0 and b = c = 1.
    """
    return ((real_scores - 1).square().mean() + fake_scores.square().mean()) / 2


def least_squares_generator(fake_scores: Tensor) -> Tensor:
    """Return ½ mean (D(G(z)) − 1)²: also a fake that counts as more than real is pulled back.

    Source: as `least_squares_discriminator`.
    """
    return (fake_scores - 1).square().mean() / 2


def wasserstein_discriminator(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Return mean D(G(z)) − mean D(x). It has no lower end: only a D of bounded slope makes sense of it.

    With slope at most 1 everywhere, the best value is −W, minus the Wasserstein distance of reals and fakes. Bound the
    slope by `penalties`: clipping, or the gradient penalty.

    Source: Arjovsky et al. 2017, algorithm 1.
    """
    return fake_scores.mean() - real_scores.mean()


def wasserstein_generator(fake_scores: Tensor) -> Tensor:
    """Return −mean D(G(z)). Hinge games have the same one.

    Source: Arjovsky et al. 2017, algorithm 1; Miyato et al. 2018, equation 17.
    """
    return -fake_scores.mean()


def hinge_discriminator(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Return mean relu(1 − D(x)) + mean relu(1 + D(G(z))). Answering 0 gives 2; what is beyond ±1 teaches no more.

    Source: Lim and Ye 2017; Miyato et al. 2018, equation 16.
    """
    return relu(1 - real_scores).mean() + relu(1 + fake_scores).mean()


def relativistic_discriminator(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return −mean log sigmoid(D(x) − D(G(z))), over pairs of a real and a fake; equal answers give log 2 ≈ 0.693.

    Args:
        real_logits, fake_logits: of one shape; number n of each make a pair.

    Source: Jolicoeur-Martineau 2018, section 4; Huang et al. 2024, section 2, for one real a fake.
    """
    return softplus(fake_logits - real_logits).mean()


def relativistic_generator(fake_logits: Tensor, real_logits: Tensor) -> Tensor:
    """Return −mean log sigmoid(D(G(z)) − D(x)): G's step needs real pictures too. Equal answers give log 2 ≈ 0.693.

    Source: as `relativistic_discriminator`.
    """
    return softplus(real_logits - fake_logits).mean()


@dataclass(frozen=True)
class Game:
    """Which number each player makes small.

    Args:
        discriminator: (real_logits, fake_logits) → a number. generator: fake_logits → a number; where `in_pairs`,
            (fake_logits, real_logits) → a number.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[..., Tensor]
    in_pairs: bool = False

    def generator_loss(self, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        """Return G's number; the logits of reals are used only where `in_pairs`."""
        return self.generator(fake_logits, real_logits) if self.in_pairs else self.generator(fake_logits)


WITH_CHANCES = ("non_saturating", "minimax")  # games in which sigmoid(logit) is the chance that a picture is real
GAMES = {  # by the name in TrainConfig.loss
    "non_saturating": Game(discriminator_loss, non_saturating),
    "minimax": Game(discriminator_loss, minimax),
    "least_squares": Game(least_squares_discriminator, least_squares_generator),
    "wasserstein": Game(wasserstein_discriminator, wasserstein_generator),
    "hinge": Game(hinge_discriminator, wasserstein_generator),
    "relativistic": Game(relativistic_discriminator, relativistic_generator, in_pairs=True),
}
