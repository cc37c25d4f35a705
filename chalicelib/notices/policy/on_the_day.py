"""On the day: who has no time to leave from us is told of their visit all the same, in time to set out.

- Whoever never said from where they set out, or whose network is not known to us: when, where, the phone, the link.
- Whoever said so, and nothing brings them there in time: that, once, and whom to call; the business hears of it too.

Nothing is said to those who were told something a short while before.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.notices.policy.quiet import send_time
from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.schedule import on_the_day_at
from chalicelib.tickets.states import is_to_come

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.notices.policy.situation import Situation

FRESH_H = 3  # who was told something in the hours before knows of the visit
TOO_LATE_MIN = 5  # before the start: who has not set out by then does not do so because of a text
ACT_MIN = 30  # before the start: nobody knows when they set out; the night is kept for all but early visits


def on_the_day(s: Situation) -> Say | None:
    """Speaks once per start, from when a usual journey begins until shortly before the start."""
    begins, start = on_the_day_at(s.ticket), s.ticket.start
    is_time = begins <= s.now < start - timedelta(minutes=TOO_LATE_MIN)
    if not is_time or not is_to_come(s.ticket) or s.was_told("on_the_day", "leave_by", "late"):
        return None
    if s.itinerary is not None or s.promise.pending:
        return None
    no_way = s.has_no_itinerary
    if not no_way and _heard_at(s) > begins - timedelta(hours=FRESH_H):
        return None
    return Say(
        kind="on_the_day",
        variant="no_way" if no_way else "plain",
        because=_why(s, no_way=no_way),
        act_by=start - timedelta(minutes=ACT_MIN),
        expires_at=start - timedelta(minutes=TOO_LATE_MIN),
        # of "late" the business hears; an itinerary that turns up later is still told
        settles=("on_the_day", "late") if no_way else ("on_the_day",),
    )


def _heard_at(s: Situation) -> datetime:
    """When the customer heard of the visit last; what could wait in the night was heard in the morning."""
    told_at = s.promise.told_at or s.ticket.created_at or s.now - timedelta(days=1)
    return send_time(told_at, s.act_by, ZoneInfo(s.ticket.timezone))


def _why(s: Situation, *, no_way: bool) -> str:
    if no_way:
        return "the day has come, and nothing brings them there in time from where they set out"
    known = "there is no plan for them" if s.ticket.origin else "they have not said from where they set out"
    return f"the day has come, and {known}"
