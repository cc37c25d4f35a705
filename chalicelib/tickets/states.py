"""The states of a live ticket and every move between them, in one table.

A move is made by time (`at` tells when) or by something that happened (`trigger`). What is not in the table does not
happen. That a customer has left or arrived is presumed from the plan; nobody is located for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from chalicelib.tickets.ticket import CLOSED_NOTE, TicketStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.ticket import Ticket


class Trigger(StrEnum):
    """What moves a ticket."""

    ORIGIN_SET = "the customer said where they come from"
    ORIGIN_REMOVED = "the customer took the origin back"
    REPLANNED = "the plan changed"
    MOVED = "the appointment moved"
    CANCELLED = "the appointment was cancelled"
    NO_SHOW = "the business marked a no-show"
    BOOKED_AGAIN = "a cancelled appointment was booked again"
    TIME = "the clock"


@dataclass(frozen=True, slots=True)
class Move:
    """One row: from which status, why, to which; `at` (only with TIME) gives the instant, None: not by this row."""

    source: TicketStatus
    trigger: Trigger
    target: TicketStatus
    at: Callable[[Ticket, Any], datetime | None] | None = None


def tell_at(ticket: Ticket, business: Business) -> datetime | None:
    """When the customer is told to leave; None without a plan."""
    return ticket.leave_by - timedelta(minutes=business.lead_min) if ticket.leave_by else None


def _start_without_plan(ticket: Ticket, _: object) -> datetime | None:
    return ticket.start if ticket.leave_by is None and ticket.plan_note != CLOSED_NOTE else None


def not_held_at(ticket: Ticket, _: object = None) -> datetime | None:
    """When a visit that was told to be impossible, or that a closing outlasted, is known not to have taken place."""
    if ticket.is_told_impossible:
        return ticket.start
    return ticket.end if ticket.plan_note == CLOSED_NOTE else None


_S, _T = TicketStatus, Trigger
_BEFORE = (_S.WAITING_FOR_ORIGIN, _S.PLANNED, _S.TIME_TO_LEAVE, _S.UNDER_WAY, _S.ARRIVED)
_OPEN = (*_BEFORE, _S.IN_SERVICE)
_ENDED = (_S.CANCELLED, _S.NO_SHOW, _S.DONE)

TABLE: tuple[Move, ...] = (
    *(Move(status, _T.TIME, _S.NOT_HELD, not_held_at) for status in _BEFORE),  # before what else happens then
    Move(_S.WAITING_FOR_ORIGIN, _T.TIME, _S.IN_SERVICE, _start_without_plan),
    Move(_S.PLANNED, _T.TIME, _S.TIME_TO_LEAVE, tell_at),
    Move(_S.PLANNED, _T.TIME, _S.IN_SERVICE, _start_without_plan),
    Move(_S.TIME_TO_LEAVE, _T.TIME, _S.UNDER_WAY, lambda ticket, _: ticket.leave_by),
    Move(_S.UNDER_WAY, _T.TIME, _S.ARRIVED, lambda ticket, _: ticket.arrive_at or ticket.start),
    Move(_S.ARRIVED, _T.TIME, _S.IN_SERVICE, lambda ticket, _: max(ticket.start, ticket.arrive_at or ticket.start)),
    *(Move(status, _T.TIME, _S.DONE, lambda ticket, _: ticket.end) for status in _OPEN),
    *(Move(status, _T.ORIGIN_SET, _S.PLANNED) for status in _BEFORE[:4]),
    *(Move(status, _T.ORIGIN_REMOVED, _S.WAITING_FOR_ORIGIN) for status in _BEFORE),
    Move(_S.TIME_TO_LEAVE, _T.REPLANNED, _S.PLANNED),  # the clock brings it back where its time has come
    *(Move(status, _T.MOVED, _S.WAITING_FOR_ORIGIN) for status in (*_OPEN, _S.DONE, _S.NO_SHOW, _S.NOT_HELD)),
    *(Move(status, _T.BOOKED_AGAIN, _S.WAITING_FOR_ORIGIN) for status in _ENDED),
    *(Move(status, _T.CANCELLED, _S.CANCELLED) for status in (*_OPEN, _S.NO_SHOW, _S.NOT_HELD)),
    *(Move(status, _T.NO_SHOW, _S.NO_SHOW) for status in (*_OPEN, _S.DONE, _S.CANCELLED)),
)


BY_THE_CLOCK = frozenset({_S.TIME_TO_LEAVE, _S.UNDER_WAY, _S.ARRIVED, _S.IN_SERVICE})  # their moves ask no business


def advance_by_clock(ticket: Ticket, now: datetime) -> Ticket:
    """The ticket after the moves `BY_THE_CLOCK`: they happen without any check or write."""
    while ticket.status in BY_THE_CLOCK and (found := next_move(ticket, None)) and found[0] <= now:
        ticket = replace(ticket, status=found[1])
    return ticket


def status_after(status: TicketStatus, trigger: Trigger) -> TicketStatus:
    """The status that `trigger` leads to; the same where the table has no such move."""
    return next((move.target for move in TABLE if (move.source, move.trigger) == (status, trigger)), status)


def next_move(ticket: Ticket, business: Business | None) -> tuple[datetime, TicketStatus] | None:
    """The next move that the clock makes by itself, and when; None where the clock changes nothing more.

    Those `BY_THE_CLOCK` need no business.
    """
    moves = (
        (instant, move.target)
        for move in TABLE
        if move.source is ticket.status and move.at and (instant := move.at(ticket, business))
    )
    return min(moves, key=lambda found: found[0], default=None)


def advance(ticket: Ticket, business: Business, now: datetime) -> Ticket:
    """The ticket after all moves that the clock has made by `now`."""
    while (found := next_move(ticket, business)) and found[0] <= now:
        ticket = replace(ticket, status=found[1])
    return ticket


def is_open(ticket: Ticket) -> bool:
    """Whether the visit is still to come or going on."""
    return ticket.status in _OPEN


def is_to_come(ticket: Ticket) -> bool:
    """Whether the visit has not begun, as far as we know."""
    return ticket.status in _BEFORE
