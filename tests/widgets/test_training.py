"""The training monitor: what it shows, its button, and that looking changes nothing."""

import numpy as np
import torch

from dcgan_course import widgets
from dcgan_course.training import TrainConfig, loop
from tests.helpers.pictures import pixels


class TestMonitor:
    def run(self, tiny_networks, tiny_images, monitor, epochs=3, **options):
        self.networks = tiny_networks()
        config = TrainConfig(epochs=epochs, batch_size=64)
        return loop.train(*self.networks, tiny_images, config, hook=monitor, progress=False, **options)

    def test_looking_gives_each_part_its_own_mode_back(self, tiny_networks, tiny_images):
        generator = tiny_networks()[0].train()
        generator.layers[2].eval()  # a part that somebody keeps in eval mode while the rest trains
        modes = [module.training for module in generator.modules()]
        state = torch.get_rng_state()
        widgets.TrainingMonitor(tiny_images[:50]).samples_png(generator)
        assert [module.training for module in generator.modules()] == modes and len(set(modes)) == 2
        assert torch.equal(torch.get_rng_state(), state)

    def test_it_shows_traces_and_samples(self, tiny_networks, tiny_images):
        monitor = widgets.TrainingMonitor(tiny_images[:50], every=0)
        empty = monitor.traces.value, monitor.samples.value
        self.run(tiny_networks, tiny_images, monitor)
        assert len(monitor.epochs) == 30 and monitor.epochs[-1] == 3
        assert all(0 < p < 1 for p in monitor.p_real + monitor.p_fake)
        assert monitor.traces.value != empty[0] and monitor.samples.value != empty[1]
        assert "epoch 3.0 of 3" in monitor.words.value and monitor.bar.value == monitor.bar.max == 30

    def test_the_traces_are_not_stretched_by_the_samples_beside_them(self, tiny_images):
        monitor = widgets.TrainingMonitor(tiny_images[:50])
        assert pixels(monitor.samples.value).shape == (280, 280, 3)
        assert monitor.children[1].children == (monitor.traces, monitor.samples)
        assert monitor.children[1].layout.align_items == "flex-start"

    def test_watching_does_not_change_the_training(self, tiny_networks, tiny_images):
        self.run(tiny_networks, tiny_images, widgets.TrainingMonitor(tiny_images[:50], every=0))
        watched = self.networks
        self.run(tiny_networks, tiny_images, None)
        for one, two in zip(watched[0].parameters(), self.networks[0].parameters(), strict=True):
            assert torch.equal(one, two)

    def test_the_button_stops_and_the_next_call_continues(self, tiny_networks, tiny_images, tmp_path):
        monitor = widgets.TrainingMonitor(tiny_images[:50])
        look = monitor.__call__

        def press_at_seven(training):
            if training.step == 7:
                monitor.button.click()
            return look(training)

        path = tmp_path / "run.safetensors"
        history = self.run(tiny_networks, tiny_images, press_at_seven, checkpoint=path)
        assert history.stopped and "Stopped after step 7" in monitor.words.value
        history = self.run(tiny_networks, tiny_images, monitor, checkpoint=path)
        assert not history.stopped and len(history) == 3
        whole = self.networks[0]
        self.run(tiny_networks, tiny_images, None)
        assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), self.networks[0].parameters(), strict=True))

    def test_the_button_without_a_training_says_so_and_stops_nothing(self, tiny_networks, tiny_images):
        monitor = widgets.TrainingMonitor(tiny_images[:50])
        monitor.button.click()
        assert "nothing to stop" in monitor.words.value
        assert not self.run(tiny_networks, tiny_images, monitor).stopped

    def test_traces_are_drawn_where_the_numbers_are(self, tiny_images):
        monitor = widgets.TrainingMonitor(tiny_images[:10])
        monitor.epochs, monitor.p_real, monitor.p_fake = [0.0, 10.0], [0.9, 0.9], [0.1, 0.1]
        picture = pixels(monitor.traces_png(10.0))
        blue = np.argwhere((picture[:, :, 2] > 140) & (picture[:, :, 0] < 60))
        orange = np.argwhere((picture[:, :, 0] > 180) & (picture[:, :, 2] < 60) & (picture[:, :, 1] < 130))
        assert np.median(blue[:, 0]) < picture.shape[0] / 2 < np.median(orange[:, 0])
