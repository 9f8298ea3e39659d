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


@given(real=logits, fake=logits)
def test_the_games_after_it_are_their_formulas(real, fake):
    least = ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2
    torch.testing.assert_close(losses.least_squares_discriminator(real, fake), least)
    torch.testing.assert_close(losses.least_squares_generator(fake), ((fake - 1) ** 2).mean() / 2)
    torch.testing.assert_close(losses.wasserstein_discriminator(real, fake), fake.mean() - real.mean())
    torch.testing.assert_close(losses.wasserstein_generator(fake), -fake.mean())
    hinge = torch.clamp(1 - real, min=0).mean() + torch.clamp(1 + fake, min=0).mean()
    torch.testing.assert_close(losses.hinge_discriminator(real, fake), hinge)


@given(pairs=st.lists(st.tuples(st.floats(-200, 200), st.floats(-200, 200)), min_size=1, max_size=20))
def test_pairing_is_binary_cross_entropy_of_the_difference(pairs):
    real, fake = torch.tensor(pairs, dtype=torch.float64).T
    want = binary_cross_entropy_with_logits(real - fake, torch.ones_like(real))
    torch.testing.assert_close(losses.relativistic_discriminator(real, fake), want)
    want = binary_cross_entropy_with_logits(real - fake, torch.zeros_like(real))
    torch.testing.assert_close(losses.relativistic_generator(fake, real), want)


def test_the_yardsticks_of_the_games_after_it():
    half, zero = torch.full((3,), 0.5), torch.zeros(3)
    assert float(losses.least_squares_discriminator(half, half)) == pytest.approx(0.25)
    assert float(losses.hinge_discriminator(zero, zero)) == 2
    assert float(losses.hinge_discriminator(torch.tensor([1.0, 7.0]), torch.tensor([-1.0, -9.0]))) == 0
    assert float(losses.relativistic_discriminator(half, half)) == pytest.approx(math.log(2))


@pytest.mark.parametrize("name", losses.GAMES)
def test_d_wants_reals_up_and_fakes_down_and_g_wants_fakes_up(name):
    game = losses.GAMES[name]
    real, fake = torch.zeros(4, requires_grad=True), torch.zeros(4, requires_grad=True)
    game.discriminator(real, fake).backward()
    assert (real.grad < 0).all() and (fake.grad >= 0).all() and (name == "least_squares" or (fake.grad > 0).all())
    fake.grad = None
    (game.generator(fake, torch.zeros(4)) if game.in_pairs else game.generator(fake)).backward()
    assert (fake.grad < 0).all()
