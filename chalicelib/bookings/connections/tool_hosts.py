"""httpx's transport for booking tools: their interfaces, their token services, their calendars.

An operator may write any `api_url` and `feed_url`, and any `token_url` among the credentials; none of them leads to the
hub's own network (`foundation/public_hosts`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.bookings.providers.contract import Parked
from chalicelib.foundation.public_hosts.check import NotPublic
from chalicelib.foundation.public_hosts.transport import PublicHosts

if TYPE_CHECKING:
    import httpx


class ToolHosts(PublicHosts):
    """Requests raise `Parked` where the host is not public, `Unavailable` where it is not known."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """One call to an address that was checked."""
        try:
            return super().handle_request(request)
        except NotPublic:
            raise Parked("the address is not a public one: nothing is asked there") from None
