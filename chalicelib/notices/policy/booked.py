"""A new booking: the link, once, and the one question that we ask: from where will you set out?

Where the booking's form has answered that, the text says which place we understood, and how to correct it.
A booking made so late that it is time to leave already gets that in the same text: one text for one cause.
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
    variant, settles, because = _how(s)
    return Say(
        kind="booked",
        variant=variant,
        because=because,
        act_by=s.act_by,
        expires_at=s.ticket.start,
        settles=settles,
        tells_plan="leave_by" in settles,
    )


def _how(s: Situation) -> tuple[str, tuple[str, ...], str]:
    """The variant, the kinds that it settles, and why it speaks."""
    new = "the booking is new"
    if s.is_late:
        settles = ("booked", "leave_by", "late") if s.is_time_to_leave else ("booked",)
        return "late", settles, f"{new} and no itinerary arrives in time"
    if s.is_time_to_leave:
        return "leave", ("booked", "leave_by"), f"{new} and it is time to leave"
    if s.ticket.origin and s.ticket.origin_assumed:
        variant = "assumed" if s.ticket.origin.name else "assumed_place"
        return variant, ("booked",), f"{new} and its form names the origin"
    if s.ticket.leave_by:
        return "planned", ("booked",), f"{new} and there is a plan for it"
    if s.ticket.origin or not s.business.can_plan:  # without a timetable nobody is asked, and nothing is promised
        why = "there is no plan for it yet" if s.business.can_plan else "there is no timetable to plan with"
        return "plain", ("booked",), f"{new} and {why}"
    return "ask", ("booked",), f"{new} and nobody knows the origin yet"
