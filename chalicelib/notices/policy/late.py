"""Late for certain: no way arrives in time any more. The honest arrival time and the best way that is left, once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation

USE_MIN = 10  # told later than this before the arrival, nobody could do anything with it


def late(s: Situation) -> Say | None:
    """Speaks once per start, from the time when "time to leave" would be said."""
    arrive_at = s.ticket.arrive_at
    if not s.is_time_to_leave or not s.is_late or arrive_at is None or s.was_told("late"):
        return None
    return Say(
        kind="late",
        variant="plain",
        act_by=s.act_by,
        expires_at=arrive_at - timedelta(minutes=USE_MIN),
        settles=("leave_by", "late"),
        interrupts=True,
        tells_plan=True,
    )
