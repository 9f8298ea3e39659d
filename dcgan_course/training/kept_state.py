"""What a file says of a training, looked at as a whole before any of it is used.

Names, types, shapes, sizes that fit together, and whether all numbers are finite: a file may come from anywhere, a
bit of it may have flipped, and PyTorch trusts what it is given (Adam writes past a tensor that is too short).
"""

import contextlib
import json
import math
import re
import reprlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import Tensor

from dcgan_course.errors import CheckpointError, InvalidValue, whole_number
from dcgan_course.files import parsed
from dcgan_course.training.acceleration import PRECISIONS
from dcgan_course.training.config import TrainConfig
from dcgan_course.training.random_state import DEVICE_OF_SIZE, can_go_on
from dcgan_course.training.state import History, Training, TrainingState

KeptNetwork = Literal["generator", "discriminator", "ema_generator"]
NETWORKS: tuple[KeptNetwork, ...] = ("generator", "discriminator", "ema_generator")
OPTIMIZERS = ("generator_optimizer", "discriminator_optimizer")
LOSSES = ("discriminator_losses", "generator_losses")
RANDOM = ("noise", "random", "random_cuda", "random_mps")
PLAIN = ("step", "config", "history", "data_shape", "made_on")  # entries of a state that are JSON
# "to the same bits" rests on these; older files do not say it, or say less
MADE_ON = ("device", "processes", "precision", "threads")
SINCE_THE_FIRST = (  # settings that files from before do not name: they have their defaults there
    "loss",
    "penalty",
    "penalty_weight",
    "discriminator_learning_rate",
    "augment",
    "packing",
    "minibatch_deviation",
    "spectral_norm",
    "discriminator_norm",
    "conditional",
    "cuda_graph",
)
FREE = ("epochs", "cuda_graph")  # settings that a training may go on with as it likes: what a step computes is the same
ADAM = {"step", "exp_avg", "exp_avg_sq"}
TYPES = (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.uint8, torch.bool)


@dataclass(frozen=True)
class Progress:
    """How far a kept training has come: steps, full epochs, and epochs with one that was begun and not ended."""

    step: int
    full_epochs: int
    begun_epochs: int


def progress_of(name: str, texts: Mapping[str, str]) -> Progress:
    """Return how far a training has come, from the texts of its file.

    Raises:
        CheckpointError: they do not fit together.
    """
    state, steps_per_epoch = _plain(name, texts)
    full, shown = divmod(state["step"], steps_per_epoch)
    return Progress(state["step"], full, full + (shown > 0))


