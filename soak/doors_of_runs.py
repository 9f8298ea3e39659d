"""The doors of what a training leaves and of what is shipped: checkpoints, run.json, cards, weights, tables."""

import contextlib
import hashlib
import io
import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dcgan_course.__main__ import main
from dcgan_course.commands.run_folder import RunFolder
from dcgan_course.errors import InvalidValue
from dcgan_course.models.mlp import MLPDiscriminator, MLPGenerator
from dcgan_course.recorded import runs, tables
from dcgan_course.training import checkpoint, loop, tensor_file
from dcgan_course.training.config import TrainConfig
from dcgan_course.training.kept_state import PLAIN
from dcgan_course.training.state import Training
from recording.files import write_sums
from soak.damaged import Door, HalfDone
from soak.kills import NEW, write_pictures
from soak.mutations import bytes_changed, value_changed

CONFIG = TrainConfig(epochs=3, batch_size=64, precision="float32", seed=3)
TABLES: dict[str, Callable[[], object]] = {
    "guidelines": lambda: (tables.guidelines(), tables.guideline_samples("full recipe").sum().item()),
    "modes_table": tables.modes_table,
    "probes": tables.probes,
}


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[list[Door]]:
    """Train what is to be damaged, take a copy of what is shipped, and give the doors."""
    before = runs.FOLDER
    shipped = folder / "recorded"
    shutil.copytree(before, shipped, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    runs.FOLDER = tables.FOLDER = shipped
    try:
        yield [*_doors_of_a_checkpoint(folder), _door_of_a_run(folder), _shipped(shipped), _shipped_with_sums(shipped)]
    finally:
        runs.FOLDER = tables.FOLDER = before


def _networks() -> tuple[MLPGenerator, MLPDiscriminator]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return MLPGenerator((1, 6, 6), 5, 16), MLPDiscriminator((1, 6, 6), 16)


def _doors_of_a_checkpoint(folder: Path) -> list[Door]:
    path, source = folder / "kept.safetensors", torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (640, 1, 6, 6), generator=source, dtype=torch.uint8)
    loop.train(*_networks(), images, CONFIG, checkpoint=path, hook=lambda t: t.step == 13, progress=False)
    content = path.read_bytes()
    tensors, texts = tensor_file.read_tensors(path)

    def read() -> object:
        training = Training(*_networks(), images, CONFIG)
        with torch.random.fork_rng(devices=[]), contextlib.redirect_stdout(io.StringIO()):
            before = sum_of(training.state_dict())
            try:
                checkpoint.load_training(path, training)
            except Exception as error:
                if sum_of(training.state_dict()) != before:
                    raise HalfDone("the training changed, although the file was refused") from error
                raise
            return sum_of(training.state_dict())

    def read_as_it_says() -> object:
        found, (_, said) = read(), tensor_file.read_tensors(path)
        other = [name for name in PLAIN if said.get(name) != texts[name]]
        return "a whole file with other losses or another device" if other in (["history"], ["made_on"]) else found

    def spoil_inside(source: random.Random) -> str:
        changed, said = dict(tensors), dict(texts)
        if source.random() < 0.4:
            name = source.choice(PLAIN)
            said[name] = value_changed(json.loads(texts[name]), source)
            done = f"{name} says {said[name][:80]}"
        else:
            name = source.choice(sorted(tensors))
            done = f"{name}: {_spoiled(changed, name, source)}"
        tensor_file.write_tensors(path, changed, said)
        return done

    def mend() -> None:
        path.write_bytes(content)

    return [
        Door("checkpoint, bytes", 900, _bytes_of(lambda source: path), read, mend),
        Door("checkpoint, values with right sums", 700, spoil_inside, read_as_it_says, mend),
    ]


def _spoiled(tensors: dict[str, Tensor], name: str, source: random.Random) -> str:
    """Damage one of the tensors in place of the dict; return how."""
    tensor = tensors[name]
    flat = tensor.reshape(-1).clone()
    ways: dict[str, Callable[[], Tensor | None]] = {
        "missing": lambda: None,
        "flat": lambda: flat,
        "one longer": lambda: torch.cat([flat, flat[:1]]),
        "empty": lambda: flat[:0],
        "a row more": lambda: tensor[None],
        "half": lambda: tensor.half(),
        "double": lambda: tensor.double(),
        "whole numbers": lambda: tensor.long(),
        "nan": lambda: torch.full_like(tensor.float(), float("nan")),
        "one infinity": lambda: flat.float().index_fill(0, torch.tensor(0), float("inf")).reshape(tensor.shape),
    }
    way = source.choice(sorted(ways))
    changed = ways[way]()
    if changed is None:
        del tensors[name]
        if source.random() < 0.5:
            tensors[name + source.choice(["x", "/0", " "])] = tensor
    else:
        tensors[name] = changed
    return way


