"""One turn of a ticket's life, without saving: plan, move on, decide. The hub and the replay take the same turns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.policy import decide
from chalicelib.tickets.live import is_told, replanned
from chalicelib.tickets.plan import is_wanted, planned
from chalicelib.tickets.states import advance

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.notices.policy.situation import Say
    from chalicelib.tickets.live import LiveTravel
    from chalicelib.tickets.ticket import Ticket


def turn(ticket: Ticket, business: Business, travel: LiveTravel, now: datetime) -> tuple[Ticket, tuple[Say, ...]]:
    """The ticket as it is at `now`, and what is to be said about it. Taken again at the same time, it says nothing.

    Raises `Unavailable` where `travel` does.
    """
    if is_told(ticket):
        ticket = replanned(ticket, business, travel, now)
    elif is_wanted(ticket):
        ticket = planned(ticket, business, travel, now)
    return decide(advance(ticket, business, now), business, now)
