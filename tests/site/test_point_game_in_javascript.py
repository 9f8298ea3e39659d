"""The game that the break-it panel of a page plays is torch's: gradients, steps of Adam, traces. Run by node."""

import pytest
import torch

from authoring.site.break_it import facts, of_fault
from dcgan_course.toy.faults import FAULTS, play
from dcgan_course.toy.modes import count_modes
from dcgan_course.widgets.break_it import MIXTURES
from tests.helpers.node import node, run_by_node

TRACES = {"pReal": "p_real", "pFake": "p_fake", "pFakeForG": "p_fake_for_g", "gradientOfG": "g_gradient"}
GAME = """import { PointGame } from "./point_game.mjs";
const answer = ({ fault, mixture, weights, rounds, z }) => {
  const game = new PointGame(fault, mixture, 0);
  [game.generator, game.discriminator].forEach((network, n) =>
    network.parameters.forEach((parameter, i) => parameter.value.set(weights[n][i])));
  const gradients = [];
  for (const { noise, real } of rounds) {
    game.step({ noise: () => Float64Array.from(noise.shift()), real: () => Float64Array.from(real.shift()) });
    gradients.push([game.discriminator, game.generator].map((network) =>
      network.parameters.map((parameter) => [...parameter.gradient])));
  }
  const values = [game.generator, game.discriminator].map((network) =>
    network.parameters.map((parameter) => [...parameter.value]));
  return { traces: game.traces, gradients, values, points: [...game.points(Float64Array.from(z))] };
};"""


@pytest.fixture(autouse=True)
def in_doubles():
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(before)


def numbers(network) -> list[list[float]]:
    return [parameter.detach().flatten().tolist() for parameter in network.parameters()]


def gradients(network) -> list[list[float]]:
    return [(torch.zeros_like(p) if p.grad is None else p.grad).flatten().tolist() for p in network.parameters()]


def played(game, rounds: int):
    """Play rounds; return what was drawn for each, and the gradients of D's last step and of G's."""
    drawn, found = [], []
    for _ in range(rounds):
        again, noise, real = torch.Generator(), [], []
        again.set_state(game.random.get_state())
        for _ in range(game.settings.discriminator_steps):
            noise.append(torch.randn(1, 100, 2, generator=again).flatten().tolist())
            real.append(game.mixture.sample((1, 100), again).flatten().tolist())
        noise.append(torch.randn(1, 100, 2, generator=again).flatten().tolist())
        game.step()
        drawn.append({"noise": noise, "real": real})
        found.append([gradients(game.discriminators), gradients(game.generators)])
    return drawn, found


def apart(found, expected) -> float:
    """The largest distance of two nests of numbers, as a share of the largest number in the same list."""
    if isinstance(found[0], list):
        assert len(found) == len(expected)
        return max(apart(*pair) for pair in zip(found, expected, strict=True))
    found, expected = torch.tensor(found), torch.tensor(expected)
    return float((found - expected).abs().max() / (expected.abs().max() + 1e-6))


@node
@pytest.mark.parametrize("data", MIXTURES)
@pytest.mark.parametrize("name", FAULTS)
def test_gradients_steps_and_traces_are_those_of_torch_from_the_same_weights_and_points(name, data):
    fault, mixture = FAULTS[name], MIXTURES[data]
    game = play(fault, 1, 5, mixture)
    weights = [numbers(game.generators), numbers(game.discriminators)]
    # With the learning rate too high a difference in the last digit grows a thousandfold in a round.
    drawn, expected = played(game, 1 if name == "learning rate too high" else 3)
    z = torch.randn(1, 50, 2, generator=torch.Generator().manual_seed(1))
    given = {
        "fault": of_fault(fault),
        "mixture": facts()["mixtures"][data],
        "weights": weights,
        "rounds": drawn,
        "z": z.flatten().tolist(),
    }
    found = run_by_node(GAME, given)
    assert apart(found["gradients"][0], expected[0]) < 1e-9
    assert (name == "fake detached in G's step") == (max(map(abs, found["gradients"][0][1][0])) == 0)
    assert apart(found["gradients"], expected) < 1e-5
    assert apart(found["values"], [numbers(game.generators), numbers(game.discriminators)]) < 1e-5
    assert apart(found["points"], game.points(50).flatten().tolist()) < 1e-5
    for ours, theirs in TRACES.items():
        assert apart(found["traces"][ours], game.trace(theirs)[:, 0].tolist()) < 1e-5, ours


