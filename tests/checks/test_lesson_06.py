"""The checks of lesson 06: right answers in several styles, and the wrong answers learners give."""

import math
from collections import OrderedDict

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from dcgan_course import models
from dcgan_course.checks import lesson_06 as check
from tests.helpers.answers import complaint, praise

# Exercises 1 and 2


def window(factor):
    """Padding and output_padding of kernel 2 · factor and stride factor."""
    return -(-factor // 2), factor % 2


class OwnUp(nn.Module):
    """The block in another style: a class, with functions."""

    def __init__(self, before, after, factor):
        super().__init__()
        self.norm = nn.BatchNorm2d(after)
        self.conv = nn.ConvTranspose2d(before, after, 2 * factor, factor, *window(factor), bias=False)

    def forward(self, x):
        return F.relu(self.norm(self.conv(x)))


def named_down(before, after, factor):
    block = nn.Sequential()
    kernel, stride, padding = (2 * factor,) * 2, (factor,) * 2, (window(factor)[0],) * 2
    block.add_module("conv", nn.Conv2d(before, after, kernel, stride, padding, bias=False))
    block.add_module("norm", nn.BatchNorm2d(after, momentum=0.2))
    block.add_module("act", nn.LeakyReLU(0.2, inplace=True))
    return block


def packaged_up(before, after, factor):
    return models.up(before, after, 2 * factor, factor, *window(factor))


def packaged_down(before, after, factor):
    return models.down(before, after, 2 * factor, factor, window(factor)[0])


def up_with_more_padding(before, after, factor):
    """A larger padding and a larger output_padding: another place of the picture, the same size."""
    padding = next(p for p in range(2 * factor, 0, -1) if 0 <= 2 * p - factor < factor)
    return models.up(before, after, 2 * factor, factor, padding, 2 * padding - factor)


@pytest.mark.parametrize("answer", [packaged_up, OwnUp, up_with_more_padding])
def test_up_passes(answer, capsys):
    praise(capsys, check.write_up, answer)


@pytest.mark.parametrize("answer", [packaged_down, named_down])
def test_down_passes(answer, capsys):
    praise(capsys, check.write_down, answer)


def layers(*kinds, transposed=True, bias=False, eps=1e-5, kernel=None, stride=None, padding=None, extra=None):
    """A block of the kinds of layers named, in that order."""

    def block(before, after, factor):
        size, step = kernel(factor) if kernel else 2 * factor, stride(factor) if stride else factor
        p = window(factor)[0] if padding is None else padding(factor)
        one = window(factor)[1] if extra is None else extra(factor)
        made = {
            "conv": lambda: (
                nn.ConvTranspose2d(before, after, size, step, p, one, bias=bias)
                if transposed
                else nn.Conv2d(before, after, size, step, p, bias=bias)
            ),
            "norm": lambda: nn.BatchNorm2d(after, eps),
            "relu": nn.ReLU,
            "leaky": lambda: nn.LeakyReLU(0.2),
            "default": nn.LeakyReLU,
            "tanh": nn.Tanh,
            "relu6": nn.ReLU6,
            "prelu": lambda: nn.PReLU(init=0.2),
        }
        return nn.Sequential(*[made[kind]() for kind in kinds])

    return block


def norm_first(block):
    """Batch norm in front of the convolution, with as many maps as stand there."""
    return lambda before, after, factor: nn.Sequential(
        nn.BatchNorm2d(before), block(before, after, factor)[0], block(before, after, factor)[2]
    )


def upsampling(before, after, factor=2):
    return nn.Sequential(
        nn.Upsample(scale_factor=factor),
        nn.Conv2d(before, after, 3, 1, 1, bias=False),
        nn.BatchNorm2d(after),
        nn.ReLU(),
    )


def norm_of_other_maps(before, after, factor):
    block = packaged_up(before, after, factor)
    return nn.Sequential(block[0], nn.BatchNorm2d(before), nn.ReLU())


class NormUnused(OwnUp):
    """The norm is built and forgotten."""

    def forward(self, x):
        return F.relu(self.conv(x))


UP_MISTAKES = [
    (norm_first(packaged_up), "the norm stands before the convolution"),
    (upsampling, "there is Upsample; rule 1"),
    (norm_of_other_maps, "gets 5 maps: BatchNorm2d(out_channels)"),
    (NormUnused, "never called"),
    (layers("conv", "norm", "relu6"), "ReLU6 cuts at 6"),
    (layers("conv", "norm"), "the activation is missing"),
    (layers("conv", "relu", "norm"), "the norm stands behind the activation"),
    (layers("conv", "norm", "leaky"), "activation of D"),
    (layers("conv", "norm", "tanh"), "tanh belongs to the end"),
    (layers("conv", "relu"), "0 batch norms"),
    (layers("conv", "norm", "relu", bias=True), "bias=False"),
    (layers("conv", "norm", "relu", transposed=False), "there is Conv2d, but rule 1 asks for ConvTranspose2d"),
    (lambda a, b, factor: models.up(a, b), "with factor 3, (4, 6, 6, 6) became (4, 2, 12, 12)"),
    (layers("conv", "norm", "relu", padding=lambda f: 0), "for factor 2 it is kernel 4, stride 2, padding 1"),
    (layers("conv", "norm", "relu", extra=lambda f: 0), "What gives one back, at one end?"),
    (layers("conv", "norm", "relu", padding=lambda f: int(f == 2), extra=lambda f: 0), "solve the formula of the size"),
    (layers("conv", "norm", "relu", eps=0.8), "the second argument is eps"),
    (
        layers("conv", "norm", "relu", kernel=lambda f: f + 1, padding=lambda f: 1, extra=lambda f: 1),
        "3 is no multiple",
    ),
    (
        layers("conv", "norm", "relu", kernel=lambda f: f, padding=lambda f: 0, extra=lambda f: 0),
        "right size, other kernel.",
    ),
    (lambda before, after, factor: "block", "not a network"),
    (lambda before, after, factor: packaged_up(after, before, factor), "the channels are swapped"),
]
DOWN_MISTAKES = [
    (norm_first(packaged_down), "the norm stands before the convolution"),
    (lambda a, b, factor: packaged_down(b, a, factor), "your network raised RuntimeError for a batch of shape (4, 3"),
    (lambda a, b, factor: packaged_down(b, a, factor), "the channels are swapped"),
    (layers("conv", "norm", "prelu", transposed=False), "PReLU has a trained number of its own"),
    (
        lambda a, b, f: nn.Sequential(
            nn.Conv2d(a, b, 2 * f, f, window(f)[0], bias=False, padding_mode="reflect"),
            nn.BatchNorm2d(b),
            nn.LeakyReLU(0.2),
        ),
        "padding_mode='reflect'",
    ),
    (
        layers("conv", "norm", "leaky", transposed=False, kernel=lambda f: f + 1, padding=lambda f: 1),
        "3 is no multiple",
    ),
    (
        layers("conv", "norm", "leaky", transposed=False, kernel=lambda f: f, padding=lambda f: 0),
        "right size, other kernel.",
    ),
    (layers("conv", "norm", "leaky", transposed=False, padding=lambda f: f - 1), "The task asks for the smallest"),
    (lambda a, b, factor: models.down(a, b), "with factor 3, (4, 6, 12, 12) became (4, 2, 6, 6)"),
    (layers("conv", "norm", "relu", transposed=False), "activation of G"),
    (layers("conv", "norm", "default", transposed=False), "the slope is 0.01"),
    (layers("conv", "leaky", "norm", transposed=False), "the norm stands behind"),
    (layers("conv", "norm", "leaky"), "there is ConvTranspose2d, but rule 1 asks for Conv2d"),
    (layers("conv", "leaky", transposed=False), "0 batch norms"),
    (layers("conv", "norm", "leaky", transposed=False, bias=True), "bias=False"),
    (layers("conv", "norm", "leaky", transposed=False, padding=lambda f: 0), "smaller by the factor"),
    (
        lambda a, b, f: nn.Sequential(
            nn.Conv2d(a, b, 3, 1, 1, bias=False), nn.MaxPool2d(f), nn.BatchNorm2d(b), nn.LeakyReLU(0.2)
        ),
        "pooling",
    ),
]


@pytest.mark.parametrize(("answer", "hint"), UP_MISTAKES, ids=[hint for _, hint in UP_MISTAKES])
def test_up_mistakes(answer, hint):
    assert hint in complaint(check.write_up, answer)


@pytest.mark.parametrize(("answer", "hint"), DOWN_MISTAKES, ids=[hint for _, hint in DOWN_MISTAKES])
def test_down_mistakes(answer, hint):
    assert hint in complaint(check.write_down, answer)


# Exercises 3 and 4


def generator(up=models.up, first=None, last=None, end=nn.Tanh, turned=False):
    def build(latent_dim, width):
        wide, middle, narrow = (width, 2 * width, 4 * width) if turned else (4 * width, 2 * width, width)
        return nn.Sequential(
            nn.Unflatten(1, (latent_dim, 1, 1)),
            first(latent_dim, wide) if first else models.up(latent_dim, wide, 4, 1, 0),
            up(wide, middle),
            up(middle, narrow),
            last(narrow) if last else nn.ConvTranspose2d(narrow, 3, 4, 2, 1, bias=False),
            end(),
        )

    return build


class OwnGenerator(nn.Module):
    """G in another style: a class that calls functions."""

    def __init__(self, latent_dim, width):
        super().__init__()
        self.convs = nn.ModuleList(
            [
                nn.ConvTranspose2d(latent_dim, 4 * width, 4, 1, 0, bias=False),
                nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1, bias=False),
                nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),
            ]
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(k * width) for k in (4, 2, 1))
        self.last = nn.ConvTranspose2d(width, 3, 4, 2, 1, bias=False)

    def forward(self, z):
        x = z.view(len(z), -1, 1, 1)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = norm(conv(x)).relu_()
        return torch.tanh(self.last(x))


