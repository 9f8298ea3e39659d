import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.functional import binary_cross_entropy_with_logits

from dcgan_course.training import losses

logits = st.lists(st.floats(-200, 200), min_size=1, max_size=20).map(lambda x: torch.tensor(x, dtype=torch.float64))


@given(real=logits, fake=logits)
def test_discriminator_loss_is_binary_cross_entropy(real, fake):
    want = binary_cross_entropy_with_logits(real, torch.ones_like(real))
    want = want + binary_cross_entropy_with_logits(fake, torch.zeros_like(fake))
    torch.testing.assert_close(losses.discriminator_loss(real, fake), want)


@given(fake=logits)
def test_generator_losses_are_binary_cross_entropy(fake):
    ones, zeros = torch.ones_like(fake), torch.zeros_like(fake)
    torch.testing.assert_close(losses.non_saturating(fake), binary_cross_entropy_with_logits(fake, ones))
    torch.testing.assert_close(losses.minimax(fake), -binary_cross_entropy_with_logits(fake, zeros))


def test_guessing_gives_the_yardsticks_of_the_lessons():
    zero = torch.zeros(4)
    assert float(losses.discriminator_loss(zero, zero)) == pytest.approx(2 * math.log(2))
    assert float(losses.non_saturating(zero)) == pytest.approx(math.log(2))
    assert float(losses.minimax(zero)) == pytest.approx(-math.log(2))


@pytest.mark.parametrize("logit", [-200.0, -3.0, 0.0, 3.0, 200.0])
def test_slopes_are_the_ones_in_the_docstrings(logit):
    for loss, slope in ((losses.non_saturating, -1.0), (losses.minimax, 0.0)):
        x = torch.tensor([logit], requires_grad=True)
        loss(x).backward()
        d = torch.sigmoid(x.detach())
        want = d - 1 if slope else -d
        torch.testing.assert_close(x.grad, want)