def _door_of_a_run(folder: Path) -> Door:
    """A run's folder, through `sample` and `train --resume` as somebody types them."""
    run, sheet = folder / "run", folder / "sheet.png"
    write_pictures(folder / "pictures_of_run")
    options = [word.replace("folder:pictures", f"folder:{folder / 'pictures_of_run'}") for word in NEW]
    _command("train", "--out", str(run), *options[: options.index("--epochs")], *"--epochs 1 --ema --seed 3".split())
    files = {name: (run / name).read_bytes() for name in ("run.json", "checkpoint.safetensors")}
    settings, turn = RunFolder(run).settings(), [0]
    _command("sample", str(run), "--out", str(sheet), "--count", "4")
    wanted = sheet.read_bytes()

    def spoil(source: random.Random) -> str:
        name = source.choice(["run.json", "run.json", "checkpoint.safetensors"])
        if name == "run.json" and source.random() < 0.7:
            text = value_changed(json.loads(files[name]), source)
            (run / name).write_text(text, encoding="utf-8")
            return text[:60] if len(text) > 3000 else text
        return f"bytes of {name}" * bool((run / name).write_bytes(bytes_changed(files[name], source)) + 1)

    def read() -> object:
        turn[0] += 1
        if turn[0] % 3 == 0 and _asks_for_no_more(run, settings.config.epochs):
            _command("train", "--out", str(run), "--resume")
            found = sum_of(checkpoint.read_state(run / "checkpoint.safetensors"))
        else:
            sheet.unlink(missing_ok=True)
            _command("sample", str(run), "--out", str(sheet), "--count", "4")
            if sheet.read_bytes() != wanted:
                if not RunFolder(run).settings().ema:
                    return "the generator itself is drawn, as run.json says, not its average"
                raise HalfDone("`sample` drew other pictures")
            found = untouched
        return found if found == untouched else None

    def mend() -> None:
        for name, content in files.items():
            (run / name).write_bytes(content)

    untouched = sum_of(checkpoint.read_state(run / "checkpoint.safetensors"))
    return Door("run folder, by commands", 700, spoil, read, mend)


def _asks_for_no_more(run: Path, epochs: int) -> bool:
    """Tell whether a resume of the run would not train: more epochs are a wish like any other."""
    try:
        return RunFolder(run).settings().config.epochs <= epochs
    except Exception:  # noqa: BLE001  then the command itself has to say so
        return True


def _command(*words: str) -> None:
    """Run a command; raise InvalidValue with what it said if it ended with 2, and HalfDone for any other end but 0."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(list(words))
    said = err.getvalue().split("\r")[-1].strip()
    if code == 2:
        raise InvalidValue(said)
    if code != 0:
        raise HalfDone(f"{words} ended with {code}: {out.getvalue()[-200:]} {said[-200:]}")


def _shipped(shipped: Path) -> Door:
    """What is shipped, a file of it changed: bytes of weights, cards, histories, frames and tables."""
    readers = {name: lambda name=name: sum_of(runs.load_run(name)) for name in runs.names()} | {
        "digit_classifier": lambda: sum_of(runs.digit_classifier()),
        "factor_reader": lambda: sum_of(runs.factor_reader()),
        **{name: lambda name=name: repr(TABLES[name]()).encode() for name in TABLES},  # type: ignore[misc]
    }
    wanted = {name: read() for name, read in readers.items()}
    state: dict[str, Any] = {"name": "mnist_mlp"}

    def spoil(source: random.Random) -> str:
        state["name"] = source.choice(sorted(readers))
        names = sorted(path.name for path in (shipped / state["name"]).iterdir() if path.suffix != ".md")
        state["file"] = shipped / state["name"] / source.choice(names)
        state["content"] = state["file"].read_bytes()
        state["file"].write_bytes(bytes_changed(state["content"], source))
        return f"bytes of {state['file'].name} of {state['name']}"

    def mend() -> None:
        state["file"].write_bytes(state["content"])

    return Door("shipped files, bytes", 700, spoil, lambda: readers[state["name"]]() == wanted[state["name"]], mend)


def _shipped_with_sums(shipped: Path) -> Door:
    """What is shipped, a value changed by somebody who can write the sums: nothing crashes, and nothing is executed."""
    run = shipped / "objects_dcgan"
    files = {name: (run / name).read_bytes() for name in ("card.json", "CARD.md", "history.json")}
    wanted = sum_of(runs.load_run("objects_dcgan"))

    def spoil(source: random.Random) -> str:
        name = source.choice(["card.json", "history.json"])
        text = value_changed(json.loads(files[name]), source)
        (run / name).write_text(text, encoding="utf-8")
        with contextlib.suppress(Exception):  # a file that cannot be read has no sum
            facts = json.loads((run / "card.json").read_text(encoding="utf-8"))
            write_sums(run, facts)
        return f"{name}: {text[:60] if len(text) > 3000 else text[-300:]}"

    def read() -> object:
        run_read = runs.load_run("objects_dcgan")
        found = sum_of(run_read)
        return True if found == wanted else "a whole file that says other figures"

    def mend() -> None:
        for name, content in files.items():
            (run / name).write_bytes(content)

    return Door("shipped files, values with right sums", 300, spoil, read, mend)


def _bytes_of(path: Callable[[random.Random], Path]) -> Callable[[random.Random], str]:
    def spoil(source: random.Random) -> str:
        file = path(source)
        before = file.read_bytes()
        file.write_bytes(bytes_changed(before, source))
        return f"{len(before)} bytes became {file.stat().st_size}"

    return spoil


def sum_of(part: object) -> bytes:
    """Return a SHA-256 of nested tensors, networks and plain values."""
    digest = hashlib.sha256()

    def take(value: object) -> None:
        if isinstance(value, Tensor):
            digest.update(f"{value.dtype} {tuple(value.shape)}".encode())
            digest.update(value.detach().contiguous().reshape(-1).view(torch.uint8).numpy().data)
        elif isinstance(value, torch.nn.Module):
            take(value.state_dict())
        elif isinstance(value, dict):
            for key in sorted(value):  # safetensors gives names in any order
                digest.update(repr(key).encode())
                take(value[key])
        elif hasattr(value, "__dataclass_fields__"):
            take({name: getattr(value, name) for name in value.__dataclass_fields__ if name != "card"})
        else:
            digest.update(repr(value).encode())

    take(part)
    return digest.digest()