def packaged_generator(latent_dim, width):
    return models.Generator(32, latent_dim, 3, width)


@pytest.mark.parametrize("answer", [generator(), OwnGenerator, packaged_generator])
def test_generator_passes(answer, capsys):
    praise(capsys, check.write_generator, answer)


def leaky_up(before, after):
    return nn.Sequential(*models.up(before, after)[:2], nn.LeakyReLU(0.2))


def with_activation(activation):
    return lambda before, after: nn.Sequential(*models.up(before, after)[:2], activation)


class FunctionalDropout(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)


def dense(latent_dim, wide):
    return nn.Sequential(
        nn.Flatten(), nn.Linear(latent_dim, wide * 16), nn.Unflatten(1, (wide, 4, 4)), nn.BatchNorm2d(wide), nn.ReLU()
    )


GENERATOR_MISTAKES = [
    (generator(end=nn.Identity), "tanh is missing"),
    (generator(end=nn.Sigmoid), "as after a sigmoid"),
    (generator(last=lambda width: models.up(width, 3)), "batch norm behind the last layer"),
    (generator(up=leaky_up), "there is LeakyReLU(0.2); it should be ReLU"),
    (generator(up=upsampling), "Upsample"),
    (generator(first=dense), "the first layer is fully connected. Rule 3 allows it there"),
    (
        generator(first=lambda a, b: nn.Sequential(nn.Flatten(), nn.Linear(a, 9), *dense(9, b)[1:])),
        "there is a fully connected hidden layer",
    ),
    (generator(end=lambda: nn.Sequential(nn.ReLU(), nn.Tanh())), "a ReLU stands in front of tanh"),
    (generator(end=nn.Softsign), "Softsign stands at the end"),
    (generator(end=nn.Hardtanh), "Hardtanh cuts at"),
    (generator(end=nn.ELU), "the pictures are not tanh of what left"),
    (generator(up=with_activation(nn.ReLU6())), "there is ReLU6"),
    (generator(up=with_activation(nn.PReLU())), "PReLU has a trained number"),
    (generator(up=with_activation(nn.Sequential(nn.ReLU(), nn.Dropout(0.5)))), "there is Dropout on the way"),
    (generator(up=with_activation(nn.Sequential(nn.ReLU(), FunctionalDropout()))), "there is not ReLU alone"),
    (
        generator(up=lambda a, b: nn.Sequential(models.up(a, b)[0], nn.ReLU(), nn.BatchNorm2d(b))),
        "something stands between layer 2 and its norm",
    ),
    (
        lambda latent_dim, width: nn.Sequential(
            nn.Unflatten(1, (latent_dim, 1, 1)), nn.BatchNorm2d(latent_dim), *generator()(latent_dim, width)[1:]
        ),
        "batch norm stands in front of the first layer",
    ),
    (generator(first=models.up), "the first block doubles 1×1"),
    (generator(up=lambda a, b: models.up(b, a)), "your network raised RuntimeError for a batch of shape"),
    (generator(up=lambda a, b: nn.Sequential(models.up(a, b)[0], nn.ReLU())), "batch norm is missing behind layer 2"),
    (generator(up=lambda a, b: models.up(a, b)[:2]), "no activation"),
    (generator(last=lambda width: nn.ConvTranspose2d(width, 3, 4, 2, 1)), "convolution 4 has a bias"),
    (generator(turned=True), "in the wrong order"),
    (generator(first=lambda a, b: models.up(a, b)), "the maps are 16@2×2"),
    (lambda latent_dim, width: models.Generator(64, latent_dim, 3, width), "@64×64, but they should be"),
    (lambda latent_dim, width: generator()(latent_dim, width)[1:], "begin with nn.Unflatten"),
    (generator(first=lambda a, b: models.up(a, b, 6, 1, 1)), "convolution 1 has kernel 6, padding 1"),
    (generator(up=lambda a, b: models.up(a, b, 6, 2, 2)), "convolution 2 has kernel 6, stride 2, padding 2"),
    (generator(last=lambda a: nn.ConvTranspose2d(a, 3, 3, 2, 1, 1, bias=False)), "convolution 4 has kernel 3"),
]


