"""A room with one Cal.com connection, "cal"."""

from __future__ import annotations

import pytest

from tests.fakes.hub import BookingsRoom


@pytest.fixture
def room() -> BookingsRoom:
    room = BookingsRoom()
    room.connect("cal", "calcom")
    return room
