"""A whole training in one file: weights, optimisers, random states, losses, history and settings.

The file is safetensors: tensors and a table of text. Reading it runs no code, wherever it comes from. It is written
aside and renamed, so that a kill at any moment leaves either the old file or the new one.
"""

import dataclasses
import json
from pathlib import Path

import torch
from torch import Tensor

from dcgan_course.errors import CheckpointError
from dcgan_course.training.tensor_file import read_tensors, write_tensors

FORMAT, VERSION = "dcgan_course training", "2"
NETWORKS = ("generator", "discriminator", "ema_generator")
OPTIMIZERS = ("generator_optimizer", "discriminator_optimizer")
LOSSES = ("discriminator_losses", "generator_losses")


def save_training(path: str | Path, training) -> None:
    """Write a `train.Training` so that `load_training` continues it to the same bits.

    Raises:
        CheckpointError: the file cannot be written; an older one stays as it was.
    """
    tensors = {"noise": training.noise.get_state(), "random": torch.get_rng_state()}
    if training.device.type == "cuda":
        tensors["random_cuda"] = torch.cuda.get_rng_state(training.device)
    for name in NETWORKS:
        tensors |= {f"{name}/{key}": value for key, value in _state(training, name).items()}
    for name in OPTIMIZERS:
        for index, state in getattr(training, name).state_dict()["state"].items():
            tensors |= {f"{name}/{index}/{key}": value for key, value in state.items()}
    for name in LOSSES:
        if losses := getattr(training, name):
            tensors[name] = torch.stack(losses)
    texts = {
        "format": FORMAT,
        "version": VERSION,
        "step": str(training.step),
        "config": json.dumps(dataclasses.asdict(training.config)),
        "history": json.dumps(dataclasses.asdict(training.history)),
        "data_shape": json.dumps(training.data_shape),
    }
    write_tensors(path, tensors, texts)


def load_training(path: str | Path, training) -> None:
    """Put a saved training back, in place. Everything is checked before anything is changed.

    Raises:
        CheckpointError: the file is damaged, is no training of this course, or is of other networks, pictures or
            settings (a larger number of epochs is allowed: that is how a finished run is continued).
    """
    tensors, texts = read_tensors(path)
    name = Path(path).name
    if texts.get("format") != FORMAT:
        raise CheckpointError(f"{name} is a safetensors file, but not a training of this course: choose another file.")
    if texts.get("version") != VERSION:
        raise CheckpointError(
            f"{name} has version {texts.get('version')}, but this package reads version {VERSION}: train anew, "
            "or install the version that wrote it."
        )
    _refuse_other_run(name, tensors, texts, training)
    for network in NETWORKS:
        if getattr(training, network) is not None:
            getattr(training, network).load_state_dict(_part(tensors, network))
    for optimizer in OPTIMIZERS:
        _load_optimizer(getattr(training, optimizer), _part(tensors, optimizer))
    for losses in LOSSES:
        stored = tensors.get(losses, torch.empty(0)).to(training.device)
        setattr(training, losses, list(stored.unbind()))
    training.noise.set_state(tensors["noise"])
    torch.set_rng_state(tensors["random"])
    if training.processes.rank > 0:  # the file holds the state of process 0; dropout must differ in the others
        torch.manual_seed(training.config.seed + 1_000_003 * training.processes.rank + int(texts["step"]))
    if "random_cuda" in tensors and training.device.type == "cuda":
        torch.cuda.set_rng_state(tensors["random_cuda"], training.device)
    training.step = int(texts["step"])
    training.history = type(training.history)(**json.loads(texts["history"]))


def _part(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    """Return what stands under `name/`, with the rest of its key."""
    return {key.split("/", 1)[1]: value for key, value in tensors.items() if key.startswith(f"{name}/")}


def _state(training, name: str) -> dict[str, Tensor]:
    """Return a network's parameters and buffers; none for an averaged generator that is not asked for."""
    network = getattr(training, name)
    return {} if network is None else network.state_dict()


def _load_optimizer(optimizer: torch.optim.Optimizer, stored: dict[str, Tensor]) -> None:
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, value in stored.items():
        index, entry = key.split("/")
        parameter = parameters[int(index)]
        if value.shape == parameter.shape:  # laid out in memory like its parameter, as Adam's kernels expect
            value = torch.empty_like(parameter, requires_grad=False).copy_(value)
        state.setdefault(int(index), {})[entry] = value
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _refuse_other_run(name: str, tensors: dict[str, Tensor], texts: dict[str, str], training) -> None:
    for network in NETWORKS:
        stored, wanted = _part(tensors, network), _state(training, network)
        shapes = {key: tuple(value.shape) for key, value in stored.items()}
        for key, value in wanted.items():
            if shapes.get(key) != tuple(value.shape):
                raise CheckpointError(
                    f"{name} belongs to another {network}: its {key} is {shapes.get(key, 'missing')}, "
                    f"but here it is {tuple(value.shape)}; build the same networks or choose another file."
                )
        if extra := sorted(shapes.keys() - wanted.keys()):
            raise CheckpointError(
                f"{name} belongs to another {network}: it also holds {extra[0]}; choose another file."
            )
    stored_config, config = json.loads(texts["config"]), json.loads(json.dumps(dataclasses.asdict(training.config)))
    for key, value in config.items():
        if key != "epochs" and stored_config.get(key) != value:
            raise CheckpointError(
                f"{name} was trained with {key} = {stored_config.get(key)}, but {value} is asked for: "
                f"set {key} back, or choose another file."
            )
    if json.loads(texts["data_shape"]) != training.data_shape:
        raise CheckpointError(
            f"{name} was trained on pictures {tuple(json.loads(texts['data_shape']))}, but here they are "
            f"{tuple(training.data_shape)}: load the same pictures, or choose another file."
        )
