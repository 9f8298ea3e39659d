"""A checkpoint that was written when the package was one flat folder (commit 34c86ae) goes on.

It was stopped at step 13 of 30 by:

    train(generator, discriminator, images, config, test_images=images[:100], ema_generator=average,
          hook=lambda training: training.step == 13, checkpoint="training.safetensors")
"""

import copy
import shutil
from pathlib import Path

import torch

from dcgan_course.training import TrainConfig, train
from dcgan_course.training.tensor_file import read_tensors

KEPT = Path(__file__).parent / "before_the_move" / "training.safetensors"
CONFIG = TrainConfig(epochs=3, batch_size=64, precision="float32", seed=3)


def test_it_goes_on_to_where_a_training_in_one_piece_ends(tiny_networks, tiny_images, tmp_path):
    ends = []
    for path in (tmp_path / "kept.safetensors", None):
        if path is not None:
            shutil.copy(KEPT, path)
        steps = []
        generator, discriminator = tiny_networks()
        average = copy.deepcopy(generator).requires_grad_(False)
        history = train(
            generator,
            discriminator,
            tiny_images,
            CONFIG,
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


def test_its_first_epoch_is_in_the_history(tiny_networks, tiny_images, tmp_path):
    path = tmp_path / "kept.safetensors"
    shutil.copy(KEPT, path)
    generator, discriminator = tiny_networks()
    kept = read_tensors(KEPT)[1]
    average = copy.deepcopy(generator).requires_grad_(False)
    train(generator, discriminator, tiny_images, CONFIG, ema_generator=average, checkpoint=path, progress=False)
    assert kept["step"] == "13" and read_tensors(path)[1]["step"] == "30"
