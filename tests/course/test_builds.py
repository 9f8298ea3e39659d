"""What a lesson builds in plain sight is what the package holds."""

import ast
import inspect
import itertools
import math

import jupytext
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import softplus

from authoring.notebooks import scripts
from dcgan_course import models
from dcgan_course.convolution import arithmetic
from dcgan_course.errors import InvalidValue
from dcgan_course.evaluation import kernel, metrics, neighbours
from dcgan_course.toy import divergences, line, points
from dcgan_course.toy.mixtures import ring_of_8
from dcgan_course.training import loop, losses


def built() -> dict:
    """Execute every cell tagged `builds` in its lesson's order; return {name: what the lesson made}."""
    made = {}
    for script in scripts("lessons"):
        space = {"torch": torch, "nn": nn, "math": math, "softplus": softplus, "models": models, "F": nn.functional}
        space["conv_output_size"] = arithmetic.conv_output_size  # lesson 02 imports it
        space["discriminator_loss"] = losses.discriminator_loss  # lessons 03 and 05 import it
        space["functional_call"] = functional_call  # lesson 05 imports it
        for cell in jupytext.read(script, fmt="py:percent").cells:
            if "builds" not in cell.metadata.get("tags", []):
                continue
            exec(compile(cell.source, script.name, "exec"), space)  # the lesson's own code
            kinds = (ast.FunctionDef, ast.ClassDef)
            made |= {node.name: space[node.name] for node in ast.parse(cell.source).body if isinstance(node, kinds)}
    return made


BUILT = built()
HOMES = {
    arithmetic: ("conv_output_size", "conv_transpose_output_size", "insert_zeros", "conv_matrix", "receptive_field"),
    losses: ("discriminator_loss", "non_saturating", "minimax"),
    models: ("up", "down", "init_weights", "MLPGenerator", "MLPDiscriminator"),
    loop: ("discriminator_step", "generator_step"),
    divergences: ("optimal_discriminator", "jensen_shannon"),
    line: ("move_discriminator", "move_generator", "play_round"),
    points: ("pack", "look_ahead"),
    metrics: ("frechet_distance",),
    kernel: ("kernel_distance",),
    neighbours: ("precision_recall", "density_coverage"),
}
PACKAGE = {name: getattr(module, name) for module, names in HOMES.items() for name in names}


def same_sizes(name, cases):
    for case in cases:
        try:
            want = PACKAGE[name](*case)
        except InvalidValue:
            continue
        assert BUILT[name](*case) == want, case


def check_conv_output_size():
    same_sizes("conv_output_size", itertools.product(range(1, 12), range(1, 6), range(1, 4), range(3), range(1, 4)))


def check_conv_transpose_output_size():
    cases = itertools.product(range(1, 7), range(1, 6), range(1, 4), range(3), range(3), range(1, 4))
    same_sizes("conv_transpose_output_size", cases)


def check_insert_zeros():
    for height, width, stride in itertools.product(range(1, 5), range(1, 5), range(1, 4)):
        x = torch.randn(2, height, width)[0]
        assert torch.equal(BUILT["insert_zeros"](x, stride), arithmetic.insert_zeros(x, stride))


def check_conv_matrix():
    for stride, padding, dilation in itertools.product((1, 2), (0, 1), (1, 2)):
        kernel = torch.randn(3, 2)
        case = (kernel, (5, 6), stride, padding, dilation)
        torch.testing.assert_close(BUILT["conv_matrix"](*case), arithmetic.conv_matrix(*case))


def check_receptive_field():
    for layers in ([(3, 1)], [(3, 2), (3, 1)], [(4, 2)] * 4, [(5, 1), (2, 2), (3, 1)]):
        assert BUILT["receptive_field"](layers) == arithmetic.receptive_field(layers)


def check_losses(name):
    generator = torch.Generator().manual_seed(0)
    arguments = [50 * torch.randn(30, generator=generator) for _ in inspect.signature(PACKAGE[name]).parameters]
    torch.testing.assert_close(BUILT[name](*arguments), PACKAGE[name](*arguments))


