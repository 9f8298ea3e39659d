"""p_real and p_fake: how sure the discriminator is of real pictures and of fakes."""

import torch
from torch import Tensor

from dcgan_course.data.pixels import scale
from dcgan_course.errors import seed_number
from dcgan_course.models.inference import eval_mode, refuse_other_labels, rows_of_z
from dcgan_course.models.protocols import AskedGenerator, LatentGenerator, Network, ToldDiscriminator


@torch.no_grad()
def mean_probabilities(
    generator: LatentGenerator | AskedGenerator,
    discriminator: Network | ToldDiscriminator,
    test_images: Tensor,
    seed: int = 0,
    labels: Tensor | None = None,
) -> tuple[float, float]:
    """Return p_real and p_fake: mean D(x) over pictures and mean D(G(z)) over as many z, both in eval mode.

    They are two separate averages: nothing makes them add up to 1.

    Args:
        test_images: uint8 (N, C, H, W). seed: of z; row n of a seed is the same, however many pictures there are.
        labels: (N,), of the pictures, where the networks are conditional; the same classes are asked of G.

    Raises:
        InvalidValue: seed is no seed; a conditional pair without labels, or labels for another pair.
    """
    refuse_other_labels(generator, labels, len(test_images))
    device = next(generator.parameters()).device
    noise = torch.Generator().manual_seed(seed_number(seed) + 1)
    z = rows_of_z(len(test_images), generator.latent_dim, noise)
    real_sum = fake_sum = torch.zeros((), device=device)
    answers = 0  # one for each picture; a discriminator of packs gives fewer
    with eval_mode(generator), eval_mode(discriminator):
        for start in range(0, len(z), 1000):
            rows = slice(start, start + 1000)
            told = () if labels is None else (labels[rows].to(device),)
            of_reals = discriminator(scale(test_images[rows].to(device)), *told).sigmoid()
            of_fakes = discriminator(generator(z[rows].to(device), *told), *told).sigmoid()
            real_sum, fake_sum, answers = real_sum + of_reals.sum(), fake_sum + of_fakes.sum(), answers + len(of_reals)
    return float(real_sum) / answers, float(fake_sum) / answers
