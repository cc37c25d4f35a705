"""Absence: which coming bookings a whole reading cancels by not naming them any more. Pure.

Rules
- A booking is missing where nothing in the reading names it: no report, and no part that could not be read.
- A part that could not be read and does not even say whose it is may be any booking that was missing when the part
  first came. Those stay for as long as that very part is there.
- A reading is doubted where it is cut off, or where at least `GONE_TOGETHER` visits are missing and less than half of
  what was coming is left. It is parked whole; a second one at least `CONFIRM_AFTER` later, that misses nothing else,
  confirms it. Blocks of the business's own time do not count here: many of them hide nothing.
- What a reading cancelled by not naming it, and a later one names again, stands again as of that reading: the tool may
  never have changed it, so its own time of change is older than the cancel.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.limits import HORIZON
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Doubted
from chalicelib.bookings.providers.signing import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from chalicelib.bookings.providers.contract import ComingBooking, Context, Reading

CONFIRM_AFTER = timedelta(minutes=5)  # a tool that is being restarted or written to is whole again by then
GONE_TOGETHER = 3  # fewer are a customer's change of mind or two
UID_DIGEST_CHARACTERS = 12  # of a uid in the cursor, which must stay small
UNNAMED_MAX = 100  # parts without a name that are remembered
ABSENT_MAX = 300  # bookings that are remembered as cancelled by absence, the latest


@dataclass(frozen=True, slots=True)
class WholeReading:
    """A reading of all that is coming: when it was made, who made it, and whether it ends in the middle."""

    found: Reading
    read_at: datetime
    source: str = "the tool's list"
    cut_off: bool = False
    is_named: Callable[[str], bool] = lambda _uid: False  # by other words than its uid


def cancel_missing(found: Reading, context: Context) -> Reading:
    """A tool's list of all that is coming, with a cancel for each coming booking that it does not name."""
    return cancel_absent(WholeReading(found, context.now), context)


def cancel_absent(whole: WholeReading, context: Context) -> Reading:
    """The reading with a cancel for each coming booking that it does not name. Raises `Doubted`."""
    found = whole.found
    coming = [one for one in context.coming_bookings() if one.start <= whole.read_at + HORIZON]
    named = {report.uid for report in found.reports}
    named |= {one.uid for one in found.unread if one.uid is not None and not one.is_finding}
    missing = [one for one in coming if one.uid not in named and not whole.is_named(one.uid)]
    parts = [_short(one.content) for one in found.unread if one.uid is None and not one.is_finding][:UNNAMED_MAX]
    before = context.cursor.get("unnamed", {})
    unnamed = {part: before.get(part, [_short(one.uid) for one in missing]) for part in parts}
    excused = {uid for uids in unnamed.values() for uid in uids}
    missing = [one for one in missing if _short(one.uid) not in excused]
    if (reason := _suspicion(whole, coming, missing)) is not None:
        require_confirmation(reason, [one.uid for one in missing], whole.read_at, context.cursor)
    order = reading.stamp(whole.read_at)
    cancels = (Report(one.uid, order, Status.CANCELLED) for one in missing)
    absent: list[str] = context.cursor.get("absent", [])
    standing = tuple(
        replace(one, order=max(one.order, order)) if _short(one.uid) in absent else one for one in found.reports
    )
    kept = [uid for uid in absent if uid not in set(map(_short, named))] + [_short(one.uid) for one in missing]
    remembered = {"doubt": None, "unnamed": unnamed or None, "absent": kept[-ABSENT_MAX:] or None}
    return replace(found, reports=(*standing, *cancels), cursor={**(found.cursor or {}), **remembered}, is_whole=True)


def _short(uid: str) -> str:
    return digest_of(uid)[:UID_DIGEST_CHARACTERS]


def _suspicion(whole: WholeReading, coming: Collection[ComingBooking], missing: list[ComingBooking]) -> str | None:
    if whole.cut_off:
        return f"{whole.source} ends in the middle"
    visits = sum(one.status is not Status.BLOCKED for one in coming)
    gone = sum(one.status is not Status.BLOCKED for one in missing)
    if not is_suspicious(gone, visits):
        return None
    how_many = f"all of {gone}" if gone == visits else f"{gone} of {visits}"
    return f"{whole.source} has lost {how_many} coming appointments: is it broken?"


def is_suspicious(gone: int, before: int) -> bool:
    """Whether so many of so many coming appointments are hardly cancelled all at once."""
    return gone >= GONE_TOGETHER and before - gone < before / 2


def require_confirmation(reason: str, uids: Iterable[str], read_at: datetime, cursor: Mapping[str, Any]) -> None:
    """Raises `Doubted` unless a reading `CONFIRM_AFTER` earlier was doubted because these uids were missing, too."""
    doubt = cursor.get("doubt") or {}
    missing = sorted(map(_short, uids))
    is_same = bool(doubt) and set(missing) <= set(doubt["missing"])
    if is_same and read_at - datetime.fromisoformat(doubt["since"]) >= CONFIRM_AFTER:
        return
    since = doubt["since"] if is_same else read_at.isoformat()
    raise Doubted(reason, {"doubt": {"since": since, "missing": missing}})
