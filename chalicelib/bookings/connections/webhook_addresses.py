"""The address that a booking tool is given to send to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from chalicelib.bookings.providers import provider

if TYPE_CHECKING:
    from chalicelib.bookings.business import Connection


def webhook_url(base_url: str, connection: Connection) -> str:
    """Where the tool is to send, as it is to be entered there; `base_url` is the hub's, without a slash at the end.

    Of tools that cannot sign, the address holds the newest secret: it is as private as the secret is.
    """
    address = f"{base_url}/hooks/{connection.connection_id}"
    if not provider(connection.provider).key_in_address(connection.settings) or not connection.secrets:
        return address
    return f"{address}?{urlencode({'key': connection.secrets[0]})}"
