"""A ticket as others see it: the contract's JSON. Nothing personal beyond the name, which the customer gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.tickets.outage_impact import under_outages
from chalicelib.tickets.said.wish import said_of

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.ticket import Ticket


def to_json(ticket: Ticket, now: datetime, business: Business | None = None) -> dict[str, Any]:
    """The contract's Ticket, instants in the venue's zone. `now` gives the age of the live data, in seconds.

    With `business` the outage that concerns the visit is shown; a ticket that it holds shows no itinerary.
    """
    ticket, impact = under_outages(ticket, business, now) if business else (ticket, None)
    zone = ZoneInfo(ticket.timezone)

    def local(instant: datetime | None) -> str | None:
        return instant.astimezone(zone).isoformat() if instant else None

    said = said_of(ticket)
    age = (now - ticket.observed_at).total_seconds() if ticket.observed_at else None
    return {
        "ticket_id": ticket.ticket_id,
        "token": ticket.token,
        "booking_id": ticket.booking_id,
        "business_id": ticket.business_id,
        "status": ticket.status.value,
        "start": local(ticket.start),
        "end": local(ticket.end),
        "timezone": ticket.timezone,
        "leave_by": local(ticket.leave_by),
        "arrive_at": local(ticket.arrive_at),
        "on_time_probability": ticket.on_time_probability,
        "options": [itinerary.in_zone(zone).to_json() for itinerary in ticket.itineraries],
        "live_data_age_s": max(0, round(age)) if age is not None else None,
        "updated_at": local(ticket.updated_at),
        "customer": {"name": ticket.customer.name},
        "plan_note": ticket.plan_note,
        "origin": ticket.origin.to_json() if ticket.origin else None,
        "origin_assumed": ticket.origin_assumed,
        "said": {
            "late_min": said.late_min,
            "late_at": local(said.late_at),
            "on_way_at": local(said.on_way_at),
            "here_at": local(said.here_at),
            "coming_at": local(said.coming_at),
            "cannot_come_at": local(said.cannot_come_at),
            "another_time_at": local(said.another_time_at),
            "by": said.by or None,
            "by_min": said.by_min or None,
        },
        "outage": impact
        and {
            "outage_id": impact.outage.outage_id,
            "what": impact.outage.what.value,
            "effect": impact.effect.value,
            "since": local(impact.outage.since),
            "back_from": local(impact.outage.back_from),
            "back_until": local(impact.outage.back_until),
        },
    }
