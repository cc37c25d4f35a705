"""Calendar files: iCalendar (RFC 5545) as it is really written. Good events of a bad file are kept.

Rules:
- A file that cannot be read as a whole is read event by event. A bad event is left out, with the reason.
- Times are taken only with a known zone. An undefined TZID is a reason to leave an event out; so is a floating time,
  unless the operator gave the connection a zone. All-day events are counted and left out.
- Of several events with one UID and RECURRENCE-ID the one with the greatest SEQUENCE, then the latest DTSTAMP counts
  (RFC 5546 §2.1.5).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from chalicelib.bookings.limits import LONGEST_APPOINTMENT
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from icalendar import Component

T = TypeVar("T")
FILE_MAX = 8 * 1024 * 1024  # bytes
CALENDAR_EVENTS_MAX = 20_000  # events of one file


@dataclass(frozen=True, slots=True)
class Entry:
    """One VEVENT: a single appointment, a series, or (with `recurrence_id`) one changed occurrence of a series."""

    uid: str
    order: str
    start: datetime
    end: datetime
    component: Component = field(compare=False, repr=False)
    recurrence_id: datetime | None = None
    this_and_future: bool = False
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """What a file holds. `unread`: why events were left out; `all_day`: how many have no time."""

    entries: tuple[Entry, ...]
    unread: tuple[str, ...] = ()
    all_day: int = 0
    method: str = ""


class _AllDay(Exception):
    pass


def read_calendar(data: bytes, zone: str | None) -> CalendarFile:
    """Reads a file; `zone` is for floating times. Raises `Parked` if it is no calendar at all."""
    if len(data) > FILE_MAX:
        raise Parked(f"the calendar is larger than {FILE_MAX} bytes")
    if b"BEGIN:VCALENDAR" not in data.upper() and b"BEGIN:VEVENT" not in data.upper():
        raise Parked("the body is not an iCalendar file")
    read = _read_each(data, lambda component: _entry(component, zone))
    entries: dict[tuple[str, datetime | None], Entry] = {}
    for entry in sorted(read.found, key=lambda one: one.order):
        entries[entry.uid, entry.recurrence_id] = entry
    return CalendarFile(tuple(entries.values()), tuple(read.unread), read.all_day, read.method)


@dataclass
class _Read(Generic[T]):
    """The events of a file, read one by one."""

    found: list[T] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    all_day: int = 0
    method: str = ""

    def add(self, component: Component, read: Callable[[Component], T]) -> None:
        """Adds one event, or the reason why it cannot be read."""
        try:
            self.found.append(read(component))
        except _AllDay:
            self.all_day += 1
        except Parked as reason:
            self.unread.append(str(reason))
        except Exception as error:  # noqa: BLE001 - others' texts in a library's hands: one bad event is not the end
            self.unread.append(f"an event cannot be read: {type(error).__name__}")


def _read_each(data: bytes, read: Callable[[Component], T]) -> _Read[T]:
    result: _Read[T] = _Read()
    for number, found in enumerate(_events(data)):
        if number >= CALENDAR_EVENTS_MAX:
            result.unread.append(f"more than {CALENDAR_EVENTS_MAX} events")
            break
        if isinstance(found, Parked):
            result.unread.append(str(found))
            continue
        result.method = result.method or found[1]
        result.add(found[0], read)
    return result


def _parse(data: bytes) -> list[Component]:
    """The calendars in a text. Raises `Parked` on whatever the library raises."""
    import icalendar  # noqa: PLC0415 - only connections that hold calendars pay for it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the library guesses or finds odd is judged below
        try:
            return list(icalendar.Calendar.from_ical(data, multiple=True))
        except RecursionError:
            raise Parked("components are nested too deeply") from None
        except Exception as error:  # noqa: BLE001 - a parser of others' texts: whatever it raises, the text was bad
            raise Parked(f"not iCalendar: {type(error).__name__}") from None


def _events(data: bytes) -> Iterator[tuple[Component, str] | Parked]:
    """Each VEVENT with its calendar's METHOD; `Parked` in the place of each that cannot be read."""
    try:
        calendars = _parse(data)
    except Parked:
        yield from _events_one_by_one(data)
        return
    for calendar in calendars:
        method = reading.clean(str(calendar.get("METHOD", ""))) or ""
        for component in calendar.walk("VEVENT"):
            yield component, method.upper()
    if not calendars:
        yield from _events_one_by_one(data)


def _events_one_by_one(data: bytes) -> Iterator[tuple[Component, str] | Parked]:
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    zones = [block for block in _blocks(lines, b"VTIMEZONE") if _readable(block)]
    for block in _blocks(lines, b"VEVENT"):
        text = b"\r\n".join([b"BEGIN:VCALENDAR", *(line for zone in zones for line in zone), *block, b"END:VCALENDAR"])
        try:
            for calendar in _parse(text):
                for component in calendar.walk("VEVENT"):
                    yield component, ""
        except Parked as reason:
            yield reason


