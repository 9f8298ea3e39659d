import dataclasses
import math
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch

from dcgan_course.errors import InvalidValue, TrainingDiverged
from dcgan_course.training import TrainConfig, loop, losses

SHORT = TrainConfig(epochs=3, batch_size=64, learning_rate=1e-3)


def copy_of(network):
    return [tensor.clone() for tensor in network.state_dict().values()]


def unchanged(network, before):
    return all(torch.equal(a, b) for a, b in zip(network.state_dict().values(), before, strict=True))


def adam(network):
    return torch.optim.Adam(network.parameters(), lr=1e-3)


class TestSteps:
    def test_discriminator_step_moves_the_discriminator_only(self, tiny_networks):
        generator, discriminator = tiny_networks()
        old_g, old_d = copy_of(generator), copy_of(discriminator)
        loop.discriminator_step(
            generator, discriminator, adam(discriminator), torch.rand(8, 1, 6, 6), torch.randn(8, 5)
        )
        assert unchanged(generator, old_g) and not unchanged(discriminator, old_d)
        assert all(parameter.grad is None for parameter in generator.parameters())

    def test_generator_step_moves_the_generator_only(self, tiny_networks):
        generator, discriminator = tiny_networks()
        old_g, old_d = copy_of(generator), copy_of(discriminator)
        loop.generator_step(generator, discriminator, adam(generator), torch.randn(8, 5))
        assert unchanged(discriminator, old_d) and not unchanged(generator, old_g)
        assert all(parameter.grad is None for parameter in discriminator.parameters())
        assert all(parameter.requires_grad for parameter in discriminator.parameters())

    def test_generator_step_leaves_a_frozen_layer_frozen(self, tiny_networks):
        generator, discriminator = tiny_networks()
        first = next(discriminator.parameters()).requires_grad_(False)
        loop.generator_step(generator, discriminator, adam(generator), torch.randn(8, 5))
        assert not first.requires_grad

    @pytest.mark.parametrize("loss", [losses.non_saturating, losses.minimax])
    def test_steps_are_the_gradient_of_the_paper(self, tiny_networks, loss):
        """One SGD step equals a hand-made step on the formula with sigmoid and log, in float64."""
        generator, discriminator = (network.double().eval() for network in tiny_networks())
        z, real = torch.randn(16, 5, dtype=torch.float64), torch.rand(16, 1, 6, 6, dtype=torch.float64)
        d = lambda x: torch.sigmoid(discriminator(x))
        value = d(real).log().mean() + (1 - d(generator(z))).log().mean()
        want = [
            p + 0.1 * g
            for p, g in zip(
                discriminator.parameters(), torch.autograd.grad(value, list(discriminator.parameters())), strict=True
            )
        ]
        optimizer = torch.optim.SGD(discriminator.parameters(), lr=0.1)
        loop.discriminator_step(generator, discriminator, optimizer, real, z)
        torch.testing.assert_close(list(discriminator.parameters()), [nn_parameter(w) for w in want])

        chance = d(generator(z))
        goal = -chance.log().mean() if loss is losses.non_saturating else (1 - chance).log().mean()
        gradients = torch.autograd.grad(goal, list(generator.parameters()))
        want = [p - 0.1 * g for p, g in zip(generator.parameters(), gradients, strict=True)]
        loop.generator_step(generator, discriminator, torch.optim.SGD(generator.parameters(), lr=0.1), z, loss)
        torch.testing.assert_close(list(generator.parameters()), [nn_parameter(w) for w in want])


def nn_parameter(tensor):
    return torch.nn.Parameter(tensor.detach())