@node
def test_modes_are_counted_as_in_python():
    random = torch.Generator().manual_seed(2)
    code = """import { countModes } from "./point_game.mjs";
const answer = (given) => given.map(({ points, centres, sigma }) => countModes(points, centres, sigma));"""
    given, expected = [], []
    for mixture in MIXTURES.values():
        for spread in (0.01, 0.3, 3.0, 30.0):
            points = mixture.sample((400,), random) + spread * mixture.sigma * torch.randn(400, 2, generator=random)
            centres = mixture.centres.tolist()
            given.append({"points": points.flatten().tolist(), "centres": centres, "sigma": mixture.sigma})
            report = count_modes(points, mixture)
            expected.append({"modes": report.modes, "highQuality": report.high_quality})
    assert run_by_node(code, given) == expected and len({each["modes"] for each in expected}) > 2


@node
def test_random_numbers_are_even_or_normal_and_differ_by_seed():
    code = """import { Random } from "./random.mjs";
const answer = (seeds) => seeds.map((seed) => {
  const random = new Random(seed);
  return [Array.from({ length: 4000 }, () => random.uniform()), [...random.normals(4000)]];
});"""
    found = torch.tensor(run_by_node(code, [0, 1, 2, 20, 1000]))
    assert torch.equal(found, torch.tensor(run_by_node(code, [0, 1, 2, 20, 1000])))
    even, normal = found[:, 0], found[:, 1]
    assert float(even.min()) >= 0 and float(even.max()) < 1
    steps = (torch.arange(4000) + 0.5) / 4000
    limit = 2 / 4000**0.5  # Kolmogorov and Smirnov: beyond it once in a thousand
    assert float((even.sort(dim=1).values - steps).abs().max()) < limit
    cumulated = torch.distributions.Normal(0.0, 1.0).cdf(normal.sort(dim=1).values)
    assert float((cumulated - steps).abs().max()) < limit
    for numbers_of_seeds in (even, normal):
        together = torch.corrcoef(numbers_of_seeds) - torch.eye(5)
        assert float(together.abs().max()) < 5 / 4000**0.5  # seeds know nothing of each other
        following = torch.corrcoef(torch.stack([numbers_of_seeds[0, :-1], numbers_of_seeds[0, 1:]]))[0, 1]
        assert abs(float(following)) < 5 / 4000**0.5


@node
@pytest.mark.parametrize("name", ["nothing is wrong", "batch norm with eps 0.8", "data outside tanh"])
def test_a_game_begins_with_weights_as_torch_draws_them_and_sees_points_of_the_mixture(name):
    code = """import { PointGame } from "./point_game.mjs";
const answer = ({ fault, mixture }) => {
  const game = new PointGame(fault, mixture, 3);
  return [game.generator, game.discriminator].map((network) => network.parameters.map(({ value }) => [...value]))
    .concat([[[...game.real(), ...game.real(), ...game.real()]]]);
};"""
    given = {"fault": of_fault(FAULTS[name]), "mixture": facts()["mixtures"]["ring of 8"]}
    *networks, ((*points,),) = run_by_node(code, given)
    game = play(FAULTS[name], 1, 3)
    for ours, theirs in zip(networks, (game.generators, game.discriminators), strict=True):
        assert [len(each) for each in ours] == [parameter.numel() for parameter in theirs.parameters()]
        for our, their in zip(ours, theirs.parameters(), strict=True):
            if their.numel() >= 64:
                assert abs(torch.tensor(our, dtype=torch.float64).std() - their.std()) <= 0.25 * their.std()
    report = count_modes(torch.tensor(points).view(-1, 2), game.mixture)
    assert report.modes == 8 and report.high_quality > 0.95
