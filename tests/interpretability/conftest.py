import pytest
import torch

from dcgan_course import latent, models


@pytest.fixture
def small():
    torch.manual_seed(0)
    generator = models.Generator(image_size=32, latent_dim=6, channels=1, width=3)
    return generator.eval(), latent.sample(10, 6, seed=1)
