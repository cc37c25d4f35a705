"""Gives each connection access to its tool's interface: credentials by name, one HTTP client, a circuit of its own."""

from __future__ import annotations

import random
import time
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING

from chalicelib.bookings.connections.credentials import Credentials
from chalicelib.bookings.connections.tool_api import (
    TOOL_CONNECT_TIMEOUT_S,
    TOOL_READ_TIMEOUT_S,
    Circuit,
    Interface,
    Pauses,
    Session,
    ToolApi,
)
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY

if TYPE_CHECKING:
    import httpx

    from chalicelib.bookings.business import Connection
    from chalicelib.bookings.providers.contract import Api, Provider
    from chalicelib.foundation.ports import Clock, Secrets
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.outages.watches import RecordCall, Watches


class ToolAccess:
    """Tools may be asked on public hosts, and on those hosts that the operator's environment names."""

    def __init__(
        self,
        secrets: Secrets,
        clock: Clock,
        *,
        pauses: Pauses | None = None,
        allowed_hosts: AllowedHosts = PUBLIC_ONLY,
        watches: Watches | None = None,
    ) -> None:
        self._secrets = secrets
        self._clock = clock
        self._allowed_hosts = allowed_hosts
        self._watches = watches
        self._pauses = pauses or Pauses(time.sleep, random.SystemRandom().random)
        self._client: httpx.Client | None = None
        self._circuits: dict[str, Circuit] = {}
        self._credentials: dict[str, tuple[str, int, Credentials]] = {}

    def api(self, connection: Connection, tool: Provider) -> Api | None:
        """The tool's interface; None where the connection names no credentials or the tool cannot be asked.

        Raises `Unavailable` and `Refused` as the secrets do.
        """
        name = connection.settings.get("credentials")
        base_url = connection.settings.get("api_url") or tool.base_url
        if not name or not base_url:
            return None
        return ToolApi(
            Interface(base_url, tool.api_headers, self._credentials_of(connection, name)),
            Session(self.client(), self._clock, self._pauses),
            self._circuits.setdefault(connection.connection_id, Circuit()),
            self.record_call(connection),
        )

    def record_call(self, connection: Connection) -> RecordCall | None:
        """What records how calls of this connection's tool end; None where nothing does."""
        return self._watches.recorder(connection) if self._watches else None

    def _credentials_of(self, connection: Connection, name: str) -> Credentials:
        known = self._credentials.get(connection.connection_id)
        if known is None or known[:2] != (name, connection.version):
            known = (name, connection.version, Credentials(self._secrets.read(name)))
            self._credentials[connection.connection_id] = known
        return known[2]

    def client(self) -> httpx.Client:
        """The one client of this process; made at first use."""
        if self._client is None:
            import httpx  # noqa: PLC0415 - only connections that ask pay for it

            from chalicelib.bookings.connections.tool_hosts import ToolHosts  # noqa: PLC0415 - brings httpx

            limits = httpx.Timeout(TOOL_READ_TIMEOUT_S, connect=TOOL_CONNECT_TIMEOUT_S)
            transport = ToolHosts(self._allowed_hosts)
            nobody = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # one host may serve several businesses
            self._client = httpx.Client(timeout=limits, transport=transport, trust_env=False, cookies=nobody)
        return self._client

    def close(self) -> None:
        """Closes the client."""
        if self._client is not None:
            self._client.close()
            self._client = None
