"""The visits of one person at one business: which are one journey, and which stand. Pure.

A visit soon after another at the same place is no journey of its own: nobody goes home and comes back between the two.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.tickets.ticket import TicketStatus, is_elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from chalicelib.tickets.ticket import Ticket

AT_HOME_MIN = 30  # between two journeys: for less nobody goes home
USUAL_WAY_MIN = 30  # where the way is not known: a city's usual one
_FALLEN = frozenset({TicketStatus.CANCELLED, TicketStatus.NO_SHOW, TicketStatus.NOT_HELD})


def is_standing(ticket: Ticket) -> bool:
    """Whether somebody comes, or came, for this visit."""
    return ticket.confirmed and not ticket.remote and ticket.status not in _FALLEN


def day_of(ticket: Ticket) -> date:
    """The local day of the visit, where the venue is."""
    return ticket.start.astimezone(ZoneInfo(ticket.timezone)).date()


def comes_with_another(ticket: Ticket, others: Iterable[Ticket]) -> bool:
    """Whether the person is there already when they would set out for this visit: for another of theirs before it."""
    is_known = ticket.arrive_at is not None and ticket.leave_by is not None and ticket.arrive_at > ticket.leave_by
    way = ticket.arrive_at - ticket.leave_by if is_known else timedelta(minutes=USUAL_WAY_MIN)  # type: ignore[operator] # both are known
    away = 2 * way + timedelta(minutes=AT_HOME_MIN)
    return any(
        one.end + away > ticket.start
        for one in others
        if (one.start, one.ticket_id) < (ticket.start, ticket.ticket_id)
        and is_standing(one)
        and not is_elsewhere(one.venue, ticket.venue)
    )
