"""Calendar files: iCalendar (RFC 5545) as it is really written. Good events of a bad file are kept.

Rules:
- A file that cannot be read as a whole is read event by event. A bad event is left out, with the reason.
- Times are taken only with a known zone. An undefined TZID is a reason to leave an event out; so is a floating time,
  unless the operator gave the connection a zone. All-day events are counted and left out.
- Of several events with one UID and RECURRENCE-ID the one with the greatest SEQUENCE, then the latest DTSTAMP counts
  (RFC 5546 §2.1.5). But single events with one UID and SEQUENCE at different times are different appointments, whose
  writer gave them all one name: all are kept, and the operator is told.
- A bad event names its appointment all the same (`Unread`). A UID that stands anywhere in the text is named (`uids`).
- What is cancelled needs no time: STATUS:CANCELLED, METHOD:CANCEL, and a changed occurrence that now lasts all day.
- Each file has its own time zones. The library keeps what a file defines for the whole process, under the name alone.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.calendar.file_text import as_utf8, with_named_zones
from chalicelib.bookings.limits import LONGEST_APPOINTMENT
from chalicelib.bookings.providers import reading
from chalicelib.bookings.providers.contract import Parked, Unread
from chalicelib.bookings.providers.signing import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from icalendar import Component

FILE_MAX = 8 * 1024 * 1024  # bytes
CALENDAR_EVENTS_MAX = 20_000  # events of one file
WRITTEN = re.compile(rb"^(DTSTAMP|LAST-MODIFIED|CREATED)[:;][^\r\n]*\r?\n", re.MULTILINE)  # new in every reading
_FOLD = re.compile(rb"\n[ \t]")
_UID = re.compile(rb"(?im)^UID(?:;[^:\n]*)?:([^\n]*)$")
_ESCAPED = re.compile(r"\\([,;\\])")
_METHOD = re.compile(rb"(?i)METHOD[:;]")
_PARSING = Lock()  # the library's time zones are one for the process


@dataclass(frozen=True, slots=True)
class Entry:
    """One VEVENT: a single appointment, a series, or (with `recurrence_id`) one changed occurrence of a series."""

    uid: str
    order: str
    start: datetime
    end: datetime
    component: Component = field(compare=False, repr=False)
    recurrence_id: date | None = None  # an instant, or a day of the series' own calendar
    this_and_future: bool = False
    cancelled: bool = False

    @property
    def sequence(self) -> str:
        """SEQUENCE, as text of one length."""
        return self.order.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Cancel:
    """What a file cancels: a whole UID, or one occurrence of it. It need not repeat when that was.

    `attendees` are those of a CANCEL without STATUS: only they are left out (RFC 5546 §3.2.5); empty: all.
    """

    uid: str
    order: str
    recurrence_id: date | None
    attendees: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """What a file holds. `unread`: the events that were left out; `all_day`: how many have no time.

    `not_understood` are UIDs that stand in the text though no event has them: those of torn events.
    `cut_off`: the text ends in the middle. `is_whole`: it is a calendar, and no mere message that cancels.
    """

    entries: tuple[Entry, ...]
    unread: tuple[Unread, ...] = ()
    all_day: int = 0
    method: str = ""
    cancels: tuple[Cancel, ...] = ()
    not_understood: frozenset[str] = frozenset()
    cut_off: bool = False
    is_whole: bool = True


class _AllDay(Exception):
    pass


def read_calendar(
    data: bytes, zone: str | None, method: str = "", zones: Mapping[str, str] | None = None
) -> CalendarFile:
    """Reads a file. Raises `Parked` if it is none.

    `zone` is for floating times, `method` for files without METHOD; `zones` say what TZIDs stand for that the file does
    not define itself.
    """
    if len(data) > FILE_MAX:
        raise Parked(f"the calendar is larger than {FILE_MAX} bytes")
    data = with_named_zones(as_utf8(data), zones or {})
    if b"BEGIN:VCALENDAR" not in data.upper() and b"BEGIN:VEVENT" not in data.upper():
        raise Parked("the body is not an iCalendar file")
    read = _Read(zone)
    for number, found in enumerate(_events(data)):
        if number >= CALENDAR_EVENTS_MAX:
            read.unread.append(Unread(f"more than {CALENDAR_EVENTS_MAX} events", None, "more"))
            break
        if isinstance(found, Unread):
            read.unread.append(found)
        else:
            read.add(found[0], found[1] or method)
    entries, findings = _newest(read.entries)
    named = read.understood | {one.uid for one in read.unread if one.uid}
    return CalendarFile(
        tuple(entries),
        (*read.unread, *findings),
        read.all_day,
        next(iter(read.methods), ""),
        tuple(read.cancels),
        _uids(data) - named,
        _is_cut_off(data),
        not read.methods or read.methods != {"CANCEL": None},
    )


@dataclass
class _Read:
    """The events of a file, read one by one; `zone` is for floating times."""

    zone: str | None
    entries: list[Entry] = field(default_factory=list)
    cancels: list[Cancel] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    understood: set[str] = field(default_factory=set)
    methods: dict[str, None] = field(default_factory=dict)
    all_day: int = 0

    def add(self, component: Component, method: str) -> None:
        """Adds one event, or the reason why it cannot be read."""
        self.methods[method] = None
        try:
            self._add(component, method)
        except Parked as reason:
            self.unread.append(_unread(component, str(reason), self.zone))
        except Exception as error:  # noqa: BLE001 - others' texts in a library's hands: one bad event is not the end
            self.unread.append(_unread(component, f"an event cannot be read: {type(error).__name__}", self.zone))
        else:
            self.understood.add(_uid(component))

    def _add(self, component: Component, method: str) -> None:
        if method == "CANCEL":
            self.cancels.append(_cancel(component, self.zone))
            return
        try:
            self.entries.append(_entry(component, self.zone))
        except _AllDay:
            self.all_day += 1
            if component.get("RECURRENCE-ID") is not None:
                self.cancels.append(_cancel(component, self.zone))
        except Parked:
            if not _is_cancelled(component):
                raise
            self.cancels.append(_cancel(component, self.zone))


def _newest(found: list[Entry]) -> tuple[list[Entry], list[Unread]]:
    """Of entries about one appointment the newest; and which appointments share a name."""
    newest: dict[tuple[str, date | None], list[Entry]] = {}
    for entry in sorted(found, key=lambda one: one.order):
        same = newest.setdefault((entry.uid, entry.recurrence_id), [])
        if entry.recurrence_id is not None or (same and same[0].sequence != entry.sequence):
            same.clear()
        same[:] = [*(one for one in same if one.start != entry.start), entry]
    findings = [
        Unread(
            f"{len(same)} events at different times share the UID {uid[: reading.SHOWN_MAX]}: each was read as an "
            "appointment of its own",
            uid,
            digest_of("one name", uid),
            is_finding=True,
        )
        for (uid, _), same in newest.items()
        if len(same) > 1
    ]
    return [entry for same in newest.values() for entry in same], findings


def _unread(component: Component, reason: str, zone: str | None) -> Unread:
    """A bad event, with as much of its name as can be read."""
    try:
        uid: str | None = _uid(component)
    except Parked:
        uid = None
    return Unread(reason, uid, content_of(text_of(component)), _occurrence_named(component, zone))


def _occurrence_named(component: Component, zone: str | None) -> date | None:
    """The occurrence that a bad event is about: an instant, a time in an unknown zone, a day; None: not known."""
    value = component.get("RECURRENCE-ID")
    when = part_of(value, "dt")
    try:
        return _recurrence(component, zone)
    except Parked:
        return when if isinstance(when, datetime) else None


def content_of(text: bytes) -> str:
    """What tells an event from others: its text without the times at which it was written."""
    return digest_of(WRITTEN.sub(b"", text.replace(b"\r\n", b"\n") + b"\n"))


def _uids(data: bytes) -> frozenset[str]:
    """Every UID that stands in the text, folded lines joined."""
    unfolded = _FOLD.sub(b"", data.replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    texts = (_ESCAPED.sub(r"\1", found.decode("utf-8", "replace")) for found in _UID.findall(unfolded))
    return frozenset(name for name in (reading.clean(text, reading.UID_MAX) for text in texts) if name)


def _is_cut_off(data: bytes) -> bool:
    """Whether a calendar or an event begins that does not end."""
    text = data.upper()
    return any(
        len(re.findall(rb"(?m)^[ \t]*BEGIN:" + name, text)) > len(re.findall(rb"(?m)^[ \t]*END:" + name, text))
        for name in (b"VCALENDAR", b"VEVENT")
    )


def _parse(data: bytes) -> list[Component]:
    """The calendars in a text. Raises `Parked` on whatever the library raises."""
    import icalendar  # noqa: PLC0415 - only connections that hold calendars pay for it

    with _PARSING, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the library guesses or finds odd is judged below
        icalendar.use_zoneinfo()  # type: ignore[no-untyped-call]  # forgets the time zones that other files defined
        try:
            return list(icalendar.Calendar.from_ical(data, multiple=True))
        except RecursionError:
            raise Parked("components are nested too deeply") from None
        except Exception as error:  # noqa: BLE001 - a parser of others' texts: whatever it raises, the text was bad
            raise Parked(f"not iCalendar: {type(error).__name__}") from None


def _events(data: bytes) -> Iterator[tuple[Component, str] | Unread]:
    """Each VEVENT with its calendar's METHOD; `Unread` in the place of each that cannot be read."""
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


