"""The next step changed: another vehicle, an earlier start, or another stop to get off at. New before old.

Said only while it can still be acted on, and never merely because one could leave later. When another way is worth
it is not decided here, but in `tickets/replanning/by_forecast` and `tickets/replanning/by_timetable`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.notices.policy.situation import Situation

TIME_TO_READ_S = 60  # a step that comes sooner cannot be changed by a text


def replan(s: Situation) -> Say | None:
    """Speaks whenever the way to follow differs from the told one in what is to be done next."""
    if (
        not s.follows_promise
        or not s.has_next_step_changed
        or s.next_step_at < s.now + timedelta(seconds=TIME_TO_READ_S)
    ):
        return None
    return Say(
        kind="replan",
        variant="on_the_way" if s.is_on_the_way else "plain",
        act_by=s.next_step_at,
        expires_at=s.next_step_at,
        settles=("leave_by", "replan"),
        interrupts=True,
        overtakes=True,
        was=_old_start(s),
        tells_plan=True,
    )


def _old_start(s: Situation) -> datetime | None:
    """The time to leave that the text replaces, if it replaces one."""
    promised, itinerary = s.promise.itinerary, s.itinerary
    same = (
        promised is None
        or itinerary is None
        or abs((promised.leave_at - itinerary.leave_at).total_seconds()) < TIME_TO_READ_S
    )
    return None if same or promised is None else promised.leave_at
