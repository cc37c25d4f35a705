"""The next step changed: another vehicle, an earlier start, or another stop to get off at. New before old.

Said only while the customer can still act on it, and never merely because they could leave later. Whether another
itinerary is worth it is decided in `tickets/replanning/by_forecast` and `tickets/replanning/by_timetable`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.notices.policy.situation import Situation

TIME_TO_READ_S = 60  # a text takes about this long to arrive and be read: what is done sooner it cannot change


def replan(s: Situation) -> Say | None:
    """Speaks whenever the itinerary to follow differs from the promised one in what is to be done next."""
    if (
        not s.follows_promise
        or not s.has_next_step_changed
        or s.next_step_at < s.now + timedelta(seconds=TIME_TO_READ_S)
    ):
        return None
    # another itinerary that arrives late is no good news: the text says how late, and whom to call
    variants = ("late", "late_on_the_way") if s.is_late else ("plain", "on_the_way")
    return Say(
        kind="replan",
        variant=variants[s.is_on_the_way],
        because=_why(s),
        act_by=s.next_step_at,
        expires_at=s.next_step_at,
        settles=("leave_by", "replan", "late") if s.is_very_late else ("leave_by", "replan"),
        interrupts=True,
        overtakes=True,
        was=_old_start(s),
        tells_plan=True,
    )


def _why(s: Situation) -> str:
    if s.must_set_out_earlier:
        return "the customer has to set out earlier than promised"
    if s.alights_elsewhere:
        return "the ride that the customer is in is to be left at another stop than promised"
    return "what is to be boarded next is not what was promised"


def _old_start(s: Situation) -> datetime | None:
    """The time to leave that the text replaces, if it replaces one."""
    promised, itinerary = s.promise.itinerary, s.itinerary
    if promised is None or itinerary is None:
        return None
    is_same = abs((promised.leave_at - itinerary.leave_at).total_seconds()) < TIME_TO_READ_S
    return None if is_same else promised.leave_at
