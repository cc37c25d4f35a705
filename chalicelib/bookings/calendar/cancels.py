"""What a calendar cancels by saying so, under the names of the bookings that are known. Pure.

An occurrence may be named by its day alone (`RECURRENCE-ID;VALUE=DATE`), whatever its hour: then it is the coming one
of that series on that day of the business. A CANCEL without STATUS that names attendees leaves out only those
(RFC 5546 §3.2.5); a cancel of a whole series cancels every occurrence that is known.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.bookings.booking import Report, Status
from chalicelib.bookings.calendar.series import matching, occurrence_uid
from chalicelib.bookings.calendar.series_moves import calendar_uid, is_occurrence, series_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from typing import Any

    from chalicelib.bookings.calendar.calendar_files import CalendarFile, Cancel, Entry
    from chalicelib.bookings.providers.contract import ComingBooking, Context

    Leavers = Callable[[tuple[Any, ...]], tuple[str, ...]]
    """From ATTENDEE properties to the keys of the customers that they are; empty: none of them is one."""


def with_instants(calendar: CalendarFile, coming: Iterable[ComingBooking]) -> CalendarFile:
    """The file with changed occurrences named by an instant where its own series is not in it, but is known."""
    alone = {entry.uid for entry in calendar.entries if entry.recurrence_id is None}
    starts: dict[str, list[datetime]] = {}
    for one in coming:
        starts.setdefault(series_of(one.uid), []).append(one.start)

    def named(entry: Entry) -> Entry:
        when = entry.recurrence_id
        if when is None or isinstance(when, datetime) or entry.uid in alone:
            return entry
        found = matching(when, starts.get(series_of(entry.uid), ()), entry.start)
        return replace(entry, recurrence_id=min(found, default=datetime.combine(when, entry.start.timetz())))

    return replace(calendar, entries=tuple(map(named, calendar.entries)))


def cancels_of(
    cancels: Iterable[Cancel], context: Context, leavers: Leavers, order: str | None = None
) -> Iterator[Report]:
    """Reports of what is cancelled, or of who left; `order` None: each cancel has its own."""
    zone = ZoneInfo(context.setting("timezone") or context.business.timezone)
    coming = context.coming_bookings()
    for cancel in cancels:
        left = leavers(cancel.attendees)
        starts = {one.uid: one.start for one in coming if calendar_uid(one.uid) == cancel.uid}
        for uid in sorted(_uids(cancel, starts, zone)):
            yield Report(uid, order or cancel.order, None if left else Status.CANCELLED, left=left)


def _uids(cancel: Cancel, starts: Mapping[str, datetime], zone: ZoneInfo) -> set[str]:
    when = cancel.recurrence_id
    if when is None:
        return {*starts, cancel.uid}
    series = {uid: start for uid, start in starts.items() if is_occurrence(uid)}
    if not isinstance(when, datetime):
        return {uid for uid, start in series.items() if start.astimezone(zone).date() == when}
    return {uid for uid, start in series.items() if start == when} or {occurrence_uid(cancel.uid, when)}
