"""The ticket and the stops around it as JSON, for programs and for the page's own script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.pages.page import json_page
from chalicelib.tickets.ticket_json import to_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.pages.page import Page
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Place


def ticket_json(ticket: Ticket, business: Business, now: datetime) -> Page:
    """The contract's Ticket."""
    return json_page(200, to_json(ticket, now, business))


def places_json(found: Sequence[Place]) -> Page:
    """{"places": [Place…]}, best first."""
    return json_page(200, {"places": [place.to_json() for place in found]})


def heard_json(ticket: Ticket, business: Business, now: datetime, answer: str) -> Page:
    """What now happens, in one or two sentences, and the ticket."""
    return json_page(200, {"answer": answer, "ticket": to_json(ticket, now, business)})
