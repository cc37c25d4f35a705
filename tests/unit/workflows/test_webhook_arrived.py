"""What becomes of a stored event: done, parked, tried again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.inbox.parking import UnknownEvent
from chalicelib.foundation.ports import Unavailable
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.hub import NOW, SECRET, deliver, only

if TYPE_CHECKING:
    from chalicelib.bookings.booking import Booking
    from tests.fakes.hub import BookingsRoom


def test_a_parked_event_is_replayed_after_the_cause_is_mended(room: BookingsRoom) -> None:
    deliver(room, b"{")
    (parked,) = room.parking.of_business("salon")
    with pytest.raises(UnknownEvent):
        room.parking.replay(parked["event_id"], "another-business")
    room.parking.replay(parked["event_id"], "salon")
    assert room.parking.of_business("salon") == []
    assert [outcome.state for outcome in room.drain()] == ["parked"]
    assert room.parking.replay_all("salon") == 1
    with pytest.raises(UnknownEvent, match="'no-such-event' is parked"):
        room.parking.replay("no-such-event")


def test_a_booking_announced_when_it_was_over_is_parked_with_the_reason(room: BookingsRoom) -> None:
    room.clock.set(datetime(2026, 1, 6, tzinfo=UTC))
    parked = ["parked: the appointment was over before it was announced: no ticket is made"]
    assert deliver(room, calcom_payload()) == parked
    assert room.parking.replay_all("salon") == 1
    assert [f"{outcome.state}: {outcome.note}" for outcome in room.drain()] == parked


def test_later_news_of_a_known_booking_that_is_over_is_done_and_says_so(room: BookingsRoom) -> None:
    deliver(room, calcom_payload())
    room.clock.set(datetime(2026, 1, 6, tzinfo=UTC))
    for trigger, created_at in (
        ("BOOKING_CANCELLED", "2026-01-05T22:00:00Z"),
        ("BOOKING_CREATED", "2026-01-05T23:00:00Z"),
    ):
        assert deliver(room, calcom_payload(trigger, created_at=created_at)) == ["done: in the past"]


def test_a_crash_between_saving_and_following_is_healed_by_the_next_delivery(room: BookingsRoom) -> None:
    calls: list[str] = []

    def follow(booking: Booking, _now: datetime) -> None:
        calls.append(booking.booking_id)
        if len(calls) == 1:
            raise ConnectionError

    room.worker = room.new_worker(follow)
    accepted = room.call("cal", calcom_signed(calcom_payload(), SECRET))
    with pytest.raises(ConnectionError):
        room.worker.process(accepted.event_id, NOW)
    assert room.worker.process(accepted.event_id, NOW).state == "done"
    assert calls == [only(room).booking_id] * 2


def test_an_event_that_crashes_twice_is_parked_without_personal_data(room: BookingsRoom) -> None:
    def follow(booking: Booking, _now: datetime) -> None:
        raise KeyError(booking.customers[0].name)

    room.worker = room.new_worker(follow)
    accepted = room.call("cal", calcom_signed(calcom_payload(), SECRET))
    with pytest.raises(KeyError):
        room.worker.process(accepted.event_id, NOW)
    outcome = room.worker.process(accepted.event_id, NOW)
    assert outcome.state == "parked"
    assert outcome.note.startswith("crashed twice: KeyError in ")
    assert "Ada" not in json.dumps(room.parking.of_business("salon"))


def test_a_service_that_is_down_is_not_a_crash(room: BookingsRoom) -> None:
    def follow(_booking: Booking, _now: datetime) -> None:
        raise Unavailable

    room.worker = room.new_worker(follow)
    accepted = room.call("cal", calcom_signed(calcom_payload(), SECRET))
    for _ in range(5):
        with pytest.raises(Unavailable):
            room.worker.process(accepted.event_id, NOW)
    assert room.parking.of_business("salon") == []


def test_event_types_that_do_not_count_make_no_booking(room: BookingsRoom) -> None:
    room.connect("cal", "calcom", SECRET, event_types=["Massage"])
    assert deliver(room, calcom_payload()) == ["done: an event type that does not count"]
    room.connect("cal", "calcom", SECRET, event_types=["massage", "HAIRCUT"])
    deliver(room, calcom_payload(uid="another"))
    assert only(room).service == "haircut"


def test_a_calendar_may_have_its_own_venue(room: BookingsRoom) -> None:
    place = {"name": "Second salon", "lat": 54.7, "lon": 25.3}
    room.connect("cal", "calcom", SECRET, calendars={"salon@example.com": place})
    deliver(room, calcom_payload())
    venue = only(room).venue
    assert venue is not None
    assert (venue.name, venue.lat) == ("Second salon", 54.7)


def test_the_same_uid_on_two_connections_is_two_bookings(room: BookingsRoom) -> None:
    room.connect("other", "calcom")
    for connection in ("cal", "other"):
        room.call(connection, calcom_signed(calcom_payload(), SECRET))
    room.drain()
    assert len(room.all_bookings()) == 2
