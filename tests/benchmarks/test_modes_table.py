"""The long run on ring and grid, what of it is shipped, and its table for readers."""

import json
import math

import pytest
import torch

from benchmarks import modes_report, modes_table
from dcgan_course import recorded
from dcgan_course.training.losses import discriminator_loss, non_saturating


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
            limit = math.log(modes_table.MIXTURES[cell["mixture"]].modes)
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
        whole.next_step()
    for _ in range(3):
        cut.next_step()
    cut.judge(torch.zeros(2), torch.zeros(2), 0.0)
    cut.save()
    again = modes_table.Cell("grid", 2, runs=2, width=20)
    again.load()
    assert again.step == 3 and again.history == cut.history
    for _ in range(3):
        again.next_step()
    for one, other in zip(whole.generator_parameters, again.generator_parameters, strict=True):
        assert torch.equal(one, other)


def test_the_long_runs_step_moves_both_networks_by_their_own_losses():
    """One simultaneous step of a stacked pair is Adam on autograd's gradients of the two textbook losses."""
    cell = modes_table.Cell("ring", 1, runs=2, width=20)
    twin = modes_table.Cell("ring", 1, runs=2, width=20)
    cell.move()
    z = torch.randn(2, 100, 2, generator=twin.random, device=modes_table.DEVICE)
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


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_a_graph_plays_the_same_steps(monkeypatch):
    monkeypatch.setattr(modes_table, "POINTS", 500)
    monkeypatch.setattr(modes_table, "STEPS_AN_EPOCH", 12)
    graphed, plain = ([modes_table.Cell(name, 2, runs=2, width=20) for name in ("ring", "grid")] for _ in range(2))
    modes_table.play_epoch(graphed)
    assert all(cell.graph is not None and cell.step == 12 for cell in graphed)
    monkeypatch.setattr(modes_table, "START_STEPS", 1000)
    modes_table.play_epoch(plain)
    for one, other in zip(graphed, plain, strict=True):
        assert other.graph is None
        for a, b in zip(one.generator_parameters, other.generator_parameters, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)
