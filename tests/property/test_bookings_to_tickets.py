"""From any order of webhooks to the right tickets, and nobody hears anything twice because a tool says it twice."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.workflows.booking_changed import follow_booking
from tests.fakes.asked_tools import PUSHING
from tests.fakes.histories import actions, call, connected, work
from tests.fakes.histories_of_tickets import ENDED, House, told_once

if TYPE_CHECKING:
    from tests.fakes.booking_tools import Tool

HISTORIES = int(os.environ.get("BOOKINGS_HISTORIES", "30"))
quick = settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("kind", PUSHING, ids=lambda kind: kind.provider)
@given(history=actions, chance=st.randoms(use_true_random=False))
@quick
def test_nobody_hears_more_because_a_tool_says_it_twice(
    kind: type[Tool], history: list[tuple[str, int, int]], chance: Any
) -> None:
    told_once(kind(), history, chance)


@pytest.mark.parametrize("kind", PUSHING, ids=lambda kind: kind.provider)
@given(history=actions, chance=st.randoms(use_true_random=False))
@quick
def test_every_appointment_that_stands_has_one_living_ticket(
    kind: type[Tool], history: list[tuple[str, int, int]], chance: Any
) -> None:
    tool = kind()
    calls = [one for action in history for one in tool.happened(*action)]
    calls += [one for one in calls if chance.random() < 0.3]
    chance.shuffle(calls)
    house = House(connected(tool))
    room = house.room
    room.worker = room.new_worker(partial(follow_booking, house.services), api=lambda _connection, _tool: tool)
    for one in calls:
        call(room, one)
        if chance.random() < 0.5:
            work(room, chance)
    work(room, chance)
    ended = {one.value for one in ENDED}
    living = [start for status, start, _ in house.tickets().values() if status not in ended]
    assert sorted(living) == sorted(one.start for one in tool.appointments if one.status == "booked")
