"""Payloads as the tools' own documentation prints them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chalicelib.bookings.booking import Status
from tests.fakes.hub import deliver, only

if TYPE_CHECKING:
    from tests.fakes.hub import BookingsRoom

HOOKS = Path(__file__).resolve().parents[4] / "shared" / "data" / "hooks"

pytestmark = [
    pytest.mark.recordings,
    pytest.mark.skipif(not HOOKS.exists(), reason="../shared/data/hooks is missing: recorded payloads are not read"),
]


def test_calcom_created_and_rescheduled(room: BookingsRoom) -> None:
    room.clock.set(datetime(2023, 12, 31, tzinfo=UTC))
    created = json.loads((HOOKS / "calcom" / "BOOKING_CREATED.json").read_bytes())
    moved = json.loads((HOOKS / "calcom" / "BOOKING_RESCHEDULED.json").read_bytes())
    moved["payload"]["rescheduleUid"] = created["payload"]["uid"]
    assert deliver(room, created, moved) == ["done: ", "done: "]
    booking = only(room)
    assert booking.status is Status.BOOKED
    assert booking.start == datetime(2024, 1, 10, 14, 30, tzinfo=UTC)
    assert [customer.email for customer in booking.customers] == ["guest@example.com"]
    assert booking.title == "Strategy Session"
