"""The three numbers of the published protocol, beside counts made by hand and beside the true mixture."""

import json
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import modes_report, modes_table
from dcgan_course import recorded
from dcgan_course.errors import InvalidValue
from dcgan_course.toy.mixtures import grid_of_25, ring_of_8
from dcgan_course.toy.modes import TRUE_SHARE, closest_mode, count_modes
from dcgan_course.training.losses import discriminator_loss, non_saturating

MIXTURES = {"ring": ring_of_8(), "grid": grid_of_25()}


def test_the_protocols_numbers():
    ring, grid = ring_of_8(), grid_of_25()
    assert (ring.modes, ring.sigma, grid.modes, grid.sigma) == (8, 0.01, 25, 0.05)
    torch.testing.assert_close(ring.centres.norm(dim=1), torch.ones(8))
    gaps = torch.cdist(ring.centres, ring.centres).fill_diagonal_(9).amin(dim=1)
    torch.testing.assert_close(gaps, torch.full((8,), 2 * math.sin(math.pi / 8)))
    assert sorted(set(grid.centres.flatten().tolist())) == [-4, -2, 0, 2, 4]
    assert len({tuple(c) for c in grid.centres.tolist()}) == 25


@pytest.mark.parametrize("name", MIXTURES)
def test_the_true_mixture_is_judged_as_theory_says(name):
    """100,000 real points: all modes, 1 − exp(−4.5) of them within 3σ, reverse KL near (K − 1) / 2N."""
    mixture = MIXTURES[name]
    report = count_modes(mixture.sample((100_000,), torch.Generator().manual_seed(0)), mixture)
    assert report.modes == report.of == mixture.modes
    assert abs(report.high_quality - TRUE_SHARE) < 0.0015  # four standard errors
    assert report.reverse_kl < 4 * (mixture.modes - 1) / 200_000


