"""Cancelled: said to those who may be preparing to come because of our texts, and to all whom their tool does not tell.

The text names the time that they know: of a move that they never heard of it says nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import USUAL_JOURNEY_MIN, Say
from chalicelib.tickets.ticket import TicketStatus

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation

_MADE_READY = (
    "reminder",
    "on_the_day",
    "leave_by",
    "late",
    "moved",
)  # whoever heard one of these arranges their day by us


def cancelled(s: Situation) -> Say | None:
    """Speaks once, before the appointment would have started, to whoever was given a time by us."""
    start = s.promise.start or s.ticket.start
    if s.ticket.status is not TicketStatus.CANCELLED or s.was_told("cancelled") or s.now >= start:
        return None
    if not s.was_told(*_MADE_READY) and not (s.was_told("booked") and not s.ticket.tool_tells_cancel):
        return None
    promised = s.promise.leave_by if s.was_told("leave_by", "late") else None
    set_out = promised is not None and s.now > promised
    return Say(
        kind="cancelled",
        # "do not set out" is no help to those who have, and to those who never had to
        variant="remote" if s.ticket.remote else "on_the_way" if set_out else "plain",
        because="the booking was cancelled after the customer was told when it is",
        act_by=min(s.promise.leave_by or s.act_by, s.act_by, start - timedelta(minutes=USUAL_JOURNEY_MIN)),
        expires_at=start,
        settles=("cancelled",),
        overtakes=True,
        start=start,
    )
