"""When a ticket needs a look because of shared bikes: nobody sends word when a station runs empty or fills up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.tickets.plan import NO_ITINERARY_YET
from chalicelib.tickets.ticket import TicketStatus

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from chalicelib.tickets.ticket import Ticket

RENTAL_CHECK_EVERY_MIN = 2  # a way by bike is rechecked so often
BIKE_SEARCH_BEFORE_START_H = 2  # before the start: the longest way by bike, and the hour in which one is offered
BIKE_SEARCH_EVERY_MIN = 10


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