@pytest.mark.parametrize(("answer", "hint"), GENERATOR_MISTAKES, ids=[hint for _, hint in GENERATOR_MISTAKES])
def test_generator_mistakes(answer, hint):
    assert hint in complaint(check.write_generator, answer)


def discriminator(down=models.down, first=None, last=None, end=lambda: nn.Flatten(0), bias=False):
    def build(width):
        return nn.Sequential(
            first(width) if first else nn.Sequential(nn.Conv2d(3, width, 4, 2, 1, bias=bias), nn.LeakyReLU(0.2)),
            down(width, 2 * width),
            down(2 * width, 4 * width),
            last(4 * width) if last else nn.Conv2d(4 * width, 1, 4, bias=False),
            end(),
        )

    return build


class OwnDiscriminator(nn.Module):
    """D in another style: the activation is one shared layer, the end is a view."""

    def __init__(self, width):
        super().__init__()
        self.leaky = nn.LeakyReLU(0.2, inplace=True)
        self.a = nn.Conv2d(3, width, 4, 2, 1, bias=False)
        self.b = nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False)
        self.c = nn.Conv2d(2 * width, 4 * width, 4, 2, 1, bias=False)
        self.d = nn.Conv2d(4 * width, 1, 4, 1, 0, bias=False)
        self.norm_b, self.norm_c = nn.BatchNorm2d(2 * width), nn.BatchNorm2d(4 * width)

    def forward(self, x):
        x = self.leaky(self.a(x))
        x = self.leaky(self.norm_b(self.b(x)))
        x = self.leaky(self.norm_c(self.c(x)))
        return self.d(x).view(-1)