def check_networks(name):
    results = []
    for maker in (BUILT[name], PACKAGE[name]):
        torch.manual_seed(0)
        network = maker().eval()
        x = torch.randn(3, 100) if "Generator" in name else torch.randn(3, 1, 28, 28)
        results.append((network.state_dict(), network(x)))
    assert results[0][0].keys() == results[1][0].keys()
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)


def check_steps(name):
    results = []
    for step in (BUILT[name], PACKAGE[name]):
        torch.manual_seed(0)
        networks = models.MLPGenerator((1, 4, 4), 3, 8), models.MLPDiscriminator((1, 4, 4), 8)
        moving = networks[0] if name == "generator_step" else networks[1]
        optimizer = torch.optim.Adam(moving.parameters(), lr=0.1)
        real = () if name == "generator_step" else (torch.rand(6, 1, 4, 4),)
        loss = step(*networks, optimizer, *real, torch.randn(6, 3))
        results.append((loss, [p.detach() for network in networks for p in network.parameters()]))
    torch.testing.assert_close(results[0], results[1])


BEST = "optimal_discriminator"


def check_game_formulas():
    x = torch.linspace(-6, 6, 801, dtype=torch.float64)
    for mean, width in ((0, 1), (1.5, 0.5), (4, 0.2)):
        p_data, p_fake = divergences.normal_density(x, 0, 1), divergences.normal_density(x, mean, width)
        made = BUILT["optimal_discriminator"](p_data, p_fake)
        torch.testing.assert_close(
            made, divergences.optimal_discriminator(p_data, p_fake), rtol=0, atol=0, equal_nan=True
        )
        assert BUILT["jensen_shannon"](p_data, p_fake, x) == divergences.jensen_shannon(p_data, p_fake, x)


def check_moves_on_a_line():
    results = []
    for built in (BUILT, vars(line)):
        played = line.LineGame(2, 10, seed=0)
        built["move_discriminator"](played)
        built["move_generator"](played, losses.minimax)
        built["move_generator"](played, losses.non_saturating)
        results.append([*played.generator.state_dict().values(), *played.discriminator.state_dict().values()])
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)


def check_play_round():
    results = []
    for play in (BUILT["play_round"], line.play_round):
        played = line.LineGame(2, 10, seed=0)
        for loss in (losses.non_saturating, losses.minimax):
            play(played, loss)
        play(played, losses.non_saturating, 3)
        results.append([*played.generator.state_dict().values(), *played.discriminator.state_dict().values()])
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)


def check_pack():
    cloud = torch.randn(3, 12, 2)
    for packing in (1, 2, 3, 4):
        assert torch.equal(BUILT["pack"](cloud, packing), points.pack(cloud, packing))


def check_look_ahead():
    game = points.lopsided_game(ring_of_8(), 2)
    game.step()
    packs = game.real(), game.fake()
    made, want = (look(game.discriminators, *packs, 3, 0.1) for look in (BUILT["look_ahead"], points.look_ahead))
    torch.testing.assert_close(made, want, rtol=0, atol=0)
    assert all(value.requires_grad for value in made.values())


def check_block(name):
    for case in ((3, 5), (3, 5, 7, 1, 0), (4, 2, 3, 2, 1)):
        results = []
        for block in (BUILT[name], models.__dict__[name]):
            torch.manual_seed(0)
            made = block(*case)
            results.append((made.state_dict(), made(torch.randn(4, case[0], 9, 9))))
        torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)


def check_init_weights():
    results = []
    for init in (BUILT["init_weights"], models.init_weights):
        torch.manual_seed(0)
        network = nn.Sequential(nn.Conv2d(2, 3, 4), models.up(3, 4), nn.Flatten(), nn.Linear(4, 2))
        init(network)
        init(network[1], 0.2)
        results.append(network.state_dict())
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)


def check_measure(name):
    generator = torch.Generator().manual_seed(0)
    for real_count, fake_count, features in ((40, 30, 3), (12, 50, 20), (300, 200, 64)):
        real = torch.randn(real_count, features, generator=generator)
        fake = 1.3 * torch.randn(fake_count, features, generator=generator) + 0.2
        for neighbour_count in ((1,), (5,)) if "k" in inspect.signature(PACKAGE[name]).parameters else ((),):
            made, want = (measure(real, fake, *neighbour_count) for measure in (BUILT[name], PACKAGE[name]))
            assert made == pytest.approx(want, rel=1e-6)


