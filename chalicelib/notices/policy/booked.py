"""A new booking: the link, once, and the one question that we ask: where do you come from?

Where the booking's form has answered that, the text says what we take it for, and how to put it right.
Made so late that it is time to leave already, it says that as well: one text for one cause.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.states import is_to_come

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation


def booked(s: Situation) -> Say | None:
    """Speaks once per booking, before the appointment starts."""
    if not is_to_come(s.ticket) or s.was_told("booked") or s.now >= s.ticket.start:
        return None
    variant, settles = _how(s)
    return Say(
        kind="booked",
        variant=variant,
        act_by=s.act_by,
        expires_at=s.ticket.start,
        settles=settles,
        tells_plan="leave_by" in settles,
    )


def _how(s: Situation) -> tuple[str, tuple[str, ...]]:
    if s.is_late:
        return "late", ("booked", "leave_by", "late") if s.is_time_to_leave else ("booked",)
    if s.is_time_to_leave:
        return "leave", ("booked", "leave_by")
    if s.ticket.origin and s.ticket.origin_assumed:
        return "assumed" if s.ticket.origin.name else "assumed_place", ("booked",)
    if s.ticket.leave_by:
        return "planned", ("booked",)
    return ("plain" if s.ticket.origin else "ask"), ("booked",)
