"""The table of `train` beside busy programs: what is read from the command's words, and what is shown of it."""

import re

import torch

from benchmarks import busy_machine
from dcgan_course.commands import speed


class Network(torch.nn.Module):
    pass


def test_the_line_that_train_says_is_found_also_where_it_is_wrapped(monkeypatch):
    monkeypatch.setattr(speed, "seconds_by_threads", lambda *_: {1: 0.01, 2: 0.05})
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    said = speed.remedy_for_a_busy_machine(Network)
    wrapped = said.replace(" and go on", "\nand go on") + "\n training 3 epochs: 12 %"
    (found,) = busy_machine.LINE.findall(re.sub(r"\s+", " ", wrapped))
    assert "5.0 times as fast as 2" in found and found.endswith("--threads 1`")


def test_the_table_compares_with_one_thread_beside_as_many_programs():
    keys = [(busy, threads) for busy in (0, 2) for threads in busy_machine.THREADS]
    speeds = {key: [100.0, 200.0] for key in keys} | {(2, "2"): [25.0, 100.0]}
    rows = busy_machine.table(speeds, {key: ["", "after 4 s: said"] for key in keys}).splitlines()
    assert (
        "| 2 | 2 | 25, 100 | 0.38 | after 4 s: said |" in rows
        and "| 0 | 2 | 100, 200 | 1.00 | after 4 s: said |" in rows
    )


def test_busy_programs_run_while_the_block_runs_and_end_with_it():
    with busy_machine.busy_programs(2) as programs:
        assert [program.poll() for program in programs] == [None, None]
    assert all(program.poll() is not None for program in programs)
