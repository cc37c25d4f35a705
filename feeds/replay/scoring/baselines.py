"""What others would have done on the same day for the same customers, scored the same way.

- The timetable alone, and with fixed buffers.
- Naive live: planned anew each minute under the live data of that minute, a text at every change of the next ride,
  no margin; for the first NAIVE_TICKETS customers (it plans hundreds of times as often as anybody should).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalicelib.transit.data import walking
from chalicelib.transit.itinerary import Request
from chalicelib.transit.reliability.choice import course_of
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.paths import arriving_by
from chalicelib.transit.search.planner import ends
from feeds.realtime.decode import decode
from feeds.realtime.reading import conditions_of
from feeds.replay.scoring.follow import Advice, follow
from feeds.replay.scoring.score import Outcome, summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.transit.search.paths import Ends
    from feeds.replay.orders import Order
    from feeds.replay.play import Day
    from feeds.replay.recording import Snapshot
    from feeds.replay.scoring.follow import World
    from feeds.replay.scoring.score import Summary

BUFFERS_MIN = (0, 5, 10, 15, 30)
NAIVE_TICKETS = 300
NAIVE_FROM_S, TOLD_S = 2 * 3600, 900


class Asked(NamedTuple):
    """Who wants to be where, and by when (s from the day's origin)."""

    ends: Ends
    deadline_s: int


def baselines(day: Day, recording: Sequence[Snapshot], world: World) -> list[Summary]:
    """A row for each of the others."""
    network = Network(day.timetable)
    asked = [_asked(network, order, day.origin) for order in day.orders]
    rows = []
    for minutes in BUFFERS_MIN:
        name = f"timetable, {minutes} min buffer" if minutes else "timetable only"
        found = [one for each in asked if (one := _by_timetable(network, each, 60 * minutes, world))]
        if found:
            rows.append(summary(name, found))
    naive = _naive(day, network, recording, asked[:NAIVE_TICKETS], world)
    return [*rows, summary(f"naive live (first {len(naive)} tickets)", naive)] if naive else rows


def _asked(network: Network, order: Order, origin: int) -> Asked:
    request = Request(order.origin, order.destination, arrive_by=order.arrive_by)
    return Asked(ends(network, request, walking.DEFAULT), int(order.arrive_by.timestamp()) - origin)


def _by_timetable(network: Network, each: Asked, buffer_s: int, world: World) -> Outcome | None:
    ways = arriving_by(network, each.ends, each.deadline_s - buffer_s)
    if not ways:
        return None
    course = course_of(network, each.ends, ways[-1])
    came = follow([Advice(0, ways[-1].leave, course)], world)
    return Outcome(each.deadline_s, came.left_s, came.arrived_s, None, 0, None)


def _naive(
    day: Day, planned: Network, recording: Sequence[Snapshot], asked: Sequence[Asked], world: World
) -> list[Outcome]:
    told: dict[int, list[Advice]] = {}
    for snapshot in recording:
        now = snapshot.at - day.origin
        open_ = [
            (number, each)
            for number, each in enumerate(asked)
            if each.deadline_s - NAIVE_FROM_S <= now and (number not in told or now < (told[number][-1].leave_s or 0))
        ]
        if not open_:
            continue
        network = planned.under(conditions_of([decode(snapshot.data)], day.timetable)[0])
        for number, each in open_:
            _naive_look(network, each, now, told.setdefault(number, []), len(day.timetable.st_stop))
        for number in [number for number, advices in told.items() if not advices]:
            del told[number]
    found = []
    for number, advices in told.items():
        came = follow(advices, world)
        found.append(Outcome(asked[number].deadline_s, came.left_s, came.arrived_s, None, len(advices) - 1, None))
    return found


def _naive_look(network: Network, each: Asked, now: int, advices: list[Advice], known: int) -> None:
    ways = arriving_by(network, each.ends, each.deadline_s, slack=0)
    if not ways or not ways[-1].rides or max(board for board, _ in ways[-1].rides) >= known:
        return
    way = ways[-1]
    if not advices and now < way.leave - TOLD_S:
        return
    if not advices or (way.rides[0] != advices[-1].course.rides[0] and way.leave > now):
        advices.append(Advice(now, way.leave, course_of(network, each.ends, way)))
