"""Train the DCGANs that the course ships: MNIST at 28×28, also conditional, CIFAR-10 at 32×32, also by the best recipe
of benchmarks/cifar_recipes.py, and at 64×64, drawn objects at 32×32.

On a GPU each is trained in full; without one, for as long as a CPU allows, and its card says so. So
`python -m recording` on a machine with a GPU replaces them all.

Hours of a CPU rarely come in one piece: after each epoch a training is kept under build/recorded, and the same
command goes on from there. To train anew, delete its files there.
"""

import copy
import json
import math
import statistics
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from dcgan_course import latent, models, recorded
from dcgan_course.data import load_images, scale, to_pixels
from dcgan_course.evaluation import metrics
from dcgan_course.models.conditional import ConditionalGenerator
from dcgan_course.models.dcgan import Generator
from dcgan_course.models.protocols import LatentGenerator
from dcgan_course.recorded import runs
from dcgan_course.recorded.judges import judge_for
from dcgan_course.training import TrainConfig, train
from dcgan_course.training.acceleration import chosen_precision
from dcgan_course.training.fixes.networks import AnyGenerator
from dcgan_course.training.state import Training
from dcgan_course.training.tensor_file import read_tensors, write_tensors
from recording.files import write_card, write_frames, write_weights

UNDER_WAY = Path(__file__).resolve().parent.parent / "build" / "recorded"
FRAME_EPOCHS = [0, 0.1, 0.25, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 75, 100, 125, 150, 175, 200]
FRAME_PICTURES = 16
TEST_PICTURES = 2_000
SAMPLES = 10_000
MEASURED = 5_000  # samples and training pictures, for the distance of a training to its pictures


@dataclass(frozen=True)
class Recipe:
    """What is trained, how long on a GPU, and how long and how wide without one."""

    data: str
    image_size: int
    channels: int
    gpu_epochs: int
    cpu_epochs: int
    cpu_width: int
    width: int = 64
    lossless_frames: bool = False
    fixes: dict[str, Any] = field(default_factory=dict)  # other options of TrainConfig than those of the paper
    averaged: bool = False  # keep an average of G too, and ship the one that is nearer to the training pictures


RECIPES = {
    "mnist_dcgan": Recipe("mnist", 28, 1, gpu_epochs=50, cpu_epochs=50, cpu_width=64, averaged=True),
    "mnist_dcgan_conditional": Recipe(
        "mnist", 28, 1, gpu_epochs=50, cpu_epochs=5, cpu_width=32, fixes={"conditional": "projection"}
    ),
    "cifar10_dcgan_32": Recipe("cifar10", 32, 3, gpu_epochs=200, cpu_epochs=10, cpu_width=48, averaged=True),
    "cifar10_dcgan_32_tuned": Recipe(  # its distance turns after three epochs, see benchmarks/results/cifar_recipes.md
        "cifar10",
        32,
        3,
        gpu_epochs=3,
        cpu_epochs=3,
        cpu_width=48,
        lossless_frames=True,
        fixes={"learning_rate": 5e-4, "batch_size": 64},
        averaged=True,
    ),
    "cifar10_dcgan_64": Recipe("cifar10", 64, 3, gpu_epochs=200, cpu_epochs=25, cpu_width=32, averaged=True),
    "objects_dcgan": Recipe(
        "drawn_objects", 32, 3, gpu_epochs=200, cpu_epochs=40, cpu_width=24, lossless_frames=True, averaged=True
    ),
}


