"""Late for certain: no way arrives in time any more. The honest arrival time and the best way that is left, once.

Before anything was told, an arrival two minutes after the start is late. Somebody who follows a told way is told
only about five minutes and more: less comes and goes on the way.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation

USE_MIN = 5  # told later than this before the arrival, nobody could do anything with it


def late(s: Situation) -> Say | None:
    """Speaks once per start, from the time when "time to leave" would be said until shortly before the arrival."""
    arrive_at = s.ticket.arrive_at
    if s.was_told("late") or arrive_at is None or s.now >= arrive_at - timedelta(minutes=USE_MIN):
        return None
    stranded = s.follows_us and s.way is None
    if not (stranded or (s.is_very_late if s.follows_us else s.is_time_to_leave and s.is_late)):
        return None
    return Say(
        kind="late",
        variant=_variant(s, stranded=stranded),
        act_by=s.act_by,
        expires_at=arrive_at - timedelta(minutes=USE_MIN),
        settles=("leave_by", "late"),
        interrupts=True,
        overtakes=True,
        tells_plan=not stranded,
    )


def _variant(s: Situation, *, stranded: bool) -> str:
    if stranded:
        return "no_way"
    return "on_the_way" if s.is_on_the_way else "plain"