@pytest.mark.parametrize(
    "answer", [discriminator(), OwnDiscriminator, lambda width: models.Discriminator(32, 3, width)]
)
def test_discriminator_passes(answer, capsys):
    praise(capsys, check.write_discriminator, answer)


class Squeeze(nn.Module):
    def forward(self, x):
        return x.squeeze()


def pooled(before, after):
    return nn.Sequential(
        nn.Conv2d(before, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2), nn.MaxPool2d(2)
    )


def with_relu(before, after):
    return nn.Sequential(*models.down(before, after)[:2], nn.ReLU())


DISCRIMINATOR_MISTAKES = [
    (discriminator(last=lambda a: nn.Conv2d(a, 1, 6, 1, 1, bias=False)), "convolution 4 has kernel 6, padding 1"),
    (discriminator(down=lambda a, b: models.down(a, b, 3)), "convolution 2 has kernel 3, stride 2, padding 1"),
    (discriminator(first=lambda width: models.down(3, width)), "batch norm behind the first layer"),
    (discriminator(last=lambda width: models.down(width, 1, 4, 1, 0)), "batch norm behind the last layer"),
    (discriminator(down=with_relu), "there is ReLU; it should be LeakyReLU(0.2)"),
    (discriminator(down=lambda a, b: nn.Sequential(*models.down(a, b)[:2], nn.LeakyReLU())), "PyTorch's own slope"),
    (discriminator(end=nn.Identity), "(16, 1, 1, 1), not (16,)"),
    (discriminator(end=nn.Flatten), "(16, 1), not (16,)"),
    (discriminator(end=lambda: nn.Sequential(nn.Flatten(0), nn.Sigmoid())), "leave the sigmoid out"),
    (discriminator(bias=True), "convolution 1 has a bias"),
    (discriminator(down=lambda a, b: nn.Sequential(models.down(a, b)[0], nn.LeakyReLU(0.2))), "missing behind layer 2"),
    (
        discriminator(last=lambda width: nn.Sequential(nn.Flatten(), nn.Linear(width * 16, 1))),
        "the last layer is fully connected. Rule 3 allows it there",
    ),
    (
        discriminator(last=lambda w: nn.Sequential(nn.Flatten(), nn.Linear(w * 16, 9), nn.Linear(9, 1))),
        "there is a fully connected hidden layer",
    ),
    (
        discriminator(last=lambda width: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(width, 1, 1, bias=False))),
        "AdaptiveAvgPool2d to 1×1 is global average pooling. Rule 3",
    ),
    (
        discriminator(last=lambda width: nn.Sequential(nn.Conv2d(width, 1, 1, bias=False), nn.AvgPool2d(4))),
        "AvgPool2d to 1×1 is global average pooling. Rule 3",
    ),
    (discriminator(down=pooled), "there is MaxPool2d on the way; rule 1"),
    (discriminator(end=Squeeze), "a batch of one picture got an answer of shape ()"),
]


