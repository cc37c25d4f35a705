"""Recurring appointments: from a series and its changed occurrences to the appointments of a window (RFC 5545 §3.8.5).

Rules:
- Occurrences are counted in the series' own local time, so that 10:00 stays 10:00 on both sides of a clock change.
- EXDATE removes occurrences, RDATE adds some; a RECURRENCE-ID replaces one, with RANGE=THISANDFUTURE it shifts that one
  and all later ones; STATUS:CANCELLED cancels it.
- An occurrence keeps its name (series' uid and original start) when it is moved.
- Work is bounded: no rule is followed past the window or beyond `STEPS_MAX`; rules by the second or minute are parked.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.calendar.calendar_files import (
    aware,
    content_of,
    end_after,
    length_between,
    parameter,
    part_of,
    text_of,
    values_of,
)
from chalicelib.bookings.limits import LONGEST_APPOINTMENT
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked, Unread

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from icalendar import Component

    from chalicelib.bookings.calendar.calendar_files import CalendarFile, Entry

STEPS_MAX = 50_000  # repetitions of one rule that are followed: hourly, that is nearly six years
FREQUENCIES = frozenset({"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"})
ZONES_APART = timedelta(hours=14)  # a local time in an unknown zone is that near to the same time in a known one
RULE_VALUES_MAX = 400  # values in one rule's BY… parts


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One appointment of a calendar file."""

    uid: str
    order: str
    start: datetime
    end: datetime
    cancelled: bool
    component: Component
    original: datetime | None = None  # the start that the series' rule gives it; None: it is no part of a series
    in_doubt: bool = False  # a change of it could not be read: it is known only that there is one


@dataclass
class Expansion:
    """What takes place, what could not be read, and the series (UIDs) of which nothing is known for sure."""

    found: list[Occurrence] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    in_doubt: set[str] = field(default_factory=set)


def occurrences(calendar: CalendarFile, first: datetime, last: datetime, known: Collection[str] = ()) -> Expansion:
    """What takes place in [first, last]; of the appointments that are `known` also what moved out of that."""
    whole = (one.uid for one in calendar.unread if one.occurrence is None and not one.is_finding)
    out = Expansion(in_doubt={uid for uid in whole if uid})
    changes = _changes_by_uid(calendar)
    masters: dict[str, list[Entry]] = defaultdict(list)
    for entry in calendar.entries:
        if entry.recurrence_id is None:
            masters[entry.uid].append(entry)
    alone = sorted(set(changes) - set(masters))
    out.in_doubt |= {uid for uid in alone if changes[uid].doubts}
    for uid in alone:
        out.found += [
            _occurrence(entry, original, entry.start)
            for entry in changes[uid].entries
            if isinstance(original := entry.recurrence_id, datetime)
        ]
    for uid, of_uid in masters.items():
        if uid in out.in_doubt:
            continue
        for number, master in enumerate(of_uid):
            try:
                changed = changes.get(uid, _Changes()) if number == 0 else _Changes()
                out.found += _expand(master, changed, first, last, alone=len(of_uid) == 1)
            except Parked as reason:
                _add_unread(out, master, str(reason))
            except Exception as error:  # noqa: BLE001 - others' texts in a library's hands: one bad series is not the end
                _add_unread(out, master, f"a series cannot be followed: {type(error).__name__}")
    out.found = [one for one in out.found if first <= one.start <= last or one.uid in known]
    return out


def _add_unread(out: Expansion, master: Entry, reason: str) -> None:
    out.unread.append(Unread(reason, master.uid, content_of(text_of(master.component))))
    out.in_doubt.add(master.uid)


def occurrence_uid(uid: str, original: datetime | None) -> str:
    """What an occurrence is called: by the series and its original start; a single appointment by its uid alone."""
    return uid if original is None else f"{uid}/{original.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _occurrence(
    entry: Entry, original: datetime | None, start: datetime, length: timedelta | None = None
) -> Occurrence:
    """Lasts as long as its entry really does, unless `length` says how long (RFC 5545 §3.8.5.3)."""
    uid = occurrence_uid(entry.uid, original)
    start = end_after(start, timedelta())  # a start that the clocks skip is the time that they show then
    end = end_after(start, length_between(entry.start, entry.end) if length is None else length)
    return Occurrence(uid, entry.order, start, end, entry.cancelled, entry.component, original)


