import copy
import dataclasses
import os
import resource
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from dcgan_course import models
from dcgan_course.errors import CheckpointError
from dcgan_course.training import TrainConfig, checkpoint, loop, tensor_file

ROOT = Path(__file__).parents[2]
SHORT = TrainConfig(epochs=3, batch_size=64, learning_rate=1e-3)
QUIET = {"progress": False}


def weights(*networks):
    return torch.cat([tensor.flatten().double() for network in networks for tensor in network.state_dict().values()])


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("stop_at", [1, 10, 17, 29])
def test_stopped_and_continued_is_the_same_to_the_bit(tiny_networks, tiny_images, tmp_path, stop_at, k):
    config = dataclasses.replace(SHORT, discriminator_steps=k)
    path = tmp_path / "run.safetensors"
    whole, parts, again = tiny_networks(), tiny_networks(), tiny_networks(seed=5)
    want = loop.train(*whole, tiny_images, config, test_images=tiny_images[:50], **QUIET)
    stop = lambda training: training.step == stop_at
    options = {"test_images": tiny_images[:50], "checkpoint": path, **QUIET}
    loop.train(*parts, tiny_images, config, hook=stop, **options)
    got = loop.train(*again, tiny_images, config, **options)
    assert torch.equal(weights(*whole), weights(*again))
    assert dataclasses.replace(got, seconds=[]) == dataclasses.replace(want, seconds=[])


SCRIPT = """
import sys, torch
from dcgan_course import models
from dcgan_course.training import loop
torch.set_num_threads(1)
torch.manual_seed(0)
networks = models.MLPGenerator((1, 6, 6), 5, 16), models.MLPDiscriminator((1, 6, 6), 16)
images = torch.randint(0, 256, (640, 1, 6, 6), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
config = loop.TrainConfig(epochs=20, batch_size=64)
def tell(training):
    print(training.step, flush=True)
    return training.step == int(sys.argv[2])
checkpoint = sys.argv[1] or None
loop.train(*networks, images, config, checkpoint=checkpoint, checkpoint_every=25, progress=False, hook=tell)
torch.save([p.detach() for n in networks for p in n.state_dict().values()], sys.argv[3])
"""


def test_200_steps_at_once_equal_100_steps_a_kill_and_100_steps(tmp_path):
    def start(checkpoint_file, result):
        command = [sys.executable, "-c", SCRIPT, str(checkpoint_file), "-1", str(tmp_path / result)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    whole = start("", "whole.pt")
    assert len(whole.communicate()[0].split()) == 200
    killed = start(tmp_path / "run.safetensors", "killed.pt")
    for line in killed.stdout:
        if int(line) >= 110:  # the last checkpoint is the one of step 100
            os.kill(killed.pid, signal.SIGKILL)
            break
    killed.communicate()
    assert killed.wait() == -signal.SIGKILL and not (tmp_path / "killed.pt").exists()
    continued = start(tmp_path / "run.safetensors", "continued.pt")
    steps = continued.communicate()[0].split()
    assert 100 < int(steps[0]) < 200 and steps[-1] == "200"
    one, two = (torch.load(tmp_path / name, weights_only=True) for name in ("whole.pt", "continued.pt"))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


@pytest.fixture
def finished(tiny_networks, tiny_images, tmp_path):
    """A checkpoint of a finished training, and a function that tries to continue from it."""
    path = tmp_path / "run.safetensors"
    loop.train(*tiny_networks(), tiny_images, SHORT, checkpoint=path, **QUIET)

    def go_on(networks=None, config=SHORT, images=tiny_images):
        return loop.train(*(networks or tiny_networks()), images, config, checkpoint=path, **QUIET)

    return path, go_on


def test_more_epochs_continue_a_finished_run(finished):
    _, go_on = finished
    assert len(go_on(config=dataclasses.replace(SHORT, epochs=5))) == 5


@pytest.mark.parametrize("size", [0, 7, 100, 0.5, 0.999])
def test_a_truncated_file_is_refused_in_a_sentence(finished, size):
    path, go_on = finished
    content = path.read_bytes()
    path.write_bytes(content[: size if isinstance(size, int) else int(size * len(content))])
    with pytest.raises(CheckpointError, match="run.safetensors is cut short or is not a safetensors file"):
        go_on()


def test_a_pickle_is_refused_and_not_run(finished, tmp_path):
    path, go_on = finished

    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "exploded"),))

    torch.save({"generator": Bomb()}, path)
    with pytest.raises(CheckpointError, match="not a safetensors file"):
        go_on()
    assert not (tmp_path / "exploded").exists()