def state_of(name: str, tensors: Mapping[str, Tensor], texts: Mapping[str, str]) -> TrainingState:
    """Return the state that the tensors and texts of a file make, if it is whole in itself.

    Raises:
        CheckpointError: an entry is missing, unknown, of another type or size, or not finite.
    """
    state, steps_per_epoch = _plain(name, texts)
    for key, tensor in tensors.items():
        top, *rest = key.split("/", 1)
        if top in NETWORKS and rest:
            state.setdefault(top, {})[rest[0]] = tensor
        elif top in OPTIMIZERS and (place := re.fullmatch(r"(0|[1-9]\d{0,5})/(\w+)", "".join(rest), re.ASCII)):
            state.setdefault(top, {}).setdefault(place[1], {})[place[2]] = tensor
        elif key in LOSSES + RANDOM:
            state[key] = tensor
        else:
            raise _damaged(name, f"no training has {reprlib.repr(key)}")
        _refuse_strange_numbers(name, key, tensor)
    for entry in ("generator", "discriminator", "noise", "random"):
        if entry not in state:
            raise _damaged(name, f"it has no {entry}")
    k, step = state["config"]["discriminator_steps"], state["step"]
    begun = step - step % steps_per_epoch
    kinds = {value.dtype for network in ("generator", "discriminator") for value in state[network].values()}
    for entry, wanted in zip(LOSSES, (step - begun, step // k - begun // k), strict=True):
        found = state.get(entry, torch.empty(0, dtype=torch.float32))
        if found.shape != (wanted,) or not found.is_floating_point() or wanted and found.dtype not in kinds:
            raise _damaged(name, f"its {entry} are {_said(found)}, but at step {step} they are {wanted} numbers")
    for entry in RANDOM:
        if entry in state and (state[entry].dtype != torch.uint8 or tuple(state[entry].shape) not in DEVICE_OF_SIZE):
            raise _damaged(name, f"its {entry} is {_said(state[entry])}, which is no random state")
    return cast(TrainingState, state)


def refuse_other_state(name: str, stored: TrainingState, training: Training) -> None:
    """Look at every entry of a state, whole in itself, beside the training that it shall go on in.

    Raises:
        CheckpointError: it is of other networks, pictures or settings, or an entry does not fit.
    """
    wanted = training.state_dict()
    for network in NETWORKS:
        refuse_other_tensors(name, network, stored.get(network, {}), wanted.get(network, {}))
    for key, value in json.loads(json.dumps(wanted["config"])).items():  # a file gives lists for tuples
        if key not in FREE and stored["config"].get(key) != value:
            raise CheckpointError(
                f"{name} was trained with {key} = {reprlib.repr(stored['config'].get(key))}, but {value} is asked "
                f"for: set {key} back, or choose another file."
            )
    if stored["data_shape"] != wanted["data_shape"]:
        raise CheckpointError(
            f"{name} was trained on pictures {tuple(stored['data_shape'])}, but here they are "
            f"{tuple(wanted['data_shape'])}: load the same pictures, or choose another file."
        )
    step = stored["step"]
    for entry, steps in (
        ("generator_optimizer", step // training.config.discriminator_steps),
        ("discriminator_optimizer", step),
    ):
        optimizer: torch.optim.Optimizer = getattr(training, entry)
        parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
        kept = cast(dict[str, dict[str, Tensor]], stored.get(entry, {}))
        _refuse_other_moments(name, entry, kept, parameters, steps)
    if not can_go_on(stored["random"], torch.device("cpu")):
        raise _damaged(name, "its random is no state of this machine's random numbers")
    if len(stored["noise"]) != len(training.noise.get_state()):
        return  # of another kind of device: the noise is seeded anew
    own = f"random_{training.device.type}"
    for entry in ("noise", *([own] if own in wanted else [])):
        if entry not in stored or not can_go_on(cast(Tensor, stored.get(entry)), training.device):
            raise _damaged(name, f"its {entry} is no state of this machine's random numbers")


def refuse_other_tensors(name: str, network: str, stored: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Raise CheckpointError unless what is stored for a network has the names, shapes and types that it has.

    Numbers that are not finite are refused, too.
    """
    shapes = {key: tuple(value.shape) for key, value in stored.items()}
    for key, value in wanted.items():
        if shapes.get(key) != tuple(value.shape):
            raise CheckpointError(
                f"{name} belongs to another {network}: its {key} is {shapes.get(key, 'missing')}, "
                f"but here it is {tuple(value.shape)}; build the same networks or choose another file."
            )
        if stored[key].dtype != value.dtype:
            raise CheckpointError(
                f"{name} belongs to another {network}: its {key} is {stored[key].dtype}, but here it is {value.dtype}; "
                "choose another file."
            )
        _refuse_strange_numbers(name, f"{network}/{key}", stored[key])
    if extra := sorted(shapes.keys() - wanted.keys()):
        raise CheckpointError(
            f"{name} belongs to another {network}: it also holds {reprlib.repr(extra[0])}; choose another file."
        )


def history_of(name: str, facts: object, epochs: int | None = None) -> History:
    """Return a history as a file says it: five lists of one length, an entry an epoch.

    Raises:
        CheckpointError: it is none, or not of so many epochs.
    """
    lists = set(History.__dataclass_fields__) - {"stopped"}
    if not isinstance(facts, dict) or facts.keys() != lists | {"stopped"} or not isinstance(facts["stopped"], bool):
        raise _damaged(name, "its history has other entries than a history has")
    wanted = len(facts["seconds"]) if epochs is None and isinstance(facts["seconds"], list) else epochs
    for entry in sorted(lists):
        values = facts[entry]
        if not isinstance(values, list) or len(values) != wanted:
            raise _damaged(name, f"{entry} of its history is no list of {wanted} numbers")
        for value in values:
            absent = entry not in ("discriminator_loss", "seconds") and isinstance(value, float) and math.isnan(value)
            within = isinstance(value, float) and math.isfinite(value)
            if within and entry in ("p_real", "p_fake", "seconds"):
                within = 0 <= value and (value <= 1 or entry == "seconds")
            if not (within or absent):
                raise _damaged(name, f"{entry} of its history holds {reprlib.repr(value)}")
    return History(**facts)


def _plain(name: str, texts: Mapping[str, str]) -> tuple[dict[str, Any], int]:
    """Return the entries of a state that are no tensors, and the steps of an epoch."""
    for entry in PLAIN:
        if entry not in texts and entry != "made_on":
            raise _damaged(name, f"it has no {entry}")
    if unknown := sorted(texts.keys() - {*PLAIN, "format", "version"}):
        raise _damaged(name, f"no training has {reprlib.repr(unknown[0])}")
    state = {entry: parsed(texts[entry], f"{entry} of {name}") for entry in PLAIN if entry in texts}
    with _said_of(name):
        step = whole_number("step", state["step"], 0)
        if not isinstance(state["config"], dict):
            raise InvalidValue("config is no table of settings.")
        if unknown := sorted(state["config"].keys() - TrainConfig.__dataclass_fields__.keys()):
            raise InvalidValue(f"config has {reprlib.repr(unknown[0])}, which this package does not know.")
        config = TrainConfig(**state["config"])
        shape = state["data_shape"]
        if not isinstance(shape, list) or len(shape) != 4:
            raise InvalidValue(f"data_shape is {reprlib.repr(shape)}, but it must be four whole numbers (N, C, H, W).")
        pictures = [whole_number("data_shape", side) for side in shape][0]
        steps_per_epoch = whole_number("steps an epoch", pictures // config.batch_size)
        whole_number("step", step, 0, config.epochs * steps_per_epoch)
        if "made_on" in state:
            _refuse_unknown_machine(state["made_on"])
    history_of(name, state["history"], step // steps_per_epoch)
    for setting in ("discriminator_steps", *SINCE_THE_FIRST):
        default = getattr(config, setting)
        state["config"].setdefault(setting, list(default) if isinstance(default, tuple) else default)
    return state, steps_per_epoch


def _refuse_unknown_machine(facts: object) -> None:
    if not isinstance(facts, dict) or facts.keys() | {"threads"} != set(MADE_ON):  # threads: not in older files
        raise InvalidValue(f"made_on is {reprlib.repr(facts)}, but it must name {', '.join(MADE_ON)}.")
    whole_number("processes", facts["processes"])
    whole_number("threads", facts.get("threads", 0), 0)
    if facts["precision"] not in PRECISIONS or not re.fullmatch(r"[a-z]{1,20}", str(facts["device"])):
        raise InvalidValue(f"made_on is {reprlib.repr(facts)}, which is no device and precision.")


def _refuse_other_moments(
    name: str, entry: str, stored: Mapping[str, Mapping[str, Tensor]], parameters: list[Tensor], steps: int
) -> None:
    """Raise CheckpointError unless every parameter that is trained has Adam's numbers, of its shape and of so many
    steps (or none yet, where it was never moved)."""
    if extra := stored.keys() - {str(index) for index in range(len(parameters))}:
        raise _damaged(name, f"its {entry} is of more parameters than there are: {min(extra)}")
    for index, parameter in enumerate(parameters):
        moments = stored.get(str(index), {})
        if not moments and (steps == 0 or not parameter.requires_grad):
            continue
        if moments.keys() != ADAM:
            raise _damaged(name, f"its {entry} has {sorted(moments) or 'nothing'} for parameter {index}")
        for kind in ("exp_avg", "exp_avg_sq"):
            if moments[kind].shape != parameter.shape or moments[kind].dtype != parameter.dtype:
                raise _damaged(
                    name,
                    f"its {entry}/{index}/{kind} is {_said(moments[kind])}, but the parameter is {_said(parameter)}",
                )
        made = moments["step"]
        if made.shape != () or made.dtype != torch.float32 or float(made) not in (steps, 0):
            raise _damaged(name, f"its {entry}/{index}/step is {_said(made)}, but {steps} steps were made")
        if float(made) == 0 and steps and any(bool(moments[kind].any()) for kind in ("exp_avg", "exp_avg_sq")):
            raise _damaged(name, f"its {entry}/{index} has moments of no step")


def _refuse_strange_numbers(name: str, key: str, tensor: Tensor) -> None:
    """Raise CheckpointError for a type that no training has, for nan and infinity, and for a negative square."""
    if tensor.dtype not in TYPES:
        raise _damaged(name, f"{reprlib.repr(key)} is {tensor.dtype}")
    if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
        raise CheckpointError(f"{name} holds numbers that are not finite, in {key}: take an older copy, or train anew.")
    if key.endswith(("running_var", "exp_avg_sq", "num_batches_tracked")) and bool((tensor < 0).any()):
        raise _damaged(name, f"{key} is below 0")


def _said(tensor: Tensor) -> str:
    kind = str(tensor.dtype).removeprefix("torch.")
    return (
        f"{kind} {float(tensor):g}" if tensor.dim() == 0 and tensor.dtype in TYPES else f"{kind} {tuple(tensor.shape)}"
    )


def _damaged(name: str, what: str) -> CheckpointError:
    return CheckpointError(f"{name} is damaged or of another version: {what}. Take an older copy, or train anew.")


@contextlib.contextmanager
def _said_of(name: str) -> Iterator[None]:
    """Say of the file what is wrong with a value in it."""
    try:
        yield
    except InvalidValue as error:
        raise CheckpointError(f"{name} is damaged or of another version: {error}") from error
