"""`make lab` opens a server that runs any code it is sent: only for this machine, and only for who has the token."""

import contextlib
import json
import socket
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from tests.browser.real_lab import RealLab


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    server = RealLab(tmp_path_factory.mktemp("private"), smoke=False)
    yield server
    server.stop()


@pytest.fixture(scope="module")
def facts(lab):
    found = json.loads(lab._wait_for_file("jpserver-*.json", 60))
    for _ in range(100):  # its file may come before it listens
        with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", found["port"]), 10):
            break
        time.sleep(0.2)
    return found


def status(address: str, token: str = "") -> int:
    """How a page is answered; 403, too, where the page to log in comes in its place."""
    asked = urllib.request.Request(address, headers={"Authorization": f"token {token}"} if token else {})
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return 403 if urlsplit(answer.url).path == "/login" else answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_without_the_token_nothing_is_read_and_no_kernel_starts(facts):
    for door in ("api/contents", "api/kernels", "api/terminals", "files/notebooks/00_start_here.ipynb"):
        assert status(facts["url"] + door) in (403, 404), door
        assert status(facts["url"] + door, "0" * 48) in (403, 404), door
    assert status(facts["url"] + "api/contents") == 403
    assert status(facts["url"] + "api/contents", facts["token"]) == 200


def test_the_token_cannot_be_guessed_and_the_browser_is_given_it(lab, facts):
    assert len(facts["token"]) >= 40 and not facts["password"]
    assert f"token={facts['token']}" in lab.first_address()


def test_it_listens_on_this_machine_alone(facts):
    address = urlsplit(facts["url"])
    assert address.hostname in ("localhost", "127.0.0.1")
    with socket.create_connection(("127.0.0.1", address.port), timeout=10):
        pass
    if sys.platform == "linux":  # there all of 127.0.0.0/8 is this machine; a server for all addresses answers here
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", address.port), timeout=10)
