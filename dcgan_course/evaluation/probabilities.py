"""p_real and p_fake: how sure the discriminator is of real pictures and of fakes."""

import torch
from torch import Tensor

from dcgan_course.data.pixels import scale
from dcgan_course.errors import seed_number
from dcgan_course.models.inference import eval_mode, rows_of_z
from dcgan_course.models.protocols import LatentGenerator, Network


@torch.no_grad()
def mean_probabilities(
    generator: LatentGenerator, discriminator: Network, test_images: Tensor, seed: int = 0
) -> tuple[float, float]:
    """Return p_real and p_fake: mean D(x) over pictures and mean D(G(z)) over as many z, both in eval mode.

    They are two separate averages: nothing makes them add up to 1.

    Args:
        test_images: uint8 (N, C, H, W). seed: of z; row n of a seed is the same, however many pictures there are.

    Raises:
        InvalidValue: seed is no seed.
    """
    device = next(generator.parameters()).device
    noise = torch.Generator().manual_seed(seed_number(seed) + 1)
    z = rows_of_z(len(test_images), generator.latent_dim, noise)
    real_sum = fake_sum = torch.zeros((), device=device)
    with eval_mode(generator), eval_mode(discriminator):
        for start in range(0, len(z), 1000):
            real = scale(test_images[start : start + 1000].to(device))
            fake = generator(z[start : start + 1000].to(device))
            real_sum = real_sum + discriminator(real).sigmoid().sum()
            fake_sum = fake_sum + discriminator(fake).sigmoid().sum()
    return float(real_sum) / len(z), float(fake_sum) / len(z)
