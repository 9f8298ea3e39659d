"""Networks to look into."""

import torch

from dcgan_course.models import Discriminator


def lively_discriminator(image_size: int | tuple[int, int] = 16, channels: int = 2, width: int = 3) -> Discriminator:
    """A discriminator whose batch norms do something: statistics, scales of both signs, shifts."""
    torch.manual_seed(0)
    discriminator = Discriminator(image_size, channels, width)
    for module in discriminator.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            for tensor in (module.running_mean, module.weight.data, module.bias.data):
                tensor.normal_(0, 0.5)
            module.running_var.uniform_(0.5, 2)
        elif isinstance(module, torch.nn.Conv2d):
            module.weight.data.normal_(0, 0.5)
    return discriminator
