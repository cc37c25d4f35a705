"""Calendar files in other encodings, and how long appointments last: periods, clocks that are put forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.bookings.calendar.calendar_files import read_calendar
from chalicelib.bookings.calendar.file_text import as_utf8
from chalicelib.bookings.calendar.series import occurrences

FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
ONCE = ["DTSTART:20260105T100000Z", "DTEND:20260105T103000Z"]


def file_of(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:a", *lines, "END:VEVENT", "END:VCALENDAR", ""])


def names(data: bytes) -> list[str]:
    calendar = read_calendar(data, "Europe/Vienna")
    assert not calendar.unread
    return [str(entry.component.get("SUMMARY")) for entry in calendar.entries]


def spans(*lines: str) -> list[tuple[str, str]]:
    """Start and end of each appointment, in Vienna."""
    found = occurrences(read_calendar(file_of(*lines).encode(), "Europe/Vienna"), FIRST, LAST)
    assert not found.unread
    return [(f"{one.start:%m-%d %H:%M}", f"{one.end:%H:%M}") for one in found.found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
def test_names_in_any_usual_encoding(encoding: str) -> None:
    assert names(file_of(*ONCE, "SUMMARY:René Müller").encode(encoding)) == ["René Müller"]


def test_lines_of_two_encodings_in_one_file() -> None:
    data = file_of(*ONCE, "SUMMARY:René Müller").encode().replace(b"UID:a", "UID:a\r\nX-OF:Zoë".encode("latin-1"))
    assert names(data) == ["René Müller"]


@given(name=st.text("aé漢😀", min_size=1, max_size=30), width=st.integers(1, 20), end=st.sampled_from([b"\r\n", b"\n"]))
def test_a_name_is_the_same_wherever_its_bytes_are_folded(name: str, width: int, end: bytes) -> None:
    line = f"SUMMARY:{name}".encode()
    folded = (end + b" ").join(line[place : place + width] for place in range(0, len(line), width))
    data = file_of(*ONCE, "SUMMARY:here").encode().replace(b"\r\n", end).replace(b"SUMMARY:here", folded)
    assert names(data) == [name]


@given(st.binary(max_size=200))
def test_any_bytes_become_utf_8(data: bytes) -> None:
    as_utf8(data).decode()


def test_periods_have_lengths_of_their_own() -> None:
    rdate = "RDATE;VALUE=PERIOD:20260107T100000Z/PT2H,20260108T100000Z/20260108T110000Z"
    assert [end for _, end in spans(*ONCE, rdate)] == ["10:30", "12:00", "11:00"]
    zoned = "RDATE;TZID=Europe/Vienna;VALUE=PERIOD:20260107T100000/PT45M"
    assert ("01-07 10:00", "10:45") in spans(*ONCE, zoned)


@pytest.mark.parametrize(
    "period", ["20260107T100000Z/20260107T090000Z", "20260107T100000Z/-PT1H", "20260107T100000Z/P90D"]
)
def test_a_period_that_cannot_be_is_parked(period: str) -> None:
    calendar = read_calendar(file_of(*ONCE, f"RDATE;VALUE=PERIOD:{period}").encode(), "UTC")
    (unread,) = occurrences(calendar, FIRST, LAST).unread
    assert "RDATE has a period that ends before it begins" in unread.reason


VIENNA = ";TZID=Europe/Vienna:"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["20270328T023000", "DTEND;TZID=Europe/Vienna:20270328T033000"], [("03-28 03:30", "04:30")]),
        (["20270328T023000", "DURATION:PT1H"], [("03-28 03:30", "04:30")]),
        (["20270328T023000", "DTEND;TZID=Europe/Vienna:20270328T050000"], [("03-28 03:30", "05:00")]),
        (["20270328T013000", "DURATION:PT2H"], [("03-28 01:30", "04:30")]),
        (
            ["20270327T023000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3"],
            [("03-27 02:30", "03:30"), ("03-28 03:30", "04:30"), ("03-29 02:30", "03:30")],
        ),
        (["20271031T013000", "DURATION:PT2H"], [("10-31 01:30", "02:30")]),  # the second 02:30
    ],
)
def test_lengths_are_real_when_clocks_are_put_forward_or_back(lines: list[str], found: list[tuple[str, str]]) -> None:
    assert spans("DTSTART" + VIENNA + lines[0], *lines[1:]) == found


@given(st.datetimes(datetime(2027, 3, 27, 20), datetime(2027, 3, 28, 6)), st.integers(1, 6 * 60))  # noqa: DTZ001 - local
def test_a_duration_is_as_long_as_it_says_around_a_clock_change(start: datetime, minutes: int) -> None:
    lines = ["DTSTART" + VIENNA + f"{start:%Y%m%dT%H%M00}", f"DURATION:PT{minutes}M"]
    (one,) = occurrences(read_calendar(file_of(*lines).encode(), None), FIRST, LAST).found
    assert one.end.astimezone(UTC) - one.start.astimezone(UTC) == timedelta(minutes=minutes)