class TestTrain:
    def test_history_has_an_entry_an_epoch(self, tiny_networks, tiny_images):
        history = loop.train(*tiny_networks(), tiny_images, SHORT, test_images=tiny_images[:100], progress=False)
        for name in ("discriminator_loss", "generator_loss", "p_real", "p_fake", "seconds"):
            values = getattr(history, name)
            assert len(values) == 3 and all(math.isfinite(value) for value in values), name
        assert all(0 < p < 1 for p in history.p_real + history.p_fake) and not history.stopped

    @pytest.mark.parametrize("precision", ["float32", "bfloat16"])
    def test_it_learns_the_mean_of_the_pictures(self, tiny_networks, precision):
        """Pictures that are bright on the left and dark on the right are drawn so after training."""
        images = torch.zeros(512, 1, 6, 6, dtype=torch.uint8)
        images[..., :3] = 230
        images += torch.randint(0, 25, images.shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
        generator, discriminator = tiny_networks(seed=1, hidden_dim=32)
        config = TrainConfig(epochs=40, batch_size=64, learning_rate=2e-3, seed=1, precision=precision)
        loop.train(generator, discriminator, images, config, progress=False)
        drawn = generator.eval()(torch.randn(200, 5, generator=torch.Generator().manual_seed(3))).mean(dim=(0, 1, 2))
        assert drawn[:3].min() > 0.25 and drawn[3:].max() < -0.25

    def test_same_seed_same_bits_and_the_global_random_state_is_left_alone(self, tiny_networks, tiny_images):
        results = []
        for _ in range(2):
            generator, discriminator = tiny_networks()
            torch.manual_seed(77)
            loop.train(generator, discriminator, tiny_images, SHORT, progress=False)
            results.append((copy_of(generator), torch.randn(3)))
        assert all(torch.equal(a, b) for a, b in zip(results[0][0], results[1][0], strict=True))
        torch.manual_seed(77)
        assert torch.equal(results[0][1], torch.randn(3))

    def test_another_seed_gives_another_training(self, tiny_networks, tiny_images):
        results = []
        for seed in (0, 1):
            generator, discriminator = tiny_networks()
            loop.train(generator, discriminator, tiny_images, dataclasses.replace(SHORT, seed=seed), progress=False)
            results.append(copy_of(generator))
        assert not all(torch.equal(a, b) for a, b in zip(*results, strict=True))

    def test_the_largest_seed_trains(self, tiny_networks, tiny_images):
        config = dataclasses.replace(SHORT, seed=2**32 - 1)
        assert len(loop.train(*tiny_networks(), tiny_images, config, progress=False)) == 3

    def test_a_hook_that_draws_at_random_changes_nothing(self, tiny_networks, tiny_images):
        one, two = tiny_networks(), tiny_networks()
        loop.train(*one, tiny_images, SHORT, progress=False)
        loop.train(*two, tiny_images, SHORT, progress=False, hook=lambda training: torch.randn(9) is None)
        assert unchanged(one[0], copy_of(two[0]))

    @pytest.mark.parametrize("k", [2, 5])
    def test_k_discriminator_steps_for_each_generator_step(self, tiny_networks, tiny_images, k, monkeypatch):
        turns = []
        for name in ("discriminator_step", "generator_step"):
            step = getattr(loop, name)
            monkeypatch.setattr(
                loop, name, lambda *a, step=step, name=name, **b: turns.append(name[0]) or step(*a, **b)
            )
        config = TrainConfig(epochs=1, batch_size=64, discriminator_steps=k)
        loop.train(*tiny_networks(), tiny_images, config, progress=False)
        assert "".join(turns) == ("d" * k + "g") * (10 // k)

    def test_stop_from_the_hook_keeps_what_was_done(self, tiny_networks, tiny_images):
        generator, discriminator = tiny_networks()
        before = copy_of(generator)
        history = loop.train(generator, discriminator, tiny_images, SHORT, progress=False, hook=lambda t: t.step == 13)
        assert history.stopped and len(history) == 1 and not unchanged(generator, before)

    def test_interrupt_stops_cleanly(self, tiny_networks, tiny_images):
        def interrupt(training):
            if training.step == 5:
                os.kill(os.getpid(), signal.SIGINT)

        before = signal.getsignal(signal.SIGINT)
        history = loop.train(*tiny_networks(), tiny_images, SHORT, progress=False, hook=interrupt)
        assert history.stopped
        assert signal.getsignal(signal.SIGINT) is before

    def test_second_interrupt_interrupts_at_once(self, tiny_networks, tiny_images):
        def interrupt_twice(training):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

        before = signal.getsignal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            loop.train(*tiny_networks(), tiny_images, SHORT, progress=False, hook=interrupt_twice)
        assert signal.getsignal(signal.SIGINT) is before

    def test_works_outside_the_main_thread(self, tiny_networks, tiny_images):
        found = []
        run = lambda: found.append(loop.train(*tiny_networks(), tiny_images, SHORT, progress=False))
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        assert len(found[0]) == 3

    def test_a_loss_that_is_not_finite_stops_with_a_sentence_and_keeps_the_checkpoint(
        self, tiny_networks, tiny_images, tmp_path
    ):
        path = tmp_path / "run.safetensors"
        generator, discriminator = tiny_networks()

        def spoil(training):
            if training.step == 15:
                with torch.no_grad():
                    next(generator.parameters()).fill_(math.nan)

        with pytest.raises(TrainingDiverged, match="stopped being a finite number before step 20.*learning_rate"):
            loop.train(generator, discriminator, tiny_images, SHORT, progress=False, hook=spoil, checkpoint=path)
        generator, discriminator = tiny_networks()
        history = loop.train(generator, discriminator, tiny_images, SHORT, progress=False, checkpoint=path)
        assert len(history) == 3 and all(tensor.isfinite().all() for tensor in copy_of(generator))

    def test_progress_bar_is_shown(self, tiny_networks, tiny_images, capfd):
        loop.train(*tiny_networks(), tiny_images, SHORT)
        assert "1.92k/1.92k" in capfd.readouterr().err  # images

    def test_wrong_pictures_are_refused_at_the_door(self, tiny_networks, tiny_images):
        networks = tiny_networks()
        for images, words in (
            (tiny_images.float(), "torch.float32"),
            (tiny_images[:10], "only 10 pictures"),
            (tiny_images.numpy(), "ndarray"),
            (torch.zeros(100, 3, 6, 6, dtype=torch.uint8), r"generator draws \(1, 6, 6\)"),
        ):
            with pytest.raises(InvalidValue, match=words):
                loop.train(*networks, images, SHORT, progress=False)


def test_training_needs_no_jupyter():
    """Import and train with ipywidgets, IPython and jupyter made impossible to import."""
    code = """
import sys
for name in ("ipywidgets", "IPython", "jupyter_core", "jupyterlab"):
    sys.modules[name] = None
import torch
from dcgan_course import models
from dcgan_course.training import loop
networks = models.MLPGenerator((1, 4, 4), 3, 8), models.MLPDiscriminator((1, 4, 4), 8)
images = torch.zeros(64, 1, 4, 4, dtype=torch.uint8)
print(len(loop.train(*networks, images, loop.TrainConfig(epochs=2, batch_size=32), progress=False)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    assert done.returncode == 0 and done.stdout.strip() == "2", done.stderr


def test_importing_the_package_is_cheap():
    code = """
import sys, time
import torch
start = time.perf_counter()
import dcgan_course
print(time.perf_counter() - start)
from dcgan_course import training
print("matplotlib" in sys.modules, "ipywidgets" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2])
    seconds, imported = done.stdout.splitlines()
    assert float(seconds) < 0.2 and imported == "False False"
