"""The generators of the pages are those of torch: same pictures, same paths, same numbers. Run by node."""

import struct

import numpy as np
import pytest
import torch

from authoring.site.explorers import MODULES, explorer, in_order, script
from authoring.site.generators import facts
from dcgan_course.latent.paths import lerp, sample, shell, slerp
from dcgan_course.models.conditional import ConditionalGenerator, OneClass
from dcgan_course.recorded import load_run, names
from tests.helpers.node import node, run_by_node


@node
@pytest.mark.parametrize("name", names())
def test_pictures_of_random_z_are_those_of_torch(name):
    run = load_run(name)
    generator, z = run.generator, sample(6, run.generator.latent_dim, 77)
    z[4:] *= 3  # directions lead far outside
    asked = [0, 0, 0.0]
    if isinstance(generator, ConditionalGenerator):
        asked, generator = [2, 7, 0.35], OneClass(generator, 2, 7, 0.35)
    with torch.inference_mode():
        pictures = generator.eval()(z).permute(0, 2, 3, 1).flatten(1)
    code = """import { Generator } from "./generator.mjs";
const answer = ({ facts, z, asked }) => {
  const generator = new Generator(facts);
  const vector = generator.classNames.length ? generator.asked(...asked) : [];
  return z.map((each) => [...generator.draw(Float32Array.from(each), vector)]);
};"""
    drawn = torch.tensor(run_by_node(code, {"facts": facts(name), "z": z.tolist(), "asked": asked}))
    assert drawn.shape == pictures.shape and float((drawn - pictures).abs().max()) < 1e-4


@node
def test_paths_are_those_of_torch_also_where_no_arc_is_defined():
    a, b = sample(300, 100, 1), sample(300, 100, 2)
    b[0], b[1], b[2], a[3] = a[0], -a[1], a[2] * 2, 0
    b[4] = a[4] + 1e-3 * b[4]
    shares = torch.linspace(0, 1, 300).tolist()
    code = """import { lerp, slerp } from "./paths.mjs";
const answer = ({ a, b, shares }) =>
  [lerp, slerp].map((path) => a.map((each, i) => [...path(each, b[i], shares[i])]));"""
    given = {"a": a.tolist(), "b": b.tolist(), "shares": shares}
    for path, found in zip((lerp, slerp), torch.tensor(run_by_node(code, given)), strict=True):
        expected = torch.stack([path(*each) for each in zip(a, b, shares, strict=True)])
        torch.testing.assert_close(found, expected, atol=2e-5, rtol=0)


@node
def test_the_shell_of_random_z_is_that_of_python():
    sizes = [1, 2, 16, 64, 100, 128]
    code = 'import { shell } from "./paths.mjs";\nconst answer = (sizes) => sizes.map(shell);'
    for found, size in zip(run_by_node(code, sizes), sizes, strict=True):
        assert found == pytest.approx(shell(size), abs=1e-12)


@node
def test_half_precision_is_read_exactly():
    bits = list(range(0, 0x7C00, 7)) + list(range(0x8000, 0xFC00, 11)) + [1, 1023, 0x3C00, 0x7BFF]
    expected = [float(np.frombuffer(struct.pack("<H", each), "<f2")[0]) for each in bits]
    code = 'import { fromHalf } from "./numbers.mjs";\nconst answer = (bits) => bits.map(fromHalf);'
    assert run_by_node(code, bits) == expected


def test_each_module_stands_once_after_those_that_it_imports():
    order = in_order("page")
    assert len(order) == len(set(order)) and set(order) == {path.stem for path in MODULES.glob("*.mjs")}
    assert order.index("numbers") < order.index("generator") < order.index("latent_explorer") < order.index("page")
    assert "import " not in script() and "export " not in script()


def test_a_cell_gets_the_explorer_that_it_calls():
    text = explorer('widgets.latent_explorer("cifar10_dcgan_64")')
    assert 'data-explorer="latent_explorer"' in text and 'data-run="cifar10_dcgan_64"' in text
    assert "mnist_mlp" in explorer("widgets.latent_slider(run.generator, seed=seed)") and explorer("print(1)") == ""
