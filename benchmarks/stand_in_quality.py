"""How much like MNIST are the drawn digits? A classifier that saw only drawn digits reads real ones.

DCGAN_COURSE_DATA=… python -m benchmarks.stand_in_quality       five seeds; some minutes of one core

Needs the real MNIST, and prints its figures. The ways of writing were tuned with the errors on the 10,000 test digits
in view, so the figure to quote is the one on the 60,000 training digits, which were not looked at.
"""

import argparse
import statistics
import sys
import time

import torch
from torch.nn.functional import cross_entropy

from dcgan_course.data import Images, batches, load_images, scale
from dcgan_course.data.drawn.pictures import drawn_digits
from dcgan_course.evaluation.classifiers import DigitClassifier

COUNT = 10_000  # drawn digits to learn from
SEEDS = (0, 1, 2, 3, 4)  # of the drawing, the network and the order
EPOCHS = 5
BATCH_SIZE = 100


def train_on_drawn(seed: int) -> tuple[DigitClassifier, float]:
    """A classifier that has seen COUNT drawn digits EPOCHS times, and the seconds that drawing them took."""
    start = time.perf_counter()
    images, labels = drawn_digits(COUNT, seed)
    seconds = time.perf_counter() - start
    torch.manual_seed(seed)
    classifier = DigitClassifier()
    optimizer = torch.optim.Adam(classifier.parameters(), lr=2e-3)
    for epoch in range(EPOCHS):
        pictures = batches(images, BATCH_SIZE, generator=torch.Generator().manual_seed(epoch))
        order = torch.randperm(COUNT, generator=torch.Generator().manual_seed(epoch))
        for batch, rows in zip(pictures, order.split(BATCH_SIZE), strict=True):
            loss = cross_entropy(classifier(batch), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return classifier.eval(), seconds


@torch.no_grad()
def percent_right(classifier: DigitClassifier, data: Images) -> tuple[float, list[float]]:
    """Share of right answers in percent, and the same for each of the ten digits."""
    right = torch.cat([classifier(scale(part)).argmax(1) for part in data.images.split(1000)]) == data.labels
    each = [100 * right[data.labels == digit].float().mean().item() for digit in range(10)]
    return 100 * right.float().mean().item(), each


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args(arguments)
    torch.set_num_threads(1)
    real = {"60,000 training digits": load_images("mnist"), "10,000 test digits": load_images("mnist", "test")}
    results: dict[str, list[float]] = {name: [] for name in real}
    for seed in SEEDS:
        classifier, seconds = train_on_drawn(seed)
        print(f"seed {seed}: {COUNT:,} digits drawn in {seconds:.1f} s")
        for name, data in real.items():
            total, each = percent_right(classifier, data)
            results[name].append(total)
            print(
                f"  {name}: {total:.1f} % right (by digit: {', '.join(f'{share:.0f}' for share in each)})", flush=True
            )
    for name, shares in results.items():
        print(
            f"{name}: mean {statistics.mean(shares):.1f} %, standard deviation {statistics.stdev(shares):.1f}, "
            f"{min(shares):.1f} to {max(shares):.1f} over {len(shares)} seeds (guessing gives 10 %)"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