@dataclass
class _Changes:
    """What a file says about single occurrences of one series: changes, cancels, and what could not be read."""

    entries: list[Entry] = field(default_factory=list)
    cancels: list[date] = field(default_factory=list)
    doubts: list[date] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.entries or self.cancels or self.doubts)


def _changes_by_uid(calendar: CalendarFile) -> dict[str, _Changes]:
    changes: dict[str, _Changes] = defaultdict(_Changes)
    for entry in calendar.entries:
        if entry.recurrence_id is not None:
            changes[entry.uid].entries.append(entry)
    for cancel in calendar.cancels:
        if cancel.recurrence_id is not None and not cancel.attendees:
            changes[cancel.uid].cancels.append(cancel.recurrence_id)
    for one in calendar.unread:
        if one.uid is not None and one.occurrence is not None:
            changes[one.uid].doubts.append(one.occurrence)
    return changes


def _expand(master: Entry, changed: _Changes, first: datetime, last: datetime, *, alone: bool) -> Iterator[Occurrence]:
    """The occurrences of one series. Where it is not `alone`, others have the same UID: then its start tells it."""
    if master.component.get("RRULE") is None and master.component.get("RDATE") is None and not changed:
        yield _occurrence(master, None if alone else master.start, master.start)
        return
    shift = max((abs(one.start - _original(one, (), master)) for one in changed.entries), default=timedelta())
    originals = set(_originals(master, first - shift, last + shift))
    single = {_original(entry, originals, master): entry for entry in changed.entries if not entry.this_and_future}
    ranges = sorted(
        ((_original(entry, originals, master), entry) for entry in changed.entries if entry.this_and_future),
        key=lambda pair: pair[0],
    )
    cancelled = {one for when in changed.cancels for one in matching(when, originals, master.start)}
    doubted = {one for when in changed.doubts for one in matching(when, originals, master.start)} - set(single)
    lengths = _lengths_of_periods(master)
    for original in sorted({*originals, *single}):
        if original in single:
            yield _occurrence(single[original], original, single[original].start)
            continue
        ruling_from, ruling = next(
            ((when, entry) for when, entry in reversed(ranges) if when <= original), (original, None)
        )
        moved = timedelta() if ruling is None else ruling.start - ruling_from
        length = None if ruling else lengths.get(original)
        one = _occurrence(ruling or master, original, original + moved, length)
        yield replace(one, cancelled=one.cancelled or original in cancelled, in_doubt=original in doubted)


def matching(when: date, originals: Collection[datetime], start: datetime) -> list[datetime]:
    """The occurrences that a RECURRENCE-ID means: that instant, those of a day, or those near a time in no known zone.

    Days and times are those of the series, whose first start is `start`.
    """
    if isinstance(when, datetime) and when.tzinfo is not None:
        return [one for one in originals if one == when]
    by_local = {one: one.astimezone(start.tzinfo).replace(tzinfo=None) for one in originals}
    if not isinstance(when, datetime):
        return [one for one, local in by_local.items() if local.date() == when]
    same = [one for one, local in by_local.items() if local == when]
    return same or [one for one, local in by_local.items() if abs(local - when) <= ZONES_APART]


def _original(entry: Entry, originals: Collection[datetime], master: Entry) -> datetime:
    """The start that the rule gives a changed occurrence; of a mere day that has none, the series' time on that day."""
    when = entry.recurrence_id
    assert when is not None
    if isinstance(when, datetime):
        return when
    found = matching(when, originals, master.start)
    return min(found) if found else datetime.combine(when, master.start.timetz())


def _originals(master: Entry, first: datetime, last: datetime) -> Iterator[datetime]:
    """Starts of the series in [first, last] before any occurrence was changed."""
    zone = master.start.tzinfo
    out = set(_dates(master, "EXDATE"))
    days_out = {when for when in out if not isinstance(when, datetime)}
    yielded: set[datetime] = set()
    starts = [master.start, *(when for when in _dates(master, "RDATE") if isinstance(when, datetime))]
    for rule in values_of(master.component, "RRULE"):
        starts += _starts_by_rule(rule, master.start, last)
    for start in starts:
        start = start if start.tzinfo is not None else start.replace(tzinfo=zone)  # noqa: PLW2901 - the same instant
        if first <= start <= last and start not in yielded and start not in out and start.date() not in days_out:
            yielded.add(start)
            yield start


