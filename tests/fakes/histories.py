"""Histories of appointments, told to a bookings room in any order, partly twice, partly never."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from chalicelib.bookings.booking import Status
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import Raw
from tests.fakes.booking_tools import URL
from tests.fakes.hub import BookingsRoom

if TYPE_CHECKING:
    from random import Random

    from tests.fakes.booking_tools import Call, Tool
    from tests.fakes.fetched_tools import Feed

KINDS = ("book", "move", "move", "back", "cancel", "no_show", "came")
actions = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=9)


def connected(tool: Tool) -> BookingsRoom:
    room = BookingsRoom()
    room.connect("tool", tool.provider, **tool.settings)
    room.worker = room.new_worker(api=lambda _connection, _tool: tool)
    return room


def call(room: BookingsRoom, one: Call) -> None:
    body, headers = one.signed
    room.inbox.accept("tool", Raw(body, headers, one.query, URL), room.clock.now())


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
    assert room.parking.of_business("salon") == []
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
    for _ in range(2):  # where much was lost at once, the second reading confirms the first
        room.clock.advance(hours=1)
        tool.ticks += 1
        room.inbox.request_read_back("tool", room.clock.now())
        work(room, chance)
    assert room.parking.of_business("salon") == []
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
    for action in [*history, ("none", 0, 0), ("none", 0, 0)]:
        tool.happened(*action)
        if chance.random() < 0.6 or action[0] == "none":
            room.clock.advance(minutes=15)
            room.inbox.store(connection, provider(tool.provider), Raw(tool.calendar()), room.clock.now())
        if chance.random() < 0.7:
            work(room, chance)
    work(room, chance)
    assert room.parking.of_business("salon") == []
    standing = [one for one in room.all_bookings() if one.status is Status.BOOKED]
    assert sorted(one.start for one in standing) == [
        datetime.fromisoformat(start) for _, start in tool.truth() if _ == "booked"
    ]
    told = {booking.booking_id: booking for booking in room.followed}
    assert set(told.values()) == set(room.all_bookings())