def _events_one_by_one(data: bytes) -> Iterator[tuple[Component, str] | Unread]:
    lines = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    zones = [block for block in _blocks(lines, b"VTIMEZONE") if _readable(block)]
    said = next((line.partition(b":")[2] for line in lines if _METHOD.match(line)), b"")
    method = reading.clean(said.decode("ascii", "replace")) or ""
    for block in _blocks(lines, b"VEVENT"):
        text = b"\r\n".join([b"BEGIN:VCALENDAR", *(line for zone in zones for line in zone), *block, b"END:VCALENDAR"])
        try:
            for calendar in _parse(text):
                for component in calendar.walk("VEVENT"):
                    yield component, method.upper()
        except Parked as reason:
            whole = b"\n".join(block)
            yield Unread(str(reason), min(_uids(whole), default=None), content_of(whole))


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


def _cancel(component: Component, zone: str | None) -> Cancel:
    attendees = () if _is_cancelled(component) else tuple(values_of(component, "ATTENDEE"))
    return Cancel(_uid(component), _order(component), _recurrence(component, zone), attendees)


def _uid(component: Component) -> str:
    return reading.identifier({"UID": str(component.get("UID", ""))}, "UID")


def _order(component: Component) -> str:
    sequence = str(component.get("SEQUENCE", "0"))
    number = int(sequence) if sequence.isascii() and sequence.isdigit() and len(sequence) < 10 else 0  # noqa: PLR2004 - digits
    return f"{number:09}#{_stamp(component)}"