def _lengths_of_periods(master: Entry) -> dict[datetime, timedelta]:
    """How long the appointments last that RDATE gives as periods, by their starts."""
    lengths = {}
    for one in values_of(master.component, "RDATE"):
        for value in part_of(one, "dts") or ():
            if isinstance(value.dt, tuple):
                start, end = value.dt
                zone = None if start.tzinfo or parameter(one, "TZID") else master.start.tzinfo
                begins = aware(start.replace(tzinfo=zone) if zone else start, one, "RDATE", None)
                length = end if isinstance(end, timedelta) else length_between(start, end)
                if not timedelta() <= length <= LONGEST_APPOINTMENT:
                    raise Parked("RDATE has a period that ends before it begins, or lasts for more than a month")
                lengths[begins] = length
    return lengths


def _dates(master: Entry, name: str) -> Iterator[date]:
    """Days and instants of EXDATE or RDATE (of periods their starts)."""
    for one in values_of(master.component, name):
        values = part_of(one, "dts")
        if values is None:
            raise Parked(f"{name} is not understood")
        for value in values:
            when = value.dt[0] if isinstance(value.dt, tuple) else value.dt
            if not isinstance(when, datetime):
                if isinstance(when, date):
                    yield when
                continue
            if when.tzinfo is None and not parameter(one, "TZID"):
                when = when.replace(tzinfo=master.start.tzinfo)  # as DTSTART, which most writers mean
            yield aware(when, one, name, None)


def _starts_by_rule(rule: Any, start: datetime, last: datetime) -> list[datetime]:
    """The starts that a series' RRULE gives, up to `last`, in the zone of `start`. Parks rules beyond reason."""
    from dateutil.rrule import rrulestr  # noqa: PLC0415 - only series pay for it

    if part_of(rule, "to_ical") is None or part_of(rule, "items") is None:
        raise Parked("RRULE is not understood")
    frequency = str((rule.get("FREQ") or [""])[0]).upper()
    if frequency not in FREQUENCIES:
        raise Parked(f"RRULE repeats {reading.clean(frequency, 20) or 'in no known way'}: not an appointment's rhythm")
    if any(name.upper() in {"RSCALE", "SKIP"} for name in rule):
        raise Parked("RRULE counts in another calendar (RSCALE)")
    if sum(len(values) for values in rule.values()) > RULE_VALUES_MAX:
        raise Parked("RRULE has too many parts")
    local = start.replace(tzinfo=None)
    until = min(last.astimezone(start.tzinfo).replace(tzinfo=None), _until(rule, start))
    rest = {name: values for name, values in rule.items() if name.upper() not in {"UNTIL", "COUNT"}}
    text = type(rule)(rest).to_ical().decode() + f";UNTIL={until:%Y%m%dT%H%M%S}"
    count = next((one for one in (rule.get("COUNT") or [])[:1] if isinstance(one, int) and one > 0), None)
    try:
        steps = list(islice(iter(rrulestr(text, dtstart=local)), STEPS_MAX if count is None else min(count, STEPS_MAX)))
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError) as error:
        raise Parked(f"RRULE cannot be followed: {type(error).__name__}") from None
    if len(steps) == STEPS_MAX and count is None:
        raise Parked(f"RRULE repeats more than {STEPS_MAX} times before the window ends")
    return [step.replace(tzinfo=start.tzinfo) for step in steps]


def _until(rule: Any, start: datetime) -> datetime:
    """UNTIL in the series' local time; the far future without one."""
    values = rule.get("UNTIL") or []
    if not values:
        return datetime(reading.YEARS[1], 1, 1)  # noqa: DTZ001 - local time of the series
    until = values[0]
    if not isinstance(until, datetime):
        return datetime(until.year, until.month, until.day, 23, 59, 59)  # noqa: DTZ001 - local time of the series
    if until.tzinfo is None:
        return until
    return reading.in_years(until, "UNTIL").astimezone(start.tzinfo).replace(tzinfo=None)