def record_dcgan(name: str, seed: int = 0, *, recipe: Recipe | None = None, ship: bool = True) -> None:
    """Train one recipe, by default that of the name; ship both networks, the history and frames of some fixed z."""
    recipe, cuda = recipe or RECIPES[name], torch.cuda.is_available()
    epochs = recipe.gpu_epochs if cuda else recipe.cpu_epochs
    paper: dict[str, Any] = {"batch_size": 128, "learning_rate": 2e-4, "betas": (0.5, 0.999)}
    config = TrainConfig(**(paper | recipe.fixes), epochs=epochs, seed=seed, cuda_graph=cuda)
    data = load_images(recipe.data, image_size=recipe.image_size)
    test = load_images(recipe.data, "test", image_size=recipe.image_size)
    conditional = config.conditional != "none"
    network = {
        "image_size": recipe.image_size,
        "latent_dim": 100,
        "channels": recipe.channels,
        "width": recipe.width if cuda else recipe.cpu_width,
    } | ({"classes": len(data.class_names)} if conditional else {})
    torch.manual_seed(seed)
    generator, discriminator = runs.dcgan_pair({"network": network, "config": asdict(config)})
    if cuda:
        generator, discriminator = generator.cuda(), discriminator.cuda()
    of_seed = f"_seed{seed}" if seed else ""
    kept = UNDER_WAY / f"{name}_width{network['width']}{of_seed}.safetensors"
    if kept.exists():
        print(f"{name}: goes on from {kept.name}; delete it to train anew")
    recorder = FrameRecorder(generator, seed, kept.with_name(f"{kept.stem}_frames.safetensors"))
    average = copy.deepcopy(generator) if recipe.averaged else None
    distances = DistanceRecorder(recipe, generator, data.images, seed, kept)

    def hook(training: Training) -> None:
        recorder(training)
        if recipe.averaged:
            distances(training)

    history = train(
        generator,
        discriminator,
        data.images,
        config,
        labels=data.labels if conditional else None,
        test_images=test.images[:TEST_PICTURES],
        test_labels=test.labels[:TEST_PICTURES] if conditional else None,
        hook=hook,
        ema_generator=average,
        checkpoint=None if cuda else kept,  # minutes come in one piece, and to keep 75 MB takes as long as an epoch
    )
    if history.stopped:
        print(
            f"{name}: stopped after {len(history)} of {epochs} epochs; the same command goes on, nothing is shipped yet"
        )
        return
    if not ship:
        drawer, _ = distances.nearer(generator, average or generator)
        write_weights(kept.with_name(f"{kept.stem}_end.safetensors"), drawer)
        return
    minutes = sum(history.seconds) / 60

    folder = recorded.FOLDER / name
    folder.mkdir(exist_ok=True)
    drawer, chosen = (generator, {}) if average is None else distances.nearer(generator, average)
    if drawer is average:
        recorder.draw_last_by(drawer)
    write_weights(folder / "generator.safetensors", drawer)
    write_weights(folder / "discriminator.safetensors", discriminator)
    write_frames(folder / "frames.webp", torch.stack(recorder.frames), recipe.lossless_frames)
    rounded = {k: [round(x, 5) for x in v] if isinstance(v, list) else v for k, v in asdict(history).items()}
    record = {"frame_epochs": recorder.epochs, "history": rounded}
    (folder / "history.json").write_text(json.dumps(record) + "\n", encoding="utf-8")
    kind = "class-conditional DCGAN" if conditional else "DCGAN"
    facts = {
        "what": f"{kind} on {recipe.data}, {recipe.image_size}×{recipe.image_size} pictures",
        "dataset": recipe.data,
        "data": f"{data.source}; {len(data.images):,} to train, {TEST_PICTURES:,} test pictures for p_real and p_fake",
        "remark": data.remark or "none",
        "command": f"python -m recording {name}",
        "seed": seed,
        "network": network,
        "config": {key: value for key, value in asdict(config).items() if recipe.averaged or key != "ema_decay"},
        **chosen,
        **({"class_names": data.class_names} if conditional else {}),
        "computed_in": str(chosen_precision(config.precision, recorder.z.device)).removeprefix("torch."),
        "length": f"{epochs} of the {recipe.gpu_epochs} epochs that a GPU trains, width {network['width']} of "
        f"{recipe.width}",
        "minutes": round(minutes, 1),
        "seconds_of_an_epoch": f"{statistics.median(history.seconds):.2f} in the median, looks at the samples included",
        "images_per_second": round(len(data.images) / statistics.median(history.seconds)),
        "p_real_at_the_end": round(history.p_real[-1], 4),
        "p_fake_at_the_end": round(history.p_fake[-1], 4),
        "p_real_and_p_fake": "asked in eval mode: with batch norm in D they do not say who wins (lesson 07)",
    }
    write_card(folder, facts | digit_facts(recipe.data, drawer, seed))


def digit_facts(data: str, generator: LatentGenerator, seed: int) -> dict[str, Any]:
    """Measure which digits are drawn, on samples that nobody picked; of a conditional generator, also as asked."""
    if data != "mnist":
        return {}
    z, labels = latent.sample(SAMPLES, generator.latent_dim, seed + 1), runs.labels_in_turn(generator, SAMPLES)
    pictures, classifier = models.draw(generator, z, labels), recorded.digit_classifier()
    counts = metrics.class_histogram(classifier, pictures)
    how = "" if labels is None else ", digits 0 to 9 asked in turn"
    facts = {
        "samples_by_class_0_to_9": counts.tolist(),
        "samples": f"{SAMPLES:,} from N(0, 1), seed {seed + 1}{how}, not picked, classes by digit_classifier",
        "entropy_of_classes_nats": round(metrics.entropy(counts), 4),
    }
    if labels is None:
        return facts
    table = metrics.asked_and_drawn(classifier, pictures, labels)
    right = [round(100 * float(row[digit] / row.sum()), 2) for digit, row in enumerate(table)]
    return facts | {
        "asked_digit_is_drawn_percent": round(100 * float(table.diagonal().sum() / table.sum()), 2),
        "asked_digit_is_drawn_percent_0_to_9": right,
    }


