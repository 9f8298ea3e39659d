"""A step as a CUDA graph: the same numbers on a GPU, and nothing at all elsewhere."""

import pytest
import torch

from dcgan_course.errors import InvalidValue
from dcgan_course.models import Discriminator, Generator
from dcgan_course.training import TrainConfig, train

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


@pytest.fixture
def same_algorithms(monkeypatch):
    """Let cuDNN take algorithms that add in a fixed order."""
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)
    monkeypatch.setattr(torch.backends.cudnn, "benchmark", False)


def trained(device, stop=None, checkpoint=None, **settings):
    """Train 2 epochs of 12 steps on noise; return all numbers of the pair and of the average, and the history."""
    torch.manual_seed(0)
    pair = [
        network.to(device) for network in (Generator(16, 10, 1, 4), Discriminator(16, 1, 4), Generator(16, 10, 1, 4))
    ]
    images = torch.randint(0, 256, (12 * 8, 1, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    config = TrainConfig(2, 8, 2e-4, (0.5, 0.999), **settings)
    hook = lambda training: training.step == stop
    history = train(*pair[:2], images, config, ema_generator=pair[2], hook=hook, checkpoint=checkpoint, progress=False)
    return [value.cpu() for network in pair for value in network.state_dict().values()], history


def all_equal(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_without_a_gpu_it_changes_nothing():
    plain, asked = trained("cpu"), trained("cpu", cuda_graph=True)
    assert all_equal(plain[0], asked[0]) and plain[1].discriminator_loss == asked[1].discriminator_loss


def test_several_steps_of_d_are_refused():
    with pytest.raises(InvalidValue, match="discriminator_steps is 2, but a CUDA graph is the same at every step"):
        TrainConfig(discriminator_steps=2, cuda_graph=True)


@needs_gpu
@pytest.mark.parametrize("settings", [{}, {"precision": "float32"}, {"reuse_fakes": True}, {"augment": ("shift",)}])
def test_a_graph_computes_the_same_bits(same_algorithms, settings, capsys):
    plain, graphed = trained("cuda", **settings), trained("cuda", cuda_graph=True, **settings)
    assert "CUDA graph" not in capsys.readouterr().out  # it was recorded
    assert all_equal(plain[0], graphed[0]) and plain[1].discriminator_loss == graphed[1].discriminator_loss
    assert not all_equal(plain[0], trained("cuda", seed=1, **settings)[0])


@needs_gpu
@pytest.mark.parametrize("stop", [7, 12, 17])
def test_a_graphed_training_goes_on_to_the_same_bits(same_algorithms, stop, tmp_path):
    whole, _ = trained("cuda", cuda_graph=True)
    trained("cuda", stop, tmp_path / "kept.safetensors", cuda_graph=True)
    assert all_equal(whole, trained("cuda", None, tmp_path / "kept.safetensors", cuda_graph=True)[0])


@needs_gpu
def test_what_cannot_be_recorded_is_refused(monkeypatch):
    class Reading(Discriminator):
        def forward(self, images):
            assert float(images.detach().sum()) < 1e9  # asks the GPU for a number, which no graph can
            return super().forward(images)

    monkeypatch.setitem(globals(), "Discriminator", Reading)
    with pytest.raises(InvalidValue, match="cuda_graph is True, but a step of these networks cannot be recorded"):
        trained("cuda", cuda_graph=True)
