"""The convolution explorer of the pages computes what PyTorch computes, and says what the widget says. Run by node."""

import html
import itertools
import json
import random
import re

import pytest
import torch
import torch.nn.functional as F

from authoring.site.explorers import explorer
from dcgan_course.convolution.scene import KERNELS, PICTURES, ConvolutionScene, kernel_taps, picture_numbers
from dcgan_course.drawing.canvas import number_text
from dcgan_course.widgets.convolution import PADDING_VALUES, SETTINGS, describe
from tests.helpers.node import node, run_by_node

CHECKED = "A test of the course found every setting equal to torch.nn.functional.conv2d"
SCENE = """import { Scene, kernelTaps, pictureNumbers } from "./scene.mjs";
const sceneOf = ({ random }, [inputSize, kernelSize, stride, padding, dilation, paddingValue], kernel, picture) =>
  new Scene({
    picture: pictureNumbers(picture, inputSize, random),
    ...kernelTaps(kernel, kernelSize),
    stride, padding, dilation, paddingValue,
  });
"""


@pytest.fixture(scope="module")
def facts():
    """What the page tells the explorer."""
    written = re.search(r'data-facts="([^"]*)"', explorer("widgets.convolution_explorer()"))
    return json.loads(html.unescape(written[1]))


def every_size():
    """All positions of the sliders, each with both numbers to pad with."""
    ranges = [range(low, top + 1) for _, _, low, top in SETTINGS.values()]
    return [list(each) for each in itertools.product(*ranges, PADDING_VALUES.values())]


@node
def test_every_setting_is_equal_to_conv2d(facts):
    sizes = every_size()
    code = f"""{SCENE}
const answer = (given) => given.sizes.map((sizes) => given.pictures.map((picture) =>
  given.kernels.map((kernel) => sceneOf(given, sizes, kernel, picture).output)));"""
    found = run_by_node(code, facts | {"sizes": sizes})
    possible = 0
    for (i, k, s, p, d, value), outputs in zip(sizes, found, strict=True):
        if d * (k - 1) + 1 > i + 2 * p:
            assert outputs == [[[]] * len(KERNELS)] * len(PICTURES)
            continue
        pictures = torch.tensor([picture_numbers(name, i).tolist() for name in PICTURES], dtype=torch.float64)
        kernels = [kernel_taps(name, k) for name in KERNELS]
        weights = torch.stack([torch.from_numpy(taps).double() / divisor for taps, divisor in kernels])
        padded = F.pad(pictures[:, None], (p, p, p, p), value=value)
        expected = F.conv2d(padded, weights[:, None], stride=s, dilation=d)
        torch.testing.assert_close(torch.tensor(outputs, dtype=torch.float64), expected, atol=1e-12, rtol=0)
        possible += len(KERNELS) * len(PICTURES)
    assert possible > 30_000


@node
def test_the_page_says_what_the_widget_says(facts):
    chance = random.Random(5)
    asked = [
        [sizes, chance.choice(KERNELS), chance.choice(PICTURES), chance.random()]
        for sizes in chance.sample(every_size(), 3000)
    ]
    code = f"""{SCENE}
const answer = (given) => given.asked.map(([sizes, kernel, picture, share]) => {{
  const scene = sceneOf(given, sizes, kernel, picture);
  if (scene.outputSize === 0) return scene.whyImpossible();
  return scene.sentences(Math.floor(share * scene.outputSize ** 2)).join(" ");
}});"""
    impossible = 0
    for (sizes, kernel, picture, share), said in zip(asked, run_by_node(code, facts | {"asked": asked}), strict=True):
        i, k, s, p, d, value = sizes
        taps, divisor = kernel_taps(kernel, k)
        scene = ConvolutionScene(picture_numbers(picture, i), taps, s, p, d, divisor, value)
        if scene.output_size == 0:
            expected = scene.why_impossible()
            impossible += 1
        else:
            expected = describe(scene, int(share * scene.output_size**2), CHECKED)
        assert re.sub("</?b>", "", said) == expected
    assert 100 < impossible < 2000


@node
def test_numbers_are_written_as_in_the_notebooks():
    fractions = [a / b for a in range(-40, 41) for b in range(1, 30)]
    numbers = [*fractions, 0.0, -0.0, 1e-9, -1e-7, 123456.0, 2.675, 1 / 3 + 2e-6]
    code = 'import { numberText } from "./number_text.mjs";\nconst answer = (numbers) => numbers.map(numberText);'
    assert run_by_node(code, numbers) == [number_text(number) for number in numbers]


def test_the_page_opens_with_the_starts_of_the_widget(facts):
    assert facts["settings"] == {name: list(setting) for name, setting in SETTINGS.items()}
    assert facts["random"] == picture_numbers("random", 10).tolist()
