"""Timing steps with one thread and with all: nothing else is changed by it."""

import pytest
import torch

from dcgan_course.commands import speed
from dcgan_course.commands.speed import remedy_for_a_busy_machine, seconds_by_threads


def test_threads_and_random_state_are_left_as_they_were(tiny_networks):
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    seconds = seconds_by_threads(lambda: tiny_networks(seed=3), 4, [1, 2])
    assert set(seconds) == {1, 2} and all(0 < each < 60 for each in seconds.values())
    assert torch.equal(torch.get_rng_state(), state) and torch.get_num_threads() == threads


def test_also_when_it_breaks():
    threads = torch.get_num_threads()

    def broken():
        torch.set_num_threads(2)
        raise RuntimeError("no networks")

    with pytest.raises(RuntimeError):
        seconds_by_threads(broken, 4, [1])
    assert torch.get_num_threads() == threads


def test_the_median_of_the_rounds_counts_and_the_first_round_does_not(tiny_networks, monkeypatch):
    seconds = iter([9.0, 9.0, 0.1, 0.4, 5.0, 0.4, 0.1, 7.0])
    monkeypatch.setattr(speed, "_seconds_of", lambda step: next(seconds))
    assert seconds_by_threads(tiny_networks, 4, [1, 2]) == {1: 0.1, 2: 0.4}


def test_where_steps_are_slow_one_round_is_enough(tiny_networks, monkeypatch):
    seconds = iter([9.0, 30.0])
    monkeypatch.setattr(speed, "_seconds_of", lambda step: next(seconds))
    monkeypatch.setattr(speed, "LONGEST_S", 0)
    assert seconds_by_threads(tiny_networks, 4, [1, 2]) == {1: 9.0, 2: 30.0}


@pytest.mark.parametrize(
    ("threads", "seconds", "said"),
    [
        (2, {1: 0.1, 2: 0.5}, "5.0 times as fast as 2"),
        (2, {1: 0.1, 2: 0.11}, ""),
        (2, {1: 0.2, 2: 0.1}, ""),
        (1, {}, ""),
    ],
)
def test_train_says_when_one_thread_would_be_faster(monkeypatch, threads, seconds, said):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    monkeypatch.setattr(speed, "seconds_by_threads", lambda networks, batch_size, counts: seconds)
    remedy = remedy_for_a_busy_machine(lambda: pytest.fail("nothing is built"))
    assert said in remedy and bool(said) == ("OMP_NUM_THREADS=1" in remedy)
