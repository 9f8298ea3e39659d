"""Several processes play the same game as one: two gloo processes on the CPU, started by torchrun."""

import contextlib
import copy
import datetime
import io
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dcgan_course import models
from dcgan_course.errors import InvalidValue, TrainingDiverged
from dcgan_course.training import loop
from dcgan_course.training.losses import non_saturating
from dcgan_course.training.processes import Processes

ROOT = Path(__file__).parents[2]
CONFIG = {"epochs": 3, "batch_size": 16, "precision": "float32", "learning_rate": 1e-3, "ema_decay": 0.9}
STEPS_OF_EPOCH = 4  # 64 pictures, 16 a step

PAIRS = {
    "mlp": lambda: (models.MLPGenerator((1, 8, 8), 6, 16, 0.0), models.MLPDiscriminator((1, 8, 8), 16, 0.0)),
    "dcgan": lambda: (models.Generator(32, 6, 1, 4), models.Discriminator(32, 1, 4)),
}


def some_images(shape):
    return torch.randint(0, 256, (64, *shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))


def rank() -> int:
    return torch.distributed.get_rank() if torch.distributed.is_initialized() else 0


def started_pair(name: str):
    """A pair that begins with other weights in every process: training has to begin with those of process 0."""
    torch.manual_seed(rank())
    return PAIRS[name]()


def train_on(pair, **given) -> loop.History:
    images = some_images(pair[0].image_shape)
    return loop.train(*pair, images, loop.TrainConfig(**CONFIG), progress=False, **given)


def play(name: str) -> tuple[dict, float, list[float]]:
    """Train a pair; return both losses by epoch, the sum of all weights, and the weights of the averaged generator."""
    pair = started_pair(name)
    average = copy.deepcopy(pair[0])
    history = train_on(pair, ema_generator=average)
    total = sum(float(parameter.detach().double().sum()) for network in pair for parameter in network.parameters())
    averaged = torch.nn.utils.parameters_to_vector(average.parameters()).tolist()
    return {"d": history.discriminator_loss, "g": history.generator_loss}, total, averaged


def stop_when_one_asks(asking: int) -> dict:
    """Train with a hook that asks to stop after step 6 in one process only."""
    steps = []

    def ask(training) -> bool:
        steps.append(training.step)
        return rank() == asking and training.step == 6

    history = train_on(started_pair("mlp"), hook=ask)
    return {"last step": steps[-1], "stopped": history.stopped}


def diverge_in_process_1() -> dict:
    """Train with a loss that is nan in process 1 only; its gradients are finite, so process 0 never sees a nan."""
    steps = []

    def loss(logits):
        return non_saturating(logits) + (math.nan if rank() == 1 else 0.0)

    try:
        train_on(started_pair("mlp"), loss_of_logits=loss, hook=lambda training: steps.append(training.step))
    except TrainingDiverged as error:
        return {"raised": str(error), "steps ended": steps}
    return {"raised": None, "steps ended": steps}


def keep_where_no_file_can_be() -> dict:
    """Train with a checkpoint in a folder under a file."""
    with contextlib.redirect_stdout(io.StringIO()) as said:
        history = train_on(started_pair("mlp"), checkpoint=Path(__file__) / "folder" / "run.safetensors")
    return {"said": said.getvalue(), "d": history.discriminator_loss}


CASES = {
    "mlp": lambda: play("mlp"),
    "dcgan": lambda: play("dcgan"),
    "process 0 asks to stop": lambda: stop_when_one_asks(0),
    "process 1 asks to stop": lambda: stop_when_one_asks(1),
    "nan in process 1": diverge_in_process_1,
    "no file can be written": keep_where_no_file_can_be,
}


def torchrun(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """All cases, played by two processes: {case: [what process 0 saw, what process 1 saw]}."""
    folder = tmp_path_factory.mktemp("processes")
    done = torchrun(__file__, str(folder))
    assert done.returncode == 0, done.stderr[-6000:]
    found = [json.loads((folder / f"{number}.json").read_text()) for number in (0, 1)]
    return {case: [found[0][case], found[1][case]] for case in CASES}


@pytest.fixture(scope="module")
def one_process():
    """The pair without batch norm, trained by this process alone."""
    return play("mlp")


def test_the_same_batch_gives_the_same_losses(two_processes, one_process):
    alone, total, _ = one_process
    for together, total_of_rank, _ in two_processes["mlp"]:
        assert together["d"] == pytest.approx(alone["d"], rel=1e-4)
        assert together["g"] == pytest.approx(alone["g"], rel=1e-4)
        assert total_of_rank == pytest.approx(total, rel=1e-3)


@pytest.mark.parametrize("name", PAIRS)
def test_both_processes_hold_the_same_networks(two_processes, name):
    (_, first, first_averaged), (_, second, second_averaged) = two_processes[name]
    assert first == second
    assert first_averaged == second_averaged


def test_the_averaged_generator_is_that_of_one_process(two_processes, one_process):
    """Without batch norm nothing depends on the parts; the average has moved by more than what is allowed here."""
    alone = torch.tensor(one_process[2])
    start = torch.nn.utils.parameters_to_vector(started_pair("mlp")[0].parameters())
    assert (alone - start).abs().max() > 1e-3
    for *_, averaged in two_processes["mlp"]:
        torch.testing.assert_close(torch.tensor(averaged), alone, rtol=0, atol=1e-4)


@pytest.mark.parametrize("asking", [0, 1])
def test_one_process_stops_both_at_the_same_step(two_processes, asking):
    both = two_processes[f"process {asking} asks to stop"]
    assert both == [{"last step": 6, "stopped": True}] * 2


def test_nan_in_one_process_ends_both(two_processes):
    first, second = two_processes["nan in process 1"]
    assert first == second
    assert f"generator's loss stopped being a finite number before step {STEPS_OF_EPOCH}:" in first["raised"]
    assert first["steps ended"] == list(range(1, STEPS_OF_EPOCH))  # looked at where an epoch ends


def test_a_checkpoint_that_cannot_be_written_is_said_by_process_0_only(two_processes, one_process):
    first, second = two_processes["no file can be written"]
    lines = first["said"].splitlines()
    assert len(lines) == CONFIG["epochs"] and second["said"] == ""
    for epoch, line in enumerate(lines, start=1):
        assert line.startswith(f"Training goes on, but step {epoch * STEPS_OF_EPOCH} is not on disk.")
    assert first["d"] == second["d"] == pytest.approx(one_process[0]["d"], rel=1e-4)


def test_batch_norm_sees_only_its_part(two_processes):
    """With batch norm the losses come near those of one process, and are not the same: the statistics differ."""
    alone, *_ = play("dcgan")
    together, *_ = two_processes["dcgan"][0]
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
    # a collective that only one process calls is an error after half a minute, not after gloo's half an hour
    torch.distributed.init_process_group("gloo", timeout=datetime.timedelta(seconds=30))
    found_here = {case: play_case() for case, play_case in CASES.items()}
    (Path(sys.argv[1]) / f"{rank()}.json").write_text(json.dumps(found_here))
    torch.distributed.destroy_process_group()