def _readable(block: list[bytes]) -> bool:
    try:
        _parse(b"\r\n".join([b"BEGIN:VCALENDAR", *block, b"END:VCALENDAR"]))
    except Parked:
        return False
    return True


def _blocks(lines: list[bytes], name: bytes) -> Iterator[list[bytes]]:
    block: list[bytes] | None = None
    for line in lines:
        word = line.strip().upper()
        if word == b"BEGIN:" + name:
            block = []
        if block is not None:
            block.append(line)
        if word == b"END:" + name and block is not None:
            yield block
            block = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """What a CANCEL cancels: a whole UID, or one occurrence of it. It need not repeat when that was."""

    uid: str
    order: str
    recurrence_id: datetime | None


def read_cancels(data: bytes, zone: str | None) -> tuple[list[Cancel], list[str]]:
    """What a METHOD:CANCEL cancels, and the reasons of what could not be read."""

    def read_cancel(component: Component) -> Cancel:
        is_occurrence = component.get("RECURRENCE-ID") is not None
        when = _moment(component, "RECURRENCE-ID", zone) if is_occurrence else None
        return Cancel(_uid(component), _order(component), when)

    read = _read_each(data, read_cancel)
    return read.found, read.unread


def _uid(component: Component) -> str:
    return reading.identifier({"UID": str(component.get("UID", ""))}, "UID")


def _order(component: Component) -> str:
    sequence = str(component.get("SEQUENCE", "0"))
    number = int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else 0  # noqa: PLR2004 - digits
    return f"{number:09}#{_stamp(component)}"


def _entry(component: Component, zone: str | None) -> Entry:
    start = _moment(component, "DTSTART", zone)
    end = _end(component, start, zone)
    recurrence = component.get("RECURRENCE-ID")
    return Entry(
        uid=_uid(component),
        order=_order(component),
        start=start,
        end=end,
        component=component,
        recurrence_id=_moment(component, "RECURRENCE-ID", zone) if recurrence is not None else None,
        this_and_future=parameter(recurrence, "RANGE").upper() == "THISANDFUTURE",
        cancelled=str(component.get("STATUS", "")).strip().upper() == "CANCELLED",
    )


def part_of(value: Any, name: str) -> Any:
    """A part of a property's value, None where it has none or the property is broken."""
    try:
        return getattr(value, name, None)
    except ValueError:  # how icalendar answers for a broken property
        return None


def parameter(value: Any, name: str) -> str:
    """A parameter of a property; empty where it has none."""
    return str((part_of(value, "params") or {}).get(name) or "")


def values_of(component: Component, name: str) -> list[Any]:
    """All properties of that name, which may be there once, several times or not at all."""
    value = component.get(name)
    return value if isinstance(value, list) else [] if value is None else [value]


def _stamp(component: Component) -> str:
    """When the event was written, where it holds that; else empty."""
    for name in ("DTSTAMP", "LAST-MODIFIED"):
        when = part_of(component.get(name), "dt")
        if isinstance(when, datetime) and when.tzinfo is not None and 1 < when.year < 9999:  # noqa: PLR2004 - no overflow
            return reading.stamp(when)
    return ""


def _moment(component: Component, name: str, zone: str | None) -> datetime:
    """A property's time, aware. Raises `Parked`, or `_AllDay` for a mere date."""
    value = component.get(name)
    if isinstance(value, list):
        raise Parked(f"{name} is there more than once")
    when = part_of(value, "dt")
    if isinstance(when, date) and not isinstance(when, datetime):
        raise _AllDay
    if not isinstance(when, datetime):
        raise Parked(f"{name} is {'missing' if value is None else 'not a time'}")
    return aware(when, value, name, zone)


def aware(when: datetime, value: Any, name: str, zone: str | None) -> datetime:
    """A time with its zone. Parks times whose zone is unknown, and floating ones where `zone` is None."""
    reading.in_years(when, name)
    if when.tzinfo is not None:
        return when
    if tzid := parameter(value, "TZID"):
        raise Parked(f"{name} is in an unknown time zone: {reading.clean(tzid, reading.SHOWN_MAX)}")
    if zone is None:
        raise Parked(f"{name} is floating: no zone is said (set the connection's timezone)")
    return when.replace(tzinfo=ZoneInfo(zone))


def _end(component: Component, start: datetime, zone: str | None) -> datetime:
    """DTEND, or DTSTART + DURATION, or (RFC 5545 §3.6.1) the start itself."""
    if component.get("DTEND") is not None:
        end = _moment(component, "DTEND", zone)
    elif component.get("DURATION") is None:
        end = start
    else:
        length = part_of(component.get("DURATION"), "dt")
        if not isinstance(length, timedelta):
            raise Parked("DURATION is not a length of time")
        if abs(length) > LONGEST_APPOINTMENT:
            raise Parked("DURATION is longer than a month")
        end = start + length
    reading.span(start, end, "DTEND")
    if end - start > LONGEST_APPOINTMENT:
        raise Parked("DTEND is more than a month after DTSTART")
    return end