@pytest.mark.parametrize(("answer", "hint"), DISCRIMINATOR_MISTAKES, ids=[hint for _, hint in DISCRIMINATOR_MISTAKES])
def test_discriminator_mistakes(answer, hint):
    assert hint in complaint(check.write_discriminator, answer)


NO_LOGITS = [
    (nn.Sigmoid, "between 0 and 1: leave the sigmoid out"),
    (nn.Tanh, "between −1 and 1, as after tanh"),
    (nn.Hardtanh, "between −1 and 1, as after tanh"),
    (nn.ReLU, "no answer is below 0"),
    (nn.Softplus, "no answer is below 0"),
    (nn.LogSigmoid, "no answer is above 0"),
    (lambda: nn.LeakyReLU(0.2), "something behind the last layer changes the answers"),
]


@pytest.mark.parametrize(("end", "hint"), NO_LOGITS)
def test_what_is_bent_behind_the_last_layer_is_no_logit(end, hint):
    assert hint in complaint(check.write_discriminator, discriminator(end=lambda: nn.Sequential(nn.Flatten(0), end())))
    assert hint in complaint(check.one_answer, lecture(nn.Flatten(0), end(), last=nn.Conv2d(32, 1, 7)))


def test_a_leaky_relu_behind_positive_answers_is_found():
    """With positive weights every answer is positive, and LeakyReLU changes none of them."""

    def positive(width):
        convolution = nn.Conv2d(width, 1, 4, bias=False)
        convolution.weight.data.abs_()
        return convolution

    build = discriminator(last=positive, end=lambda: nn.Sequential(nn.Flatten(0), nn.LeakyReLU(0.2)))
    assert "something behind the last layer changes the answers" in complaint(check.write_discriminator, build)


# Exercise 5


def lecture(*end, last=None):
    def build():
        return nn.Sequential(
            nn.Conv2d(1, 16, 4, 2),
            nn.LeakyReLU(0.2),
            nn.Conv2d(16, 32, 4, 2),
            nn.BatchNorm2d(32),
            nn.LeakyReLU(0.2),
            last or nn.Conv2d(32, 1, 4, 2),
            *end,
        )

    return build


class First(nn.Module):
    def forward(self, x):
        return x[:, 0]


class Mean(nn.Module):
    def forward(self, x):
        return x.flatten(1).mean(dim=1)


ONE_ANSWER = [
    lecture(nn.Flatten(0), last=nn.Conv2d(32, 1, 7)),
    lecture(nn.Flatten(0), last=nn.Sequential(nn.Flatten(), nn.Linear(32 * 49, 1))),
    lecture(Mean(), last=nn.Conv2d(32, 1, 4)),  # stride 1: the four by four windows reach all seven rows
    lecture(nn.BatchNorm2d(1), nn.Flatten(0), last=nn.Conv2d(32, 1, 7)),
]
ONE_ANSWER_MISTAKES = [
    (lecture(nn.Flatten()), "still stands at two places"),
    (lecture(nn.Flatten(0)), "four answers a picture, now in one long row"),
    (lecture(nn.Flatten(), First()), "cannot change the answer"),
    (lecture(Mean()), "256 of 1,156 pixels cannot change the answer, among them 4 whole columns"),
    (lecture(Mean()), "convolution 3 reaches 6 of 7 rows."),
    (
        lambda: nn.Sequential(nn.AdaptiveAvgPool2d(28), *lecture(nn.Flatten(0))()),
        "convolution 2 reaches 12 of 13 rows, convolution 3 reaches 4 of 5 rows.",
    ),
    (
        lecture(nn.Flatten(0), last=nn.Sequential(nn.Conv2d(32, 1, 4), nn.AdaptiveMaxPool2d(1))),
        "a maximum over places hears the winning place alone",
    ),
    (lecture(nn.Flatten(), last=nn.Conv2d(32, 1, 7)), "a table with one column"),
    (lecture(last=nn.Conv2d(32, 1, 7)), "maps of 1×1"),
    (lecture(Squeeze(), last=nn.Conv2d(32, 1, 7)), "a batch of one picture got an answer of shape ()"),
    (lecture(nn.Flatten(0), nn.Sigmoid(), last=nn.Conv2d(32, 1, 7)), "leave the sigmoid out"),
    (lambda: nn.Sequential(nn.Conv2d(1, 1, 34), nn.Flatten(0)), "the first two convolutions should stay"),
    (lambda: 7, "not a network"),
]


