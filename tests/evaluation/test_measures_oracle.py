"""The measures beside those of another library: torchmetrics, with a small feature network of ours."""

import pytest
import torch
from torch import nn

from dcgan_course.evaluation.kernel import kernel_distance
from dcgan_course.evaluation.metrics import frechet_distance, inception_score

pytestmark = [  # both are about the other library alone; it asks for the spread of one part
    pytest.mark.filterwarnings("ignore:Metric .* will save all extracted features:UserWarning"),
    pytest.mark.filterwarnings(r"ignore:std\(\). degrees of freedom is <= 0:UserWarning"),
]


class Features(nn.Module):
    """uint8 pictures (N, 1, 8, 8) → (N, 12) numbers, as torchmetrics asks for them."""

    num_features = 12

    def __init__(self):
        super().__init__()
        weights = torch.randn(64, 12, generator=torch.Generator().manual_seed(0))
        self.register_buffer("weights", weights / 8)

    def forward(self, images):
        return (images.flatten(1).float() / 127.5 - 1) @ self.weights


@pytest.fixture
def pictures():
    """160 reals and 130 fakes that are a little darker and less varied."""
    random = torch.Generator().manual_seed(1)
    real = torch.randint(0, 256, (160, 1, 8, 8), generator=random, dtype=torch.uint8)
    fake = torch.randint(0, 180, (130, 1, 8, 8), generator=random, dtype=torch.uint8)
    return real, fake


def told(metric, real, fake):
    for pictures, is_real in ((real, True), (fake, False)):
        for part in pictures.split(len(pictures) // 2):
            metric.update(part, real=is_real)
    return metric.compute()


def test_frechet_distance_equals_that_of_torchmetrics(pictures):
    from torchmetrics.image.fid import FrechetInceptionDistance

    network = Features()
    want = told(FrechetInceptionDistance(feature=network, input_img_size=(1, 8, 8)), *pictures)
    found = frechet_distance(*(network(images) for images in pictures))
    assert found == pytest.approx(float(want), rel=1e-5) and found > 0.5


def test_kernel_distance_equals_that_of_torchmetrics(pictures):
    """One subset of all pictures is the estimator itself; it asks for as many reals as fakes."""
    from torchmetrics.image.kid import KernelInceptionDistance

    network, (real, fake) = Features(), pictures
    want, _ = told(KernelInceptionDistance(feature=network, subsets=1, subset_size=130), real[:130], fake)
    found = kernel_distance(network(real[:130]), network(fake))
    assert found == pytest.approx(float(want), rel=1e-4) and found > 0.05


def test_inception_score_equals_that_of_torchmetrics(pictures):
    from torchmetrics.image.inception import InceptionScore

    metric = InceptionScore(feature=Features(), splits=1)
    metric.update(pictures[0])
    want, _ = metric.compute()
    assert inception_score(Features()(pictures[0])) == pytest.approx(float(want), rel=1e-5)
