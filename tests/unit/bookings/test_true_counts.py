"""Every call of a tool counts once, however fast they come, how often each is delivered, or how late it is replayed."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.bookings.inbox.accept import BadSignature
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.hub import NOW, SECRET, BookingsRoom


@pytest.fixture
def room() -> BookingsRoom:
    room = BookingsRoom()
    room.connect("cal", "calcom")
    return room


def seen(room: BookingsRoom) -> dict[str, Any]:
    known = room.overview.connection("cal", room.clock.now())
    assert known is not None
    return known


def test_thirty_calls_within_a_second_are_thirty(room: BookingsRoom) -> None:
    for number in range(30):
        signed = calcom_signed(calcom_payload(uid=f"booking-{number}"), SECRET)
        room.call("cal", signed)
        room.call("cal", signed)  # delivered twice
    room.drain()
    assert seen(room)["events"] == 30


def test_a_replay_and_a_reading_back_are_no_calls(room: BookingsRoom) -> None:
    room.call("cal", calcom_signed(calcom_payload("NEVER_HEARD_OF"), SECRET))
    room.drain()
    assert room.parking.replay_all("salon") == 1
    room.inbox.request_read_back("cal", NOW)
    room.drain()
    assert seen(room)["events"] == 1


def test_refused_calls_that_come_fast_are_counted_with_the_next_one(room: BookingsRoom) -> None:
    for _ in range(20):
        with pytest.raises(BadSignature):
            room.call("cal", (b"{}", {}))
    room.clock.advance(seconds=6)
    with pytest.raises(BadSignature):
        room.call("cal", (b"{}", {}))
    assert seen(room)["refused"]["count"] == 21


def test_the_count_goes_with_its_connection(room: BookingsRoom) -> None:
    room.call("cal", calcom_signed(calcom_payload(), SECRET))
    room.drain()
    room.config.remove_connection("cal", NOW)
    room.connect("cal", "calcom")
    assert seen(room)["events"] == 0
