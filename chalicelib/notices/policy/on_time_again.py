"""On time again: somebody who was told that they would be late will be in time after all. Said once.

In time means with a little to spare; where chances are known, as good as certainly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation


def on_time_again(s: Situation) -> Say | None:
    """Speaks after `late`, when the itinerary to follow arrives before the start with a little to spare."""
    arrive_at = s.ticket.arrive_at
    if not s.was_told("late") or s.was_told("on_time_again") or not s.follows_promise or s.itinerary is None:
        return None
    if arrive_at is None or not s.is_on_time_for_sure or s.now >= arrive_at:
        return None
    return Say(
        kind="on_time_again",
        variant="on_the_way" if s.is_on_the_way else "plain",
        because="the customer was told that they would be late, and now arrives in time",
        act_by=s.now,
        expires_at=arrive_at,
        settles=("on_time_again",),
        interrupts=True,
        overtakes=True,
        tells_plan=True,
    )
