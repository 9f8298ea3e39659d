"""Exercises 7 to 9 of lesson 02, ladders of layers: the lecture's slips, and layers for a wanted size."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import nn

from dcgan_course.checks.engine import Mistake, answer, describe, fail, judge, passed
from dcgan_course.checks.registry import exercise
from dcgan_course.convolution.arithmetic import conv_output_size, conv_transpose_output_size
from dcgan_course.errors import InvalidValue, is_whole

Layer = tuple[int, int, int, int]  # kernel_size, stride, padding, output_padding
LECTURE_SIZES = (4, 7, 16, 34)  # after each of the four blocks, with kernel 4 in all of them
WANTED = (28, 50, 96)


def _row(given: object, count: int) -> list[int] | None:
    """Return a row of so many whole numbers as Python's own; None if it is no such row."""
    if isinstance(given, (list, tuple)) and len(given) == count and all(map(is_whole, given)):
        return [int(number) for number in given]
    return None


def _arrows(sizes: Sequence[int]) -> str:
    return " → ".join(map(str, sizes))


@exercise("7a · the lecture's strides", id="lecture-strides", points=1)
def lecture_strides(exercise: str, function: Callable[[], list[int]]) -> None:
    """Check the strides with which kernel 4 makes 1 → 4 → 7 → 16 → 34."""
    given = answer(exercise, function, ())
    strides = _row(given, 4)
    if strides is None or min(strides) < 1:
        fail(exercise, f"your answer is {describe(given)}, but it should be a list of four strides of at least 1.")
    size = 1
    for block, (stride, wanted) in enumerate(zip(strides, LECTURE_SIZES, strict=True), start=1):
        made = conv_transpose_output_size(size, 4, stride)
        if made != wanted:
            fail(
                exercise,
                f"in block {block} a stride of {stride} takes {size} to {made}, not to {wanted}.\n  "
                f"Hint: without padding the size is (i − 1)·s + 4. Solve ({size} − 1)·s + 4 = {wanted} for s.",
            )
        size = wanted
    passed(exercise, "1 → 4 → 7 → 16 → 34. The first stride is free: one input has no next one.")


@exercise("7b · the repaired generator", id="repaired-generator", points=2)
def repaired_generator(exercise: str, function: Callable[[], list[tuple[int, int]]]) -> None:
    """Check four (kernel_size, stride) without padding that make 28 of 1; several answers are right."""
    given = answer(exercise, function, ())
    if not isinstance(given, (list, tuple)) or len(given) != 4:
        fail(exercise, f"your answer is {describe(given)}, but it should be a list of four (kernel_size, stride).")
    blocks = []
    for block in given:
        pair = _row(block, 2)
        if pair is None or min(pair) < 1:
            fail(exercise, f"the block {describe(block)} should be a pair (kernel_size, stride) of whole numbers.")
        blocks.append(pair)
    sizes = _run(1, [(k, s, 0, 0) for k, s in blocks])
    turned = _run(1, [(s, k, 0, 0) for k, s in blocks])
    said = f"your blocks make {_arrows(sizes)}, not 28."
    if sizes[-1] != 28 and turned[-1] == 28:
        fail(exercise, f"{said}\n  Hint: the order is turned round. Write (kernel_size, stride), the kernel first.")
    if sizes[-1] != 28 and all(k == 4 for k, _ in blocks):
        fail(
            exercise,
            f"{said}\n  Hint: kernel 4 in every block is the lecture's slip. With the strides of 7a it must make 34. "
            "Change kernels: one square less in a kernel is one square less at its block, and strides double it later.",
        )
    if sizes[-1] != 28:
        fail(
            exercise,
            f"{said}\n  Hint: go backwards. With kernel 4 and stride 2, which size makes 28: (i − 1)·2 + 4 = 28?",
        )
    if any(k < s for k, s in blocks):
        fail(exercise, "a stride is larger than its kernel, so there are squares that no stamp reaches. Choose k ≥ s.")
    if any(after <= before for before, after in zip(sizes, sizes[1:], strict=False)):
        fail(exercise, f"your blocks make {_arrows(sizes)}, but each block shall make the picture larger.")
    passed(exercise, f"{_arrows(sizes)}, run through real layers.")


def _answers(image_size: int, blocks: int = 3, padding: int = 0) -> int:
    for _ in range(blocks):
        image_size = conv_output_size(image_size, 4, 2, padding)
    return image_size**2


def _answers_with_fractions(image_size: float) -> float:
    for _ in range(3):
        image_size = (image_size - 4) / 2 + 1
    return image_size**2


def _answers_without_the_first(image_size: int) -> int:
    for _ in range(3):
        image_size = (image_size - 4) // 2
    return image_size**2


