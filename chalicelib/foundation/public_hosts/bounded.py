"""httpx's transport whose every wait ends with the deadline around it, however slowly the other side drips."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from chalicelib.foundation.public_hosts.deadline import left_s

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

POOL_CONNECTIONS_MAX = 100  # httpx's own limits
POOL_KEPT_MAX = 20
POOL_KEPT_S = 5.0


class BoundedTransport(httpx.HTTPTransport):
    """As httpx's, with `deadline` around connecting, greeting and every read."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        super().__init__(verify=tls)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls,
            max_connections=POOL_CONNECTIONS_MAX,
            max_keepalive_connections=POOL_KEPT_MAX,
            keepalive_expiry=POOL_KEPT_S,
            network_backend=_Network(),
        )


class _Network(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        wait_s = _wait_s(timeout, httpcore.ConnectTimeout)
        return _Stream(self._sockets.connect_tcp(host, port, wait_s, local_address, socket_options))


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _wait_s(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _wait_s(timeout, httpcore.WriteTimeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        wait_s = _wait_s(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, wait_s))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        self._stream.close()


def _wait_s(timeout: float | None, late: type[Exception]) -> float | None:
    """How long one step may wait. Raises `late` behind the deadline."""
    left = left_s()
    if left <= 0:
        raise late("the time for the whole is over")
    wait_s = left if timeout is None else min(timeout, left)
    return None if wait_s == float("inf") else wait_s
