"""A room of bookings with one Cal.com connection, "cal", and a tool that answers what a test says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.hub import BookingsRoom
from tests.fakes.tools_http import running_tool

if TYPE_CHECKING:
    from collections.abc import Iterator

tool = pytest.fixture(running_tool, name="tool")


@pytest.fixture
def room() -> Iterator[BookingsRoom]:
    room = BookingsRoom()
    room.connect("cal", "calcom")
    yield room
    room.tool_access.close()
