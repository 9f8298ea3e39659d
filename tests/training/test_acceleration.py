"""What makes training fast changes how it is computed, not what: each switch against the plain path."""

import copy
import dataclasses
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch.nn.functional import softplus

from dcgan_course import models
from dcgan_course.errors import CheckpointError, TrainingDiverged
from dcgan_course.training import TrainConfig, acceleration, loop
from dcgan_course.training.acceleration import Accelerated, chosen_precision
from dcgan_course.training.tensor_file import read_tensors

ROOT = Path(__file__).parents[2]
CPU = torch.device("cpu")
PLAIN = TrainConfig(epochs=3, batch_size=16, precision="float32", channels_last=False)


def dcgan_pair(seed: int = 0):
    torch.manual_seed(seed)
    return models.Generator(16, 6, 1, 4), models.Discriminator(16, 1, 4)


@pytest.fixture
def images():
    return torch.randint(0, 256, (64, 1, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))


def weights(*networks):
    return torch.cat([tensor.flatten().double() for network in networks for tensor in network.state_dict().values()])


def history_of(images, config, **options):
    pair = dcgan_pair()
    return loop.train(*pair, images, config, progress=False, **options), pair


def test_channels_last_changes_nothing_but_rounding(images):
    plain, plain_pair = history_of(images, PLAIN)
    fast, fast_pair = history_of(images, dataclasses.replace(PLAIN, channels_last=True))
    assert fast_pair[0].blocks[1][0].weight.is_contiguous(memory_format=torch.channels_last)
    assert fast.discriminator_loss == pytest.approx(plain.discriminator_loss, rel=1e-3)
    torch.testing.assert_close(weights(*fast_pair), weights(*plain_pair), rtol=1e-2, atol=1e-3)


def test_reused_fakes_are_those_of_a_loop_that_draws_once(images):
    """Against a loop as most programs have it: fakes are drawn once, D learns without their graph, G with it."""
    config = dataclasses.replace(PLAIN, reuse_fakes=True, epochs=1, batch_size=64)
    seen = []
    _, pair = history_of(images, config, hook=lambda training: seen.append(training.step))
    generator, discriminator = dcgan_pair()
    g_adam, d_adam = (torch.optim.Adam(n.parameters(), 1e-4, betas=(0.9, 0.999)) for n in (generator, discriminator))
    z = torch.randn(64, 6, generator=torch.Generator().manual_seed(config.seed))
    fake = generator(z)
    real = images[torch.randperm(64)] / 127.5 - 1  # one batch holds all pictures: their order changes nothing
    d_loss = softplus(-discriminator(real)).mean() + softplus(discriminator(fake.detach())).mean()
    d_loss.backward()
    d_adam.step()
    softplus(-discriminator(fake)).mean().backward()
    g_adam.step()
    assert seen == [1]
    torch.testing.assert_close(weights(*pair), weights(generator, discriminator), rtol=1e-4, atol=1e-6)


def test_reused_fakes_cost_one_call_of_the_generator_less(images):
    calls = {}
    for reuse in (False, True):
        generator, discriminator = dcgan_pair()
        counted = []
        generator.register_forward_hook(lambda *_, counted=counted: counted.append(1))
        config = dataclasses.replace(PLAIN, reuse_fakes=reuse, discriminator_steps=2)
        loop.train(generator, discriminator, images, config, progress=False)
        calls[reuse] = len(counted)
    assert calls == {False: 12 + 6, True: 12}  # 12 steps of D, 6 of G


def test_bfloat16_keeps_float32_weights_and_stays_close(images):
    plain, _ = history_of(images, PLAIN)
    fast, pair = history_of(images, dataclasses.replace(PLAIN, precision="bfloat16"))
    assert {parameter.dtype for network in pair for parameter in network.parameters()} == {torch.float32}
    assert fast.discriminator_loss == pytest.approx(plain.discriminator_loss, rel=0.05)
    assert fast.discriminator_loss != plain.discriminator_loss  # it was really computed in another precision


def test_a_network_in_bfloat16_answers_in_float32():
    generator, _ = dcgan_pair()
    fast = Accelerated(generator, torch.bfloat16, False, False)
    z = torch.randn(4, 6)
    drawn = fast(z)
    assert drawn.dtype == torch.float32
    assert 0 < (drawn - generator(z)).abs().max() < 0.05


def test_auto_is_bfloat16_only_where_the_processor_computes_it(monkeypatch):
    for native, wanted in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(acceleration, "computes_bfloat16", lambda device, native=native: native)
        assert chosen_precision("auto", CPU) is wanted
        assert chosen_precision("float32", CPU) is torch.float32


def test_the_average_is_the_formula(images):
    """ema ← decay · ema + (1 − decay) · weights after every generator step; the training itself is not touched."""
    config = dataclasses.replace(PLAIN, epochs=2, ema_decay=0.8)
    _, without = history_of(images, config)
    average, wanted, seen = copy.deepcopy(dcgan_pair()[0]), None, []
    wanted = [parameter.detach().double().clone() for parameter in average.parameters()]

    def follow(training):
        for want, value in zip(wanted, training.generator.parameters(), strict=True):
            want.mul_(0.8).add_(value.detach().double(), alpha=0.2)
        seen.append(training.step)

    _, pair = history_of(images, config, ema_generator=average, hook=follow)
    assert len(seen) == 8 and torch.equal(weights(*pair), weights(*without))
    for want, value in zip(wanted, average.parameters(), strict=True):
        torch.testing.assert_close(value.double(), want, rtol=1e-5, atol=1e-6)


