"""iCalendar as it is written: series, changes to them, and what is wrong with a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.calendar.calendar_files import read_calendar
from chalicelib.bookings.calendar.series import occurrences
from chalicelib.bookings.providers.contract import Parked

if TYPE_CHECKING:
    from chalicelib.bookings.calendar.series import Occurrence

ICS = Path(__file__).resolve().parents[4] / "shared" / "data" / "ics"
FIRST, LAST = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 30, tzinfo=UTC)


def calendar(*events: str, head: str = "") -> bytes:
    """Events written as lines; UID and SUMMARY are added where an event lacks them."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", *([head] if head else [])]
    for number, event in enumerate(events):
        own = [line.strip() for line in event.strip().splitlines()]
        uid = [] if any(line.startswith("UID") for line in own) else [f"UID:e{number}"]
        lines += ["BEGIN:VEVENT", *uid, *own, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def read(data: bytes, zone: str | None = None) -> tuple[list[Occurrence], list[str]]:
    found = read_calendar(data, zone)
    expanded = occurrences(found, FIRST, LAST)
    reasons = [one.reason for one in (*found.unread, *expanded.unread)]
    return sorted(expanded.found, key=lambda one: one.start), reasons


def starts(data: bytes, zone: str | None = None) -> list[str]:
    found, unread = read(data, zone)
    assert not unread
    return [f"{one.start:%m-%d %H:%M%z}" for one in found if not one.cancelled]


WEEKLY = """DTSTART;TZID=Europe/Vilnius:20260324T100000
            DTEND;TZID=Europe/Vilnius:20260324T103000
            RRULE:FREQ=WEEKLY;COUNT=4"""


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([WEEKLY], ["03-24 10:00+0200", "03-31 10:00+0300", "04-07 10:00+0300", "04-14 10:00+0300"]),
        (
            [WEEKLY + "\nEXDATE;TZID=Europe/Vilnius:20260331T100000,20260407T100000"],
            ["03-24 10:00+0200", "04-14 10:00+0300"],
        ),
        ([WEEKLY + "\nEXDATE:20260331T070000Z"], ["03-24 10:00+0200", "04-07 10:00+0300", "04-14 10:00+0300"]),
        ([WEEKLY + "\nEXDATE;VALUE=DATE:20260331"], ["03-24 10:00+0200", "04-07 10:00+0300", "04-14 10:00+0300"]),
        (
            [WEEKLY.replace("COUNT=4", "UNTIL=20260331T070000Z") + "\nRDATE;TZID=Europe/Vilnius:20260402T120000"],
            ["03-24 10:00+0200", "03-31 10:00+0300", "04-02 12:00+0300"],
        ),
        (
            [
                WEEKLY + "\nUID:s",
                """UID:s
                RECURRENCE-ID;TZID=Europe/Vilnius:20260331T100000
                DTSTART;TZID=Europe/Vilnius:20260401T150000
                DURATION:PT1H""",
            ],
            ["03-24 10:00+0200", "04-01 15:00+0300", "04-07 10:00+0300", "04-14 10:00+0300"],
        ),
        (
            [
                WEEKLY + "\nUID:s",
                """UID:s
                RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Vilnius:20260407T100000
                DTSTART;TZID=Europe/Vilnius:20260407T110000
                DURATION:PT1H""",
            ],
            ["03-24 10:00+0200", "03-31 10:00+0300", "04-07 11:00+0300", "04-14 11:00+0300"],
        ),
        (
            [
                WEEKLY + "\nUID:s",
                """UID:s
                RECURRENCE-ID:20260331T070000Z
                DTSTART:20260331T070000Z
                STATUS:CANCELLED""",
            ],
            ["03-24 10:00+0200", "04-07 10:00+0300", "04-14 10:00+0300"],
        ),
        (
            ["DTSTART:20260324T100000Z\nUID:x\nSEQUENCE:2", "DTSTART:20260325T100000Z\nUID:x\nSEQUENCE:1"],
            ["03-24 10:00+0000"],
        ),
        (["DTSTART:20260324T100000Z\nRRULE:FREQ=DAILY;UNTIL=20260326"], [f"03-2{n} 10:00+0000" for n in (4, 5, 6)]),
        (["DTSTART;TZID=W. Europe Standard Time:20260324T100000"], ["03-24 10:00+0100"]),
    ],
)
def test_series_and_their_changes(events: list[str], expected: list[str]) -> None:
    assert starts(calendar(*events)) == expected


