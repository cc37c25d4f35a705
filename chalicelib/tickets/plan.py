"""From a ticket to its plan: which question is asked, which answer is taken, what is said when there is none.

Rules
- The plan aims to arrive `early_min` before the appointment. Options that would have to start in the past are not
  options.
- Where nobody can be on time any more (or nothing runs early enough), the earliest arrival is planned instead, and
  the ticket says so by `arrive_at`. An arrival after the end of the appointment is no way at all.
- No plan always has a reason (`plan_note`), never an exception.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Protocol

from chalicelib.tickets.states import Trigger, status_after
from chalicelib.tickets.ticket import TicketStatus, with_fixed_offset
from chalicelib.transit.itinerary import Request

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Itinerary

NO_ITINERARY = "no_way"  # stops are near, but nothing runs in time
NO_ITINERARY_YET = "no_way_yet"  # nothing runs, but shared bikes are near, of which more is known in the last hour
OUTSIDE_AREA = "outside_area"  # the origin is out of reach of every stop and too far to walk
VENUE_OUTSIDE_AREA = "venue_outside_area"
NO_TIMETABLE = "no_timetable"  # not compiled yet; planned as soon as it is
OUTSIDE_CALENDAR = "outside_calendar"  # the feed does not know that day
UNKNOWN_FEED = "unknown_feed"  # the operator has not configured the business's feed
NO_ITINERARY_NOTES = frozenset(
    {NO_ITINERARY, NO_ITINERARY_YET, OUTSIDE_AREA, VENUE_OUTSIDE_AREA}
)  # the timetable is known, and has no answer
WAITS_FOR_FEED = frozenset({NO_TIMETABLE, OUTSIDE_CALENDAR, UNKNOWN_FEED})

SET_OUT_GRACE_S = 60  # an option that started this long ago can still be caught
EARLIEST_START_H = 3  # where nothing arrives in time, we look for ways that start up to this long before


@dataclass(frozen=True, slots=True)
class Plan:
    """What a planning run gave: options best first, or `note` why there are none."""

    itineraries: tuple[Itinerary, ...] = ()
    feed_version: str = ""
    observed_at: datetime | None = None  # of the youngest live data used, UTC
    note: str = ""


class Travel(Protocol):
    """How to get there, whoever computes it."""

    def plan(self, feed_id: str, request: Request, change_s: int, now: datetime) -> Plan:
        """Answers one question; never raises for a question without an answer. Raises `Unavailable`."""
        ...


def is_plan_wanted(ticket: Ticket) -> bool:
    """Whether a look at this ticket should plan: there is an origin, and the customer still waits for our word."""
    if ticket.origin is None or ("leave_by" in ticket.promise.told_kinds and ticket.promise_stands):
        return False
    return ticket.status in {TicketStatus.WAITING_FOR_ORIGIN, TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE}


def with_best_plan(ticket: Ticket, business: Business, travel: Travel, now: datetime) -> Ticket:
    """The ticket with the best plan that exists at `now`; without an origin the ticket as it is."""
    if ticket.origin is None or now >= ticket.end:
        return ticket
    return with_plan(ticket, best_plan(ticket, business, travel, now))


def with_plan(ticket: Ticket, plan: Plan) -> Ticket:
    """The ticket carrying `plan`; its status goes back before "time to leave" and the clock decides anew."""
    best = plan.itineraries[0] if plan.itineraries else None
    status = status_after(ticket.status, Trigger.ORIGIN_SET if ticket.status is _WAITS else Trigger.REPLANNED)
    return replace(
        ticket,
        status=status,
        itineraries=plan.itineraries,
        leave_by=with_fixed_offset(best.leave_at) if best else None,
        arrive_at=with_fixed_offset(best.arrive_at) if best else None,
        plan_note=plan.note,
        planned_with=plan.feed_version,
        observed_at=plan.observed_at,
    )


_WAITS = TicketStatus.WAITING_FOR_ORIGIN


def best_plan(ticket: Ticket, business: Business, travel: Travel, now: datetime, ready: datetime | None = None) -> Plan:
    """The answer for somebody who can set out at `ready` (by default `now`) or later: in time if possible, else soon.

    What is live is asked for as it is at `now`.
    """
    ready, deadline = ready or now, ticket.start - timedelta(minutes=business.early_min)
    in_time = Plan()
    if deadline > ready:
        in_time = _ask(ticket, business, travel, now, arrive_by=deadline)
        itineraries = tuple(o for o in in_time.itineraries if o.leave_at >= ready - timedelta(seconds=SET_OUT_GRACE_S))
        if itineraries or (in_time.note and in_time.note != NO_ITINERARY):
            return replace(in_time, itineraries=itineraries)
    return _earliest_arrival(ticket, business, travel, now, ready)


def _earliest_arrival(ticket: Ticket, business: Business, travel: Travel, now: datetime, ready: datetime) -> Plan:
    """Nothing arrives in time: the earliest arrival there is."""
    set_out = max(ready, ticket.start.astimezone(UTC) - timedelta(hours=EARLIEST_START_H))
    answer = _ask(ticket, business, travel, now, depart_at=set_out)
    itineraries = tuple(itinerary for itinerary in answer.itineraries if itinerary.arrive_at < ticket.end)
    return replace(answer, itineraries=itineraries, note=answer.note or ("" if itineraries else NO_ITINERARY))


def _ask(
    ticket: Ticket,
    business: Business,
    travel: Travel,
    now: datetime,
    *,
    arrive_by: datetime | None = None,
    depart_at: datetime | None = None,
) -> Plan:
    assert ticket.origin is not None
    request = Request(ticket.origin, ticket.venue, arrive_by=arrive_by, depart_at=depart_at)
    answer = travel.plan(ticket.feed, request, business.change_s, now)
    return replace(answer, note=answer.note or ("" if answer.itineraries else NO_ITINERARY))
