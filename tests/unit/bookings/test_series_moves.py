"""A whole series that moves: the same appointments at other times, by feed and by mail; nobody hears "cancelled"."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Event

from chalicelib.bookings.booking import Status
from chalicelib.bookings.calendar.series import Occurrence, occurrence_uid
from chalicelib.bookings.calendar.series_moves import keep_names, series_of
from chalicelib.bookings.providers.contract import ComingBooking
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.services import Services, readers_of
from tests.fakes.calendar_mail import by_mail
from tests.fakes.hub import next_poll
from tests.fakes.ical_text import event, feed
from tests.fakes.salon import URL, Town
from tests.fakes.tools_http import Reply

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom
    from tests.fakes.tools_http import ToolServer

WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=6"


@dataclass
class WatchedCalendar:
    """A feed's series, and the tickets that follow it."""

    room: BookingsRoom
    tool: ToolServer

    def __post_init__(self) -> None:
        room = self.room
        room.connect("feed", "ical", None, feed_url=f"{self.tool.url}/salon.ics")
        self.services = Services(room.documents, room.queues, readers_of, Town, URL)
        room.worker = room.new_worker(follow=self._follow)

    def _follow(self, booking: Any, now: datetime) -> object:
        self.room.followed.append(booking)
        return follow_booking(self.services, booking, now)

    def shows(self, *events: str) -> None:
        self.tool.answers["/salon.ics"] = Reply(feed(*events))
        assert next_poll(self.room) == ["done: "]

    def starts(self) -> list[str]:
        """Starts of what stands, in UTC."""
        return [
            f"{one.start.astimezone(UTC):%d %H}"
            for one in sorted(self.room.all_bookings(), key=lambda each: each.start)
            if one.status is Status.BOOKED
        ]

    def tickets(self) -> dict[str, str]:
        """ticket_id → status and start in UTC."""
        found = self.room.documents.tables["tickets"].values()
        return {one["ticket_id"]: f"{one['ticket']['status']} {one['start_utc'][8:13]}" for one in found}

    def cancelled(self) -> list[str]:
        return [
            one["notice_id"] for one in self.room.documents.tables["notices"].values() if "cancel" in one["notice_id"]
        ]


@pytest.fixture(name="calendar")
def _calendar(room: BookingsRoom, tool: ToolServer) -> WatchedCalendar:
    return WatchedCalendar(room, tool)


def series(start: str, *more: str, sequence: int = 0, rule: str = WEEKLY) -> str:
    return event("s", start, rule, f"SEQUENCE:{sequence}", *more)


@pytest.mark.parametrize(
    ("start", "first"),
    [
        ("20260106T110000Z", "06 11"),  # another day and hour
        ("20260105T150000Z", "05 15"),
        ("20260104T100000Z", "04 10"),
        ("20260108T100000Z", "08 10"),
    ],
)
def test_a_series_that_moves_moves_its_tickets(calendar: WatchedCalendar, start: str, first: str) -> None:
    calendar.shows(series("20260105T100000Z"))
    before = calendar.tickets()
    calendar.shows(series(start, sequence=1))
    assert calendar.starts()[0] == first
    assert len(calendar.starts()) == 6
    assert set(calendar.tickets()) == set(before)
    assert {one.split()[0] for one in calendar.tickets().values()} == {"waiting_for_origin"}
    assert {one.status for one in calendar.room.followed} == {Status.BOOKED}
    assert calendar.cancelled() == []


def test_moved_there_and_back_and_read_again_it_is_the_same(calendar: WatchedCalendar) -> None:
    calendar.shows(series("20260105T100000Z"))
    before = calendar.tickets()
    for number, start in enumerate(("20260106T100000Z", "20260107T100000Z", "20260105T100000Z", "20260106T100000Z"), 1):
        calendar.shows(series(start, sequence=number))
        calendar.shows(series(start, f"X-STAMP:{number}", sequence=number))
        assert set(calendar.tickets()) == set(before)
        assert calendar.starts()[0] == f"{start[6:8]} 10"
    calendar.shows(series("20260105T100000Z", sequence=9))
    assert calendar.tickets() == before


