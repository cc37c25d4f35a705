"""The street address of a business, as its lines are written in a language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.rendering.phrases import word
from chalicelib.tickets.ticket import is_elsewhere
from chalicelib.transit.itinerary import Place

if TYPE_CHECKING:
    from chalicelib.bookings.business import Business
    from chalicelib.tickets.ticket import Ticket

BARE_LENGTH = 4  # characters: "3", "12b", "A"; what is longer says itself what it is ("2nd floor", "ring twice")


def address_lines(ticket: Ticket, business: Business, locale: str) -> tuple[str, ...]:
    """Street with floor and door, then postcode and city; nothing where the appointment is at another place."""
    address = business.address
    if address is None or is_elsewhere(ticket.venue, Place(business.name, business.lat, business.lon)):
        return ()
    floor, door = _named(address.floor, "floor", locale), _named(address.door, "door", locale)
    street = ", ".join(filter(None, (address.street, floor, door)))
    return tuple(filter(None, (street, f"{address.postcode} {address.city}".strip())))


def _named(part: str, what: str, locale: str) -> str:
    is_bare = part and len(part) <= BARE_LENGTH and part.isalnum() and (what == "door" or part.isdigit())
    return word(locale, what).format(n=part) if is_bare else part