def _answers_rounded_up(image_size: int) -> int:
    for _ in range(3):
        image_size = -(-(image_size - 4) // 2) + 1
    return image_size**2


ANSWER_MISTAKES = [
    Mistake(
        lambda i: round(_answers(i) ** 0.5),
        "this is the side of the output. A side of 2 means 2 × 2 = 4 answers.",
    ),
    Mistake(lambda i: 1, "one answer is right for 28 only. Compute the size for each picture."),
    Mistake(lambda i: _answers(i, padding=1), "you padded by 1. These blocks have no padding: 28 → 13 → 5 → 1."),
    Mistake(_answers_rounded_up, "you rounded up. A convolution rounds DOWN: the last window must fit."),
    Mistake(
        _answers_with_fractions,
        "you kept fractions. Half a window gives no answer: round DOWN in each layer, with // in place of /.",
    ),
    Mistake(
        _answers_without_the_first,
        "the + 1 is missing. ⌊(i − 4) / 2⌋ counts the steps; the place where the window starts is one more.",
    ),
    Mistake(lambda i: _answers(i, blocks=2), "there are three blocks, you used two."),
]


@exercise("8 · answers per picture", id="answers-per-picture", points=1)
def answers_per_picture(exercise: str, function: Callable[..., int]) -> None:
    """Check how many answers the lecture's discriminator gives for one picture."""
    judge(
        exercise,
        function,
        [(28,), (34,), (46,), (64,)],
        _answers,
        ANSWER_MISTAKES,
        "28 gets one answer, 34 gets four: the loss would compare four answers with one label.",
    )


def _run(start: int, layers: Iterable[Sequence[int]]) -> list[int]:
    """Sizes on the way, measured on real layers with one channel."""
    x = torch.zeros(1, 1, start, start)
    sizes = [start]
    for kernel_size, stride, padding, output_padding in layers:
        x = nn.ConvTranspose2d(1, 1, kernel_size, stride, padding, output_padding)(x)
        sizes.append(x.shape[-1])
    return sizes


@exercise("9 · layers for a wanted size", id="ladders", points=3)
def my_ladders(exercise: str, function: Callable[[], dict[int, tuple[int, list[Layer]]]]) -> None:
    """Check layers for 28, 50 and 96, run as real modules; several answers are right."""
    ladders = answer(exercise, function, ())
    if not isinstance(ladders, dict) or set(ladders) != set(WANTED):
        fail(exercise, f"your answer should be a dict with the keys 28, 50 and 96, but it is {describe(ladders)}.")
    ways = [_judge_ladder(exercise, wanted, ladders[wanted]) for wanted in WANTED]
    passed(exercise, "; ".join(ways) + ": run through real layers, and every stride divides its kernel.")


def _judge_ladder(exercise: str, wanted: int, ladder: object) -> str:
    """Return the sizes of a right ladder as text; fail with the fitting hint for a wrong one."""
    if not isinstance(ladder, (list, tuple)) or len(ladder) != 2 or not isinstance(ladder[1], (list, tuple)):
        fail(exercise, f"{wanted} should have (start_size, list of layers), but it has {describe(ladder)}.")
    if not is_whole(ladder[0]) or not 1 <= int(ladder[0]) <= 8:
        fail(exercise, f"the ladder to {wanted} starts at {describe(ladder[0])}, but it should start at 1 to 8.")
    sizes, layers = [int(ladder[0])], []
    for number, given in enumerate(ladder[1], start=1):
        layer = _row(given, 4)
        if layer is None:
            fail(exercise, f"{describe(given)} should be (kernel_size, stride, padding, output_padding).")
        try:
            sizes.append(conv_transpose_output_size(sizes[-1], *layer))
        except InvalidValue as error:
            fail(exercise, f"layer {number} of the ladder to {wanted} is refused: {error}")
        layers.append(layer)
    if _run(sizes[0], layers)[-1] != wanted:
        near = abs(sizes[-1] - wanted) == 1
        hint = (
            "one square is missing or too many: padding takes two away, output_padding adds one. "
            if near
            else "go backwards from the wanted size: with kernel 4, stride 2, padding 1 the size before is the half. "
        )
        fail(
            exercise,
            f"the ladder to {wanted} makes {_arrows(sizes)}.\n  Hint: {hint}An odd size on the way is allowed.",
        )
    for kernel_size, stride, _, _ in layers:
        if kernel_size % stride:
            fail(
                exercise,
                f"the ladder to {wanted} ends right, but kernel {kernel_size} with stride {stride} paints unevenly.\n"
                "  Hint: choose a kernel size that the stride divides, for example kernel 4 with stride 2.",
            )
    return _arrows(sizes)