def test_an_occurrence_keeps_its_name_when_it_is_moved() -> None:
    before, _ = read(calendar(WEEKLY + "\nUID:s"))
    change = "UID:s\nRECURRENCE-ID:20260331T070000Z\nDTSTART:20260402T070000Z"
    after, _ = read(calendar(WEEKLY + "\nUID:s", change))
    assert {one.uid for one in before} == {one.uid for one in after}


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ("DTSTART;TZID=Europe/Germany:20260324T100000", "DTSTART is in an unknown time zone: Europe/Germany"),
        ("DTSTART;TZID=Customized Time Zone 1:20260324T100000", "DTSTART is in an unknown time zone: Customized Time"),
        ("DTSTART:20260324T100000", "DTSTART is floating: no zone is said"),
        ("DTSTART:banana", "DTSTART is not a time"),
        ("SUMMARY:no time", "DTSTART is missing"),
        ("DTSTART:20260324T100000Z\nDTEND:20260323T100000Z", "DTEND is before the start"),
        ("DTSTART:20260324T100000Z\nDURATION:P2Y", "DURATION is not a length of time"),
        ("DTSTART:20260324T100000Z\nDURATION:P40D", "DURATION is longer than a month"),
        ("DTSTART:20260324T100000Z\nRRULE:FREQ=SECONDLY", "RRULE repeats SECONDLY"),
        ("DTSTART:20260324T100000Z\nRRULE:FREQ=NEVER", "RRULE is not understood"),
        ("DTSTART:20260324T100000Z\nRRULE:FREQ=DAILY\nEXDATE:banana", "EXDATE is not understood"),
        ("DTSTART:19700101T100000Z\nRRULE:FREQ=HOURLY", "RRULE repeats more than"),
        ("DTSTART:19000101T100000Z", "DTSTART is in the year 1900"),
    ],
)
def test_what_is_not_understood_is_said_and_the_good_events_are_kept(event: str, reason: str) -> None:
    found, unread = read(calendar(event, "DTSTART:20260325T100000Z"))
    assert len(unread) == 1
    assert unread[0].startswith(reason)
    assert [one.start.day for one in found] == [25] or "RRULE" in reason or "EXDATE" in reason
    assert any(one.start.day == 25 for one in found)


def test_floating_times_are_read_in_the_zone_that_the_operator_names() -> None:
    assert starts(calendar("DTSTART:20260324T100000"), "Asia/Tokyo") == ["03-24 10:00+0900"]


def test_all_day_events_are_counted_and_are_no_appointments() -> None:
    found = read_calendar(calendar("DTSTART;VALUE=DATE:20260324"), None)
    assert (found.entries, found.all_day, found.unread) == ((), 1, ())


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<html>", b"BEGIN:VCALENDAR", b"\xff" * 1000, b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nEND:VCALENDAR"],
)
def test_no_calendar_is_no_crash(data: bytes) -> None:
    try:
        assert read_calendar(data, None).entries == ()
    except Parked as reason:
        assert str(reason) == "the body is not an iCalendar file"  # noqa: PT017 - either answer is right


def test_a_broken_file_is_read_event_by_event() -> None:
    data = calendar("DTSTART:20260324T100000Z").replace(b"VERSION:2.0", b"X:a\r\nthis is no property line at all ;;;")
    found, _ = read(data)
    assert len(found) == 1


def test_ten_thousand_repeats_long_lines_and_deep_nesting_are_bounded() -> None:
    found, unread = read(calendar("DTSTART:20251001T000000Z\nRRULE:FREQ=HOURLY;COUNT=10000"))
    assert (len(found), unread) == (1440 + 1, [])
    long = calendar("DTSTART:20260324T100000Z\nDESCRIPTION:" + "x" * 5_000_000)
    assert len(read(long)[0]) == 1
    nested = b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 5000
    assert read_calendar(nested, None).entries == ()
    with pytest.raises(Parked, match="larger than"):
        read_calendar(b"BEGIN:VCALENDAR" + b" " * 9_000_000, None)


@pytest.mark.recordings
@pytest.mark.skipif(not ICS.exists(), reason="../shared/data/ics is missing: awkward real files are not read")
def test_no_awkward_real_file_crashes_and_each_says_what_it_lacks() -> None:
    kept = parked = 0
    for path in sorted(ICS.rglob("*.ics")):
        try:
            found = read_calendar(path.read_bytes(), None)
        except Parked:
            parked += 1
            continue
        expanded = occurrences(found, datetime(2000, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
        reasons = [one.reason for one in (*found.unread, *expanded.unread)]
        assert all(reason.strip() for reason in reasons)
        assert not [reason for reason in reasons if "cannot be read" in reason], path.name
        kept += bool(found.entries)
    assert kept > 100
    assert parked < 10
