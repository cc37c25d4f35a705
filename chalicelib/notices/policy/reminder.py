"""The reminder: at 17:00 on the day before, where the venue is; with the time to leave if we know it.

It is not said when it would be the second text within six hours (the booking was made or moved that afternoon), nor
once the day's own texts have begun, nor where the booking tool reminds its customers itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.schedule import remind_at
from chalicelib.tickets.states import is_to_come

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.notices.policy.situation import Situation

FRESH_H = 6  # what was told this short before the reminder needs no reminder
REMINDER_ENDS_H = 1  # before "time to leave" is due, a reminder that was held up is no use any more


def reminder(s: Situation) -> Say | None:
    """Speaks once per start, between 17:00 the day before and the time when the day's own texts begin."""
    if s.ticket.tool_reminds:
        return None
    at, last = remind_at(s.ticket), s.tell_at - timedelta(hours=REMINDER_ENDS_H)
    if not is_to_come(s.ticket) or not at <= s.now < last or s.was_told("reminder", "leave_by", "late"):
        return None
    if _is_fresh(s, at):
        return None
    return Say(
        kind="reminder",
        variant="planned" if s.ticket.leave_by and not s.is_late else "plain",  # "leave by" sounds like in time
        act_by=s.act_by,
        expires_at=last,
        settles=("reminder",),
    )


def _is_fresh(s: Situation, at: datetime) -> bool:
    told = s.promise.told_at or s.ticket.created_at
    return told is not None and told > at - timedelta(hours=FRESH_H)