CHECKS = {
    "frechet_distance": lambda: check_measure("frechet_distance"),
    "kernel_distance": lambda: check_measure("kernel_distance"),
    "precision_recall": lambda: check_measure("precision_recall"),
    "density_coverage": lambda: check_measure("density_coverage"),
    "up": lambda: check_block("up"),
    "down": lambda: check_block("down"),
    "init_weights": check_init_weights,
    "conv_output_size": check_conv_output_size,
    "conv_transpose_output_size": check_conv_transpose_output_size,
    "insert_zeros": check_insert_zeros,
    "conv_matrix": check_conv_matrix,
    "receptive_field": check_receptive_field,
    "discriminator_loss": lambda: check_losses("discriminator_loss"),
    "non_saturating": lambda: check_losses("non_saturating"),
    "minimax": lambda: check_losses("minimax"),
    "pack": check_pack,
    "look_ahead": check_look_ahead,
    "MLPGenerator": lambda: check_networks("MLPGenerator"),
    "MLPDiscriminator": lambda: check_networks("MLPDiscriminator"),
    "optimal_discriminator": check_game_formulas,
    "jensen_shannon": check_game_formulas,
    "move_discriminator": check_moves_on_a_line,
    "move_generator": check_moves_on_a_line,
    "play_round": check_play_round,
    "discriminator_step": lambda: check_steps("discriminator_step"),
    "generator_step": lambda: check_steps("generator_step"),
}


@pytest.mark.parametrize("name", sorted(BUILT))
def test_the_lesson_builds_what_the_package_holds(name):
    assert name in CHECKS, f"{name} is tagged `builds` in a lesson, but nothing holds it equal to the package"
    CHECKS[name]()


@pytest.mark.parametrize("name", sorted(CHECKS.keys() & BUILT.keys()))
def test_it_has_the_same_arguments(name):
    """The package may offer more behind them, but nobody has to know it: None leaves it out."""
    lesson, package = (inspect.signature(thing).parameters for thing in (BUILT[name], PACKAGE[name]))
    assert list(lesson) == list(package)[: len(lesson)]
    assert all(package[extra].default is None for extra in list(package)[len(lesson) :])


def test_the_first_lessons_build_what_they_promise():
    promised = {"conv_output_size", "conv_matrix", "insert_zeros", "conv_transpose_output_size", "generator_step"}
    assert promised <= BUILT.keys()


def written_out_in_lesson_06() -> dict:
    """Execute the lesson's blocks and the cell in which it builds both networks."""
    (script,) = [script for script in scripts("lessons") if script.stem.startswith("06")]
    cells = [cell for cell in jupytext.read(script, fmt="py:percent").cells if cell.cell_type == "code"]
    space = {"torch": torch, "nn": nn, "seed": 0}
    wanted = [cell for cell in cells if cell.source.startswith(("def up", "def down", "width = ", "discriminator = "))]
    for cell in wanted[:4]:
        exec(compile(cell.source, script.name, "exec"), space)  # the lesson's own code
    return space


def test_the_networks_that_lesson_06_writes_out_are_those_of_the_package():
    space = written_out_in_lesson_06()
    width, z = space["width"], torch.randn(4, 100)
    generator, discriminator = models.Generator(28, 100, 1, width), models.Discriminator(28, 1, width)
    for mine, packaged in ((space["generator"], generator), (space["discriminator"], discriminator)):
        mine_state, state = mine.state_dict(), packaged.state_dict()
        assert [value.shape for value in mine_state.values()] == [value.shape for value in state.values()]
        packaged.load_state_dict(dict(zip(state, mine_state.values(), strict=True)))
    pictures = space["generator"](z)
    torch.testing.assert_close(generator(z), pictures)
    torch.testing.assert_close(discriminator(pictures), space["discriminator"](pictures))