@pytest.mark.parametrize("answer", ONE_ANSWER)
def test_one_answer_passes(answer, capsys):
    praise(capsys, check.one_answer, answer)


@pytest.mark.parametrize(("answer", "hint"), ONE_ANSWER_MISTAKES, ids=[hint for _, hint in ONE_ANSWER_MISTAKES])
def test_one_answer_mistakes(answer, hint):
    assert hint in complaint(check.one_answer, answer)


@pytest.mark.parametrize(
    "last",
    [
        nn.Sequential(nn.Conv2d(32, 1, 1), nn.AdaptiveMaxPool2d(1)),
        nn.Sequential(nn.Upsample((1, 1)), nn.Conv2d(32, 1, 1)),
    ],
)
def test_pixels_that_are_dropped_elsewhere_get_no_hint_about_rows_that_no_window_reaches(last):
    said = complaint(check.one_answer, lecture(nn.Flatten(0), last=last))
    assert "cannot change the answer" in said
    assert "reaches" not in said


# Exercise 6


def comments(size, write="{c}×{h}×{h}", first=True):
    def answer(side, layers):
        texts, given = [], side
        for c, k, s, p in layers:
            side = size(side if first else given, k, s, p)
            texts.append(write.format(c=c, h=side))
        return texts

    return answer


def right(i, k, s, p):
    return math.floor((i + 2 * p - k) / s) + 1


def by_layers(side, layers):
    x, texts, channels = torch.zeros(1, 1, side, side), [], 1
    for c, k, s, p in layers:
        x = nn.Conv2d(channels, c, k, s, p)(x)
        channels = c
        texts.append("×".join(map(str, x.shape[1:])))
    return texts


@pytest.mark.parametrize("answer", [comments(right), by_layers])
def test_comments_pass(answer, capsys):
    praise(capsys, check.true_comments, answer)


