"""A business's tickets, by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.foundation.invalid import Invalid, each_readable
from chalicelib.pages.customer.ticket_endpoints import show_as_is
from chalicelib.pages.operator.businesses import known_business
from chalicelib.tickets import ticket_json

if TYPE_CHECKING:
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Clock
    from chalicelib.pages.customer.ticket_endpoints import Show
    from chalicelib.tickets.repository import Tickets
    from chalicelib.tickets.ticket import Ticket

COMING_DAYS = 60  # from today on, where the request names no day


@dataclass(frozen=True, slots=True)
class TicketListEndpoints:
    """/admin/businesses/{business_id}/tickets. `show` makes of a stored ticket what is shown of it at a moment."""

    config: Config
    tickets: Tickets
    clock: Clock
    show: Show = show_as_is

    def list(self, business_id: str, day: str | None) -> dict[str, Any]:
        """A local day's tickets (YYYY-MM-DD) by start; without a day those of today and the coming 60 days.

        Raises `NotFound`, `Invalid`, `Unavailable`.
        """
        business, now = known_business(self.config, business_id), self.clock.now()
        try:
            first = date.fromisoformat(day) if day else now.astimezone(ZoneInfo(business.timezone)).date()
        except ValueError:
            raise Invalid("invalid_date", f"date must look like 2026-01-31, not {day!r}.") from None
        days = [first] if day else [first + timedelta(days=n) for n in range(COMING_DAYS)]
        tickets = [ticket for one in days for ticket in self.tickets.of_day(business_id, one, now)]

        def shown(ticket: Ticket) -> dict[str, Any]:
            return ticket_json.to_json(self.show(ticket, business, now), now, business)

        return {"tickets": each_readable(tickets, shown, lambda one: one.ticket_id)}
