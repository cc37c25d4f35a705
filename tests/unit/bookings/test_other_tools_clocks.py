"""Tools whose clock is not ours, and fields that a tool calls by one of two names."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.bookings.booking import Status
from chalicelib.bookings.providers.contract import Raw, Reading
from tests.fakes import signers
from tests.fakes.calcom import calcom_payload
from tests.fakes.damaged_bookings import Answers, read
from tests.fakes.hub import NOW, SECRET, BookingsRoom, deliver, only

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Report

FROM, TILL = "2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"
PERSON = {"name": "Ada", "email": "ada@example.com"}


def room_of(event: dict[str, Any]) -> BookingsRoom:
    """A room whose SavvyCal answers with that event."""
    room = BookingsRoom()
    room.worker = room.new_worker(api=lambda _connection, _tool: Answers([event]))
    room.connect("savvy", "savvycal")
    return room


def happened(room: BookingsRoom, kind: str, number: int, off_min: int) -> None:
    at = room.clock.now() + timedelta(minutes=off_min)
    body = {"type": kind, "id": str(number), "payload": {"id": "e"}, "occurred_at": at.isoformat()}
    room.call("savvy", signers.savvycal(body, SECRET))
    assert [outcome.state for outcome in room.drain()] == ["done"]
    room.clock.advance(minutes=1)


@pytest.mark.parametrize("off_min", [-30, -2, 0, 2, 30])
def test_a_cancel_counts_whatever_the_tools_clock_says(off_min: int) -> None:
    event = {"state": "confirmed", "start_at": FROM, "end_at": TILL, "attendees": [PERSON]}
    room = room_of(event)
    happened(room, "event.created", 1, off_min)
    assert only(room).status is Status.BOOKED
    happened(room, "event.canceled", 2, off_min)
    assert only(room).status is Status.CANCELLED
    room.worker = room.new_worker(api=lambda _connection, _tool: Answers([event]))
    happened(room, "event.approved", 3, off_min)  # it takes place after all, as the tool itself says
    assert only(room).status is Status.BOOKED


def nylas(kind: str, number: int, time_s: int, hour: int) -> signers.Signed:
    start = int(datetime(2026, 1, 5, hour, tzinfo=UTC).timestamp())
    info = {"start_time": start, "end_time": start + 1800, "participants": [PERSON]}
    made = {"booking_id": "b", "booking_info": info}
    return signers.nylas({"type": kind, "id": str(number), "time": time_s, "data": {"object": made}}, SECRET)


def test_of_two_moves_within_one_second_of_the_tool_the_later_received_counts() -> None:
    room = BookingsRoom()
    room.connect("n", "nylas")
    second = int(NOW.timestamp())
    for number, (kind, hour) in enumerate((("created", 10), ("rescheduled", 14), ("rescheduled", 12))):
        room.call("n", nylas(f"booking.{kind}", number, second, hour))
        room.clock.advance(seconds=1)
        room.drain()
    assert only(room).start.astimezone(UTC).hour == 12


def test_what_was_stored_with_seconds_only_is_followed_by_the_same_second() -> None:
    room = BookingsRoom()
    room.connect("n", "nylas")
    second = int(NOW.timestamp())
    room.call("n", nylas("booking.created", 1, second, 10))
    room.drain()
    (document,) = room.documents.tables["bookings"].values()
    facts = document["thread"]["facts"]
    facts["b"] = {name: [f"{second:012}#1", value] for name, (_, value) in facts["b"].items()}  # as it was before
    room.call("n", nylas("booking.rescheduled", 2, second, 12))
    room.drain()
    assert only(room).start.astimezone(UTC).hour == 12


def test_savvycals_events_by_either_names() -> None:
    call = {"type": "event.created", "id": "1", "payload": {"id": "e"}, "occurred_at": FROM}
    event = {"status": "Confirmed", "start_time": FROM, "end_time": TILL, "attendees": [PERSON]}
    (report,) = reports_of("savvycal", call, event)
    assert (report.status, report.start) == (Status.BOOKED, datetime(2026, 1, 5, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"event_status": "cancelled"}, Status.CANCELLED),
        ({"status": "cancelled"}, Status.CANCELLED),
        ({"event_status": "confirmed", "status": "cancelled"}, Status.CANCELLED),
        ({"status": "tentative"}, Status.REQUESTED),
        ({"status": "confirmed"}, Status.BOOKED),
        ({}, Status.BOOKED),
    ],
)
def test_cronofys_status_by_either_name(said: dict[str, str], status: Status) -> None:
    call = {"notification": {"type": "change", "changes_since": "2026-01-01T07:00:00Z"}}
    event = {"event_uid": "1", "start": FROM, "end": TILL, "attendees": [PERSON]} | said
    (report,) = reports_of("cronofy", call, {"events": [event]})
    assert report.status is status


def reports_of(name: str, call: dict[str, Any], answer: dict[str, Any]) -> tuple[Report, ...]:
    found = read(name, Raw(json.dumps(call).encode()), Answers([answer]))
    assert isinstance(found, Reading)
    assert not found.unread
    return found.reports


@pytest.mark.parametrize("year", [2028, 2099])
def test_a_change_of_a_year_to_come_does_not_outrank_all_changes_until_then(year: int) -> None:
    room = BookingsRoom()
    room.connect("cal", "calcom")
    first = calcom_payload(created_at=f"{year}-01-01T08:00:00Z")
    moved = calcom_payload(created_at="2026-01-01T09:05:00Z", start="2026-01-06T10:00:00Z", end="2026-01-06T10:30:00Z")
    assert deliver(room, first) == ["done: "]
    room.clock.advance(minutes=5)
    assert deliver(room, moved) == ["done: "]
    assert only(room).start == datetime(2026, 1, 6, 10, tzinfo=UTC)