@given(name=st.sampled_from(list(MIXTURES)), kept=st.integers(1, 8), seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_points_on_some_centres_only(name, kept, seed):
    """`kept` modes drawn equally often: so many modes, all of high quality, reverse KL log(K / kept)."""
    mixture = MIXTURES[name]
    order = torch.randperm(mixture.modes, generator=torch.Generator().manual_seed(seed))[:kept]
    report = count_modes(mixture.centres[order].repeat(20, 1), mixture)
    assert report.modes == kept
    assert report.high_quality == 1
    assert math.isclose(report.reverse_kl, math.log(mixture.modes / kept), abs_tol=1e-9)
    assert set(report.counts.nonzero().flatten().tolist()) == set(order.tolist())


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_closest_mode_is_a_loop_over_centres(seed):
    mixture = MIXTURES["grid"]
    points = 6 * torch.rand(30, 2, generator=torch.Generator().manual_seed(seed)) - 3
    index, distance = closest_mode(points, mixture)
    for point, found, far in zip(points.tolist(), index.tolist(), distance.tolist(), strict=True):
        distances = [math.dist(point, centre) for centre in mixture.centres.tolist()]
        assert math.isclose(min(distances), distances[found], abs_tol=1e-9)
        assert math.isclose(min(distances) / 0.05, far, rel_tol=1e-6)


def test_the_border_is_three_sigma():
    ring = MIXTURES["ring"]
    away = torch.tensor([[1.0, 0.0299], [1.0, 0.0301]])
    assert count_modes(away[:1], ring).high_quality == 1
    report = count_modes(away[1:], ring)
    assert (report.high_quality, report.modes, int(report.counts[0])) == (0, 0, 1)


def test_points_that_are_not_numbers_are_bad_samples():
    report = count_modes(torch.tensor([[math.nan, 0.0], [1.0, 0.0], [math.inf, 1.0]]), MIXTURES["ring"])
    assert (report.modes, report.counts.sum().item()) == (1, 1)
    assert math.isclose(report.high_quality, 1 / 3)
    assert count_modes(torch.full((4, 2), math.nan), MIXTURES["ring"]).reverse_kl == math.inf


@pytest.mark.parametrize("bad", [torch.zeros(0, 2), torch.zeros(5, 3), torch.zeros(2, 5, 2), [[1.0, 2.0]]])
def test_other_shapes_are_refused(bad):
    with pytest.raises(InvalidValue, match=r"\(N, 2\)"):
        count_modes(bad, MIXTURES["ring"])


def test_a_moved_mixture_is_the_same_mixture_elsewhere():
    ring = MIXTURES["ring"]
    moved = ring.moved(0.5, 0.5)
    points = ring.sample((500,), torch.Generator().manual_seed(0))
    assert count_modes(points, ring).high_quality == count_modes(0.5 * points + 0.5, moved).high_quality
    assert moved.centres.min() >= 0 and moved.centres.max() <= 1
    with pytest.raises(InvalidValue, match="above 0"):
        ring.moved(0, 1)


# The long run, and what of it is shipped.


@pytest.fixture
def shipped():
    return recorded.modes_table()


def test_the_shipped_run_is_complete(shipped):
    assert set(shipped["cells"]) == set(modes_report.PUBLISHED) and shipped["runs"] == 10
    for cell in shipped["cells"].values():
        assert [entry["epoch"] for entry in cell["history"]] == list(range(len(cell["history"])))
        for entry in cell["history"]:
            values = [entry[key] for key in ("modes", "high_quality", "reverse_kl", "p_real", "p_fake")]
            assert all(len(value) == 10 for value in values)
            assert all(0 <= share <= 1 for share in entry["high_quality"])
            limit = math.log(MIXTURES[cell["mixture"]].modes)
            assert all(0 <= kl <= limit + 1e-3 for kl in entry["reverse_kl"])


def test_the_readable_table_holds_the_shipped_numbers(shipped):
    text = modes_report.REPORT.read_text(encoding="utf-8")
    epochs = min(cell["history"][-1]["epoch"] for cell in shipped["cells"].values())
    assert f"{epochs} of 400 epochs" in text and shipped["date"] in text and shipped["command"] in text
    for key, cell in shipped["cells"].items():
        last = cell["history"][epochs]
        good = modes_report.spread([100 * share for share in last["high_quality"]])
        row = next(line for line in text.splitlines() if line.startswith(f"| {modes_report.NAMES[key]} |"))
        assert modes_report.spread(last["modes"]) in row and good in row
        assert modes_report.spread(last["reverse_kl"]) in row


def test_stacking_saves_more_where_networks_are_smaller():
    found = json.loads(modes_report.TIMES.read_text(encoding="utf-8"))["ratio_apart_to_together"]
    medians = [sorted(found[str(width)])[2] for width in modes_report.WIDTHS]
    assert medians == sorted(medians) and medians[-1] > 1.5


def test_the_long_run_can_be_cut_and_goes_on_to_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(modes_table, "CHECKPOINTS", tmp_path)
    monkeypatch.setattr(modes_table, "POINTS", 500)
    whole, cut = (modes_table.Cell("grid", 2, runs=2, width=20) for _ in range(2))
    for _ in range(6):
        whole.move()
    for _ in range(3):
        cut.move()
    cut.judge(torch.zeros(2), torch.zeros(2), 0.0)
    cut.save()
    again = modes_table.Cell("grid", 2, runs=2, width=20)
    again.load()
    assert again.step == 3 and again.history == cut.history
    for _ in range(3):
        again.move()
    for one, other in zip(whole.generator_parameters, again.generator_parameters, strict=True):
        assert torch.equal(one, other)


def test_the_long_runs_step_moves_both_networks_by_their_own_losses():
    """One simultaneous step of a stacked pair is Adam on autograd's gradients of the two textbook losses."""
    cell = modes_table.Cell("ring", 1, runs=2, width=20)
    twin = modes_table.Cell("ring", 1, runs=2, width=20)
    cell.move()
    z = torch.randn(2, 100, 2, generator=twin.random)
    fake, real = twin.generators(z), twin.real()
    fake_logits, real_logits = twin.discriminators(fake), twin.discriminators(real)
    d_loss = 2 * discriminator_loss(real_logits, fake_logits)
    g_loss = 2 * non_saturating(fake_logits)
    d_gradients = torch.autograd.grad(d_loss, twin.discriminator_parameters, retain_graph=True)
    g_gradients = torch.autograd.grad(g_loss, twin.generator_parameters)
    for parameter, gradient in zip(cell.discriminator_parameters, d_gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-7)
    for parameter, gradient in zip(cell.generator_parameters, g_gradients, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-4, atol=1e-7)


# What lesson 05 says about BatchNorm2d(n, 0.8).


def test_the_second_argument_of_batch_norm_is_eps():
    norm, x = torch.nn.BatchNorm2d(1, 0.8), 3 + 0.1 * torch.randn(20_000, 1, 1, 1)
    assert (norm.eps, norm.momentum) == (0.8, 0.1)
    assert abs(norm(x).std().item() - 0.1 / math.sqrt(0.1**2 + 0.8)) < 0.005
    assert abs(norm.running_mean.item() - 0.3) < 0.01
