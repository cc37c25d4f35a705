"""Live URLs reach the public internet only, or this machine where the operator said so on this machine."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from feeds.realtime.guard import PublicOnly

if TYPE_CHECKING:
    from collections.abc import Iterator


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
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


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Hello)
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
