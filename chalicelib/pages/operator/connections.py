"""A business's connections to its booking tools: configured, how they do, read back, mappings tried."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.connections.webhook_addresses import webhook_url
from chalicelib.bookings.limits import HORIZON
from chalicelib.foundation.invalid import Invalid
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY
from chalicelib.pages.operator.businesses import known_business
from chalicelib.pages.operator.checks import check_host, remarks
from chalicelib.pages.page import NotFound

if TYPE_CHECKING:
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.connections.overview import Overview
    from chalicelib.bookings.inbox.accept import Inbox
    from chalicelib.bookings.inbox.parking import Parking
    from chalicelib.bookings.store import Bookings
    from chalicelib.foundation.ports import Clock
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.outages.outage import Outage
    from chalicelib.outages.store import Outages


def check_own_credentials(name: Any, business_id: str) -> None:
    """Raises `Invalid` unless a secret's name says that it is this business's: another's would be sent to its tool."""
    own = f"hub/{business_id}/"
    if not (isinstance(name, str) and name.startswith(own) and ".." not in name):
        raise Invalid("foreign_credentials", f"credentials: a business's key names its own, which begin with {own}")


@dataclass(frozen=True, slots=True)
class ConnectionEndpoints:
    """/admin/businesses/{business_id}/connections, and below it."""

    config: Config
    overview: Overview
    inbox: Inbox
    clock: Clock
    bookings: Bookings
    outages: Outages
    parking: Parking
    allowed_hosts: AllowedHosts = PUBLIC_ONLY

    def put(
        self, business_id: str, connection_id: str, body: dict[str, Any], base_url: str, *, own_only: bool = False
    ) -> dict[str, Any]:
        """Configures a connection; the answer says where the tool has to send.

        `own_only`: the credentials that it names have to be this business's own. Raises `Invalid`, `Unavailable`.
        """
        from chalicelib.bookings.forms import ConnectionForm  # noqa: PLC0415 - brings pydantic

        if own_only and body.get("credentials") is not None:
            check_own_credentials(body["credentials"], business_id)
        check_host(body.get("api_url"), self.allowed_hosts)
        connection = self.config.put_connection(business_id, connection_id, body, self.clock.now())
        return {
            "connection_id": connection.connection_id,
            "provider": connection.provider,
            "webhook_url": webhook_url(base_url, connection),
            **remarks(ConnectionForm, body),
        }

    def delete(self, business_id: str, connection_id: str, *, only_say: bool) -> dict[str, Any]:
        """Removes a connection, or (`only_say`) says what that would do. Raises `NotFound`, `Unavailable`."""
        self.get(business_id, connection_id)
        business, now = known_business(self.config, business_id), self.clock.now()
        connection = self.config.connection(connection_id)
        coming = self.bookings.coming_bookings(connection, now, now + HORIZON) if connection else ()
        if not only_say:
            self.config.remove_connection(connection_id, now)

            def end(stored: Outage | None) -> Outage | None:
                return replace(stored, ended_at=now) if stored and stored.is_open(now) else None

            for one in business.outages:
                if one.connection_id == connection_id:
                    self.outages.change(business_id, one.outage_id, end, now)
        says = (
            "Calls of the tool are answered with 404 from then on, nothing is read back, and changes made in the tool "
            f"are not seen any more. {len(coming)} coming bookings stay as they are: their tickets live on, and their "
            "customers get reminders and news of their way; cancel them in the tool first if they are not to. Outages "
            "of this tool end. The id stays this business's, and PUT brings the connection back with a new secret."
        )
        return {"id": connection_id, "deleted": not only_say, "coming_bookings": len(coming), "says": says}

    def list(self, business_id: str) -> dict[str, Any]:
        """A business's connections, each with its health. Raises `NotFound`, `Unavailable`."""
        known_business(self.config, business_id)
        ids = [one.connection_id for one in self.config.connections(business_id)]
        return {"connections": [self.overview.connection(one, self.clock.now()) for one in ids]}

    def get(self, business_id: str, connection_id: str) -> dict[str, Any]:
        """A connection: what came last, what became of it, its health. Raises `NotFound`, `Unavailable`."""
        connection = self.overview.connection(connection_id, self.clock.now())
        if connection is None or connection["business_id"] != business_id:
            raise NotFound(f"Business {business_id} has no connection {connection_id}.")
        return connection

    def reconcile(self, business_id: str, connection_id: str) -> dict[str, Any]:
        """Has all coming bookings read back from the tool now. Raises `NotFound`, `Unavailable`."""
        self.get(business_id, connection_id)
        return {"event_id": self.inbox.request_read_back(connection_id, self.clock.now())}

    def take_zone(self, business_id: str, connection_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Takes a zone for a name that nobody knows, and has what was parked processed again.

        Raises `NotFound`, `Invalid`, `Unavailable`.
        """
        self.get(business_id, connection_id)
        zones = self.config.take_zone(connection_id, body, self.clock.now())
        replayed = self.parking.replay_all(business_id, connection_id)
        return {"connection_id": connection_id, "zones": zones, "replayed": replayed}

    def try_mapping(self, business_id: str, connection_id: str, mapping: dict[str, Any]) -> dict[str, Any]:
        """What a mapping would make of the last received payload; changes nothing.

        Raises `NotFound`, `Invalid`, `Unavailable`.
        """
        self.get(business_id, connection_id)
        return self.overview.try_mapping(connection_id, self.config.parse_mapping(mapping), self.clock.now())