def test_a_foreign_safetensors_file_is_refused(finished):
    path, go_on = finished
    save_file({"weight": torch.zeros(3)}, path)
    with pytest.raises(CheckpointError, match="not a training of this course"):
        go_on()


def test_another_version_is_refused(finished):
    path, go_on = finished
    tensors, texts = tensor_file.read_tensors(path)
    tensor_file.write_tensors(path, tensors, texts | {"version": "99"})
    with pytest.raises(CheckpointError, match="has version 99, but this package reads version 2"):
        go_on()


def test_a_checkpoint_of_other_networks_is_refused_before_anything_changes(finished, tiny_networks):
    _, go_on = finished
    other = tiny_networks(hidden_dim=8)
    before = weights(*other)
    with pytest.raises(
        CheckpointError, match=r"another generator: its layers.0.weight is \(16, 5\), but here it is \(8, 5\)"
    ):
        go_on(other)
    assert torch.equal(weights(*other), before)


def test_other_settings_and_other_pictures_are_refused(finished, tiny_images):
    _, go_on = finished
    with pytest.raises(CheckpointError, match="trained with learning_rate = 0.001, but 0.5 is asked for"):
        go_on(config=dataclasses.replace(SHORT, learning_rate=0.5))
    with pytest.raises(CheckpointError, match=r"trained on pictures \(640, 1, 6, 6\)"):
        go_on(images=tiny_images[:320])


FULL_DISK = """
import resource, sys, torch
from pathlib import Path
from dcgan_course import models
from dcgan_course.training import loop
networks = models.MLPGenerator((1, 6, 6), 5, 64), models.MLPDiscriminator((1, 6, 6), 64)
images = torch.zeros(640, 1, 6, 6, dtype=torch.uint8)
path = Path(sys.argv[1])
loop.train(*networks, images, loop.TrainConfig(epochs=1, batch_size=64), checkpoint=path, progress=False)
good = path.read_bytes()
resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, resource.RLIM_INFINITY))  # every larger file fails now
history = loop.train(*networks, images, loop.TrainConfig(epochs=3, batch_size=64), checkpoint=path, progress=False)
print(len(history), path.read_bytes() == good, sorted(p.name for p in path.parent.iterdir()))
"""


def test_a_full_disk_leaves_the_last_good_file_and_the_training_goes_on(tmp_path):
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] != 0
    path = tmp_path / "run.safetensors"
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[-1] == "3 True ['run.safetensors']"
    assert "run.safetensors could not be written (File too large)" in lines[0] and "Training goes on" in lines[0]


def test_batch_norm_statistics_are_part_of_a_checkpoint(tiny_images, tmp_path):
    def networks():
        torch.manual_seed(0)
        pair = models.MLPGenerator((1, 6, 6), 5, 8), models.MLPDiscriminator((1, 6, 6), 8)
        pair[0].layers.insert(1, torch.nn.BatchNorm1d(8))
        return pair

    path = tmp_path / "run.safetensors"
    whole, parts = networks(), networks()
    loop.train(*whole, tiny_images, SHORT, **QUIET)
    loop.train(*parts, tiny_images, SHORT, checkpoint=path, hook=lambda t: t.step == 14, **QUIET)
    parts = networks()
    loop.train(*parts, tiny_images, SHORT, checkpoint=path, **QUIET)
    assert torch.equal(weights(*whole), weights(*parts))


