"""The appointment moved: the new time, then the old one, the new place; with "leave by" where it is time for that.

Where no itinerary is in time for the appointment as it is now, the same text says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.notices.policy.situation import Say
from chalicelib.tickets.states import is_to_come

if TYPE_CHECKING:
    from chalicelib.notices.policy.situation import Situation


_TELLS_A_TIME = ("booked", "moved", "reminder", "on_the_day", "leave_by", "late")


def moved(s: Situation) -> Say | None:
    """Speaks when start or place differ from what was told; the earlier of both starts decides how urgent it is."""
    old = s.promise.start
    if not is_to_come(s.ticket) or old is None or s.now >= s.ticket.start or not s.was_told(*_TELLS_A_TIME):
        return None
    if s.ticket.promise_stands and not s.is_held_otherwise:
        return None
    leave, late = s.is_time_to_leave, s.is_time_to_leave and s.is_late
    return Say(
        kind="moved",
        variant=_variant(s, leave=leave),
        because="the booking is at another time or place than the customer was told",
        act_by=min(s.act_by, s.promise.leave_by or old),
        expires_at=s.ticket.start,
        settles=(
            *("booked", "moved"),
            *(("leave_by",) if leave else ()),
            *(("late",) if late else ()),
            *(("remote",) if s.ticket.remote else ()),
        ),
        was=old if old != s.ticket.start else None,
        overtakes=True,
        tells_plan=leave,
    )


def _variant(s: Situation, *, leave: bool) -> str:
    if s.ticket.remote:
        return "remote" if s.is_held_otherwise else "plain"
    place = s.ticket.promise_is_elsewhere or s.is_held_otherwise
    if s.has_no_itinerary or s.is_late:
        how = "no_way" if s.has_no_itinerary else "late"
        return f"place_{how}" if place else how
    if place:
        return "place_leave" if leave else "place"
    return "leave" if leave else ("planned" if s.ticket.leave_by else "plain")