class FrameRecorder:
    """A hook that draws the same z after each of FRAME_EPOCHS, as far as the training goes, and keeps the frames."""

    def __init__(self, generator: LatentGenerator, seed: int, path: Path) -> None:
        self.generator, self.path = generator, path
        z = latent.sample(FRAME_PICTURES, generator.latent_dim, seed)
        self.labels = runs.labels_in_turn(generator, FRAME_PICTURES)
        self.z = z.to(next(generator.parameters()).device)
        self.epochs: list[float] = []
        self.frames: list[Tensor] = []
        if path.exists():
            tensors, texts = read_tensors(path)
            self.epochs, self.frames = json.loads(texts["epochs"]), list(tensors["frames"])
        else:
            self._draw(0)

    def __call__(self, training: Training) -> None:
        due = {round(epoch * training.steps_per_epoch): epoch for epoch in FRAME_EPOCHS if epoch > 0}
        epoch = due.get(training.step)
        if epoch is not None and epoch not in self.epochs:
            self._draw(epoch)

    def draw_last_by(self, generator: AnyGenerator) -> None:
        """Let the film end with what is shipped."""
        self.frames[-1] = to_pixels(models.draw(generator, self.z, self.labels))

    def _draw(self, epoch: float) -> None:
        self.frames.append(to_pixels(models.draw(self.generator, self.z, self.labels)))
        self.epochs.append(epoch)
        write_tensors(self.path, {"frames": torch.stack(self.frames)}, {"epochs": json.dumps(self.epochs)})


class DistanceRecorder:
    """A hook that measures G and its average after each of the whole FRAME_EPOCHS, and keeps the Fréchet distances.

    They are to training pictures, so that a choice by them takes nothing from the test pictures. The nearest G so far
    is kept, too, to be looked at beside the last.
    """

    def __init__(self, recipe: Recipe, generator: AnyGenerator, images: Tensor, seed: int, kept: Path) -> None:
        self.recipe, self.generator, self.seed = recipe, generator, seed
        self.path, self.of_nearest = (kept.with_name(kept.stem + end) for end in ("_distances.json", "_nearest"))
        judge = judge_for(recipe.data, recipe.channels)
        self.device = next(generator.parameters()).device
        self.judge = replace(judge, network=copy.deepcopy(judge.network).to(self.device))
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
        self.pictures = images[order[:MEASURED]]
        self.found: list[dict[str, float]] = json.loads(self.path.read_text("utf-8")) if self.path.exists() else []

    def __call__(self, training: Training) -> None:
        epoch, rest = divmod(training.step, training.steps_per_epoch)
        if rest or epoch not in FRAME_EPOCHS or any(row["epoch"] == epoch for row in self.found):
            return
        average = training.ema_generator
        assert isinstance(average, Generator | ConditionalGenerator)  # it is asked for where one is kept
        row = {"epoch": epoch, "last": self.distance(self.generator), "average": self.distance(average)}
        print(row, flush=True)
        best = min((min(other["last"], other["average"]) for other in self.found), default=math.inf)
        self.found.append(row)
        self.path.write_text(json.dumps(self.found), encoding="utf-8")
        if min(row["last"], row["average"]) < best:
            nearest = self.generator if row["last"] < row["average"] else average
            write_weights(self.of_nearest.with_suffix(".safetensors"), nearest, {"epoch": str(epoch)})

    @torch.no_grad()
    def distance(self, generator: LatentGenerator) -> float:
        """Return the Fréchet distance of a generator's samples to the training pictures."""
        z = latent.sample(len(self.pictures), generator.latent_dim, self.seed + 1)
        drawn = models.draw(generator, z, runs.labels_in_turn(generator, len(z)))
        both = (self.judge.features(pictures.to(self.device)).cpu() for pictures in (drawn, scale(self.pictures)))
        return round(float(metrics.frechet_distance(*both)), 2)

    def nearer(self, last: AnyGenerator, average: AnyGenerator) -> tuple[AnyGenerator, dict[str, Any]]:
        """Return the generator to ship, and what the card says of the choice."""
        end = self.found[-1]
        which = "average" if end["average"] < end["last"] else "last"
        return (average if which == "average" else last), {
            "shipped": {"average": "the average of G over its steps", "last": "G after the last step"}[which]
            + ", the nearer of the two at the end; it drew the last frame",
            "distance_by_epoch": self.found,
            "distance": f"Fréchet, {len(self.pictures):,} samples to as many training pictures, in the features of "
            f"{self.judge.name}",
        }
