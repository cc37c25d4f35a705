"""When a ticket next needs a look, and under which keys it is found: attributes of the ticket itself.

There is no second system that could disagree with the ticket: the sparse index "due" holds exactly the tickets whose
`next_look_at` is set, and it is read once a minute (`waiting`). The sparse index "watched" holds those who follow a
way that we told them and are not there yet: each update of their feed's live data is about them. Untold plans are
looked at the more often the nearer the time to tell them comes.
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
FORGET_AFTER_H = 23  # after the end of the visit: the promise is 24 h, and the clock that looks is not perfect
LAST_REPLAN_H = 2  # before leave_by: from then on live data say something about the vehicles of the plan
NEXT_CHECK_FRACTION = 0.5  # of the time left until it is told: the next look at a plan that live data may change
CHECK_EVERY_AT_MOST_MIN = 3
RETRY_PLAN_H = 6  # where the timetable is missing; news of a new timetable comes by itself, this is the net under it
RENTAL_CHECK_EVERY_MIN = 2  # a way by bike is rechecked so often
BIKE_SEARCH_BEFORE_START_H = 2  # before the start: the longest way by bike, and the hour in which one is offered
BIKE_SEARCH_EVERY_MIN = 10


def watch_keys(ticket: Ticket) -> tuple[str, str] | tuple[None, None]:
    """Partition and sort key in the index "watched": feed and venue; until when, and the business.

    The tickets of a venue stand beside each other in one of a feed's eight partitions.
    """
    promise = ticket.promise
    told = promise.itinerary is not None and "leave_by" in promise.told_kinds and ticket.promise_stands
    if not told or not is_to_come(ticket):
        return None, None
    until = max(ticket.arrive_at or ticket.start, ticket.start)
    return watch_partition(ticket.feed, shard_for(ticket.business_id)), watch_sort(until, ticket.business_id)


def remind_at(ticket: Ticket) -> datetime:
    """17:00 on the day before the appointment, where the venue is."""
    zone = ZoneInfo(ticket.timezone)
    day_before = ticket.start.astimezone(zone).date() - timedelta(days=1)
    return datetime.combine(day_before, REMIND_AT, zone)


def forget_at(ticket: Ticket) -> datetime:
    """When everything that says where the customer was is deleted."""
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
    if ticket.origin and now < ticket.start and (ticket.plan_note == NO_ITINERARY_YET or _is_late(ticket)):
        yield max(
            now + timedelta(minutes=BIKE_SEARCH_EVERY_MIN), ticket.start - timedelta(hours=BIKE_SEARCH_BEFORE_START_H)
        )


def _is_late(ticket: Ticket) -> bool:
    """Nothing that runs comes in time; nothing was told yet."""
    late = ticket.arrive_at is not None and ticket.arrive_at > ticket.start
    return late and ticket.status is TicketStatus.PLANNED
