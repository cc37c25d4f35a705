"""Live URLs lead to the public internet only: each request goes to an address that was looked up once and checked.

As for timetables (`feeds/compile/archive/download.py`): a name whose answer changes a moment later (DNS rebinding)
gains nothing, and every hop of a redirect is checked like the first. On one machine a URL that names this very machine
may lead to it.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Self

import httpx

from chalicelib.transit.data.feed import is_this_machine
from feeds.compile.archive.download import NotFetched, address_to_connect

if TYPE_CHECKING:
    import ssl


@cache
def _tls_context() -> ssl.SSLContext:
    """Reading the authorities' certificates takes 30 ms: once per process."""
    return httpx.create_ssl_context()


class PublicOnly(httpx.AsyncBaseTransport):
    """httpx's own transport behind the check. `own_machine`: this machine may be asked, where the URL names it.

    Clients may share one: its connections are closed when the last of them ends.
    """

    def __init__(self, *, own_machine: bool = False) -> None:
        self._own_machine = own_machine
        self._inner = httpx.AsyncHTTPTransport(verify=_tls_context())
        self._clients = 0

    async def __aenter__(self) -> Self:
        self._clients += 1
        return self

    async def __aexit__(self, *reason: object) -> None:
        self._clients -= 1
        if self._clients == 0:
            await self.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises `httpx.ConnectError` for a host that is unknown or private."""
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        address = await asyncio.to_thread(self._public_address, host, port)
        request.headers["host"] = request.url.netloc.decode("ascii")
        request.extensions = {**request.extensions, "sni_hostname": host}
        request.url = request.url.copy_with(host=address)
        return await self._inner.handle_async_request(request)

    def _public_address(self, host: str, port: int) -> str:
        try:
            return address_to_connect(host, port, own=self._own_machine and is_this_machine(host))
        except NotFetched as refused:
            raise httpx.ConnectError(str(refused)) from None

    async def aclose(self) -> None:
        """Closes the connections; the next request opens new ones."""
        await self._inner.aclose()
        self._inner = httpx.AsyncHTTPTransport(verify=_tls_context())