def test_a_series_that_ends_sooner_is_cancelled_from_there_and_not_moved(calendar: WatchedCalendar) -> None:
    calendar.shows(series("20260105T100000Z"))
    calendar.shows(series("20260105T100000Z", rule="RRULE:FREQ=WEEKLY;COUNT=4"))
    assert calendar.starts() == ["05 10", "12 10", "19 10", "26 10"]
    calendar.shows(series("20260106T100000Z", rule="RRULE:FREQ=WEEKLY;COUNT=4"))
    assert calendar.starts() == ["06 10", "13 10", "20 10", "27 10"]


def test_what_moves_by_more_than_a_week_is_another_appointment(calendar: WatchedCalendar) -> None:
    calendar.shows(series("20260105T100000Z", rule="RRULE:FREQ=WEEKLY;COUNT=1"))
    calendar.shows(series("20260120T100000Z", rule="RRULE:FREQ=WEEKLY;COUNT=1"))
    assert sorted(one.status.value for one in calendar.room.all_bookings()) == ["booked", "cancelled"]


def test_at_the_horizon_nothing_is_lost_by_a_move(calendar: WatchedCalendar) -> None:
    endless = "RRULE:FREQ=DAILY"
    calendar.shows(series("20260105T100000Z", rule=endless))
    many = len(calendar.starts())
    calendar.shows(series("20260105T230000Z", rule=endless))  # the last is now beyond the sixty days
    assert len(calendar.starts()) >= many
    assert {one.status for one in calendar.room.all_bookings()} == {Status.BOOKED}


def test_a_single_appointment_that_becomes_a_series_stays_itself(calendar: WatchedCalendar) -> None:
    calendar.shows(event("s"))
    (ticket,) = calendar.tickets()
    calendar.shows(series("20260105T100000Z"))
    assert calendar.tickets()[ticket].startswith("waiting_for_origin 05")
    assert len(calendar.starts()) == 6
    calendar.shows(event("s", "20260106T100000Z"))
    assert calendar.starts() == ["06 10"]


def test_of_a_moved_series_single_appointments_are_changed_and_cancelled(calendar: WatchedCalendar) -> None:
    calendar.shows(series("20260105T100000Z"))
    before = calendar.tickets()
    moved = series("20260106T100000Z", sequence=1)
    second = event("s", "20260114T090000Z", "RECURRENCE-ID:20260113T100000Z")
    third = event("s", "20260120T100000Z", "RECURRENCE-ID:20260120T100000Z", "STATUS:CANCELLED")
    calendar.shows(moved, second, third)
    assert calendar.starts() == ["06 10", "14 09", "27 10", "03 10", "10 10"]
    assert set(calendar.tickets()) == set(before)


def test_a_day_that_comes_back_beside_the_moved_one_is_new(calendar: WatchedCalendar) -> None:
    calendar.shows(series("20260105T100000Z"))
    calendar.shows(series("20260106T100000Z"))
    calendar.shows(series("20260105T100000Z", rule="RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=MO,TU"))
    assert calendar.starts() == ["05 10", "06 10", "12 10", "13 10"]
    calendar.shows(series("20260105T100000Z", "X-AGAIN:1", rule="RRULE:FREQ=WEEKLY;COUNT=4;BYDAY=MO,TU"))
    assert calendar.starts() == ["05 10", "06 10", "12 10", "13 10"]


def test_the_rest_of_a_series_that_was_cut_in_two_is_the_same_series(calendar: WatchedCalendar) -> None:
    calendar.shows(event("abc@calendar.example", "20260105T100000Z", WEEKLY))
    before = calendar.tickets()
    calendar.shows(
        event("abc@calendar.example", "20260105T100000Z", "RRULE:FREQ=WEEKLY;COUNT=2"),
        event("abc_R20260119T100000@calendar.example", "20260120T100000Z", "RRULE:FREQ=WEEKLY;COUNT=4"),
    )
    assert calendar.starts() == ["05 10", "12 10", "20 10", "27 10", "03 10", "10 10"]
    assert set(calendar.tickets()) == set(before)


