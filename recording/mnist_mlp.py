"""Train what lessons 04 and 08 need of MNIST: the classifier of digits, and the MLP GAN of lesson 04."""

import json
import time
from dataclasses import asdict

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from dcgan_course import latent, models, recorded
from dcgan_course.data import Images, load_images, scale, to_pixels
from dcgan_course.evaluation import metrics
from dcgan_course.evaluation.classifiers import DigitClassifier
from dcgan_course.training import TrainConfig, train
from dcgan_course.training.state import Training
from recording.files import write_card, write_frames, write_weights

FRAME_EPOCHS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 100, 125, 150, 175, 200]
FRAME_PICTURES = 20
HISTOGRAM_SAMPLES = 10_000


def accuracy(classifier: DigitClassifier, data: Images) -> float:
    """Return the share of pictures that a classifier reads right, in percent."""
    classifier.eval()
    with torch.no_grad():
        guesses = torch.cat([classifier(scale(part)).argmax(dim=1) for part in data.images.split(1000)])
    return 100 * float((guesses == data.labels).float().mean())


def record_digit_classifier(epochs: int = 6, seeds: tuple[int, ...] = (0, 1, 2)) -> None:
    """Train the classifier of digits with each seed; ship the first, state all."""
    train_data, test_data = load_images("mnist"), load_images("mnist", "test")
    folder = recorded.FOLDER / "digit_classifier"
    scores, start = [], time.perf_counter()
    for seed in seeds:
        classifier = fit_classifier(train_data, epochs, seed)
        scores.append(accuracy(classifier, test_data))
        print(f"digit_classifier, seed {seed}: {scores[-1]:.2f} % of the test digits are read right")
        if seed == seeds[0]:
            write_weights(folder / "weights.safetensors", classifier)
    write_card(
        folder,
        {
            "what": "DigitClassifier, 28×28 grey digits → 10 classes",
            "data": f"{train_data.source}; {len(train_data.images):,} to train, {len(test_data.images):,} to test",
            "command": "python -m recording digit_classifier",
            "seed": seeds[0],
            "epochs": epochs,
            "test_accuracy_percent": round(scores[0], 2),
            "test_accuracy_percent_by_seed": {str(s): round(score, 2) for s, score in zip(seeds, scores, strict=True)},
            "minutes_for_all_seeds": round((time.perf_counter() - start) / 60, 1),
        },
    )


def fit_classifier(data: Images, epochs: int, seed: int) -> DigitClassifier:
    """Train a DigitClassifier with Adam and a learning rate that falls to zero."""
    torch.manual_seed(seed)
    classifier = DigitClassifier()
    optimizer = torch.optim.Adam(classifier.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, 2e-3, epochs=epochs, steps_per_epoch=len(data.images) // 128
    )
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        order = torch.randperm(len(data.images), generator=generator)
        for index in order[: len(order) // 128 * 128].view(-1, 128):
            loss = cross_entropy(classifier(scale(data.images[index])), data.labels[index])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return classifier


def record_mnist_mlp(epochs: int = 200, seed: int = 0) -> None:
    """Train lesson 04's recipe in full; ship both networks, the history and frames of one fixed z."""
    train_data, test_data = load_images("mnist"), load_images("mnist", "test")
    folder = recorded.FOLDER / "mnist_mlp"
    torch.manual_seed(seed)
    generator, discriminator = models.MLPGenerator(), models.MLPDiscriminator()
    config = TrainConfig(epochs=epochs, seed=seed)
    fixed_z = latent.sample(FRAME_PICTURES, generator.latent_dim, seed)
    frames = []

    def keep_frames(training: Training) -> None:
        if training.epoch_is_over and len(training.history) in FRAME_EPOCHS:
            frames.append(to_pixels(models.draw(generator, fixed_z)))

    frames.append(to_pixels(models.draw(generator, fixed_z)))
    start = time.perf_counter()
    history = train(generator, discriminator, train_data.images, config, test_images=test_data.images, hook=keep_frames)
    minutes = (time.perf_counter() - start) / 60
    write_weights(folder / "generator.safetensors", generator)
    write_weights(folder / "discriminator.safetensors", discriminator)
    write_frames(folder / "frames.png", torch.stack(frames))
    rounded = {k: [round(x, 5) for x in v] if isinstance(v, list) else v for k, v in asdict(history).items()}
    record = {"frame_epochs": FRAME_EPOCHS, "history": rounded}
    (folder / "history.json").write_text(json.dumps(record) + "\n", encoding="utf-8")
    z = latent.sample(HISTOGRAM_SAMPLES, generator.latent_dim, seed + 1)
    with torch.no_grad():
        counts = metrics.class_histogram(recorded.digit_classifier(), generator.eval()(z))
    write_card(
        folder,
        {
            "dataset": "mnist",
            "what": "MLP GAN 100–256–256–784 against 784–256–256–1, the recipe of lesson 04",
            "data": f"{train_data.source}; {len(train_data.images):,} to train, {len(test_data.images):,} for traces",
            "command": "python -m recording mnist_mlp",
            "seed": seed,
            "config": asdict(config),
            "minutes": round(minutes, 1),
            "p_real_at_the_end": round(history.p_real[-1], 4),
            "p_fake_at_the_end": round(history.p_fake[-1], 4),
            "p_real_mean_of_last_20_epochs": round(float(np.mean(history.p_real[-20:])), 4),
            "p_fake_mean_of_last_20_epochs": round(float(np.mean(history.p_fake[-20:])), 4),
            "samples_by_class_0_to_9": counts.tolist(),
            "samples": f"{HISTOGRAM_SAMPLES:,} from N(0, 1), seed {seed + 1}, not picked, classes by digit_classifier",
            "entropy_of_classes_nats": round(metrics.entropy(counts), 4),
            "entropy_of_ten_equal_classes_nats": round(float(np.log(10)), 4),
        },
    )
