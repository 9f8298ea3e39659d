"""A file is never trusted: what was changed in it is refused in a sentence, or trains to the same bits."""

import json
import random

import pytest
import torch
from safetensors.torch import save

from dcgan_course.errors import CheckpointError, TrainingDiverged
from dcgan_course.training import TrainConfig, Training, checkpoint, loop, tensor_file

CONFIG = TrainConfig(epochs=3, batch_size=64, precision="float32", seed=3)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The bytes of a checkpoint of step 13, and its tensors and texts."""
    path = tmp_path_factory.mktemp("kept") / "run.safetensors"
    loop.train(*networks(), images(), CONFIG, checkpoint=path, hook=lambda t: t.step == 13, progress=False)
    return path.read_bytes(), *tensor_file.read_tensors(path)


def networks():
    from dcgan_course.models import MLPDiscriminator, MLPGenerator

    torch.manual_seed(0)
    return MLPGenerator((1, 6, 6), 5, 16), MLPDiscriminator((1, 6, 6), 16)


def images():
    return torch.randint(0, 256, (640, 1, 6, 6), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)


def numbers_of(part):
    return dict(checkpoint._tensors_of(part)), {name: part[name] for name in checkpoint.PLAIN}


def load(path):
    """Try to load; return the state after it, and whether it was refused. A refused one has changed nothing."""
    training = Training(*networks(), images(), CONFIG)
    with torch.random.fork_rng():
        before = {name: value.clone() for name, value in numbers_of(training.state_dict())[0].items()}
        try:
            checkpoint.load_training(path, training)
        except CheckpointError:
            after = numbers_of(training.state_dict())[0]
            assert all(torch.equal(after[name], value) for name, value in before.items())
            return None
        return numbers_of(training.state_dict())


def same(one, two):
    return (
        one[0].keys() == two[0].keys()
        and all(torch.equal(value, two[0][name]) for name, value in one[0].items())
        and json.dumps(one[1]) == json.dumps(two[1])
    )


def mutated(content, source):
    """Return the bytes with something done to them: bits, bytes, cuts, holes, repeats, numbers of the header."""
    size, kind = len(content), source.randrange(6)
    head = 8 + int.from_bytes(content[:8], "little")
    place = source.randrange(head if source.random() < 0.5 else size)
    if kind == 0:
        return content[:place] + bytes([content[place] ^ 1 << source.randrange(8)]) + content[place + 1 :]
    if kind == 1:
        return content[:place]
    if kind == 2:
        return content[:place] + content[place + source.randrange(1, 40) :]
    if kind == 3:
        return content[:place] + source.randbytes(source.randrange(1, 20)) + content[place:]
    if kind == 4:
        return content[:place] + source.randbytes(8) + content[place + 8 :]
    return source.choice([2**63, size, 0, 7, 2**40]).to_bytes(8, "little") + content[8:]


def test_bytes_that_changed_are_seen_or_change_nothing(kept, tmp_path):
    path, source, refused = tmp_path / "run.safetensors", random.Random(0), 0
    path.write_bytes(kept[0])
    good = load(path)
    for _ in range(200):
        path.write_bytes(mutated(kept[0], source))
        got = load(path)
        refused += got is None
        assert got is None or same(got, good)
    assert refused > 150


G, D = "generator_optimizer/0/", "discriminator_optimizer/1/"
TENSORS = {  # what stands in the place of a tensor; None: nothing
    f"{G}exp_avg": (None, torch.zeros(8), torch.zeros(16, 5).half(), torch.full((16, 5), float("nan"))),
    f"{G}exp_avg_sq": (torch.full((16, 5), -1.0), torch.zeros(5, 16)),
    f"{G}step": (None, torch.tensor(12.0), torch.tensor(13), torch.tensor([13.0]), torch.tensor(float("inf"))),
    f"{D}other": (torch.zeros(16),),
    "generator_optimizer/99/step": (torch.tensor(13.0),),
    "generator_optimizer/٣/step": (torch.tensor(13.0),),
    "generator/layers.0.weight": (None, torch.zeros(16, 5).half(), torch.full((16, 5), float("inf")), torch.zeros(80)),
    "generator/other": (torch.zeros(1),),
    "generator": (torch.zeros(1),),
    "step/a": (torch.zeros(1),),
    "ema_generator/layers.0.weight": (torch.zeros(16, 5),),
    "discriminator_losses": (None, torch.zeros(4), torch.zeros(3, 1), torch.tensor([0.0, float("nan"), 0.0])),
    "generator_losses": (torch.zeros(2), torch.zeros(3, dtype=torch.int64)),
    "noise": (None, torch.zeros(5056, dtype=torch.uint8), torch.zeros(17, dtype=torch.uint8), torch.zeros(5056)),
    "random": (None, torch.zeros(16, dtype=torch.uint8), torch.full((5056,), 255, dtype=torch.uint8)),
}


@pytest.mark.parametrize(("name", "other"), [(name, other) for name, others in TENSORS.items() for other in others])
def test_a_tensor_that_does_not_fit_is_refused_although_the_sum_is_right(kept, tmp_path, name, other):
    tensors = {key: value for key, value in kept[1].items() if key != name} | ({} if other is None else {name: other})
    tensor_file.write_tensors(tmp_path / "run.safetensors", tensors, kept[2])
    assert load(tmp_path / "run.safetensors") is None


STRANGE = (
    "",
    "null",
    "[]",
    "{}",
    "true",
    '"a"',
    "-7",
    "10",
    "1e999",
    "NaN",
    "9" * 5000,
    "[" * 100_000,
    '{"a":' * 100_000,
)


@pytest.mark.parametrize("name", ["step", "config", "history", "data_shape", "made_on", "format", "version", "other"])
def test_a_text_that_is_none_of_a_training_is_refused(kept, tmp_path, name):
    for text in STRANGE:
        tensor_file.write_tensors(tmp_path / "run.safetensors", kept[1], kept[2] | {name: text})
        assert load(tmp_path / "run.safetensors") is None, text[:20]
    if name != "other" and name != "made_on":
        rest = {key: text for key, text in kept[2].items() if key != name}
        tensor_file.write_tensors(tmp_path / "run.safetensors", kept[1], rest)
        assert load(tmp_path / "run.safetensors") is None


@pytest.mark.parametrize("size", [16, 44])
def test_a_checkpoint_of_another_kind_of_device_goes_on_and_says_so(kept, tmp_path, capsys, size):
    path = tmp_path / "run.safetensors"
    other = {"noise": torch.arange(size, dtype=torch.uint8)}
    path.write_bytes(save(kept[1] | other, {k: v for k, v in kept[2].items() if k != "made_on"}))  # an old one: no sum
    states = [load(path) for _ in range(2)]
    said = capsys.readouterr().out
    assert "run.safetensors goes on, but no longer to the same bits: device was" in said and said.count("\n") == 2
    assert same(*states) and torch.equal(
        states[0][0]["generator/layers.0.weight"], kept[1]["generator/layers.0.weight"]
    )
    assert len(loop.train(*networks(), images(), CONFIG, checkpoint=path, progress=False)) == 3


def test_another_number_of_processes_is_said(kept, tmp_path, capsys):
    made_on = json.dumps(json.loads(kept[2]["made_on"]) | {"processes": 2})
    tensor_file.write_tensors(tmp_path / "run.safetensors", kept[1], kept[2] | {"made_on": made_on})
    assert load(tmp_path / "run.safetensors") is not None
    assert "processes was 2, and is 1 here" in capsys.readouterr().out


def test_weights_that_are_not_finite_do_not_overwrite_the_last_good_checkpoint(kept, tmp_path):
    path = tmp_path / "run.safetensors"
    path.write_bytes(kept[0])

    def spoil(training):
        with torch.no_grad():
            next(training.generator.parameters()).fill_(float("inf"))
        return True

    with pytest.raises(TrainingDiverged, match="generator's weights are no longer finite numbers after step 14"):
        loop.train(*networks(), images(), CONFIG, checkpoint=path, hook=spoil, progress=False)
    assert path.read_bytes() == kept[0]
