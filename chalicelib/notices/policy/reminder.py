"""The reminder: at 17:00 on the day before, where the venue is; with the time to leave if we know it.

Nothing is said when this would be the second text within three hours (the booking was made or moved that afternoon),
once the texts of the day itself have begun, or where the booking tool reminds its customers itself.
Who meets by telephone or screen is reminded an hour before, and hears nothing else of a visit that stands.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.schedule import on_the_day_at, remind_at
from chalicelib.tickets.states import is_to_come

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation

FRESH_H = 3  # who was told something in the hours before the reminder remembers it
CALL_FRESH_H = 1  # the same, of a call or a link
REMINDER_ENDS_H = 1  # before "time to leave" is due: a reminder that comes later would be a second text at once


def reminder(s: Situation) -> Say | None:
    """Speaks once per start, between 17:00 the day before and an hour before "time to leave" is due."""
    if s.ticket.tool_reminds:
        return None
    if s.ticket.remote:
        return _remind_of_call(s)
    at, last = remind_at(s.ticket), s.tell_at - timedelta(hours=REMINDER_ENDS_H)
    if not is_to_come(s.ticket) or not at <= s.now < last or s.was_told("reminder", "leave_by", "late"):
        return None
    told_at = s.promise.told_at or s.ticket.created_at
    if told_at is not None and told_at > at - timedelta(hours=FRESH_H):
        return None
    return Say(
        kind="reminder",
        variant="planned" if s.ticket.leave_by and not s.is_late else "plain",  # "leave by" would promise to be in time
        because="it is 17:00 on the day before, and the booking tool does not remind",
        act_by=s.act_by,
        expires_at=last,
        settles=("reminder",),
    )


def _remind_of_call(s: Situation) -> Say | None:
    start = s.ticket.start
    begins, told_at = on_the_day_at(s.ticket), s.promise.told_at
    if not is_to_come(s.ticket) or not begins <= s.now < start or s.was_told("reminder"):
        return None
    if told_at is not None and told_at > begins - timedelta(hours=CALL_FRESH_H):
        return None
    return Say(
        kind="reminder",
        variant="remote",
        because="it is an hour before the start, and nobody has to set out for it",
        act_by=start,
        expires_at=start,
        settles=("reminder", "remote"),
    )
