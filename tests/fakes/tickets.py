"""Tickets at a moment, for rules and for words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.tickets.follow import new_ticket
from chalicelib.tickets.links import Link
from chalicelib.tickets.states import advance
from chalicelib.tickets.ticket import Promise
from tests.fakes.salon import ADA, HOME, SALON, START, Town, at, booking, plan_ticket

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Itinerary

SAID_BEFORE = ("booked", "reminder")  # kinds of notices said before the day of the visit


def ticket_at(now: datetime, *said: str, origin: bool = True, **changes: object) -> Ticket:
    """Made on the 1st at 10:00, planned and moved on to `now`: leave by 13:55, arrive 14:25 for 14:30.

    `said` are the kinds of the notices that went out before.
    """
    made = new_ticket(booking(), ADA, SALON, at("1 10:00"), Link("t", "s"))
    assert made
    made = replace(made, promise=Promise(start=START, told_kinds=said, told_at=at("1 10:00") if said else None))
    made = replace(made, **changes)  # type: ignore[arg-type] # a test names the fields it changes
    if origin:
        made = plan_ticket(replace(made, origin=HOME), SALON, Town(), at("1 10:00"))
    return advance(made, SALON, now)


def ticket_named(
    venue: str = "Salon Lind", stop: str = "Old Mill", locale: str = "en", *, walking: bool = False
) -> Ticket:
    """Planned at 13:40, with the names that a text has to fit."""
    business = replace(SALON, name=venue)
    made = new_ticket(booking(), ADA, business, at("13:40"), Link("abcdefghijkl", "Secret000001"))
    assert made
    made = plan_ticket(replace(made, origin=HOME), SALON, Town(), at("13:40"))
    itineraries = tuple(_at_stop(itinerary, stop) for itinerary in made.itineraries)
    if walking:
        itineraries = tuple(replace(itinerary, legs=itinerary.legs[:1]) for itinerary in itineraries)
    return replace(made, itineraries=itineraries, customer=replace(ADA, locale=locale))


def _at_stop(itinerary: Itinerary, stop: str) -> Itinerary:
    walk, ride, last = itinerary.legs
    return replace(itinerary, legs=(walk, replace(ride, origin=replace(ride.origin, name=stop)), last))
