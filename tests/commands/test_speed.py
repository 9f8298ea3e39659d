"""Timing steps with one thread and with all: nothing else is changed by it."""

import pytest
import torch

from dcgan_course.__main__ import main
from dcgan_course.commands import speed
from dcgan_course.commands.speed import Watch, choose_threads, remedy_for_a_busy_machine, seconds_by_threads
from tests.helpers.runs import folder_of_pictures


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
    assert said in remedy and bool(said) == ("`--resume --threads 1`" in remedy)


@pytest.mark.parametrize(("seconds", "fastest"), [({1: 0.1, 2: 0.5}, 1), ({1: 0.2, 2: 0.1}, 2)])
def test_auto_takes_the_faster_number_and_says_that_bits_differ(monkeypatch, seconds, fastest):
    monkeypatch.setattr(speed, "seconds_by_threads", lambda networks, batch_size, counts: seconds)
    before = torch.get_num_threads()
    try:
        chosen, said = choose_threads(lambda: pytest.fail("nothing is built"))
        assert chosen == fastest == torch.get_num_threads()
        assert said.startswith(f"Threads: {fastest} (") and "may differ in the last bits" in said
    finally:
        torch.set_num_threads(before)


class Clock:
    """A clock that moves only when it is told to, in place of `time`."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        return self.now


def watched(monkeypatch, seconds, said, threads=2):
    """Play steps that take so long; return after which second something was said, and how often it was measured."""
    clock, looks, spoken = Clock(), [], []
    monkeypatch.setattr(speed, "time", clock)
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    monkeypatch.setattr(speed, "remedy_for_a_busy_machine", lambda networks: looks.append(clock.now) or said)
    watch = Watch(lambda: pytest.fail("nothing is built"))
    for each in seconds:
        watch.begin()
        clock.now += each
        if watch.end():
            spoken.append(clock.now)
        clock.now += 100  # what the hook does is not the step's
    return spoken, looks


QUIET, BUSY = [0.05] * 400, [0.4] * 400


def test_a_program_that_starts_later_is_noticed_within_ten_seconds_and_said_once(monkeypatch):
    spoken, _ = watched(monkeypatch, QUIET + BUSY, "one thread is faster")
    assert len(spoken) == 1
    steps_of_busy = [step for step in range(1, 401) if 400 * 100.05 + step * 100.4 - 100 <= spoken[0] + 1e-6]
    assert len(steps_of_busy) * 0.4 <= 10 - speed.LONGEST_S


@pytest.mark.parametrize(
    ("seconds", "threads", "looks"), [(QUIET * 3, 2, 0), (QUIET + BUSY, 1, 0), (QUIET + BUSY * 3, 2, speed.MOST_LOOKS)]
)
def test_nothing_is_said_where_nothing_helps(monkeypatch, seconds, threads, looks):
    spoken, measured = watched(monkeypatch, seconds, "", threads)
    assert spoken == [] and len(measured) == looks


def test_single_slow_steps_such_as_those_that_keep_a_checkpoint_are_none(monkeypatch):
    spoken, measured = watched(monkeypatch, ([0.05] * 30 + [3.0]) * 20, "one thread is faster")
    assert spoken == measured == []


@pytest.mark.parametrize("given", ["0", "-1", "x", "1.5", "", "٣", "99999"])
def test_a_number_of_threads_that_cannot_be_is_refused(given, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["train", "--data", "drawn_digits", "--out", str(tmp_path / "run"), f"--threads={given}"])
    assert ended.value.code == 2 and "it must be auto, or a number from 1 to" in capsys.readouterr().err


def test_a_resume_with_another_number_of_threads_says_that_bits_differ(tmp_path, capsys, monkeypatch):
    data = folder_of_pictures(tmp_path / "mine", 24)
    small = ["--image-size", "16", "--width", "2", "--latent-dim", "4", "--batch-size", "8", "--epochs", "1"]
    asked = []
    monkeypatch.setattr(torch, "set_num_threads", asked.append)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert main(["train", "--data", data, "--out", str(tmp_path / "run"), *small, "--threads", "1"]) == 0
    assert asked == [1] and "bits" not in capsys.readouterr().out
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    monkeypatch.setattr(speed, "seconds_by_threads", lambda networks, batch_size, counts: {1: 0.1, 2: 0.1})
    assert main(["train", "--out", str(tmp_path / "run"), "--resume", "--epochs", "2", "--threads", "auto"]) == 0
    said = capsys.readouterr().out
    assert asked[1:] == [1] and "Threads: 1 (" in said
    assert "no longer to the same bits: threads was 1, and is 2 here" in said
