"""httpx's transport for booking tools' interfaces: it connects to public hosts only.

An operator may write any `api_url` (and any `token_url` among the credentials); it must not lead to the hub's own
network. The name is resolved for each call, each of its addresses must be public, and the call goes to the address
that was checked. Connections are kept per host name, so that a certificate always belongs to the name that was meant.
"""

from __future__ import annotations

import ipaddress
import ssl
from typing import TYPE_CHECKING

import httpx

from chalicelib.bookings.connections.public import addresses_of, require_public_address

if TYPE_CHECKING:
    from collections.abc import Callable


class PublicHosts(httpx.BaseTransport):
    """`allow_own` (one-machine use): this machine may be asked, too. Raises as `require_public_address` does."""

    def __init__(self, *, allow_own: bool = False, resolve: Callable[[str, int], list[str]] = addresses_of) -> None:
        self._allow_own = allow_own
        self._resolve = resolve
        self._trust = ssl.create_default_context()
        self._pools: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One call; the Host header and the name in TLS stay those that were asked for."""
        host, port = request.url.host, request.url.port or (443 if request.url.scheme == "https" else 80)
        found = self._resolve(host, port)
        own = self._allow_own and all(ipaddress.ip_address(one.split("%")[0]).is_loopback for one in found)
        address = require_public_address(host, port, lambda _host, _port: found, allow_private=own)
        request.url = request.url.copy_with(host=address)
        request.extensions = {**request.extensions, "sni_hostname": host}
        return self._pool(host).handle_request(request)

    def _pool(self, host: str) -> httpx.HTTPTransport:
        pool = self._pools.get(host)
        if pool is None:
            pool = self._pools.setdefault(host, httpx.HTTPTransport(verify=self._trust))
        return pool

    def close(self) -> None:
        """Closes all connections."""
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()
