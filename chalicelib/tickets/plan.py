"""From a ticket to its plan: which question is asked, which answer is taken, what is said when there is none.

Rules
- The plan aims to arrive `early_min` before the appointment. Options that would have to start in the past are not
  options.
- Where nobody can be on time any more (or nothing runs early enough), the earliest arrival is planned instead, and
  the ticket says so by `arrive_at`. An itinerary that arrives after the end of the appointment is none.
- A ticket without a plan always has a reason (`plan_note`), never an exception.
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

# why there is no plan: `Plan.note` and `Ticket.plan_note`
NO_ITINERARY = "no_way"  # stops are near, but nothing runs in time
NO_ITINERARY_YET = "no_way_yet"  # nothing runs, but shared bikes are near, of which more is known in the last hour
OUTSIDE_AREA = "outside_area"  # the origin is out of reach of every stop and too far to walk
VENUE_OUTSIDE_AREA = "venue_outside_area"
NO_TIMETABLE = "no_timetable"  # not compiled yet; planned as soon as it is
OUTSIDE_CALENDAR = "outside_calendar"  # the feed does not know that day
UNKNOWN_FEED = "unknown_feed"  # the operator has not configured the business's feed
# the timetable is known, and has no answer
NO_ITINERARY_NOTES = frozenset({NO_ITINERARY, NO_ITINERARY_YET, OUTSIDE_AREA, VENUE_OUTSIDE_AREA})
WAITS_FOR_FEED = frozenset({NO_TIMETABLE, OUTSIDE_CALENDAR, UNKNOWN_FEED})

SET_OUT_GRACE_S = 60  # an option that started this long ago can still be caught
EARLIEST_START_H = 3  # where nothing arrives in time, the customer may set out up to this long before the appointment


@dataclass(frozen=True, slots=True)
class TripContext:
    """What every question about a trip carries beside the question itself.

    The feed whose network is asked, the business whose wishes count (least time to change, minutes to be early, share
    of customers to be on time), and the instant whose live data are used.
    """

    feed_id: str
    business: Business
    now: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """What a planning run gave: options best first, or `note` why there are none."""

    itineraries: tuple[Itinerary, ...] = ()
    feed_version: str = ""
    observed_at: datetime | None = None  # of the youngest live data used, UTC
    note: str = ""


class Travel(Protocol):
    """How to get there, whoever computes it."""

    def plan(self, request: Request, context: TripContext, /) -> Plan:
        """Answers one question; never raises for a question without an answer. Raises `Unavailable`."""
        ...


def is_plan_wanted(ticket: Ticket) -> bool:
    """Whether a check of this ticket should plan: its origin is known, and the customer still waits for our word."""
    if ticket.origin is None or ticket.remote or ("leave_by" in ticket.promise.told_kinds and ticket.promise_stands):
        return False
    return ticket.status in {TicketStatus.WAITING_FOR_ORIGIN, TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE}


def with_best_plan(ticket: Ticket, travel: Travel, context: TripContext) -> Ticket:
    """The ticket with the best plan that exists now; without an origin the ticket as it is. Raises `Unavailable`."""
    if ticket.origin is None or ticket.remote or context.now >= ticket.end:
        return ticket
    return with_plan(ticket, best_plan(ticket, travel, context, ready=context.now))


def with_plan(ticket: Ticket, plan: Plan) -> Ticket:
    """The ticket carrying `plan`; its status goes back before "time to leave" and the clock decides anew."""
    best = plan.itineraries[0] if plan.itineraries else None
    waits = ticket.status is TicketStatus.WAITING_FOR_ORIGIN
    return replace(
        ticket,
        status=status_after(ticket.status, Trigger.ORIGIN_SET if waits else Trigger.REPLANNED),
        itineraries=plan.itineraries,
        leave_by=with_fixed_offset(best.leave_at) if best else None,
        arrive_at=with_fixed_offset(best.arrive_at) if best else None,
        plan_note=plan.note,
        planned_with=plan.feed_version,
        observed_at=plan.observed_at,
    )


def best_plan(ticket: Ticket, travel: Travel, context: TripContext, *, ready: datetime) -> Plan:
    """The best answer for somebody who can set out at `ready` or later: in time if possible, else as soon as possible.

    Raises `Unavailable`.
    """
    assert ticket.origin is not None
    deadline = ticket.start - timedelta(minutes=context.business.early_min)
    if deadline > ready:
        in_time = _ask(travel, Request(ticket.origin, ticket.venue, arrive_by=deadline), context)
        earliest = ready - timedelta(seconds=SET_OUT_GRACE_S)
        itineraries = tuple(itinerary for itinerary in in_time.itineraries if itinerary.leave_at >= earliest)
        if itineraries or in_time.note not in {"", NO_ITINERARY}:
            return replace(in_time, itineraries=itineraries)
    set_out = max(ready, ticket.start.astimezone(UTC) - timedelta(hours=EARLIEST_START_H))
    late = _ask(travel, Request(ticket.origin, ticket.venue, depart_at=set_out), context)
    itineraries = tuple(itinerary for itinerary in late.itineraries if itinerary.arrive_at < ticket.end)
    return replace(late, itineraries=itineraries, note=late.note or ("" if itineraries else NO_ITINERARY))


def _ask(travel: Travel, request: Request, context: TripContext) -> Plan:
    answer = travel.plan(request, context)
    return replace(answer, note=answer.note or ("" if answer.itineraries else NO_ITINERARY))
