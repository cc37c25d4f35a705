"""Late for certain: no way arrives in time any more. The honest arrival time and the best way that is left, once.

Before anything was told, an arrival two minutes after the start is late. Somebody who follows a told way is told
only about five minutes and more: less comes and goes on the way. Where chances are known, that has to be as good as
certain, or to be feared when it is high time that the venue knew (`Situation.is_late_for_sure`). Who was told a time to
leave and then said to come from where nothing goes is told so: the time that they have in hand is no good any more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.notices.policy.situation import Situation

USEFUL_BEFORE_ARRIVAL_MIN = 5  # told later than this before the arrival, nobody could do anything with it


def late(s: Situation) -> Say | None:
    """Speaks once per start, from the time when "time to leave" would be said until shortly before the arrival."""
    if s.has_lost_itinerary:
        return _say_late(s, "no_way", s.ticket.start, ("late",), tells_plan=False)  # a way that comes up is told yet
    arrive_at = s.ticket.arrive_at
    if s.was_told("late") or arrive_at is None or s.now >= arrive_at - timedelta(minutes=USEFUL_BEFORE_ARRIVAL_MIN):
        return None
    stranded = s.follows_promise and s.itinerary is None
    if not (stranded or (s.is_late_for_sure if s.follows_promise else s.is_time_to_leave and s.is_late)):
        return None
    last = arrive_at - timedelta(minutes=USEFUL_BEFORE_ARRIVAL_MIN)
    anew = not stranded and not s.waits_for_next_of_line  # the told way stands: its vehicle may be caught after all
    return _say_late(s, _variant(s, stranded=stranded), last, ("leave_by", "late"), tells_plan=anew)


def _say_late(s: Situation, variant: str, last: datetime, settles: tuple[str, ...], *, tells_plan: bool) -> Say:
    return Say(
        kind="late",
        variant=variant,
        act_by=s.act_by,
        expires_at=last,
        settles=settles,
        interrupts=True,
        overtakes=True,
        tells_plan=tells_plan,
    )


def _variant(s: Situation, *, stranded: bool) -> str:
    if stranded:
        return "no_way"
    return "on_the_way" if s.is_on_the_way else "plain"
