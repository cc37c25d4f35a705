"""The stops of a ticket's network, from the timetable of its day, or of the nearest day that is compiled."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.pages.customer.ticket_endpoints import NoStops
from chalicelib.tickets.origin import NoTimetableYet, nearest_day

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.foundation.distance import Bounds
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.data.service_days import ServiceDays
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Place


class NetworkStops:
    """`ticket_endpoints.StopSearch` over the compiled service days."""

    def __init__(self, service_days: ServiceDays) -> None:
        self._service_days = service_days

    def search(self, ticket: Ticket, query: str, limit: int) -> Sequence[Place]:
        """Stops by name, best first. Raises `NoStops`, `Unavailable`."""
        from chalicelib.transit.places import stops  # noqa: PLC0415 - brings numpy, which other endpoints do not need

        return stops.find_stops(self._timetable(ticket), query, limit)

    def find(self, ticket: Ticket, stop_id: str) -> Place | None:
        """The stop with this id. Raises `NoStops`, `Unavailable`."""
        from chalicelib.transit.places import stops  # noqa: PLC0415 - brings numpy, which other endpoints do not need

        return stops.stop_by_id(self._timetable(ticket), stop_id)

    def bounds(self, ticket: Ticket) -> Bounds | None:
        """The network's box, None as long as it is not compiled. Raises `Unavailable`."""
        feed = self._service_days.feed(ticket.feed)
        return feed.bounds if feed else None

    def current_as_of(self, ticket: Ticket) -> datetime | None:
        """When the feed was last checked. Raises `Unavailable`."""
        feed = self._service_days.feed(ticket.feed)
        return datetime.fromisoformat(feed.checked_at) if feed and feed.checked_at else None

    def _timetable(self, ticket: Ticket) -> Timetable:
        try:
            return nearest_day(self._service_days, ticket)
        except NoTimetableYet as missing:
            raise NoStops(str(missing)) from None
