"""The losses of the adversarial game, computed from logits.

A logit is the number before the sigmoid: D(x) = sigmoid(logit). Writing log D(x) as −softplus(−logit) keeps the
logarithm away from zero, however sure the discriminator is.
"""

from torch import Tensor
from torch.nn.functional import softplus


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