def test_appointments_whose_names_only_look_alike_are_not_one_series(calendar: WatchedCalendar) -> None:
    calendar.shows(event("https://tool.example/bookings/1"))
    calendar.shows(event("https://tool.example/bookings/2", "20260106T100000Z"))
    assert sorted(one.status.value for one in calendar.room.all_bookings()) == ["booked", "cancelled"]


MAIL = b"DTSTART:%s\r\nDURATION:PT1H\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nATTENDEE;CN=Ada:mailto:ada@example.com\r"


def standing(room: BookingsRoom) -> list[str]:
    return sorted(f"{one.start.astimezone(UTC):%d %H}" for one in room.all_bookings() if one.status is Status.BOOKED)


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0), (1, 0, 1)])
def test_by_mail_too_in_any_order(room: BookingsRoom, order: tuple[int, ...]) -> None:
    room.connect("post", "itip")
    for sequence in order:
        by_mail(room, b"REQUEST", sequence, MAIL % (b"20260105T100000Z", b"20260106T110000Z")[sequence])
    assert standing(room) == ["06 11", "13 11", "20 11", "27 11"]
    assert {one.status for one in room.followed} == {Status.BOOKED}


def test_by_mail_one_of_a_moved_series_is_cancelled_and_then_all(room: BookingsRoom) -> None:
    room.connect("post", "itip")
    for sequence, start in enumerate((b"20260105T100000Z", b"20260106T110000Z")):
        by_mail(room, b"REQUEST", sequence, MAIL % start)
    by_mail(room, b"CANCEL", 2, b"RECURRENCE-ID:20260113T110000Z\r")
    assert standing(room) == ["06 11", "20 11", "27 11"]
    by_mail(room, b"CANCEL", 3, b"SUMMARY:gone\r")
    assert standing(room) == []


NOW = datetime(2026, 1, 1, tzinfo=UTC)
slots = st.lists(st.integers(1, 24 * 30), max_size=12, unique=True)


def occurrence(hour: int, series: str = "s") -> Occurrence:
    start = NOW + timedelta(hours=hour)
    return Occurrence(occurrence_uid(series, start), "0", start, start, False, Event(), start)


@given(st.lists(slots, min_size=1, max_size=6))
def test_however_a_series_changes_each_appointment_has_one_name_and_reading_again_keeps_it(
    life: list[list[int]],
) -> None:
    known: tuple[ComingBooking, ...] = ()
    for hours in life:
        found = keep_names(map(occurrence, hours), known, {"s"}, NOW)
        assert sorted(one.start for one in found) == sorted(occurrence(hour).start for hour in hours)
        assert len({one.uid for one in found}) == len(found)
        assert {series_of(one.uid) for one in found} <= {"s"}
        gone = [one for one in known if one.uid not in {each.uid for each in found}]
        fresh = [one for one in found if one.uid not in {each.uid for each in known}]
        assert not any(abs(one.start - each.start) <= timedelta(days=7) for one in gone for each in fresh)
        known = tuple(ComingBooking(one.uid, one.start) for one in found)
        again = keep_names(map(occurrence, hours), known, {"s"}, NOW)
        assert {(one.uid, one.start) for one in again} == {(one.uid, one.start) for one in found}


def test_a_series_of_ten_thousand_is_matched_in_its_order() -> None:
    before = tuple(ComingBooking(occurrence(hour).uid, occurrence(hour).start) for hour in range(1, 10_001))
    found = keep_names((occurrence(hour + 1) for hour in range(1, 10_001)), before, {"s"}, NOW)
    assert len(found) == 10_000
    assert {one.uid for one in found} >= {one.uid for one in before[1:]}
    elsewhere = (
        replace(occurrence(hour), start=occurrence(hour).start + timedelta(minutes=7)) for hour in range(1, 10_001)
    )
    moved = keep_names((replace(one, uid=f"{one.uid}~9", original=None) for one in elsewhere), before, {"s"}, NOW)
    assert {one.uid for one in moved} == {one.uid for one in before}
