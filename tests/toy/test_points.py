"""The game on points: packs, settings, and collapse with its cures: on the ring, 200 rounds, three games."""

import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.dirac import LOSSES
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.toy.modes import count_modes
from dcgan_course.toy.point_networks import PointDiscriminators, PointGenerators
from dcgan_course.toy.points import GameSettings, ManyGans, lopsided_game, pack


def test_packs_are_points_side_by_side():
    points = torch.arange(12.0).view(1, 6, 2)
    assert pack(points, 3).tolist() == [[[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11]]]
    with pytest.raises(InvalidValue, match="cut into packs of 4"):
        pack(points, 4)


def reverse_kl(**cure):
    game = lopsided_game(ring_of_8(), 3, **cure).run(200)
    reports = [count_modes(points, game.mixture) for points in game.points(1000)]
    return [report.reverse_kl for report in reports], game


def test_collapse_shows_in_the_modes_and_not_in_the_answers():
    values, game = reverse_kl()
    assert min(values) > 0.5, "log 8 = 2.08 is a single mode"
    for name in ("p_real", "p_fake"):
        assert abs(float(game.trace(name)[-20:].mean(0).median()) - 0.5) < 0.1


@pytest.mark.parametrize("cure", [{"packing": 2}, {"unrolled_steps": 3}])
def test_both_cures_spread_the_points(cure):
    values, _ = reverse_kl(**cure)
    assert sum(values) < 0.5 * sum(reverse_kl()[0])


def test_wrong_input_is_refused_in_a_sentence():
    for settings_ in ({"batch_size": 1}, {"unrolled_steps": -1}, {"discriminator_steps": 0}, {"seed": 1.5}):
        with pytest.raises(InvalidValue, match="whole number"):
            GameSettings(**settings_)
    one, two = lopsided_game(ring_of_8(), 1), lopsided_game(ring_of_8(), 2)
    with pytest.raises(InvalidValue, match="needs one of both"):
        ManyGans(one.generators, two.discriminators, ring_of_8())


def small_game(networks, packing=1, **settings):
    """Games of tiny networks; the first of them are the same however many there are."""
    games = []
    for number in range(networks):
        random = torch.Generator().manual_seed(number)
        games.append(
            (
                PointGenerators(1, 2, 8, 1, batch_norm=False, generator=random).state_dict(),
                PointDiscriminators(1, packing, 8, 1, 2, generator=random).state_dict(),
            )
        )
    generators = PointGenerators(networks, 2, 8, 1, batch_norm=False)
    discriminators = PointDiscriminators(networks, packing, 8, 1, 2)
    for network, states in zip((generators, discriminators), zip(*games, strict=True), strict=True):
        network.load_state_dict({name: torch.cat([state[name] for state in states]) for name in states[0]})
    return ManyGans(generators, discriminators, ring_of_8(), GameSettings(batch_size=10, **settings))


@pytest.mark.parametrize("penalty", ["none", "clip", "gradient", "r1", "r2", "r1_r2"])
@pytest.mark.parametrize("loss", LOSSES)
def test_every_loss_and_penalty_leaves_the_games_apart(loss, penalty, monkeypatch):
    """Two games side by side move as each alone, when both see the points and shares of the pair."""
    packs = {"loss": loss, "penalty": penalty, "penalty_weight": 0.3}
    both, alone = small_game(2, **packs), small_game(1, **packs)
    drawn = []
    points, fakes, share = both.real(), torch.randn(2, 10, 2), torch.rand(20, 1)
    monkeypatch.setattr(ManyGans, "real", lambda self: points[: self.networks])
    z = fakes
    monkeypatch.setattr(ManyGans, "fake", lambda self: self.generators(z[: self.networks]))
    rand = lambda count, *rest, **_: share[:count]
    monkeypatch.setattr(torch, "rand", rand)
    for game in (both, alone):
        game.run(3)
        drawn.append([parameter[0].detach().clone() for parameter in game.discriminators.parameters()])
        drawn[-1] += [parameter[0].detach().clone() for parameter in game.generators.parameters()]
    for one, other in zip(*drawn, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)


def test_clipping_keeps_every_weight_in_its_box():
    game = small_game(2, loss="wasserstein", penalty="clip", penalty_weight=0.02).run(2)
    assert max(float(part.detach().abs().max()) for part in game.discriminators.parameters()) <= 0.02


def test_r1_makes_d_flat_at_the_points():
    """After 150 rounds the mean slope at real points is far lower with a strong R1 than without."""

    def slope(game):
        points = game.real().requires_grad_(True)
        (gradient,) = torch.autograd.grad(game.discriminators(points).sum(), points)
        return float(gradient.norm(dim=2).mean())

    assert slope(small_game(3, penalty="r1", penalty_weight=10.0).run(150)) < 0.3 * slope(small_game(3).run(150))


@pytest.mark.parametrize(("name", "wrong"), [("loss", "magic"), ("penalty", "r3"), ("penalty_weight", -1.0)])
def test_unknown_fixes_are_refused_in_a_sentence(name, wrong):
    with pytest.raises(InvalidValue, match=f"{name} is .* must be"):
        GameSettings(**{name: wrong})
