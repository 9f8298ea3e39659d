"""Downloads from a server on this machine: whole, half, wrong, silent, slow, absent, and with no space for them."""

import contextlib
import errno
import gzip
import hashlib
import http.server
import io
import os
import socket
import struct
import tarfile
import threading
import time
import urllib.error

import pytest

from dcgan_course.data import download, layouts, load_images
from dcgan_course.data.download import CIFAR10_FILES, CIFAR10_MIRRORS, MNIST_FILES, MNIST_MIRRORS
from dcgan_course.errors import DataNotFound, InvalidValue

FILES = {
    "train-images-idx3-ubyte": struct.pack(">4I", 2051, 3, 28, 28) + bytes(range(3)) * 784,
    "train-labels-idx1-ubyte": struct.pack(">2I", 2049, 3) + b"\1\2\3",
    "t10k-images-idx3-ubyte": struct.pack(">4I", 2051, 2, 28, 28) + b"\7" * 1568,
    "t10k-labels-idx1-ubyte": struct.pack(">2I", 2049, 2) + b"\4\5",
}
ARCHIVES = {f"{name}.gz": gzip.compress(content) for name, content in FILES.items()}


@contextlib.contextmanager
def server_that(answer):
    """A server on 127.0.0.1 that calls answer(handler) for each request. Gives its address and the paths asked for."""
    asked, stop = [], threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            with contextlib.suppress(OSError):
                answer(self, stop)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/", asked
    finally:
        stop.set()
        server.shutdown()
        server.server_close()


