"""The transposed explorer of the pages computes what PyTorch computes, and says what the widget says. Run by node."""

import html
import itertools
import json
import random
import re

import pytest
import torch

from authoring.site.explorers import explorer
from dcgan_course.convolution.arithmetic import conv_transpose_output_size
from dcgan_course.convolution.transposed import TransposedLayer
from dcgan_course.errors import InvalidValue
from dcgan_course.widgets.transposed import HOW_TO_READ, SETTINGS, describe
from tests.helpers.node import node, run_by_node

LAYER = """import { TransposedLayer } from "./transposed.mjs";
const layerOf = ([inputSize, kernelSize, stride, padding, dilation, outputPadding]) =>
  new TransposedLayer({ inputSize, kernelSize, stride, padding, dilation, outputPadding });
"""


def every_setting():
    """All positions of the sliders for the layer."""
    ranges = [range(low, top + 1) for _, _, low, top in SETTINGS.values()]
    return [list(setting) for setting in itertools.product(*ranges)]


def refusal(setting) -> str:
    """The course's sentence for a layer that PyTorch refuses, or ""."""
    i, k, s, p, d, output_padding = setting
    try:
        conv_transpose_output_size(i, k, s, p, output_padding, d)
    except InvalidValue as error:
        return str(error)
    return ""


@pytest.fixture(scope="module")
def possible():
    return [setting for setting in every_setting() if not refusal(setting)]


@node
def test_all_three_views_of_every_setting_are_equal_to_conv_transpose2d(possible):
    code = f"""{LAYER}
const answer = (settings) => settings.map((setting) => {{
  const layer = layerOf(setting);
  return [layer.product, layer.cut.flat(), layer.slid.flat(), layer.largestDifference()];
}});"""
    assert len(possible) > 1500
    for setting, (*views, difference) in zip(possible, run_by_node(code, possible), strict=True):
        expected = TransposedLayer(*setting).pytorch.flatten().tolist()
        assert views == [expected] * 3 and difference == 0, setting


@node
def test_matrix_sheets_and_stamps_on_the_way_are_those_of_the_lesson(possible):
    chance = random.Random(3)
    asked = [[setting, chance.randint(1, setting[0] ** 2)] for setting in chance.sample(possible, 300)]
    code = f"""{LAYER}
const answer = (asked) => asked.map(([setting, count]) => {{
  const layer = layerOf(setting);
  return [layer.matrix, layer.padded, layer.stamped(count), layer.turned];
}});"""
    for (setting, count), found in zip(asked, run_by_node(code, asked), strict=True):
        layer = TransposedLayer(*setting)
        expected = [layer.matrix, layer.padded, layer.stamped(count), layer.kernel.flip(0, 1)]
        for mine, theirs in zip(found, expected, strict=True):
            assert torch.equal(torch.tensor(mine, dtype=torch.float32), theirs), setting


@node
def test_what_pytorch_refuses_is_refused_by_the_same_sentence():
    settings = every_setting()
    code = f"""{LAYER}
const answer = (settings) => settings.map((setting) => {{
  const {{ problem, formula }} = layerOf(setting);
  return [problem, formula];
}});"""
    expected = [[refusal(setting), TransposedLayer(*setting).formula] for setting in settings]
    assert run_by_node(code, settings) == expected
    assert 500 < sum(problem != "" for problem, _ in expected) < len(settings)


@node
def test_the_page_says_what_the_widget_says(possible):
    chance = random.Random(4)
    asked = [
        [setting, chance.randrange(setting[0] ** 2), chance.randrange(TransposedLayer(*setting).output_size ** 2)]
        for setting in possible
    ]
    code = f"""{LAYER}
const answer = (asked) => asked.map(([setting, ...squares]) => layerOf(setting).sentences(...squares));"""
    for (setting, *squares), said in zip(asked, run_by_node(code, asked), strict=True):
        *lines, _of_torch = describe(TransposedLayer(*setting), *squares)
        assert said[:-1] == lines, setting
        assert said[-1].startswith("Largest difference between the three views 0.000000;")


def test_the_page_opens_with_the_starts_of_the_widget():
    written = re.search(r'data-facts="([^"]*)"', explorer("widgets.transposed_explorer()"))
    facts = json.loads(html.unescape(written[1]))
    assert facts == {"settings": {name: list(each) for name, each in SETTINGS.items()}, "how_to_read": HOW_TO_READ}
