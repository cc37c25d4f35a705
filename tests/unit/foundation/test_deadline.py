"""Whoever drips is left alone in time: headers, bodies, redirects; the others get their turn."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import httpx
import pytest

from chalicelib.foundation.public_hosts.check import THIS_MACHINE, parse_allowed_hosts
from chalicelib.foundation.public_hosts.deadline import deadline, left_s
from chalicelib.foundation.public_hosts.transport import PublicHosts
from feeds.compile.archive.download import Downloader, NotFetched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN = parse_allowed_hosts(THIS_MACHINE)
PATIENCE_S = 0.4
ROOM_S = 1.5  # beside the deadline, on a busy machine
DRIPS: dict[str, tuple[bytes, bytes]] = {  # what comes at once, what comes for ever
    "silent": (b"", b""),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Drip: 1\r\n"),
    "one header": (b"HTTP/1.1 200 OK\r\nX-Drip: ", b"x"),
    "body": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"x"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
}


@pytest.fixture(name="dripping", params=DRIPS)
def _dripping(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a server that sends a little every 20 ms, without an end."""
    first, then = DRIPS[request.param]
    over = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.sendall(first)
            while not over.wait(0.02):
                try:
                    connection.sendall(then)
                except OSError:
                    return

    thread = threading.Thread(target=drip)
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    over.set()
    thread.join()
    listening.close()


def test_a_call_ends_with_its_deadline_though_every_read_is_in_time(dripping: str) -> None:
    began = time.monotonic()
    with (
        httpx.Client(transport=PublicHosts(OWN), timeout=5, trust_env=False) as client,
        deadline(PATIENCE_S),
        pytest.raises(httpx.TimeoutException),
    ):
        client.get(dripping)
    assert time.monotonic() - began < PATIENCE_S + ROOM_S


def test_a_timetable_that_drips_is_given_up_in_time(dripping: str, tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(NotFetched, match=r"in time|longer than"):
        Downloader(OWN, total_s=PATIENCE_S).fetch(dripping, tmp_path / "feed.zip")
    assert time.monotonic() - began < PATIENCE_S + ROOM_S


def test_the_earlier_deadline_counts_and_ends_with_its_block() -> None:
    with deadline(10):
        with deadline(60):
            assert 9 < left_s() <= 10
        with deadline(1):
            assert left_s() <= 1
        assert 9 < left_s() <= 10
    assert left_s() == float("inf")
