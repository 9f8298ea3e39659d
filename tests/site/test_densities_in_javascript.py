"""The explorer of two densities on a page has the numbers and the words of the notebook's. Run by node."""

import itertools
import random

import numpy as np

from authoring.site.explorers import explorer
from dcgan_course.toy.divergences import TwoNormals
from dcgan_course.toy.line_figures import plain, signed
from dcgan_course.widgets.densities import SETTINGS, _sentences
from tests.helpers.node import node, run_by_node

CURVES = {
    "x": "x",
    "pData": "p_data",
    "pFake": "p_fake",
    "bestD": "best_d",
    "fakeX": "fake_x",
    "saturating": "push_minimax",
    "nonSaturating": "push_non_saturating",
}
NUMBERS = {
    "jsd": "jsd",
    "value": "value",
    "meanSaturating": "mean_push_minimax",
    "meanNonSaturating": "mean_push_non_saturating",
}
CODE = """import { sentenceOfNormals, twoNormals } from "./normals.mjs";
const answer = ({ settings, names }) => settings.map(([dataMean, dataWidth, fakeMean, fakeWidth]) => {
  const state = twoNormals([dataMean, dataWidth], [fakeMean, fakeWidth]);
  return { words: sentenceOfNormals(state), numbers: names.map((name) => state[name]) };
});"""


def positions(count: int) -> list[tuple[float, ...]]:
    """Every corner of the sliders, and random positions of them; + 0.0 makes 0 of −0, which no slider has."""
    ends = [(low, high) for _, _, low, high in SETTINGS.values()]
    chosen = random.Random(3)
    inside = [tuple(round(chosen.uniform(*each), 1) + 0.0 for each in ends) for _ in range(count)]
    return [*itertools.product(*ends), *inside, (1.0, 0.5, 1.0, 0.5), (-1.0, 2.0, 1.0, 2.0)]


@node
def test_numbers_and_words_are_those_of_python_at_three_thousand_positions():
    settings = positions(3000)
    found = run_by_node(CODE, {"settings": settings, "names": list(NUMBERS)})
    for setting, answer in zip(settings, found, strict=True):
        state = TwoNormals(*setting)
        expected = [getattr(state, name) for name in NUMBERS.values()]
        np.testing.assert_allclose(answer["numbers"], expected, rtol=1e-9, atol=1e-12, err_msg=str(setting))
        assert answer["words"] == _sentences(state)


@node
def test_curves_are_those_of_python():
    settings = positions(150)
    found = run_by_node(CODE.replace("state[name]", "[...state[name]]"), {"settings": settings, "names": list(CURVES)})
    for setting, answer in zip(settings, found, strict=True):
        state = TwoNormals(*setting)
        for name, curve in zip(CURVES.values(), answer["numbers"], strict=True):
            np.testing.assert_allclose(curve, getattr(state, name), rtol=1e-9, atol=1e-12, err_msg=f"{name} {setting}")


@node
def test_numbers_are_written_as_in_python():
    numbers = [0.0, -0.0, 1e-10, -4e-4, 4e-4, 0.001, -0.02, 12.3456, -999.9, 1000.0, -54321.0, 3e-7, -2.5e12]
    code = """import { plain, signed } from "./normals.mjs";
const answer = (numbers) => numbers.map((number) => [plain(number), signed(number)]);"""
    assert run_by_node(code, numbers) == [[plain(number), signed(number)] for number in numbers]


def test_the_cell_of_lesson_03_gets_the_explorer_with_the_starts_and_ends_of_the_notebooks_sliders():
    text = explorer("widgets.densities_explorer()")
    assert 'data-explorer="densities_explorer"' in text
    assert all(setting[0] in text for setting in SETTINGS.values())
