"""What lesson 05 says of collapse on the ring, against its controls: each test fails on the claim it replaced."""

import torch
from torch.nn.functional import cosine_similarity

from dcgan_course.toy.faults import FAULTS, play
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.toy.modes import chance_clouds, count_modes
from dcgan_course.toy.points import lopsided_game
from dcgan_course.training.losses import minimax, non_saturating

RING = ring_of_8()
CIRCLE = count_modes(chance_clouds(RING, (2500,), torch.Generator().manual_seed(0))["the whole circle"], RING)


def reports(game):
    return [count_modes(cloud, RING) for cloud in game.points(2500)]


def test_the_modes_are_not_lost_they_were_never_there():
    """Five games, a look every 40 rounds from round 0 on."""
    game = lopsided_game(RING, 5)
    seen = [report for _ in range(10) for report in reports(game.run(40))]
    assert max(report.modes for report in seen) <= 3
    assert min(report.reverse_kl for report in reports(lopsided_game(RING, 5))) > 0.7  # before the training
    late = seen[-5:]
    assert min(report.reverse_kl for report in late) > 0.7  # and after it


def test_a_d_that_becomes_slow_does_not_take_modes_that_were_found():
    game = lopsided_game(RING, 3)
    game.discriminator_optimizer.param_groups[0]["lr"] = 1e-3
    assert min(report.modes for report in reports(game.run(1200))) >= 6
    game.discriminator_optimizer.param_groups[0]["lr"] = 2e-4
    after = reports(game.run(400))
    assert min(report.modes for report in after) >= 6 and max(report.reverse_kl for report in after) < 0.2


def test_after_400_rounds_packs_are_no_better_than_chance():
    found = reports(lopsided_game(RING, 5, packing=2).run(400))
    assert max(report.reverse_kl for report in found) < 0.1  # they look cured,
    assert max(report.high_quality for report in found) < CIRCLE.high_quality / 2  # and a circle is better


def test_twice_the_points_alone_do_not_spread_them():
    found = reports(lopsided_game(RING, 5, batch_size=200).run(400))
    assert min(report.reverse_kl for report in found) > 0.5


def late_quality(**cure):
    """The mean share of high quality in the last third of 3,000 rounds, for each of three games."""
    game = lopsided_game(RING, 3, **cure).run(2000)
    looks = [[report.high_quality for report in reports(game.run(166))] for _ in range(6)]
    return torch.tensor(looks).mean(dim=0)


def test_trained_longer_packs_are_above_the_circle_and_plain_with_as_many_points_is_not():
    assert late_quality(packing=2).mean() > CIRCLE.high_quality > late_quality(batch_size=200).max()


def test_five_steps_of_d_spread_the_points_without_looking_ahead():
    found = reports(lopsided_game(RING, 3, discriminator_steps=5).run(400))
    assert min(report.modes for report in found) >= 6 and max(report.reverse_kl for report in found) < 0.1


def test_of_a_batch_the_saturating_gradient_also_points_elsewhere():
    game = play(FAULTS["D too strong"], 3, 0).run(200)
    logits = game.discriminators(game.fake())
    rows = []
    for loss in (non_saturating, minimax):
        gradients = torch.autograd.grad(loss(logits), list(game.generators.parameters()), retain_graph=True)
        rows.append(torch.cat([gradient.flatten(1) for gradient in gradients], dim=1))
    cosines = cosine_similarity(*rows)
    assert cosines.max() < 0.95 and (rows[1].norm(dim=1) < rows[0].norm(dim=1)).all()
