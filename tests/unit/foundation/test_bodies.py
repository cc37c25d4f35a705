"""What an answer becomes is counted while it is unpacked; bombs are refused before they go off."""

from __future__ import annotations

import asyncio
import gzip
import threading
import tracemalloc
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from chalicelib.bookings.connections.feed_fetch import fetch_feed
from chalicelib.bookings.connections.tool_hosts import ToolHosts
from chalicelib.bookings.providers.contract import Parked
from chalicelib.foundation.public_hosts.bodies import PIECE_BYTES_MAX, TooManyBytes, Unpacking, read_at_most
from chalicelib.foundation.public_hosts.check import THIS_MACHINE, parse_allowed_hosts
from chalicelib.foundation.public_hosts.transport import AsyncPublicHosts, PublicHosts
from feeds.compile.archive.download import Downloader, NotFetched
from feeds.realtime.fetch import fetch_all
from feeds.realtime.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OWN = parse_allowed_hosts(THIS_MACHINE)
MB = 1 << 20
MEMORY_MAX = 40 * MB  # what a reader with a cap of some MB needs, however large the bomb


def packed(size: int, times: int = 1) -> bytes:
    """So many zeros, packed so often."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    body = b"".join(packer.compress(bytes(MB)) for _ in range(size // MB)) + packer.flush()
    for _ in range(times - 1):
        body = gzip.compress(body)
    return body


PLAIN_TEXT = bytes(range(256)) * 3000
RAW = zlib.compressobj(wbits=-zlib.MAX_WBITS)
BODIES: dict[str, tuple[str, bytes]] = {  # by path: Content-Encoding, body
    "/plain": ("", PLAIN_TEXT),
    "/identity": ("identity", PLAIN_TEXT),
    "/gzip": ("GZIP", gzip.compress(PLAIN_TEXT)),
    "/members": ("x-gzip", gzip.compress(PLAIN_TEXT[:1000]) + gzip.compress(PLAIN_TEXT[1000:]) + bytes(20)),
    "/zlib": ("deflate", zlib.compress(PLAIN_TEXT)),
    "/deflate": ("deflate", RAW.compress(PLAIN_TEXT) + RAW.flush()),
    "/nothing": ("gzip", b""),
    "/stacked": ("gzip, gzip, gzip", packed(2048 * MB, 3)),
    "/twice": ("gzip,gzip", gzip.compress(gzip.compress(PLAIN_TEXT))),
    "/brotli": ("br", PLAIN_TEXT),
    "/bomb": ("gzip", packed(512 * MB)),
    "/broken": ("gzip", PLAIN_TEXT),
    "/half": ("gzip", gzip.compress(PLAIN_TEXT)[:-12]),
}
WHOLE = ("/plain", "/identity", "/gzip", "/members", "/zlib", "/deflate")
REFUSED = ("/stacked", "/twice", "/brotli", "/broken", "/half")
ASKED: list[str] = []  # what packings were asked for


class Packing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        ASKED.append(self.headers.get("Accept-Encoding", ""))
        packing, body = BODIES[self.path]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        if packing:
            self.send_header("Content-Encoding", packing)
        self.end_headers()
        self.wfile.write(body)

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            """The client has read enough."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Quiet."""


@pytest.fixture(name="url", scope="module")
def _url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Packing)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(name="memory")
def _memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MEMORY_MAX, f"{peak / MB:.0f} MB were needed"


def read(url: str, bytes_max: int = MB) -> bytes:
    with httpx.Client(transport=PublicHosts(OWN), trust_env=False) as client, client.stream("GET", url) as answer:
        return read_at_most(answer, bytes_max)


def read_async(url: str) -> bytes:
    async def ask() -> bytes:
        async with httpx.AsyncClient(transport=AsyncPublicHosts(OWN), trust_env=False) as client:
            return (await client.get(url)).content

    return asyncio.run(ask())


@pytest.mark.parametrize("path", WHOLE)
def test_one_packing_is_undone_though_none_was_asked_for(url: str, path: str) -> None:
    ASKED.clear()
    assert read(url + path) == read_async(url + path) == PLAIN_TEXT
    assert ASKED == ["identity"] * 2


def test_nothing_stays_nothing(url: str) -> None:
    assert read(url + "/nothing") == read_async(url + "/nothing") == b""


@pytest.mark.parametrize("path", REFUSED)
@pytest.mark.usefixtures("memory")
def test_what_is_packed_in_any_other_way_is_refused(url: str, path: str) -> None:
    for how in (read, read_async):
        with pytest.raises(httpx.DecodingError, match="the answer"):
            how(url + path)


@pytest.mark.usefixtures("memory")
def test_a_bomb_is_counted_while_it_is_unpacked(url: str) -> None:
    with pytest.raises(TooManyBytes):
        read(url + "/bomb", 4 * MB)


def test_no_piece_is_large_and_none_is_lost() -> None:
    unpacking = Unpacking("gzip")
    pieces = [piece for byte in packed(3 * MB) for piece in unpacking.pieces(bytes([byte]))]
    unpacking.check_end()
    assert max(map(len, pieces)) <= PIECE_BYTES_MAX
    assert b"".join(pieces) == bytes(3 * MB)


@pytest.mark.parametrize("path", ["/stacked", "/bomb"])
@pytest.mark.usefixtures("memory")
def test_a_calendar_that_is_a_bomb_is_parked(url: str, path: str) -> None:
    with httpx.Client(transport=ToolHosts(OWN), trust_env=False) as client, pytest.raises(Parked, match="the feed"):
        fetch_feed(client, url + path, {}, 8 * MB)


@pytest.mark.parametrize("path", ["/stacked", "/bomb"])
def test_a_live_feed_that_is_a_bomb_says_so(url: str, path: str) -> None:
    bad, good = asyncio.run(fetch_all([Source(url + path), Source(url + "/gzip")], AsyncPublicHosts(OWN)))
    assert bad.data is None
    assert "cannot be unpacked" in bad.trouble or "more than" in bad.trouble
    assert good.data == PLAIN_TEXT


@pytest.mark.parametrize("path", ["/stacked", "/bomb"])
@pytest.mark.usefixtures("memory")
def test_a_timetable_that_is_a_bomb_is_not_fetched(url: str, path: str, tmp_path: Path) -> None:
    with pytest.raises(NotFetched, match=r"could not be read|more than 8 MiB"):
        Downloader(OWN, bytes_max=8 * MB).fetch(url + path, tmp_path / "feed.zip")
    assert list(tmp_path.iterdir()) == []
