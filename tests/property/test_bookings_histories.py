"""Whatever order, repetition and loss there is between a tool and us: in the end we know what the tool knows.

`BOOKINGS_HISTORIES=5000` makes each test try that many; `python -m tests.property.bookings_long_run 100000` tries that
many in all, without the time that shrinking needs.
"""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.bookings.booking import Status
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import Raw
from tests.fakes.asked_tools import ASKED, PUSHING
from tests.fakes.booking_tools import URL
from tests.fakes.fetched_tools import FETCHED
from tests.fakes.hub import BookingsRoom

if TYPE_CHECKING:
    from random import Random

    from tests.fakes.booking_tools import Call, Tool
    from tests.fakes.fetched_tools import Feed

HISTORIES = int(os.environ.get("BOOKINGS_HISTORIES", "150"))
KINDS = ("book", "move", "move", "back", "cancel", "no_show", "came")
actions = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=9)
quick = settings(
    max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def connected(tool: Tool) -> BookingsRoom:
    room = BookingsRoom()
    room.connect("tool", tool.provider, **tool.settings)
    room.worker = room.new_worker(api=lambda _connection, _tool: tool)
    return room


def call(room: BookingsRoom, one: Call) -> None:
    body, headers = one.signed
    room.inbox.accept("tool", headers, one.query, body, URL, room.clock.now())


def work(room: BookingsRoom, chance: Random) -> None:
    """Processes what is queued, in any order."""
    while messages := room.queues.take("inbox"):
        chance.shuffle(messages)
        for message in messages:
            room.clock.advance(milliseconds=1)
            room.worker.process(message["event_id"], room.clock.now())


def known(room: BookingsRoom) -> list[tuple[str, str]]:
    return sorted((one.status.value, one.start.astimezone(tz=None).isoformat()) for one in room.all_bookings())


def expected(tool: Tool) -> list[tuple[str, str]]:
    return sorted((one.status, one.start.astimezone(tz=None).isoformat()) for one in tool.appointments)


def in_any_order(tool: Tool, history: list[tuple[str, int, int]], chance: Any) -> None:
    """All that happens is told, in any order and partly twice."""
    calls = [one for action in history for one in tool.happened(*action)]
    calls += [one for one in calls if chance.random() < 0.3]
    chance.shuffle(calls)
    room = connected(tool)
    for one in calls:
        call(room, one)
        if chance.random() < 0.5:
            work(room, chance)
    work(room, chance)
    assert room.parking.list("salon") == []
    assert known(room) == expected(tool)
    last = {booking.booking_id: booking for booking in room.followed}
    assert len({(one.booking_id, one.version) for one in room.followed}) == len(
        set(room.followed)
    )  # versions only grow
    merged = {alias for booking in room.all_bookings() for alias in booking.aliases}
    assert {last[one] for one in last if one not in merged} == set(room.all_bookings())  # tickets were told the same


def with_losses(tool: Tool, history: list[tuple[str, int, int]], chance: Any) -> None:
    """Some of it is never told, some late; then the tool is asked for all of it."""
    room = connected(tool)
    waiting: list[Call] = []
    for action in history:
        waiting += tool.happened(*action)
        chance.shuffle(waiting)
        while waiting and chance.random() < 0.6:
            one = waiting.pop()
            if chance.random() < 0.7:  # else it is lost
                call(room, one)
        if chance.random() < 0.5:
            work(room, chance)
    work(room, chance)
    room.clock.advance(hours=1)
    tool.ticks += 1
    room.chores.reconcile("tool", room.clock.now())
    work(room, chance)
    assert room.parking.list("salon") == []
    told = {booking.booking_id: booking.status.value for booking in room.followed}
    standing = [one for one in known(room) if one[0] != "cancelled"]
    assert standing == [one for one in expected(tool) if one[0] != "cancelled"]
    assert sorted(told.values()) == [status for status, _ in known(room)]


def by_feed(tool: Feed, history: list[tuple[str, int, int]], chance: Any) -> None:
    """Only what is fetched is known: some states are never seen, and readings may be understood late and twice."""
    room = BookingsRoom()
    room.connect("tool", tool.provider, None, feed_url="https://tool.example.com/feed.ics")
    connection = room.config.connection("tool")
    assert connection is not None
    for action in [*history, ("none", 0, 0)]:
        tool.happened(*action)
        if chance.random() < 0.6 or action[0] == "none":
            room.clock.advance(minutes=15)
            room.inbox.store(connection, provider(tool.provider), Raw(tool.calendar()), room.clock.now())
        if chance.random() < 0.7:
            work(room, chance)
    work(room, chance)
    assert room.parking.list("salon") == []
    standing = [one for one in room.all_bookings() if one.status is Status.BOOKED]
    assert sorted(one.start for one in standing) == [
        datetime.fromisoformat(start) for _, start in tool.truth() if _ == "booked"
    ]
    told = {booking.booking_id: booking for booking in room.followed}
    assert set(told.values()) == set(room.all_bookings())


@pytest.mark.parametrize("kind", PUSHING, ids=lambda kind: kind.provider)
@given(history=actions, chance=st.randoms(use_true_random=False))
@quick
def test_any_order_and_any_repetition_end_in_the_tools_truth(
    kind: type[Tool], history: list[tuple[str, int, int]], chance: Any
) -> None:
    in_any_order(kind(), history, chance)


@pytest.mark.parametrize("kind", ASKED, ids=lambda kind: kind.provider)
@given(history=actions, chance=st.randoms(use_true_random=False))
@quick
def test_losses_are_repaired_by_reading_back(
    kind: type[Tool], history: list[tuple[str, int, int]], chance: Any
) -> None:
    with_losses(kind(), history, chance)


@pytest.mark.parametrize("kind", FETCHED, ids=lambda kind: kind.__name__)
@given(history=actions, chance=st.randoms(use_true_random=False))
@quick
def test_a_feed_ends_in_what_it_shows(kind: type[Feed], history: list[tuple[str, int, int]], chance: Any) -> None:
    by_feed(kind(), history, chance)
