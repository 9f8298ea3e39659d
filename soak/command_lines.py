"""Random command lines: whatever is typed, there is an answer and never a traceback."""

import random
from pathlib import Path

from soak.kills import NEW, write_pictures
from soak.report import Report
from soak.zygote import Ended, Zygote

SECONDS = 20.0  # then the reader presses Ctrl-C; on a busy machine an honest training takes so long
CODES = (0, 1, 2, 130)
NUMBERS: tuple[str, ...] = (
    "0",
    "1",
    "2",
    "3",
    "8",
    "-1",
    "-0",
    "1e3",
    "nan",
    "inf",
    "0.5",
    "2147483648",
    "18446744073709551616",
)
NUMBERS += ("9" * 400, "٣", "1_0", " 4", "", "0x10", "x", "16x24", "16x", "x16", "1000000", "--")
WORDS: tuple[str, ...] = (
    "",
    " ",
    ".",
    "/",
    "..",
    "~",
    "~nobody",
    "run",
    "new",
    "a b",
    "é강",
    "$HOME",
    "`id`",
    "-",
    "--",
    "a\nb",
    "#1",
)
WORDS += ("x" * 300, "x/" * 200 + "x", "pictures", "afile", "afile/x", "folder:", "/dev/null", "run/run.json")
DATA = (
    "folder:pictures",
    "folder:afile",
    "folder:nowhere",
    "folder:",
    "folder:PATH",
    "mnist",
    "cifar10",
    "CIFAR",
    "drawn",
)
OUTS = ("x.png", "x.webp", "x.gif", "x.bmp", "many", "run", "afile", "a/b/c.png", "x.PNG", "x.mp4")
RUNS = ("run", "mnist_mlp", "nowhere", "afile", "pictures", "mnist", "run/")
OPTIONS: dict[str, tuple[str, ...]] = {  # what each command takes, and some that it does not
    "doctor": ("--help", "--out", "-h", "--verbose"),
    "train": (
        *("--data", "--out", "--resume", "--image-size", "--channels", "--width", "--latent-dim", "--ema", "--no-ema"),
        *("--epochs", "--batch-size", "--learning-rate", "--betas", "--discriminator-steps", "--seed", "--precision"),
        *("--channels-last", "--reuse-fakes", "--ema-decay", "--threads", "--help", "--width=2", "--wid", "--nothing"),
    ),
    "sample": ("--out", "--count", "--steps", "--seed", "--help", "--data", "--co"),
    "evaluate": ("--data", "--count", "--seed", "--help", "--out"),
}
FLAGS = ("--resume", "--ema", "--no-ema", "--help", "-h", "--channels-last", "--reuse-fakes")


def soak_command_lines(lines: int, seed: int, folder: Path) -> Report:
    """Run `lines` random command lines, in one folder with a run, pictures and a file in the way."""
    source, report = random.Random(seed), Report("random command lines", seed)
    write_pictures(folder / "pictures")
    (folder / "afile").write_text("a file", encoding="utf-8")
    home = {"HOME": str(folder / "home"), "DCGAN_COURSE_CACHE": str(folder / "cache"), "DCGAN_COURSE_DATA": ""}
    zygote = Zygote(folder, home)
    try:
        zygote.run(["train", "--out", "run", *NEW[: NEW.index("--epochs")], "--epochs", "1"])
        for _ in range(lines):
            words = command_line(source)
            ended = zygote.run(words, SECONDS)
            fault = _fault(ended)
            report.note(f"code {ended.code}", f"{words}: {fault}" if fault else "")
    finally:
        zygote.close()
    return report


def command_line(source: random.Random) -> list[str]:
    """Return the words of a command line: one that makes sense, with words changed, left out or added."""
    command = source.choice(["train"] * 6 + ["sample"] * 5 + ["evaluate"] * 3 + ["doctor", "", "Train", "--help"])
    words = [command] if source.random() < 0.97 else []
    out = source.choice(OUTS if source.random() < 0.7 else WORDS)
    if command == "train":
        new = ["--out", source.choice([f"new{source.randrange(10**6)}", "run", out]), *NEW]
        words += new[:-4] if source.random() < 0.7 else ["--out", "run", "--resume"]
    elif command == "sample":
        words += [source.choice(RUNS), "--out", out, "--count", source.choice(["3", "9"])]
    elif command == "evaluate":
        words += [source.choice(RUNS), *(["--data", source.choice(DATA)] if source.random() < 0.5 else [])]
    for _ in range(source.choice([0, 1, 1, 1, 2, 3])):
        option = source.choice(OPTIONS.get(command, ("--out",)))
        words += [option] if option in FLAGS or source.random() < 0.05 else [option, _value(option, source)]
    if source.random() < 0.2 and words:
        del words[source.randrange(len(words))]
    if source.random() < 0.1:
        words.insert(source.randrange(len(words) + 1), source.choice(WORDS))
    return [word.replace("\0", "") for word in words]


def _value(option: str, source: random.Random) -> str:
    if source.random() < 0.1:
        return source.choice(WORDS)
    if option == "--data":
        return source.choice(DATA)
    if option == "--out":
        return source.choice(OUTS + WORDS)
    if option == "--precision":
        return source.choice(["auto", "float32", "bfloat16", "float16", ""])
    return source.choice(NUMBERS)


def _fault(ended: Ended) -> str:
    """Say what is wrong with how a command ended, or ""."""
    if "Traceback" in ended.said:
        return f"a traceback: {ended.said[-700:]}"
    if ended.code not in CODES:
        return f"code {ended.code}: {ended.said[-300:]}"
    if ended.code and not ended.said.strip():
        return f"code {ended.code} without a word"
    return ""
