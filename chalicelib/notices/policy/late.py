"""Late for certain: no itinerary arrives in time any more. The honest arrival and the best itinerary left, once.

- Before a plan was told, an arrival two minutes after the start is late.
- Somebody who follows the promised itinerary is told only about five minutes and more: less comes and goes on the way.
  Where chances are known, that lateness is as good as certain, or likely enough at the last call
  (`Situation.is_late_for_sure`).
- Somebody who was told a time to leave and then gave an origin from which nothing runs is told so: that time is no
  longer good for anything.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.notices.policy.situation import Situation

USEFUL_BEFORE_ARRIVAL_MIN = 5  # in the last minutes before the arrival nobody can do anything with the news
NO_ITINERARY_LEFT = "nothing brings them there in time any more"


def late(s: Situation) -> Say | None:
    """Speaks once per start, from the time when "time to leave" would be said until shortly before the arrival."""
    if s.has_lost_itinerary:
        # only "late" is settled: an itinerary that turns up later is still told
        return _say_late(s, "no_way", NO_ITINERARY_LEFT, s.ticket.start, ("late",))
    only_no_way = s.was_told("late") and not s.was_told("leave_by")  # a way that turns up is told, late as it is
    if (s.was_told("late") and not only_no_way) or s.ticket.arrive_at is None:
        return None
    last = s.ticket.arrive_at - timedelta(minutes=USEFUL_BEFORE_ARRIVAL_MIN)
    if s.now >= last:
        return None
    stranded = s.follows_promise and s.itinerary is None
    if not (stranded or (s.is_late_for_sure if s.follows_promise else s.is_time_to_leave and s.is_late)):
        return None
    settles = ("leave_by", "late")
    if stranded:
        return _say_late(s, "no_way", NO_ITINERARY_LEFT, last, settles)
    say = _say_late(s, "on_the_way" if s.is_on_the_way else "plain", _why(s), last, settles)
    # while they wait for the next vehicle of the line the promise stands: they may catch the promised one after all
    return replace(say, tells_plan=not s.waits_for_next_of_line)


def _why(s: Situation) -> str:
    if not s.follows_promise:
        return "it is time to leave and no itinerary arrives in time"
    if s.ticket.late_probability is None:
        return "as vehicles run now the promised itinerary arrives over five minutes late"
    if s.is_late_as_good_as_certainly:
        return "it is as good as certain that the promised itinerary arrives over five minutes late"
    return (
        "the start is near, the promised itinerary is late as vehicles run now, and over five minutes are to be feared"
    )


def _say_late(s: Situation, variant: str, because: str, last: datetime, settles: tuple[str, ...]) -> Say:
    return Say(
        kind="late",
        variant=variant,
        because=because,
        act_by=s.act_by,
        expires_at=last,
        settles=settles,
        interrupts=True,
        overtakes=True,
    )
