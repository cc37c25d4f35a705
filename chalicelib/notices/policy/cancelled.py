"""Cancelled: said only to those who may be preparing to come because of our texts. The others hear it from the tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.ticket import TicketStatus

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation


def cancelled(s: Situation) -> Say | None:
    """Speaks once, before the appointment would have started, if a reminder or a time to leave was told for it."""
    start = s.promise.start or s.ticket.start
    if s.ticket.status is not TicketStatus.CANCELLED or s.was_told("cancelled") or s.now >= start:
        return None
    if not s.was_told("reminder", "leave_by", "late"):
        return None
    promised = s.promise.leave_by if s.was_told("leave_by", "late") else None
    set_out = promised is not None and s.now > promised
    return Say(
        kind="cancelled",
        variant="on_the_way" if set_out else "plain",  # "do not set out" is no help to those who have
        because="the booking was cancelled after the customer was told to prepare for it",
        act_by=min(s.promise.leave_by or s.act_by, s.act_by),
        expires_at=start,
        settles=("cancelled",),
        overtakes=True,
    )
