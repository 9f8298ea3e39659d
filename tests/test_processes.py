"""Several processes play the same game as one: two gloo processes on the CPU, started by torchrun."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dcgan_course import models, train
from dcgan_course.errors import InvalidValue
from dcgan_course.processes import Processes

ROOT = Path(__file__).parent.parent
CONFIG = {"epochs": 3, "batch_size": 16, "precision": "float32", "learning_rate": 1e-3}

PAIRS = {
    "mlp": lambda: (models.MLPGenerator((1, 8, 8), 6, 16, 0.0), models.MLPDiscriminator((1, 8, 8), 16, 0.0)),
    "dcgan": lambda: (models.Generator(32, 6, 1, 4), models.Discriminator(32, 1, 4)),
}


def some_images(shape):
    return torch.randint(0, 256, (64, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))


def play(name: str) -> tuple[dict, float]:
    """Train a pair; return both losses by epoch, and the sum of all weights."""
    torch.manual_seed(0)
    pair = PAIRS[name]()
    history = train.train(*pair, some_images(pair[0].image_shape), train.TrainConfig(**CONFIG), progress=False)
    total = sum(float(parameter.detach().double().sum()) for network in pair for parameter in network.parameters())
    return {"d": history.discriminator_loss, "g": history.generator_loss}, total


def torchrun(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """Both pairs, trained by two processes: {name: [what process 0 saw, what process 1 saw]}."""
    folder = tmp_path_factory.mktemp("processes")
    done = torchrun(__file__, str(folder))
    assert done.returncode == 0, done.stderr[-3000:]
    return {name: [json.loads((folder / f"{name}_{rank}.json").read_text()) for rank in (0, 1)] for name in PAIRS}


def test_the_same_batch_gives_the_same_losses(two_processes):
    alone, total = play("mlp")
    for together, total_of_rank in two_processes["mlp"]:
        assert together["d"] == pytest.approx(alone["d"], rel=1e-4)
        assert together["g"] == pytest.approx(alone["g"], rel=1e-4)
        assert total_of_rank == pytest.approx(total, rel=1e-3)


def test_both_processes_hold_the_same_networks(two_processes):
    for name in PAIRS:
        (_, first), (_, second) = two_processes[name]
        assert first == second


def test_batch_norm_sees_only_its_part(two_processes):
    """With batch norm the losses come near those of one process, and are not the same: the statistics differ."""
    alone, _ = play("dcgan")
    together, _ = two_processes["dcgan"][0]
    assert together["d"] != pytest.approx(alone["d"], rel=1e-3)
    assert together["d"] == pytest.approx(alone["d"], rel=0.3)


def test_alone_everything_is_one_part():
    alone = Processes(7)
    rows = torch.arange(7)
    assert (alone.count, alone.rank) == (1, 0)
    assert torch.equal(alone.part(rows), rows) and alone.mean(2.5) == 2.5 and alone.any(True) and not alone.any(False)


def test_parts_have_each_row_once():
    parts = []
    for rank in range(3):
        one = Processes(9)
        one.count, one.rank = 3, rank
        parts.append(one.part(torch.arange(9)))
    assert torch.equal(torch.cat(parts), torch.arange(9))


def test_a_batch_that_cannot_be_shared_is_refused(monkeypatch):
    monkeypatch.setattr(torch.distributed, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 2)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 0)
    with pytest.raises(InvalidValue, match="batch_size is 15, but 2 processes share each batch: it must be a multiple"):
        Processes(15)


def test_torchrun_trains_a_folder_that_one_process_continues(tmp_path):
    """Rank 0 writes; a run of two processes may be continued by one, since the file does not depend on their number."""
    options = ["train", "--data", "drawn_digits", "--width", "2", "--latent-dim", "8", "--batch-size", "1000"]
    done = torchrun("-m", "dcgan_course", *options, "--epochs", "1", "--out", str(tmp_path / "run"))
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.count("Done: 1 epoch,") == 1
    alone = [sys.executable, "-m", "dcgan_course", "train", "--out", str(tmp_path / "run"), "--resume", "--epochs", "2"]
    done = subprocess.run(alone, cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done: 2 epochs" in done.stdout
    assert len((tmp_path / "run" / "history.csv").read_text().splitlines()) == 3


def test_a_refusal_is_said_once(tmp_path):
    """Before the processes have met; what follows is torchrun's own report."""
    options = ["train", "--data", "drawn_digits", "--batch-size", "15", "--out", str(tmp_path / "run")]
    done = torchrun("-m", "dcgan_course", *options)
    assert done.returncode != 0
    assert done.stderr.count("batch_size is 15, but 2 processes share each batch") == 1
    assert "Traceback" not in done.stderr.split("batch_size is 15")[0] and not (tmp_path / "run").exists()


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    for pair_name in PAIRS:
        found = json.dumps(play(pair_name))
        (Path(sys.argv[1]) / f"{pair_name}_{torch.distributed.get_rank()}.json").write_text(found)
    torch.distributed.destroy_process_group()
