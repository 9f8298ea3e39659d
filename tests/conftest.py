"""What all tests share: one thread (the machine has few cores), no network, no downloads."""

import os

import pytest
import torch
from hypothesis import settings

# The same cases at every run, and no limit on the time of one: a busy machine is not a fault of the code.
settings.register_profile("course", deadline=None, derandomize=True, database=None)
settings.load_profile("course")

os.environ["DCGAN_COURSE_OFFLINE"] = "1"


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def tiny_networks():
    """A function that builds the same tiny pair of networks each time it is called."""
    from dcgan_course.models import MLPDiscriminator, MLPGenerator

    def build(seed: int = 0, hidden_dim: int = 16):
        torch.manual_seed(seed)
        generator = MLPGenerator(image_shape=(1, 6, 6), latent_dim=5, hidden_dim=hidden_dim)
        return generator, MLPDiscriminator(image_shape=(1, 6, 6), hidden_dim=hidden_dim)

    return build


@pytest.fixture
def tiny_images():
    """640 pictures of 6×6, uint8."""
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (640, 1, 6, 6), generator=generator, dtype=torch.uint8)
