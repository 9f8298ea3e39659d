"""Dirac-GAN: closed forms of its Jacobian and paths, and what each loss and penalty does to the circle."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.dirac import LOSSES, PENALTIES, DiracGame, final_radius, radius, steps_until

TURN = {  # how fast a loss turns near (0, 0): θ′ = turn · ψ, ψ′ = −turn · θ
    "minimax": 0.5,
    "non_saturating": 0.5,
    "least_squares": 0.5,
    "wasserstein": 1.0,
    "hinge": 1.0,
    "relativistic": 0.5,
}
places = st.tuples(*[st.floats(-3, 3)] * 2)


@pytest.mark.parametrize("loss", LOSSES)
@given(gamma=st.floats(0, 12), penalty=st.sampled_from(["none", "clip", "r1", "r2", "r1_r2"]))
@settings(max_examples=15, deadline=None)
def test_jacobian_and_eigenvalues_are_those_of_the_closed_form(loss, gamma, penalty):
    game, turn = DiracGame(loss, penalty, gamma), TURN[loss]
    friction = {"r1": gamma, "r2": gamma, "r1_r2": 2 * gamma}.get(penalty, 0.0)
    expected = torch.tensor([[0, turn], [-turn, -friction]], dtype=torch.float64)
    torch.testing.assert_close(game.jacobian(), expected, atol=1e-12, rtol=0)
    root = torch.tensor(complex(friction**2 - 4 * turn**2)).to(torch.complex128).sqrt()
    closed = torch.stack([(-friction + root) / 2, (-friction - root) / 2])
    found = game.eigenvalues()
    assert found.real[0] >= found.real[1] - 1e-12
    # a double eigenvalue is only found to the square root of the precision
    torch.testing.assert_close(found.sum(), closed.sum(), atol=1e-9, rtol=0)
    torch.testing.assert_close(found.prod(), closed.prod(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", ["r1", "r2", "r1_r2"])
def test_at_the_critical_weight_both_eigenvalues_meet(loss, penalty):
    critical = DiracGame(loss, penalty).critical_weight()
    assert critical == pytest.approx(2 * TURN[loss] / (2 if penalty == "r1_r2" else 1))
    below, at, above = (DiracGame(loss, penalty, share * critical).eigenvalues() for share in (0.9, 1, 1.1))
    assert below.imag.abs().min() > 0.1 and above.imag.abs().max() == 0
    torch.testing.assert_close(at[0], at[1], atol=1e-6, rtol=0)
    assert max(below.real[0], above.real[0]) > at.real[0]  # the slower eigenvalue is fastest here


@given(place=places)
@settings(max_examples=30, deadline=None)
def test_pushes_are_the_formulas_of_the_paper(place):
    theta, psi = place
    product, here = theta * psi, torch.tensor(place, dtype=torch.float64)
    sigmoid = 1 / (1 + math.exp(-product))
    expected = {
        "minimax": (psi * sigmoid, -theta * sigmoid),
        "non_saturating": (psi * (1 - sigmoid), -theta * sigmoid),
        "relativistic": (psi * (1 - sigmoid), -theta * sigmoid),
        "wasserstein": (psi, -theta),
    }
    for loss, pushes in expected.items():
        assert DiracGame(loss).field(here).tolist() == pytest.approx(pushes, abs=1e-9), loss
        r1 = DiracGame(loss, "r1", 0.7).field(here).tolist()
        assert r1 == pytest.approx((pushes[0], pushes[1] - 0.7 * psi), abs=1e-9), loss


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("penalty", PENALTIES)
def test_the_slopes_by_hand_are_those_of_autograd(loss, penalty):
    game = DiracGame(loss, penalty, 0.7)
    for place in torch.randn(50, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 2:
        theta, psi = place.tolist()
        by_hand = game._generator_push(theta, psi), game._discriminator_push(theta, psi)
        assert by_hand == pytest.approx(tuple(game.field(place).tolist()), abs=1e-9)


def test_a_field_of_many_places_is_that_of_each():
    many = torch.randn(4, 5, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for loss, penalty in itertools.product(LOSSES, PENALTIES):
        game = DiracGame(loss, penalty, 0.4)
        alone = torch.stack([torch.stack([game.field(place) for place in row]) for row in many])
        torch.testing.assert_close(game.field(many), alone)


def test_the_path_of_wasserstein_is_known_exactly():
    """At once: the radius grows by √(1 + h²) a step. In turn: θ² + ψ² − hθψ stays as it is."""
    h, game = 0.1, DiracGame("wasserstein")
    at_once = game.play(steps=300, step_size=h, alternating=False)
    expected = math.sqrt(2) * (1 + h**2) ** (torch.arange(301, dtype=torch.float64) / 2)
    torch.testing.assert_close(radius(at_once), expected)
    theta, psi = game.play(steps=300, step_size=h).T
    kept = theta**2 + psi**2 - h * theta * psi
    torch.testing.assert_close(kept, kept[0].expand(301))


MEASURED = [  # loss, penalty, weight, radius at the end in turn, at once: from (1, 1), h = 0.1, 2,000 steps
    ("minimax", "none", 1, 1.39, 3.23),
    ("non_saturating", "none", 1, 0.20, 0.45),
    ("least_squares", "none", 1, 0.10, 0.22),
    ("relativistic", "none", 1, 0.20, 0.45),
    ("wasserstein", "none", 1, 1.38, 23_410),
    ("hinge", "none", 1, 1.38, 1.48),
    ("wasserstein", "clip", 1, 1.00, 1.07),
    ("wasserstein", "gradient", 0.5, 1.31, 1.44),
]


@pytest.mark.parametrize(("loss", "penalty", "weight", "in_turn", "at_once"), MEASURED)
def test_radii_at_the_end(loss, penalty, weight, in_turn, at_once):
    game = DiracGame(loss, penalty, weight)
    assert final_radius(game.play()) == pytest.approx(in_turn, abs=0.006)
    assert final_radius(game.play(alternating=False)) == pytest.approx(at_once, rel=1e-3, abs=0.006)


@pytest.mark.parametrize("penalty", ["r1", "r2", "r1_r2"])
@pytest.mark.parametrize("loss", LOSSES)
def test_r1_and_r2_end_the_circle_of_every_loss(loss, penalty):
    for alternating in (True, False):
        assert final_radius(DiracGame(loss, penalty, 1.0).play(steps=700, alternating=alternating)) < 1e-3


def test_more_gamma_is_not_faster():
    steps = {gamma: steps_until(DiracGame(penalty="r1", weight=gamma).play()) for gamma in (0.1, 0.3, 1, 3, 10)}
    assert steps == pytest.approx({0.1: 865, 0.3: 312, 1: 158, 3: 555, 10: 1840}, abs=3)


def test_the_full_gradient_penalty_stops_at_a_fake_that_is_wrong():
    """With λ = 1 the slope slides to 0 while θ goes to 2λ: D is flat there, and nobody moves."""
    for weight in (1.0, 2.0):
        path = DiracGame("wasserstein", "gradient", weight).play(steps=4000)
        assert path[-1].tolist() == pytest.approx([2 * weight, 0], abs=0.01)


def test_a_path_that_runs_away_ends_and_stays_finite():
    path = DiracGame("wasserstein", "r1", 100.0).play(step_size=1.0, steps=200)
    assert len(path) < 201 and path.isfinite().all() and steps_until(path) is None


def test_steps_until_means_for_good():
    path = torch.tensor([[1.0, 0], [0.001, 0], [1, 0], [0.001, 0], [0, 0]])
    assert steps_until(path) == 3 and steps_until(path[:3]) is None and steps_until(path[3:]) == 0


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"loss": "magic"}, "one of non_saturating"),
        ({"penalty": "r3"}, "one of none"),
        ({"weight": -1.0}, "at least 0"),
        ({"weight": math.nan}, "finite"),
        ({"weight": "1"}, "finite"),
    ],
)
def test_bad_games_are_refused_in_a_sentence(given_, words):
    with pytest.raises(InvalidValue, match=words):
        DiracGame(**given_)


def test_bad_plays_are_refused_in_a_sentence():
    game = DiracGame()
    for wrong in ({"steps": 0}, {"step_size": math.inf}, {"step_size": -0.1}, {"start": (math.nan, 0.0)}):
        with pytest.raises(InvalidValue, match="must be"):
            game.play(**wrong)
    with pytest.raises(InvalidValue, match="pair"):
        game.play(start=(1.0,))
    with pytest.raises(InvalidValue, match="corner"):
        DiracGame("wasserstein", "gradient").jacobian()
    with pytest.raises(InvalidValue, match="critical"):
        DiracGame("wasserstein", "clip").critical_weight()
