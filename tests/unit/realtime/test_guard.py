"""Live URLs reach the public internet only, or this machine where the operator said so on this machine."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from feeds.realtime.guard import PublicOnly

if TYPE_CHECKING:
    from collections.abc import Iterator


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            self.server.later.wait(5)  # type: ignore[attr-defined]  # BaseServer does not know the test's
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://10.1.2.3/inside")
        else:
            self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(self.headers["Host"].encode()[:5])

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Quiet."""


SERVERS: dict[int, threading.Event] = {}  # by port: what a slow answer waits for


@pytest.fixture
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    server.later = threading.Event()  # type: ignore[attr-defined]  # as above
    SERVERS[server.server_port] = server.later  # type: ignore[attr-defined]  # as above
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


def get(url: str, *, own_machine: bool) -> int:
    async def ask() -> int:
        transport = PublicOnly(own_machine=own_machine)
        for _ in range(2):  # a transport lives longer than one client
            async with httpx.AsyncClient(transport=transport, timeout=5, follow_redirects=True) as client:
                status = (await client.get(url)).status_code
        return status

    return asyncio.run(ask())


def test_this_machine_may_be_asked_where_it_is_the_only_one(port: int) -> None:
    assert get(f"http://127.0.0.1:{port}/", own_machine=True) == httpx.codes.OK
    assert get(f"http://localhost:{port}/", own_machine=True) == httpx.codes.OK


def test_elsewhere_it_may_not(port: int) -> None:
    with pytest.raises(httpx.ConnectError, match="private address"):
        get(f"http://127.0.0.1:{port}/", own_machine=False)


@pytest.mark.parametrize("host", ["10.1.2.3", "192.168.0.1", "169.254.169.254", "[fd00::1]", "172.16.0.9"])
@pytest.mark.parametrize("own_machine", [True, False])
def test_other_private_machines_are_never_asked(host: str, own_machine: bool) -> None:  # noqa: FBT001 - a column of the table
    with pytest.raises(httpx.ConnectError, match="private address"):
        get(f"http://{host}/", own_machine=own_machine)


def test_a_redirect_does_not_lead_inside(port: int) -> None:
    with pytest.raises(httpx.ConnectError, match="private address"):
        get(f"http://127.0.0.1:{port}/away", own_machine=True)


def test_who_ends_first_does_not_cut_off_who_shares_the_transport(port: int) -> None:
    async def both() -> tuple[int, int]:
        transport = PublicOnly(own_machine=True)

        async def ask(path: str) -> int:
            async with httpx.AsyncClient(transport=transport, timeout=5) as client:
                status = (await client.get(f"http://127.0.0.1:{port}{path}")).status_code
            if path == "/":
                SERVERS[port].set()
            return status

        slow = asyncio.create_task(ask("/slow"))
        await asyncio.sleep(0.05)
        return await ask("/"), await slow

    assert asyncio.run(both()) == (httpx.codes.OK, httpx.codes.OK)
