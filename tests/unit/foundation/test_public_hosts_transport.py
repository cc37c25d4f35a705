"""A client reaches the public internet only, or a host that the environment names, until somebody redirects it."""

from __future__ import annotations

import asyncio
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import httpx
import pytest

from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY, THIS_MACHINE, NotPublic, parse_allowed_hosts
from chalicelib.foundation.public_hosts.transport import AsyncPublicHosts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.foundation.public_hosts.check import AllowedHosts

OWN = parse_allowed_hosts(THIS_MACHINE)


class Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/slow":
            self.server.later.wait(5)  # type: ignore[attr-defined]  # BaseServer does not know the test's
        if self.path == "/away":
            self.send_response(302)
            self.send_header("Location", "http://10.1.2.3/inside")
        elif self.path == "/again":
            self.send_response(302)
            self.send_header("Location", "/")
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


def get(url: str, allowed: AllowedHosts) -> int:
    async def ask() -> int:
        transport = AsyncPublicHosts(allowed)
        for _ in range(2):  # a transport lives longer than one client
            async with httpx.AsyncClient(transport=transport, timeout=5, follow_redirects=True) as client:
                status = (await client.get(url)).status_code
        return status

    return asyncio.run(ask())


def test_this_machine_may_be_asked_where_it_is_the_only_one(port: int) -> None:
    assert get(f"http://127.0.0.1:{port}/", OWN) == httpx.codes.OK
    assert get(f"http://localhost:{port}/", OWN) == httpx.codes.OK


def test_elsewhere_it_may_not(port: int) -> None:
    with pytest.raises(NotPublic, match="private address"):
        get(f"http://127.0.0.1:{port}/", PUBLIC_ONLY)


@pytest.mark.parametrize("host", ["10.1.2.3", "192.168.0.1", "169.254.169.254", "[fd00::1]", "172.16.0.9"])
@pytest.mark.parametrize("allowed", [OWN, PUBLIC_ONLY])
def test_other_private_machines_are_never_asked(host: str, allowed: AllowedHosts) -> None:
    with pytest.raises(NotPublic, match="private address"):
        get(f"http://{host}/", allowed)


def test_an_exception_ends_with_a_redirect_also_to_itself(port: int) -> None:
    with pytest.raises(NotPublic, match="private address"):
        get(f"http://127.0.0.1:{port}/again", OWN)


def test_a_redirect_does_not_lead_inside(port: int) -> None:
    with pytest.raises(NotPublic, match="private address"):
        get(f"http://127.0.0.1:{port}/away", OWN)


def test_who_ends_first_does_not_cut_off_who_shares_the_transport(port: int) -> None:
    async def both() -> tuple[int, int]:
        transport = AsyncPublicHosts(OWN)

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


def test_a_relative_redirect_stays_with_the_name() -> None:
    asked: list[tuple[str, str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append((str(request.url), request.headers["host"], request.extensions["sni_hostname"]))
        return httpx.Response(302, headers={"location": "/b"}) if request.url.path == "/a" else httpx.Response(200)

    async def ask() -> str:
        transport = AsyncPublicHosts(
            resolve=lambda _host, _port: ["93.184.216.34"], inner=lambda: httpx.MockTransport(answer)
        )
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
            return str((await client.get("https://rt.example.org:8443/a")).url)

    assert asyncio.run(ask()) == "https://rt.example.org:8443/b"
    assert asked == [
        (f"https://93.184.216.34:8443/{path}", "rt.example.org:8443", "rt.example.org") for path in ("a", "b")
    ]
