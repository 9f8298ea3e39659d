"""Flow matching on points: the loss, the velocity of one Gaussian that is known exactly, and the ring."""

import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.toy.flow import PointFlows, flow_matching_loss, normal_velocity
from dcgan_course.toy.mixtures import PointMixture, ring_of_8
from dcgan_course.toy.modes import count_modes

CIRCLE = 0.076  # share of high quality of points spread over the whole circle: 8 · 6σ of 2π


def test_the_loss_is_zero_for_the_velocity_of_one_pair_and_the_mean_square_otherwise():
    real, noise = torch.tensor([[[3.0, 1.0]]]), torch.tensor([[[1.0, 0.0]]])
    time = torch.tensor([[[0.25]]])
    seen = []

    def velocity(value):
        def network(inputs):
            seen.append(inputs)
            return torch.tensor([[value]])

        return network

    assert flow_matching_loss(velocity([2.0, 1.0]), real, noise, time) == 0
    assert flow_matching_loss(velocity([2.0, 4.0]), real, noise, time) == 9 / 2
    assert seen[0].tolist() == [[[1.5, 0.25, 0.25]]]  # a quarter of the way, and the time


def test_on_one_gaussian_the_trained_velocity_is_the_known_one():
    mean, width = torch.tensor([1.0, -0.5]), 0.5
    flows = PointFlows(3, PointMixture("one", mean[None], width), hidden_dim=32).train(1500)
    random = torch.Generator().manual_seed(5)
    for time in (0.1, 0.5, 0.8):
        noise, real = torch.randn(400, 2, generator=random), torch.randn(400, 2, generator=random) * width + mean
        place = (1 - time) * noise + time * real
        known = normal_velocity(place, time, mean, width)
        inputs = torch.cat([place, torch.full((400, 1), time)], dim=1).expand(3, -1, -1)
        with torch.no_grad():
            found = flows.velocity(inputs)
        error = (found - known).square().mean(dim=(1, 2)).sqrt()
        assert error.max() < 0.12, (time, error)  # velocities are about 1.5 long
    points = flows.points(4000)
    torch.testing.assert_close(points.mean(dim=1), mean.expand(3, 2), atol=0.06, rtol=0)
    torch.testing.assert_close(points.std(dim=1), torch.full((3, 2), width), atol=0.06, rtol=0)


def test_the_known_velocity_carries_noise_to_the_gaussian():
    mean, width = torch.tensor([2.0, 0.0]), 0.3
    place = torch.randn(5000, 2, generator=torch.Generator().manual_seed(0))
    for step in range(200):
        place = place + normal_velocity(place, step / 200, mean, width) / 200
    torch.testing.assert_close(place.mean(dim=0), mean, atol=0.03, rtol=0)
    torch.testing.assert_close(place.std(dim=0), torch.full((2,), width), atol=0.02, rtol=0)
    with pytest.raises(InvalidValue, match="width above 0"):
        normal_velocity(place, 1, mean, 0.0)


def test_five_flows_find_every_mode_of_the_ring_and_more_than_the_circle():
    flows = PointFlows(5, ring_of_8()).train(2500)
    reports = [count_modes(cloud, flows.mixture) for cloud in flows.points(2500)]
    assert [report.modes for report in reports] == [8] * 5
    assert min(report.high_quality for report in reports) > 3 * CIRCLE
    assert max(report.reverse_kl for report in reports) < 0.02


def test_an_untrained_flow_does_not():
    reports = [count_modes(cloud, ring_of_8()) for cloud in PointFlows(5, ring_of_8()).points(2500)]
    assert max(report.high_quality for report in reports) < CIRCLE


def test_flows_are_seeded_and_leave_the_global_random_state_alone():
    before = torch.get_rng_state()
    one, other = (PointFlows(2, ring_of_8(), 8, 1, seed=3).train(5).points(7) for _ in range(2))
    assert torch.equal(one, other) and torch.equal(torch.get_rng_state(), before)
    assert not torch.equal(one, PointFlows(2, ring_of_8(), 8, 1, seed=4).train(5).points(7))
    assert PointFlows(2, ring_of_8(), 8, 1).paths(7, steps=4).shape == (5, 2, 7, 2)


@pytest.mark.parametrize("wrong", [{"steps": 0}, {"batch_size": 1.5}])
def test_bad_trainings_are_refused_in_a_sentence(wrong):
    with pytest.raises(InvalidValue, match="whole number"):
        PointFlows(1, ring_of_8(), 8, 1).train(**wrong)
