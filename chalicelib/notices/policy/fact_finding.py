"""What a thing to be said rests on, taken from the ticket before it remembers that it was said. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.notices.facts import Facts, PlanFacts, in_one_line, outage_facts

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Say
    from chalicelib.tickets.ticket import Ticket


def facts_of(say: Say, ticket: Ticket) -> Facts:
    """The facts of one thing to be said, before the ticket remembers that it was said."""
    promise, zone = ticket.promise, ZoneInfo(ticket.timezone)
    return Facts(
        rule=say.kind,
        variant=say.variant,
        because=say.because,
        timezone=ticket.timezone,
        status=ticket.status.value,
        start=ticket.start,
        booking_version=ticket.booking_version,
        forecast=_forecast_of(ticket, zone),
        no_plan_because=ticket.plan_note,
        timetable=ticket.planned_with,
        observed_at=ticket.observed_at,
        promised=_promised_plan(ticket, zone),
        promised_start=promise.start,
        promised_at=promise.told_at,
        outage=outage_facts(say.outage, say.effect) if say.outage else None,
    )


def _forecast_of(ticket: Ticket, zone: ZoneInfo) -> PlanFacts | None:
    if ticket.leave_by is None and ticket.arrive_at is None:
        return None
    return PlanFacts(
        ticket.leave_by,
        ticket.arrive_at,
        in_one_line(ticket.itineraries[0], zone) if ticket.itineraries else "",
        ticket.on_time_probability,
        ticket.late_probability,
    )


def _promised_plan(ticket: Ticket, zone: ZoneInfo) -> PlanFacts | None:
    promise = ticket.promise
    if promise.told_at is None or promise.leave_by is None:
        return None
    itinerary = in_one_line(promise.itinerary, zone) if promise.itinerary else ""
    return PlanFacts(promise.leave_by, promise.arrive_at, itinerary, promise.probability)