def send(handler, content, promised=None):
    handler.send_response(200)
    handler.send_header("Content-Length", str(promised or len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def whole(handler, stop):
    send(handler, ARCHIVES[handler.path[1:]])


def half(handler, stop):
    content = ARCHIVES[handler.path[1:]]
    send(handler, content[: len(content) // 2], promised=len(content))


def other(handler, stop):
    send(handler, b"<html>Please sign in to the network of this school.</html>")


def gone(handler, stop):
    handler.send_error(404)


def silent(handler, stop):
    stop.wait(30)


def silent_in_the_middle(handler, stop):
    send(handler, b"\x1f\x8b", promised=1000)
    handler.wfile.flush()
    stop.wait(30)


def drop_by_drop(handler, stop):
    send(handler, b"", promised=1000)
    while not stop.wait(0.1):
        handler.wfile.write(b"x")
        handler.wfile.flush()


def not_http(handler, stop):
    handler.wfile.write(b"\0\1\2\3\n\n")


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("DCGAN_COURSE_DATA", raising=False)
    monkeypatch.delenv("DCGAN_COURSE_OFFLINE", raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DCGAN_COURSE_CACHE", str(tmp_path / "cache"))
    sums = [(name, hashlib.md5(content).hexdigest()) for name, content in ARCHIVES.items()]
    monkeypatch.setattr(download, "MNIST_FILES", sums)
    unpacked = {name: hashlib.md5(content).hexdigest() for name, content in FILES.items()}
    monkeypatch.setattr(layouts, "MNIST_SUMS", unpacked)
    monkeypatch.setattr(download, "MNIST_MIRRORS", ())
    return tmp_path / "cache"


def no_rest(cache):
    """Nothing unfinished and nothing that could be read is left in the cache."""
    return [path.name for path in cache.rglob("*")] == [] if cache.exists() else True


def test_the_addresses_and_sums_are_those_of_torchvision():
    from torchvision.datasets import CIFAR10, MNIST

    assert list(MNIST_FILES) == MNIST.resources and list(MNIST_MIRRORS) == MNIST.mirrors
    assert CIFAR10_FILES == ((CIFAR10.filename, CIFAR10.tgz_md5),)
    assert CIFAR10_MIRRORS[0] + CIFAR10.filename == CIFAR10.url


def test_a_whole_download_is_unpacked_read_and_kept(cache, monkeypatch, capsys):
    with server_that(whole) as (address, asked):
        monkeypatch.setattr(download, "MNIST_MIRRORS", (address,))
        train, test = load_images("mnist"), load_images("mnist", "test")
    assert train.images.shape == (3, 1, 28, 28) and train.labels.tolist() == [1, 2, 3]
    assert test.images[0, 0, 0, 0] == 7 and test.source == "MNIST, from the cache"
    assert len(asked) == 4  # each file once, for both splits
    assert {path.name: path.read_bytes() for path in (cache / "MNIST" / "raw").iterdir()} == FILES
    assert sorted(path.name for path in cache.iterdir()) == ["MNIST"]
    assert "MNIST is not on this machine yet" in capsys.readouterr().out


def test_a_broken_file_in_the_cache_is_replaced_by_a_download(cache, monkeypatch):
    raw = cache / "MNIST" / "raw"
    raw.mkdir(parents=True)
    (raw / "train-images-idx3-ubyte").write_bytes(FILES["train-images-idx3-ubyte"][:500])
    with server_that(whole) as (address, _):
        monkeypatch.setattr(download, "MNIST_MIRRORS", (address,))
        assert load_images("mnist").labels.tolist() == [1, 2, 3]
    assert sorted(path.name for path in cache.iterdir()) == ["MNIST"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (half, "127.0.0.1 sent .* of .* bytes for train-images-idx3-ubyte.gz"),
        (other, "127.0.0.1 sent a file with another md5 sum"),
        (gone, "127.0.0.1 answered with error 404"),
        (not_http, "127.0.0.1 could not be asked"),
    ],
)
def test_what_is_not_whole_is_never_kept_and_the_next_address_is_asked(answer, words, cache, monkeypatch):
    with server_that(answer) as (bad, asked), server_that(whole) as (good, _):
        monkeypatch.setattr(download, "MNIST_MIRRORS", (bad,))
        with pytest.raises(DataNotFound, match=words):
            load_images("mnist")
        assert no_rest(cache) and len(asked) == 1
        monkeypatch.setattr(download, "MNIST_MIRRORS", (bad, good))
        assert load_images("mnist").labels.tolist() == [1, 2, 3]


def test_a_server_that_never_answers_costs_the_answer_limit(cache, monkeypatch):
    monkeypatch.setattr(download, "ANSWER_SECONDS", 0.3)
    with server_that(silent) as (address, asked):
        monkeypatch.setattr(download, "MNIST_MIRRORS", (address, address))
        start = time.monotonic()
        with pytest.raises(DataNotFound, match="127.0.0.1 did not answer within"):
            load_images("mnist")
        assert time.monotonic() - start < 5 and len(asked) == 1  # one is enough: the other address is not tried
    assert no_rest(cache)


def test_a_server_that_falls_silent_costs_the_silence_limit(cache, monkeypatch):
    monkeypatch.setattr(download, "SILENCE_SECONDS", 0.3)
    with server_that(silent_in_the_middle) as (address, _):
        monkeypatch.setattr(download, "MNIST_MIRRORS", (address,))
        with pytest.raises(DataNotFound, match="127.0.0.1 went silent"):
            load_images("mnist")
    assert no_rest(cache)


def test_a_slow_server_is_stopped_at_the_overall_limit(cache, monkeypatch):
    monkeypatch.setenv("DCGAN_COURSE_DOWNLOAD_SECONDS", "0.8")
    with server_that(drop_by_drop) as (address, _):
        monkeypatch.setattr(download, "MNIST_MIRRORS", (address,))
        start = time.monotonic()
        with pytest.raises(DataNotFound, match="stopped at its time limit"):
            load_images("mnist")
        assert time.monotonic() - start < 5
    assert no_rest(cache)


@pytest.mark.parametrize(
    "reason",
    [
        socket.gaierror(-3, "Temporary failure in name resolution"),
        OSError(errno.ENETUNREACH, "Network is unreachable"),
        TimeoutError("timed out"),
    ],
)
def test_without_a_network_one_attempt_is_enough(reason, cache, monkeypatch, capsys):
    asked = []

    def urlopen(request, timeout):
        asked.append(request.full_url)
        raise urllib.error.URLError(reason)

    monkeypatch.setattr(download, "MNIST_MIRRORS", ("http://one.invalid/", "http://two.invalid/"))
    monkeypatch.setattr(download.urllib.request, "urlopen", urlopen)
    with pytest.raises(DataNotFound, match="there is no connection to the internet"):
        load_images("mnist")
    assert len(asked) == 1 and no_rest(cache)
    assert load_images("mnist", "test", stand_in=True).is_stand_in
    assert (
        "Why: DCGAN_COURSE_DATA is not set; the cache has no MNIST/raw; there is no connection"
        in capsys.readouterr().out
    )


def test_a_closed_port_is_said(monkeypatch):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setattr(download, "MNIST_MIRRORS", (f"http://127.0.0.1:{closed.getsockname()[1]}/",))
        with pytest.raises(DataNotFound, match="127.0.0.1 could not be asked .*refused"):
            load_images("mnist")


def test_downloads_can_be_forbidden(monkeypatch):
    def urlopen(request, timeout):
        raise AssertionError("the network was used")

    monkeypatch.setattr(download.urllib.request, "urlopen", urlopen)
    monkeypatch.setenv("DCGAN_COURSE_OFFLINE", "1")
    with pytest.raises(DataNotFound, match="DCGAN_COURSE_OFFLINE forbids downloading"):
        load_images("mnist")


def test_no_space_is_said_and_nothing_is_left(cache, monkeypatch):
    class FullDisk(io.FileIO):
        def write(self, content):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download, "open", FullDisk, raising=False)
    with server_that(whole) as (address, _):
        monkeypatch.setattr(download, "MNIST_MIRRORS", (address,))
        with pytest.raises(DataNotFound, match="no space left on the disk of the cache"):
            load_images("mnist")
    assert no_rest(cache)


def test_what_a_killed_run_left_is_not_read_and_goes_after_a_day(cache, monkeypatch):
    for name, age in (("unfinished-old", 25 * 3600), ("unfinished-young", 60)):
        raw = cache / name / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for file, content in FILES.items():
            (raw / file).write_bytes(content)
        os.utime(cache / name, (time.time() - age, time.time() - age))
    with pytest.raises(DataNotFound, match="the cache has no MNIST/raw"):
        load_images("mnist")
    assert [path.name for path in cache.iterdir()] == ["unfinished-young"]


@pytest.mark.parametrize("text", ["soon", "0", "-3", "nan", "inf"])
def test_a_wrong_time_limit_is_refused(text, monkeypatch):
    monkeypatch.setenv("DCGAN_COURSE_DOWNLOAD_SECONDS", text)
    with pytest.raises(InvalidValue, match="DCGAN_COURSE_DOWNLOAD_SECONDS is"):
        load_images("mnist")


def test_cifar10_is_unpacked_into_its_folder(tmp_path, monkeypatch):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        entry = tarfile.TarInfo("cifar-10-batches-py/test_batch")
        entry.size = 5
        tar.addfile(entry, io.BytesIO(b"12345"))
    content = packed.getvalue()
    monkeypatch.setattr(download, "CIFAR10_FILES", (("cifar.tar.gz", hashlib.md5(content).hexdigest()),))
    with server_that(lambda handler, stop: send(handler, content)) as (address, _):
        monkeypatch.setattr(download, "CIFAR10_MIRRORS", (address,))
        download.download_cifar10(tmp_path / "here")
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["cifar-10-batches-py"]
    assert (tmp_path / "here" / "cifar-10-batches-py" / "test_batch").read_bytes() == b"12345"
