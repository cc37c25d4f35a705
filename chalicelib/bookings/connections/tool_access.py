"""Gives each connection its way to ask its tool: credentials by name, one HTTP client, one circuit per connection."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING

from chalicelib.bookings.connections.credentials import Credentials
from chalicelib.bookings.connections.tool_api import CONNECT_TIMEOUT_S, READ_TIMEOUT_S, Circuit, Pauses, ToolApi
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

    from chalicelib.bookings.business import Connection
    from chalicelib.bookings.providers.contract import Api, Provider
    from chalicelib.foundation.ports import Clock, Secrets
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.outages.watches import Watches


class ToolAccess:
    """Ways to ask tools, on public hosts and on those that are allowed by name.

    `transport` is httpx's own seam: tests put a local server or a fault behind it.
    """

    def __init__(
        self,
        secrets: Secrets,
        clock: Clock,
        *,
        transport: httpx.BaseTransport | None = None,
        pauses: Pauses | None = None,
        allowed_hosts: AllowedHosts = PUBLIC_ONLY,
        watches: Watches | None = None,
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._transport = transport
        self._allowed_hosts = allowed_hosts
        self._watches = watches
        self._pauses = pauses or Pauses(time.sleep, random.SystemRandom().random)
        self._client: httpx.Client | None = None
        self._circuits: dict[str, Circuit] = {}
        self._known: dict[str, tuple[str, int, Credentials]] = {}

    def api(self, connection: Connection, tool: Provider) -> Api | None:
        """The way to ask, None where the connection names no credentials or the tool cannot be asked.

        Raises `Unavailable` and `Refused` as the secrets do.
        """
        name = connection.settings.get("credentials")
        base_url = connection.settings.get("api_url") or tool.base_url
        if not name or not base_url:
            return None
        return ToolApi(
            base_url,
            tool.api_headers,
            self._credentials(connection, name),
            client=self.client(),
            clock=self._clock,
            pauses=self._pauses,
            circuit=self._circuits.setdefault(connection.connection_id, Circuit()),
            record_call=self.record_call(connection),
        )

    def record_call(self, connection: Connection) -> Callable[[str | None, datetime], None] | None:
        """Who is told what a call to this connection's tool came to, if anybody is."""
        return self._watches.of(connection) if self._watches else None

    def _credentials(self, connection: Connection, name: str) -> Credentials:
        known = self._known.get(connection.connection_id)
        if known is None or known[:2] != (name, connection.version):
            known = (name, connection.version, Credentials(self._secrets.read(name)))
            self._known[connection.connection_id] = known
        return known[2]

    def client(self) -> httpx.Client:
        """The one client; made when first asked."""
        if self._client is None:
            import httpx  # noqa: PLC0415 - only connections that ask pay for it

            from chalicelib.bookings.connections.public_hosts import ToolHosts  # noqa: PLC0415 - brings httpx

            limits = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
            transport = self._transport or ToolHosts(self._allowed_hosts)
            self._client = httpx.Client(timeout=limits, transport=transport, trust_env=False)
        return self._client

    def close(self) -> None:
        """Closes the client."""
        if self._client is not None:
            self._client.close()
            self._client = None