def test_a_checkpoint_without_an_average_is_refused_where_one_is_asked_for(images, tmp_path):
    path = tmp_path / "run.safetensors"
    history_of(images, PLAIN, checkpoint=path)
    with pytest.raises(CheckpointError, match="belongs to another ema_generator"):
        history_of(images, PLAIN, checkpoint=path, ema_generator=dcgan_pair()[0])


def test_an_average_in_the_file_is_not_dropped_in_silence(images, tmp_path):
    path = tmp_path / "run.safetensors"
    history_of(images, PLAIN, checkpoint=path, ema_generator=dcgan_pair()[0])
    before = path.read_bytes()
    with pytest.raises(CheckpointError, match="belongs to another ema_generator: it also holds"):
        history_of(images, PLAIN, checkpoint=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_weights_that_are_no_numbers_stop_the_training_and_keep_the_last_good_file(images, tmp_path, precision):
    path, config = tmp_path / "run.safetensors", dataclasses.replace(PLAIN, precision=precision)

    def break_it(training):
        if training.step == 6:
            next(training.generator.parameters()).data.fill_(float("nan"))

    with pytest.raises(TrainingDiverged, match="stopped being a finite number before step"):
        history_of(images, config, checkpoint=path, hook=break_it, ema_generator=dcgan_pair()[0])
    tensors, texts = read_tensors(path)
    assert texts["step"] == "4"  # the end of the first epoch
    assert all(tensor.isfinite().all() for tensor in tensors.values())


SCRIPT = """
import copy, sys, torch
torch.set_num_threads(1)
from dcgan_course import models
from dcgan_course.training import loop
torch.manual_seed(0)
generator, discriminator = models.Generator(16, 6, 1, 4), models.Discriminator(16, 1, 4)
average = copy.deepcopy(generator)
images = torch.randint(0, 256, (64, 1, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))
config = loop.TrainConfig(epochs=30, batch_size=16, precision="bfloat16", channels_last=True, ema_decay=0.9,
                           reuse_fakes=True)
loop.train(generator, discriminator, images, config, ema_generator=average, checkpoint=sys.argv[1] or None,
            checkpoint_every=7, progress=False, hook=lambda training: print(training.step, flush=True))
torch.save([p for n in (generator, discriminator, average) for p in n.state_dict().values()], sys.argv[2])
"""


def test_kill_and_resume_to_the_bit_with_every_switch_on(tmp_path):
    """bfloat16, channels-last and an averaged generator: 120 steps at once against a kill −9 on the way."""

    def start(checkpoint, result):
        command = [sys.executable, "-c", SCRIPT, str(checkpoint), str(tmp_path / result)]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)

    whole = start("", "whole.pt")
    assert len(whole.communicate()[0].split()) == 120
    killed = start(tmp_path / "run.safetensors", "killed.pt")
    for line in killed.stdout:
        if int(line) >= 60:
            os.kill(killed.pid, signal.SIGKILL)
            break
    killed.communicate()
    assert killed.wait() == -signal.SIGKILL
    continued = start(tmp_path / "run.safetensors", "continued.pt")
    steps = continued.communicate()[0].split()
    assert 1 < int(steps[0]) < 120 and steps[-1] == "120"
    one, two = (torch.load(tmp_path / name, weights_only=True) for name in ("whole.pt", "continued.pt"))
    assert all(torch.equal(a, b) for a, b in zip(one, two, strict=True))


def test_without_a_compiler_it_goes_on_as_it_is_and_says_so_once(tiny_networks, tiny_images, monkeypatch, capsys):
    def broken(network):
        def call(x):
            raise RuntimeError("No working C++ compiler found\nand forty more lines")

        return call

    monkeypatch.setattr(torch, "compile", broken)
    results = []
    for compiled in (False, True):
        pair = tiny_networks()
        loop.train(*pair, tiny_images, TrainConfig(epochs=2, batch_size=64, compile=compiled), progress=False)
        results.append(pair[0].state_dict())
    shown = capsys.readouterr().out
    assert shown.count("Training goes on without compile") == 1 == shown.count("\n")
    assert "No working C++ compiler" in shown
    assert all(torch.equal(a, b) for a, b in zip(*(result.values() for result in results), strict=True))


def test_a_torch_that_refuses_to_compile_is_one_line(tiny_networks, tiny_images, monkeypatch, capsys):
    def refuse(network):
        raise RuntimeError("torch.compile is not supported on this Python")

    monkeypatch.setattr(torch, "compile", refuse)
    loop.train(*tiny_networks(), tiny_images, TrainConfig(epochs=1, batch_size=64, compile=True), progress=False)
    assert capsys.readouterr().out.count("Training goes on without compile") == 1


def test_a_fault_of_the_network_itself_is_still_raised(monkeypatch):
    class Broken(torch.nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Accelerated(Broken(), torch.float32, channels_last=False, compiled=True)(torch.zeros(1))
