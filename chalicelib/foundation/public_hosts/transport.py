"""httpx's transports behind the check of public hosts: whatever such a client asks is public, or allowed by name.

The Host header and the name that TLS proves stay those of the URL. Connections are kept per host name, so that a
certificate always belongs to the name that was meant. Exceptions end with the first redirect: httpx hands the
extensions of a request on to the one that follows a redirect; whoever follows by hand sets `REDIRECTED` there.
Bodies come plain, in small pieces (`bodies`): who reads an answer counts its bytes, and stops where they are too many.
"""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import httpx

from chalicelib.foundation.public_hosts.bodies import PLAIN, unpacked
from chalicelib.foundation.public_hosts.bounded import BoundedTransport
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY, address_to_connect, addresses_of, default_port

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from chalicelib.foundation.public_hosts.check import AllowedHosts, Resolve

REDIRECTED = "hub_redirected"  # extension of a request that somebody else's answer led to


class PublicHosts(httpx.BaseTransport):
    """For httpx.Client. `inner` makes the transport of one host; it and `resolve` are seams for tests.

    Requests raise `NotPublic` and `UnknownHost` beside httpx's own errors.
    """

    def __init__(
        self,
        allowed: AllowedHosts = PUBLIC_ONLY,
        *,
        resolve: Resolve = addresses_of,
        inner: Callable[[], httpx.BaseTransport] | None = None,
    ) -> None:
        self._allowed, self._resolve = allowed, resolve
        self._inner = inner or (lambda: BoundedTransport(_tls_context()))
        self._by_host: dict[str, httpx.BaseTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One call to an address that was checked."""
        address = address_to_connect(*_host_and_port(request), _allowed_now(request, self._allowed), self._resolve)
        host = request.url.host
        transport = self._by_host.get(host) or self._by_host.setdefault(host, self._inner())
        answer = transport.handle_request(_request_to(request, address))
        try:
            return unpacked(answer)
        except httpx.DecodingError:
            answer.close()
            raise

    def close(self) -> None:
        """Closes all connections."""
        for transport in self._by_host.values():
            transport.close()
        self._by_host.clear()


class AsyncPublicHosts(httpx.AsyncBaseTransport):
    """The same for httpx.AsyncClient. Clients may share one: its connections are closed when the last of them ends."""

    def __init__(
        self,
        allowed: AllowedHosts = PUBLIC_ONLY,
        *,
        resolve: Resolve = addresses_of,
        inner: Callable[[], httpx.AsyncBaseTransport] | None = None,
    ) -> None:
        self._allowed, self._resolve = allowed, resolve
        self._inner = inner or (lambda: httpx.AsyncHTTPTransport(verify=_tls_context()))
        self._by_host: dict[str, httpx.AsyncBaseTransport] = {}
        self._clients = 0

    async def __aenter__(self) -> Self:
        self._clients += 1
        return self

    async def __aexit__(self, *reason: object) -> None:
        self._clients -= 1
        if self._clients == 0:
            await self.aclose()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """One call to an address that was checked; names are resolved in a thread."""
        host, port = _host_and_port(request)
        allowed = _allowed_now(request, self._allowed)
        address = await asyncio.to_thread(address_to_connect, host, port, allowed, self._resolve)
        host = request.url.host
        transport = self._by_host.get(host) or self._by_host.setdefault(host, self._inner())
        answer = await transport.handle_async_request(_request_to(request, address))
        try:
            return unpacked(answer)
        except httpx.DecodingError:
            await answer.aclose()
            raise

    async def aclose(self) -> None:
        """Closes the connections; the next request opens new ones."""
        transports, self._by_host = self._by_host, {}
        for transport in transports.values():
            await transport.aclose()


@cache
def _tls_context() -> ssl.SSLContext:
    """Reading the authorities' certificates takes 30 ms: once per process."""
    return httpx.create_ssl_context()


def _host_and_port(request: httpx.Request) -> tuple[str, int]:
    """Raises `httpx.UnsupportedProtocol`."""
    url = request.url
    if url.scheme not in {"http", "https"} or not url.host:
        raise httpx.UnsupportedProtocol("the address is neither http nor https", request=request)
    return url.raw_host.decode("ascii"), url.port or default_port(url.scheme)


def _allowed_now(request: httpx.Request, allowed: AllowedHosts) -> AllowedHosts:
    """What may be asked beside public hosts: nothing after a redirect. Marks the request for the one after it."""
    first = REDIRECTED not in request.extensions
    request.extensions = {**request.extensions, REDIRECTED: True}
    return allowed if first else PUBLIC_ONLY


def _request_to(request: httpx.Request, address: str) -> httpx.Request:
    """A request to the checked address. The original one keeps its URL: a relative redirect starts from there."""
    named: dict[str, Any] = {**request.extensions, "sni_hostname": request.url.raw_host.decode("ascii")}
    own = [(b"Host", request.url.netloc), (b"Accept-Encoding", PLAIN.encode())]
    replaced = {name.lower() for name, _ in own}
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=[*((name, value) for name, value in request.headers.raw if name.lower() not in replaced), *own],
        stream=request.stream,
        extensions=named,
    )