COMMENT_MISTAKES = [
    (comments(lambda i, k, s, p: (i - k) // s + 1), "padding is missing"),
    (comments(lambda i, k, s, p: (i + p - k) // s + 1), "2 · padding"),
    (comments(lambda i, k, s, p: (i + 2 * p - k) // s), "+ 1 is missing"),
    (comments(lambda i, k, s, p: i // s), "kernel and padding count too"),
    (comments(lambda i, k, s, p: i // 2), "not every layer halves"),
    (comments(lambda i, k, s, p: i / 2), "not every layer halves"),
    (comments(lambda i, k, s, p: (i + 2 * p - k) / s + 1), "divide with //"),
    (comments(lambda i, k, s, p: math.ceil((i + 2 * p - k) / s) + 1), "round down: a window"),
    (comments(lambda i, k, s, p: round((i + 2 * p - k) / s) + 1), "to the nearest number"),
    (comments(right, first=False), "output of the block before"),
    (comments(right, "{h}×{h}×{c}"), "maps, height, width"),
    (comments(right, "{c}x{h}x{h}"), "write them with ×"),
    (lambda side, layers: [(c, 1, 1) for c, *_ in layers], "should be"),
]


@pytest.mark.parametrize(("answer", "hint"), COMMENT_MISTAKES, ids=[hint for _, hint in COMMENT_MISTAKES])
def test_comment_mistakes(answer, hint):
    assert hint in complaint(check.true_comments, answer)


# Exercise 7


def by_name(network):
    """The style of the published program: the class's name, and .data."""
    for layer in network.modules():
        name = type(layer).__name__
        if "Conv" in name:
            layer.weight.data.normal_(0.0, 0.02)
            if layer.bias is not None:
                layer.bias.data.fill_(0)
        elif "BatchNorm" in name:
            layer.weight.data.normal_(1.0, 0.02)
            layer.bias.data.fill_(0)


def applied(network):
    network.apply(lambda layer: models.init_weights(layer) if not list(layer.children()) else None)


@pytest.mark.parametrize("answer", [models.init_weights, by_name, applied])
def test_first_weights_pass(answer, capsys):
    praise(capsys, check.first_weights, answer)


def weights(
    convolutions=(nn.Conv2d, nn.ConvTranspose2d), std=0.02, centre=0.0, scale=1.0, spread=0.02, zero=True, deep=True
):
    def answer(network):
        for layer in network.modules() if deep else network.children():
            if isinstance(layer, convolutions):
                nn.init.normal_(layer.weight, centre, std)
            elif isinstance(layer, nn.BatchNorm2d):
                nn.init.normal_(layer.weight, scale, spread)
            if zero and getattr(layer, "bias", None) is not None:
                nn.init.zeros_(layer.bias)

    return answer


def uniform(network):
    models.init_weights(network)
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.uniform_(layer.weight, -0.02, 0.02)


WEIGHT_MISTAKES = [
    (weights(std=0.02**2), "is the variance"),
    (weights(std=math.sqrt(0.02)), "you took the root"),
    (weights(convolutions=nn.Conv2d), "nn.ConvTranspose2d is no nn.Conv2d"),
    (weights(convolutions=nn.ConvTranspose2d), "ask for nn.Conv2d, too"),
    (weights(centre=1.0), "mean 1 is for the scales"),
    (weights(scale=0.0), "switches the map off"),
    (weights(spread=0.0), "PyTorch's own start"),
    (weights(zero=False), "they should be 0"),
    (weights(deep=False), "it may lie deeper"),
    (uniform, "uniform distribution"),
    (lambda network: None, "left as they were"),
]


@pytest.mark.parametrize(("answer", "hint"), WEIGHT_MISTAKES, ids=[hint for _, hint in WEIGHT_MISTAKES])
def test_weight_mistakes(answer, hint):
    assert hint in complaint(check.first_weights, answer)


# Exercise 8


def count(kernel=16, norm=2, bias=0, first=lambda start: start**2, last=True):
    def answer(latent_dim, start, widths, channels):
        total = latent_dim * widths[0] * first(start) + norm * sum(widths) + bias * (sum(widths) + channels)
        for before, after in zip(widths, widths[1:], strict=False):
            total += kernel * before * after
        return total + kernel * widths[-1] * channels * last

    return answer


def by_building(latent_dim, start, widths, channels):
    network = nn.Sequential(models.up(latent_dim, widths[0], start, 1, 0))
    for before, after in zip(widths, widths[1:], strict=False):
        network.append(models.up(before, after))
    network.append(nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1, bias=False))
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize("answer", [count(), by_building])
def test_count_passes(answer, capsys):
    praise(capsys, check.count_generator, answer)


def with_more(more):
    """A right count and something that should not be in it."""
    return lambda latent_dim, start, widths, channels: (
        count()(latent_dim, start, widths, channels) + more(widths, channels)
    )


def by_state(latent_dim, start, widths, channels):
    norms = nn.ModuleList(nn.BatchNorm2d(maps) for maps in widths)
    held = sum(values.numel() for values in norms.state_dict().values())
    return count(norm=0)(latent_dim, start, widths, channels) + held


COUNT_MISTAKES = [
    (by_state, "state_dict() holds more than parameters"),
    (with_more(lambda widths, channels: sum(widths)), "in front of a norm have no bias"),
    (with_more(lambda widths, channels: channels), "the last convolution has no bias either"),
    (with_more(lambda widths, channels: 3), "(4 of 4 cases differ.)"),
    (count(norm=0), "you left them out"),
    (count(norm=1), "a scale and a shift"),
    (count(norm=4), "are not trained"),
    (count(bias=1), "no bias here"),
    (count(kernel=4), "has 16 places"),
    (count(first=lambda start: start), "square it"),
    (count(first=lambda start: 16), "start×start, not 4×4"),
    (count(last=False), "to the picture, is missing"),
    (count(first=lambda start: 0), "the first layer, from z"),
]


@pytest.mark.parametrize(("answer", "hint"), COUNT_MISTAKES, ids=[hint for _, hint in COUNT_MISTAKES])
def test_count_mistakes(answer, hint):
    assert hint in complaint(check.count_generator, answer)


# More styles, more wrong ideas


def counted_in_pairs(latent_dim, start, widths, channels):
    pairs = sum(a * b for a, b in zip(widths, [*widths[1:], channels], strict=True))
    return latent_dim * widths[0] * start * start + 2 * sum(widths) + 16 * pairs


def by_dict(block, activation):
    return lambda before, after, factor: nn.Sequential(
        OrderedDict(
            conv=block(before, after, factor)[0],
            norm=nn.BatchNorm2d(after, momentum=None),
            act=activation,
        )
    )


class OwnDown(OwnUp):
    def __init__(self, before, after, factor):
        super().__init__(before, after, factor)
        self.conv = packaged_down(before, after, factor)[0]

    def forward(self, x):
        return F.leaky_relu(self.norm(self.conv(x)), 0.2)


@pytest.mark.parametrize(
    ("judge", "answer"),
    [
        (check.write_up, by_dict(packaged_up, nn.ReLU(inplace=True))),
        (check.write_down, by_dict(packaged_down, nn.LeakyReLU(0.2))),
        (check.write_down, OwnDown),
        (check.true_comments, lambda side, layers: [text.strip() for text in comments(right)(side, layers)]),
        (check.true_comments, lambda side, layers: tuple(comments(right)(side, layers))),
        (check.count_generator, lambda *case: torch.tensor(count()(*case))),
        (check.count_generator, counted_in_pairs),
    ],
)  # fmt: skip
def test_more_styles_pass(judge, answer, capsys):
    praise(capsys, judge, answer)


def norm_with(**settings):
    return lambda a, b, f: nn.Sequential(packaged_up(a, b, f)[0], nn.BatchNorm2d(b, **settings), nn.ReLU())


class WeightsInForward(OwnUp):
    """New weights at each call."""

    def forward(self, x):
        nn.init.normal_(self.conv.weight, 0, 0.02)
        return super().forward(x)


class ReplacesInForward(OwnUp):
    def forward(self, x):
        self.norm.weight = nn.Parameter(torch.ones_like(self.norm.weight))
        return super().forward(x)


SHARED = {case: packaged_up(*case) for case in ((3, 5, 2), (6, 2, 3), (4, 3, 4))}


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (norm_with(affine=False), "no scale and no shift"),
        (norm_with(track_running_stats=False), "keeps no running statistics"),
        (norm_with(momentum=0.0), "never move"),
        (norm_with(momentum=1.0), "of the last batch alone"),
        (lambda *case: packaged_up(*case).requires_grad_(False), "comes frozen"),
        (lambda *case: packaged_up(*case).eval(), "comes in eval mode"),
        (lambda *case: SHARED[case], "share their weights"),
        (WeightsInForward, "asking your block changes its parameters"),
        (ReplacesInForward, "asking your block changes its parameters"),
        (lambda *case: nn.Sequential(*packaged_up(*case), nn.Dropout(0.1)), "the values are not"),
    ],
)
def test_more_up_mistakes(answer, hint):
    assert hint in complaint(check.write_up, answer)


def then(change):
    def answer(network):
        models.init_weights(network)
        change(network)

    return answer


def replaced(network):
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            layer.weight = nn.Parameter(torch.randn_like(layer.weight) * 0.02)


def of_norms(change):
    return lambda network: [change(layer) for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]


def of_weights(change):
    return then(
        lambda network: [change(layer.weight.data) for layer in network.modules() if "Conv" in type(layer).__name__]
    )


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (then(replaced), "put other parameters into the network"),
        (then(of_norms(lambda norm: setattr(norm, "bias", None))), "put other parameters into the network"),
        (then(lambda network: network.requires_grad_(False)), "frozen"),
        (then(lambda network: network.eval()), "left the network in eval mode"),
        (then(lambda network: network.double()), "changed the type of the numbers"),
        (then(of_norms(lambda norm: norm.running_mean.normal_())), "running statistics"),
        (then(lambda network: sum(p.sum() for p in network.parameters()).backward()), "left gradients behind"),
        (lambda network: (torch.manual_seed(0), models.init_weights(network)), "your function sets a seed"),
        (of_weights(lambda w: w.copy_(torch.distributions.Laplace(0, 0.02 / 2**0.5).sample(w.shape))), "too heavy"),
        (of_weights(lambda w: nn.init.trunc_normal_(w, 0, 0.0202, -0.06, 0.06)), "cut off"),
    ],
)
def test_more_weight_mistakes(answer, hint):
    assert hint in complaint(check.first_weights, answer)
