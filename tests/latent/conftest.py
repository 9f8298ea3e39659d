import pytest
import torch

from dcgan_course import models


@pytest.fixture
def small_generator():
    torch.manual_seed(0)
    return models.MLPGenerator((1, 6, 6), 4, 32).eval().requires_grad_(False)