def _entry(component: Component, zone: str | None) -> Entry:
    try:
        start = _moment(component, "DTSTART", zone)
    except _AllDay:
        if _has_time(component.get("DTEND")):
            raise Parked("DTSTART is a mere date, though DTEND has a time") from None
        raise
    end = _end(component, start, zone)
    return Entry(
        uid=_uid(component),
        order=_order(component),
        start=start,
        end=end,
        component=component,
        recurrence_id=_recurrence(component, zone),
        this_and_future=parameter(component.get("RECURRENCE-ID"), "RANGE").upper() == "THISANDFUTURE",
        cancelled=_is_cancelled(component),
    )


def _recurrence(component: Component, zone: str | None) -> date | None:
    """RECURRENCE-ID: an instant, or a day where it is a mere date; None where there is none. Parks on anything else."""
    value = component.get("RECURRENCE-ID")
    if value is None:
        return None
    try:
        return _moment(component, "RECURRENCE-ID", zone)
    except _AllDay:
        when: date = part_of(value, "dt")
        return when.date() if isinstance(when, datetime) else when


def _is_cancelled(component: Component) -> bool:
    return str(component.get("STATUS", "")).strip().upper() == "CANCELLED"


def text_of(component: Component) -> bytes:
    """The event as a text; of one that the library can read but not write, its UID."""
    try:
        return bytes(component.to_ical())
    except Exception:  # noqa: BLE001 - others' texts in a library's hands
        return str(component.get("UID", "")).encode("utf-8", "replace")


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
    if isinstance(when, date) and not _has_time(value):
        raise _AllDay
    if not isinstance(when, datetime):
        raise Parked(f"{name} is {'missing' if value is None else 'not a time'}")
    return aware(when, value, name, zone)


def _has_time(value: Any) -> bool:
    """Whether a property holds a date with a time; VALUE=DATE outranks what the library makes of a TZID beside it."""
    return isinstance(part_of(value, "dt"), datetime) and parameter(value, "VALUE").upper() != "DATE"


def aware(when: datetime, value: Any, name: str, zone: str | None) -> datetime:
    """A time with its zone. Parks times whose zone is unknown, and floating ones where `zone` is None."""
    reading.in_years(when, name)
    if when.tzinfo is not None:
        return when
    if tzid := parameter(value, "TZID"):
        shown = reading.clean(tzid, reading.SHOWN_MAX)
        remedy = f'set the connection\'s zones to {{"{shown}": "…"}}, with the zone that it means'
        raise Parked(f"{name} is in an unknown time zone: {shown} ({remedy})")
    if zone is None:
        raise Parked(f"{name} is floating: no zone is said (set the connection's timezone)")
    return when.replace(tzinfo=ZoneInfo(zone))


def length_between(start: datetime, end: datetime) -> timedelta:
    """How long it really lasts: times of one zone are subtracted as the wall shows them, whatever the clocks do."""
    return end.astimezone(UTC) - start.astimezone(UTC)


def end_after(start: datetime, length: timedelta) -> datetime:
    """When it ends that really lasts so long, in the zone of `start`."""
    return (start.astimezone(UTC) + length).astimezone(start.tzinfo)


def _end(component: Component, start: datetime, zone: str | None) -> datetime:
    """DTEND, or DTSTART + DURATION, or (RFC 5545 §3.6.1) the start itself."""
    if component.get("DTEND") is not None:
        try:
            end = _moment(component, "DTEND", zone)
        except _AllDay:
            raise Parked("DTEND is a mere date, though DTSTART has a time") from None
        if start < end and length_between(start, end) <= timedelta():  # the clocks skip the start
            end = end_after(start, end - start)
    elif component.get("DURATION") is None:
        end = start
    else:
        length = part_of(component.get("DURATION"), "dt")
        if not isinstance(length, timedelta):
            raise Parked("DURATION is not a length of time")
        if abs(length) > LONGEST_APPOINTMENT:
            raise Parked("DURATION is longer than a month")
        end = (
            end_after(start, length) if abs(length) < timedelta(days=1) else start + length
        )  # days are by the calendar
    reading.span(start, end, "DTEND")
    if end - start > LONGEST_APPOINTMENT:
        raise Parked("DTEND is more than a month after DTSTART")
    return end
