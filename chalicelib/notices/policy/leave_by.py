"""Time to leave: `lead_min` before leave_by, once: by when, with what, from where, and when that arrives.

Where even the best itinerary arrives too late, the rule `late` speaks instead.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import LEAVE_BY_VALID_MIN, Say

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation


def leave_by(s: Situation) -> Say | None:
    """Speaks once per start, while there is still time to act."""
    if not s.is_time_to_leave or s.is_late or s.was_told("leave_by") or s.ticket.leave_by is None:
        return None
    return Say(
        kind="leave_by",
        variant="plain",
        because="it is time to leave",
        act_by=s.ticket.leave_by,
        expires_at=s.ticket.leave_by + timedelta(minutes=LEAVE_BY_VALID_MIN),
        # it says both, also to a business that was told of a lateness from another origin
        settles=("leave_by", "on_time_again") if s.was_told("late", "customer_late") else ("leave_by",),
        interrupts=True,
        tells_plan=True,
    )