def test_the_epoch_is_on_disk_before_the_hook_is_called(tiny_networks, tiny_images, tmp_path):
    """Whatever a hook does, nothing of what it was called for is lost."""
    path = tmp_path / "run.safetensors"

    def break_at_the_end_of_an_epoch(training):
        if training.step == 20:
            raise RuntimeError("a hook that is broken")

    with pytest.raises(RuntimeError, match="a hook that is broken"):
        loop.train(*tiny_networks(), tiny_images, SHORT, checkpoint=path, hook=break_at_the_end_of_an_epoch, **QUIET)
    assert checkpoint.read_progress(path).step == 20
    whole, again = tiny_networks(), tiny_networks(seed=5)
    loop.train(*whole, tiny_images, SHORT, **QUIET)
    loop.train(*again, tiny_images, SHORT, checkpoint=path, **QUIET)
    assert torch.equal(weights(*whole), weights(*again))


def test_how_far_a_training_has_come_is_in_the_header(tiny_networks, tiny_images, tmp_path):
    path = tmp_path / "run.safetensors"
    for step, full, begun in ((3, 0, 1), (10, 1, 1), (14, 1, 2), (30, 3, 3)):
        stop = lambda training, step=step: training.step == step
        loop.train(*tiny_networks(), tiny_images, SHORT, checkpoint=path, hook=stop, **QUIET)
        assert checkpoint.read_progress(path) == checkpoint.Progress(step, full, begun)


def test_of_a_foreign_file_nobody_says_how_far_it_has_come(tmp_path):
    save_file({"weight": torch.zeros(3)}, tmp_path / "foreign.safetensors")
    with pytest.raises(CheckpointError, match="not a training of this course"):
        checkpoint.read_progress(tmp_path / "foreign.safetensors")


# A checkpoint that was written when the package was one flat folder (commit 34c86ae). It stopped at step 13 of 30 by
# train(generator, discriminator, images, config, test_images=images[:100], ema_generator=average,
#       hook=lambda training: training.step == 13, checkpoint="training.safetensors").

KEPT = Path(__file__).parent / "before_the_move" / "training.safetensors"
OLD_CONFIG = TrainConfig(epochs=3, batch_size=64, precision="float32", seed=3)


def test_the_old_one_goes_on_to_where_a_training_in_one_piece_ends(tiny_networks, tiny_images, tmp_path):
    ends = []
    for path in (tmp_path / "kept.safetensors", None):
        if path is not None:
            shutil.copy(KEPT, path)
        steps = []
        generator, discriminator = tiny_networks()
        average = copy.deepcopy(generator).requires_grad_(False)
        history = loop.train(
            generator,
            discriminator,
            tiny_images,
            OLD_CONFIG,
            test_images=tiny_images[:100],
            ema_generator=average,
            hook=lambda training, steps=steps: steps.append(training.step),
            checkpoint=path,
            progress=False,
        )
        assert len(history) == 3 and steps[0] == (1 if path is None else 14)
        networks = (generator, discriminator, average)
        ends.append([value for network in networks for value in network.state_dict().values()])
    torch.testing.assert_close(*ends, rtol=1e-4, atol=1e-5)  # it was written on another machine: not to the last bit


def test_the_first_epoch_of_the_old_one_is_in_the_history(tiny_networks, tiny_images, tmp_path):
    path = tmp_path / "kept.safetensors"
    shutil.copy(KEPT, path)
    generator, discriminator = tiny_networks()
    kept = tensor_file.read_tensors(KEPT)[1]
    average = copy.deepcopy(generator).requires_grad_(False)
    loop.train(
        generator, discriminator, tiny_images, OLD_CONFIG, ema_generator=average, checkpoint=path, progress=False
    )
    assert kept["step"] == "13" and tensor_file.read_tensors(path)[1]["step"] == "30"
