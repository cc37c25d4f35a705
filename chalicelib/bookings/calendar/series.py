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
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.calendar.calendar_files import aware, parameter, part_of, values_of
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from icalendar import Component

    from chalicelib.bookings.calendar.calendar_files import Entry

STEPS_MAX = 50_000  # repetitions of one rule that are followed: hourly, that is nearly six years
FREQUENCIES = frozenset({"YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"})
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


def occurrences(entries: Iterable[Entry], first: datetime, last: datetime) -> tuple[list[Occurrence], list[str]]:
    """What takes place in [first, last], and the reasons of what could not be read."""
    found: list[Occurrence] = []
    unread: list[str] = []
    changed: dict[str, list[Entry]] = defaultdict(list)
    masters: list[Entry] = []
    for entry in entries:
        (masters if entry.recurrence_id is None else changed[entry.uid]).append(entry)
    alone = set(changed) - {entry.uid for entry in masters}
    for uid in sorted(alone):
        found += [_occurrence(entry, entry.recurrence_id, entry.start) for entry in changed[uid]]
    for master in masters:
        try:
            found += _expand(master, changed.get(master.uid, []), first, last)
        except Parked as reason:
            unread.append(str(reason))
        except Exception as error:  # noqa: BLE001 - others' texts in a library's hands: one bad series is not the end
            unread.append(f"a series cannot be followed: {type(error).__name__}")
    return [one for one in found if first <= one.start <= last], unread


def occurrence_uid(uid: str, original: datetime | None) -> str:
    """What an occurrence is called: by the series and its original start; a single appointment by its uid alone."""
    return uid if original is None else f"{uid}/{original.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _occurrence(entry: Entry, original: datetime | None, start: datetime) -> Occurrence:
    uid = occurrence_uid(entry.uid, original)
    end = start + (entry.end - entry.start)
    return Occurrence(uid, entry.order, start, end, entry.cancelled, entry.component, original)


def _expand(master: Entry, changed: list[Entry], first: datetime, last: datetime) -> Iterator[Occurrence]:
    if master.component.get("RRULE") is None and master.component.get("RDATE") is None and not changed:
        yield _occurrence(master, None, master.start)
        return
    single = {_original(entry): entry for entry in changed if not entry.this_and_future}
    ranges = sorted((entry for entry in changed if entry.this_and_future), key=_original)
    shift = max((abs(entry.start - _original(entry)) for entry in changed), default=timedelta())
    for original in sorted({*_originals(master, first - shift, last + shift), *single}):
        if original in single:
            yield _occurrence(single[original], original, single[original].start)
            continue
        ruling = next((entry for entry in reversed(ranges) if _original(entry) <= original), None)
        moved = timedelta() if ruling is None else ruling.start - _original(ruling)
        yield _occurrence(ruling or master, original, original + moved)


def _original(entry: Entry) -> datetime:
    assert entry.recurrence_id is not None
    return entry.recurrence_id


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
