"""Exercise 8 of lesson 10: pairs of published lines, and what forbids to compare their numbers."""

from collections.abc import Callable

from dcgan_course.checks.naming import judge_names
from dcgan_course.checks.registry import exercise

REASONS = ("nothing", "n", "network", "reference", "resizer", "measure")
MNIST = "samples, features of the course's digit classifier, reference: all 10,000 test pictures of MNIST"
PAIRS = {
    "A": (f"FD, 5,000 {MNIST}", f"FD, 500 {MNIST}"),
    "B": (f"kernel distance, mean of 10 draws of 5,000 {MNIST}", f"kernel distance, mean of 40 draws of 500 {MNIST}"),
    "C": (
        "FID, 10,000 samples, Inception weights of the TensorFlow file, CIFAR-10 training pictures as reference",
        "FID, 10,000 samples, Inception weights that torchvision brings, CIFAR-10 training pictures as reference",
    ),
    "D": (
        "FD, 5,000 samples, features of the digit classifier, reference: MNIST's first 5,000 test pictures",
        "FD, 5,000 samples, features of the digit classifier, reference: MNIST's last 5,000 test pictures",
    ),
    "E": (
        "FD, 2,000 samples made smaller from 64 to 32 pixels with antialias, CIFAR-10 classifier, 10,000 test pictures",
        "FD, 2,000 samples made smaller from 64 to 32 pixels by the nearest pixel, CIFAR-10 classifier, 10,000 test "
        "pictures",
    ),
    "F": (
        f"FD, 5,000 {MNIST}, z from seed 3, computed in batches of 100",
        f"FD, 5,000 {MNIST}, z from seed 8, computed in batches of 500",
    ),
    "G": (f"FD, 5,000 {MNIST}", f"kernel distance, 5,000 {MNIST}"),
    "H": (
        "FD, 5,000 samples, features of the generator's own discriminator, reference: all 10,000 test pictures",
        "FD, 5,000 samples, features of the digit classifier, reference: all 10,000 test pictures",
    ),
}
RIGHT = {
    "A": "n",
    "B": "nothing",
    "C": "network",
    "D": "reference",
    "E": "resizer",
    "F": "nothing",
    "G": "measure",
    "H": "network",
}
HINTS = {
    "A": "both lines agree in everything but the number of samples. Does FD's mean hang on it?",
    "B": "the numbers of samples differ. But is the kernel distance larger, in the mean, when they are few?",
    "C": "both lines say FID. Read which file the features come from: the same architecture, other weights.",
    "D": "both say MNIST, and both 5,000. Which 5,000? The lesson laid the two halves side by side.",
    "E": "read what happened to the samples before the network saw them.",
    "F": "the seed of z is chance, which the spread covers, and the size of a batch changes nothing in eval mode.",
    "G": "read the first words of both lines.",
    "H": "read who looks at the pictures. In one line the judge took part in the game.",
}


@exercise("8 · which two may be compared", id="comparable", points=2)
def comparable(exercise: str, function: Callable[[], dict[str, str]]) -> None:
    """Check what a learner says forbids each comparison: {"A": one of REASONS, …}."""

    def against(letter: str, claim: str) -> str:
        if claim == "nothing":
            return f"look again. {HINTS[letter]}"
        if RIGHT[letter] == "nothing":
            return f"what you name is the same in both, or does no harm here. {HINTS[letter]}"
        return f"the {claim} is not what differs. {HINTS[letter]}"

    judge_names(
        exercise,
        function,
        RIGHT,
        REASONS,
        against,
        "a number without n, network, reference and resizer is no number; and some differences do no harm.",
    )
