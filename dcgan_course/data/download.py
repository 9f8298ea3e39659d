"""Fetch MNIST and CIFAR-10 from torchvision's addresses, within a time limit.

Files arrive in a folder of their own, are compared with their md5 sums and unpacked there, and only then
renamed into place. So nothing half-downloaded is ever read. Every failure is an `OSError` whose text says why.
"""

import contextlib
import errno
import hashlib
import http.client
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from dcgan_course.errors import DataNotFound, InvalidValue

ANSWER_SECONDS = 6  # a server that has not begun to answer by then counts as no connection
SILENCE_SECONDS = 10  # the longest pause between two pieces of one file
DEFAULT_LIMIT_SECONDS = 900  # for all files of one data set together: CIFAR-10 is 170 MB
NO_CONNECTION = "there is no connection to the internet"


# The addresses and md5 sums are those of torchvision.datasets, and a test holds them equal. They are written here
# because importing torchvision takes seconds, which a machine without internet should not wait for.
MNIST_MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/")
MNIST_FILES = (
    ("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
    ("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
    ("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
    ("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
)
CIFAR10_MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
CIFAR10_FILES = (("cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a"),)


def download_mnist(cache: Path) -> None:
    """Put the four files of MNIST (12 MB to fetch, 55 MB unpacked) under `cache`/MNIST/raw."""
    _download(MNIST_MIRRORS, MNIST_FILES, cache, inside=Path("MNIST", "raw"), unpacked=Path("MNIST", "raw"))


def download_cifar10(cache: Path) -> None:
    """Put the batches of CIFAR-10 (170 MB to fetch, 186 MB unpacked) under `cache`/cifar-10-batches-py."""
    _download(CIFAR10_MIRRORS, CIFAR10_FILES, cache, inside=Path(), unpacked=Path("cifar-10-batches-py"))


def time_limit() -> float:
    """Seconds one data set may take to download: `DCGAN_COURSE_DOWNLOAD_SECONDS`, else 900.

    Raises:
        InvalidValue: the variable is not a number above 0.
    """
    text = os.environ.get("DCGAN_COURSE_DOWNLOAD_SECONDS", "")
    try:
        seconds = float(text) if text else float(DEFAULT_LIMIT_SECONDS)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InvalidValue(f"DCGAN_COURSE_DOWNLOAD_SECONDS is {text!r}, but it must be a number of seconds above 0.")
    return seconds


def _download(
    mirrors: Sequence[str], files: Sequence[tuple[str, str]], cache: Path, *, inside: Path, unpacked: Path
) -> None:
    """Fetch all files into a folder `inside` an unfinished place, unpack them, and move `unpacked` into the cache."""
    deadline = time.monotonic() + time_limit()
    with _unfinished_folder(cache) as unfinished:
        folder = unfinished / inside
        folder.mkdir(parents=True, exist_ok=True)
        for name, md5 in files:
            fetch([mirror + name for mirror in mirrors], folder / name, md5, deadline)
        from torchvision.datasets.utils import extract_archive

        for name, _ in files:
            extract_archive(str(folder / name), str(folder), remove_finished=True)
        _move(unfinished / unpacked, cache / unpacked, aside=unfinished / "replaced")


def _move(new: Path, place: Path, aside: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.rename(place, aside)
    try:
        os.rename(new, place)
    except OSError:
        if not place.is_dir():  # if it is there now, another process was faster, and its files are as good
            raise


@contextlib.contextmanager
def _unfinished_folder(cache: Path) -> Iterator[Path]:
    """A fresh folder in the cache that is gone afterwards, whatever happens. Clears what a killed run left behind."""
    cache.mkdir(parents=True, exist_ok=True)
    for old in cache.glob("unfinished-*"):
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > 24 * 3600:
                shutil.rmtree(old, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="unfinished-", dir=cache))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fetch(addresses: Sequence[str], path: Path, md5: str, deadline: float) -> None:
    """Save the file at the first address that has it whole. `deadline` is in seconds of `time.monotonic()`.

    Raises:
        ConnectionError: at once, where there is no network or no time left: other addresses would not help.
        DataNotFound: every address failed in its own way.
    """
    problems = []
    for address in addresses:
        try:
            _fetch_from(address, path, md5, deadline)
            return
        except DataNotFound as problem:
            problems.append(str(problem))
    raise DataNotFound("; ".join(problems))


def _fetch_from(address: str, path: Path, md5: str, deadline: float) -> None:
    from tqdm import tqdm

    host = urlsplit(address).hostname
    checksum = hashlib.md5(usedforsecurity=False)
    with contextlib.closing(_open(address, deadline)) as response, open(path, "wb") as file:
        size = int(response.headers.get("Content-Length") or 0)
        bar = tqdm(total=size or None, desc=path.name, unit="B", unit_scale=True, leave=False, file=sys.stdout)
        with bar:
            while piece := _read_piece(response, host):
                if time.monotonic() > deadline:
                    raise ConnectionError(f"the download from {host} was stopped at its time limit")
                file.write(piece)
                checksum.update(piece)
                bar.update(len(piece))
        received = file.tell()
    if checksum.hexdigest() != md5:
        part = f"{received:,} of {size:,} bytes" if received < size else "a file with another md5 sum"
        raise DataNotFound(f"{host} sent {part} for {path.name}")


def _read_piece(response: http.client.HTTPResponse, host: str | None) -> bytes:
    try:
        return response.read1(1 << 16)  # one piece from the wire: a slow server cannot hold it past the limit
    except TimeoutError as problem:
        raise DataNotFound(f"{host} went silent") from problem
    except (OSError, http.client.HTTPException) as problem:
        raise DataNotFound(f"the connection to {host} broke") from problem


def _open(address: str, deadline: float) -> http.client.HTTPResponse:
    """The server's answer. It is awaited in a thread, because looking up a name cannot be given a time limit."""
    host = urlsplit(address).hostname
    answers: list[http.client.HTTPResponse] = []
    problems: list[Exception] = []

    def ask() -> None:
        request = urllib.request.Request(address, headers={"User-Agent": "dcgan-course"})
        try:
            answers.append(urllib.request.urlopen(request, timeout=SILENCE_SECONDS))
        except (OSError, ValueError, http.client.HTTPException) as problem:
            problems.append(problem)

    patience = min(ANSWER_SECONDS, deadline - time.monotonic())
    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(max(0.0, patience))
    if answers:
        return answers[0]
    if not problems:
        raise ConnectionError(f"{host} did not answer within {max(0.0, patience):.0f} seconds")
    problem = problems[0]
    if isinstance(problem, urllib.error.HTTPError):
        problem.close()
        raise DataNotFound(f"{host} answered with error {problem.code}")
    reason = getattr(problem, "reason", problem)
    unreachable = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
    if isinstance(reason, (socket.gaierror, TimeoutError)) or getattr(reason, "errno", None) in unreachable:
        raise ConnectionError(NO_CONNECTION)
    raise DataNotFound(f"{host} could not be asked ({reason})")
