"""When a ticket is checked next, and under which keys it is found then: attributes of the ticket itself.

Rules
- There is no second system that could disagree with the ticket. The sparse index "due" holds exactly the tickets
  whose `next_look_at` is set; it is read once a minute (`workflows/checking/due.py`).
- The sparse index "watched" holds the tickets of customers who follow a promised itinerary and are not there yet:
  each update of their feed's live data is about them.
- A plan that is not told yet is checked more often as the time to tell it comes nearer.
- Nobody sends word when a bike station runs empty or fills up: an itinerary by bike is rechecked by the clock.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.keys import shard_for, watch_partition, watch_sort
from chalicelib.tickets.outage_impact import outage_check_times
from chalicelib.tickets.plan import NO_ITINERARY_YET, WAITS_FOR_FEED
from chalicelib.tickets.states import BY_THE_CLOCK, is_open, is_to_come, next_move, tell_at
from chalicelib.tickets.ticket import TicketStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.ticket import Ticket

REMIND_AT = time(17)  # the day before, in the venue's zone
ON_THE_DAY_MIN = 90  # before the start: where nobody knows when they set out, a usual journey begins about then
SEARCH_ENDS_MIN = 45  # before the start: a shared bike that has not turned up by then is of no use
REMOTE_MIN = 60  # before the start: whoever is called, or joins by a link, needs no more
FORGET_AFTER_H = 23  # after the end of the visit: 24 h are promised, and a check may come late
LAST_REPLAN_H = 2  # before leave_by: from then on live data say something about the vehicles of the plan
NEXT_CHECK_FRACTION = 0.67  # of the time left until it is told: when a plan that live data may change is checked next
CHECK_EVERY_AT_MOST_MIN = 3  # live data change a plan hardly sooner, and the last check is when it is told
RETRY_PLAN_H = 6  # where the timetable is missing: a new one checks the ticket by itself, this is the net under it
RENTAL_CHECK_EVERY_MIN = 2  # stations publish every minute or two; a bike is lost within few
BIKE_SEARCH_BEFORE_START_H = 2  # the longest itinerary by bike takes an hour, and is offered an hour before
BIKE_SEARCH_EVERY_MIN = 10  # a search is dear, and whoever waits for a bike has no other choice


def watch_keys(ticket: Ticket) -> tuple[str, str] | tuple[None, None]:
    """Partition (feed, shard of its business) and sort key (until when, business) in the index "watched"; or none.

    A business's tickets stand beside each other, in one of their feed's eight partitions.
    """
    promise = ticket.promise
    was_told = promise.itinerary is not None and "leave_by" in promise.told_kinds and ticket.promise_stands
    if not was_told or not is_to_come(ticket):
        return None, None
    until = max(ticket.arrive_at or ticket.start, ticket.start)
    return watch_partition(ticket.feed, shard_for(ticket.business_id)), watch_sort(until, ticket.business_id)


def remind_at(ticket: Ticket) -> datetime:
    """17:00 on the day before the appointment, where the venue is."""
    zone = ZoneInfo(ticket.timezone)
    day_before = ticket.start.astimezone(zone).date() - timedelta(days=1)
    return datetime.combine(day_before, REMIND_AT, zone)


def on_the_day_at(ticket: Ticket) -> datetime:
    """When somebody for whom there is no way of ours to name is told of their visit, on its day."""
    before_min = SEARCH_ENDS_MIN if ticket.plan_note == NO_ITINERARY_YET else ON_THE_DAY_MIN
    return ticket.start - timedelta(minutes=REMOTE_MIN if ticket.remote else before_min)


def forget_at(ticket: Ticket) -> datetime:
    """When everything that tells where the customer was is deleted."""
    return ticket.end + timedelta(hours=FORGET_AFTER_H)


def next_check(ticket: Ticket, business: Business, now: datetime) -> datetime | None:
    """The earliest instant after `now` at which anything about this ticket can change by itself; None: never."""
    return min((instant for instant in _check_times(ticket, business, now) if instant > now), default=None)


def _check_times(ticket: Ticket, business: Business, now: datetime) -> Iterable[datetime]:
    if not ticket.forgotten:
        yield max(forget_at(ticket), now + timedelta(minutes=1))
    if not is_open(ticket):
        return
    if ticket.status not in BY_THE_CLOCK and (found := next_move(ticket, business)):
        yield found[0]
    if is_to_come(ticket):
        yield from outage_check_times(ticket, business, now)
        yield from bike_check_times(ticket, now)
        yield from _planning_times(ticket, business, now)


def _planning_times(ticket: Ticket, business: Business, now: datetime) -> Iterable[datetime]:
    yield remind_at(ticket)
    if ticket.leave_by is None:
        yield on_the_day_at(ticket)
    if (at := tell_at(ticket, business)) and ticket.leave_by:
        yield at
        yield ticket.leave_by - timedelta(hours=LAST_REPLAN_H)
        if ticket.observed_at and ticket.leave_by - timedelta(hours=LAST_REPLAN_H) <= now < at:
            yield now + max((at - now) * NEXT_CHECK_FRACTION, timedelta(minutes=CHECK_EVERY_AT_MOST_MIN))
    if ticket.address_open or (ticket.origin and ticket.plan_note in WAITS_FOR_FEED):
        yield now + timedelta(hours=RETRY_PLAN_H)


def bike_check_times(ticket: Ticket, now: datetime) -> Iterator[datetime]:
    """The instants at which shared bikes can change something about a ticket whose customer is to come."""
    itinerary = ticket.itineraries[0] if ticket.itineraries else None
    if itinerary and any(leg.rental for leg in itinerary.legs):
        yield now + timedelta(minutes=RENTAL_CHECK_EVERY_MIN)
    is_late = ticket.arrive_at is not None and ticket.arrive_at > ticket.start
    is_late_and_untold = is_late and ticket.status is TicketStatus.PLANNED
    if ticket.origin and now < ticket.start and (ticket.plan_note == NO_ITINERARY_YET or is_late_and_untold):
        yield max(
            now + timedelta(minutes=BIKE_SEARCH_EVERY_MIN), ticket.start - timedelta(hours=BIKE_SEARCH_BEFORE_START_H)
        )
