"""The appointment moved: the new time, then the old one; with "leave by" where it is time for that already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.states import is_to_come

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation


def moved(s: Situation) -> Say | None:
    """Speaks when the start differs from the one that was told; the earlier of both times decides how urgent it is."""
    old = s.promise.start
    if not is_to_come(s.ticket) or old is None or old == s.ticket.start or s.now >= s.ticket.start:
        return None
    leave = s.is_time_to_leave
    return Say(
        kind="moved",
        variant="leave" if leave else ("planned" if s.ticket.leave_by else "plain"),
        act_by=min(s.act_by, s.promise.leave_by or old),
        expires_at=s.ticket.start,
        settles=("booked", "moved", *(("leave_by",) if leave else ())),
        was=old,
        overtakes=True,
        tells_plan=leave,
    )
