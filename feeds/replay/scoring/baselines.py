"""What others would have done on the same day for the same customers, scored alike.

- The timetable alone, and with fixed buffers.
- Naive live: planned anew each minute under the live data of that minute, a text at every change of the next ride,
  no margin; for the first `NAIVE_TICKETS` customers (it plans hundreds of times as often as anybody should).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalicelib.transit.data import walking
from chalicelib.transit.itinerary import Request
from chalicelib.transit.reliability.path_rating import journey_of
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.paths import paths_arriving_by
from chalicelib.transit.search.planner import end_walks
from feeds.realtime.decode import decode
from feeds.realtime.reading import conditions_of
from feeds.replay.scoring.follow import Advice, follow_advice
from feeds.replay.scoring.score import Outcome, summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.transit.search.paths import EndWalks
    from feeds.replay.appointments import Appointment
    from feeds.replay.play import ReplayDay
    from feeds.replay.recording import Snapshot
    from feeds.replay.scoring.follow import World
    from feeds.replay.scoring.score import Summary

BUFFERS_MIN = (0, 5, 10, 15, 30)  # what careful people add to the timetable
NAIVE_TICKETS = 300  # customers
NAIVE_FROM_S = 2 * 3600  # before the appointment it begins to plan
NAIVE_NOTICE_S = 900  # before they have to leave it tells them


class Query(NamedTuple):
    """Who wants to be where, and by when (s from the day's origin)."""

    end_walks: EndWalks
    deadline_s: int

    @classmethod
    def of(cls, network: Network, one: Appointment, origin: int) -> Query:
        """An appointment's query; `origin`: the day's, POSIX s."""
        request = Request(one.origin, one.destination, arrive_by=one.arrive_by)
        return cls(end_walks(network, request, walking.CROW_FLY), int(one.arrive_by.timestamp()) - origin)


def baselines(day: ReplayDay, recording: Sequence[Snapshot], world: World) -> list[Summary]:
    """A row for each of the others."""
    network = Network(day.timetable)
    asked = [Query.of(network, one, day.origin) for one in day.appointments]
    rows = []
    for minutes in BUFFERS_MIN:
        name = f"timetable, {minutes} min buffer" if minutes else "timetable only"
        found = [one for each in asked if (one := _by_timetable(network, each, 60 * minutes, world))]
        if found:
            rows.append(summarise(name, found))
    naive = _score_naive(day, network, recording, asked[:NAIVE_TICKETS], world)
    return [*rows, summarise(f"naive live (first {len(naive)} tickets)", naive)] if naive else rows


def _by_timetable(network: Network, each: Query, buffer_s: int, world: World) -> Outcome | None:
    paths = paths_arriving_by(network, each.end_walks, each.deadline_s - buffer_s)
    if not paths:
        return None
    journey = journey_of(network, each.end_walks, paths[-1])
    came = follow_advice([Advice(0, paths[-1].leave, journey)], world)
    return Outcome(each.deadline_s, came.left_s, came.arrived_s, None, 0, None)


def _score_naive(
    day: ReplayDay, planned: Network, recording: Sequence[Snapshot], asked: Sequence[Query], world: World
) -> list[Outcome]:
    advised: dict[int, list[Advice]] = {}
    for snapshot in recording:
        now = snapshot.at - day.origin
        open_ = [
            (number, each)
            for number, each in enumerate(asked)
            if each.deadline_s - NAIVE_FROM_S <= now
            and (number not in advised or now < (advised[number][-1].leave_s or 0))
        ]
        if not open_:
            continue
        network = planned.under(conditions_of([decode(snapshot.data)], day.timetable)[0])
        for number, each in open_:
            _check_naively(network, each, now, advised.setdefault(number, []), len(day.timetable.st_stop))
        for number in [number for number, advices in advised.items() if not advices]:
            del advised[number]
    found = []
    for number, advices in advised.items():
        came = follow_advice(advices, world)
        found.append(Outcome(asked[number].deadline_s, came.left_s, came.arrived_s, None, len(advices) - 1, None))
    return found


def _check_naively(network: Network, each: Query, now: int, advices: list[Advice], known: int) -> None:
    paths = paths_arriving_by(network, each.end_walks, each.deadline_s, slack=0)
    if not paths or not paths[-1].rides or max(board for board, _ in paths[-1].rides) >= known:
        return
    path = paths[-1]
    if not advices and now < path.leave - NAIVE_NOTICE_S:
        return
    if not advices or (path.rides[0] != advices[-1].journey.rides[0] and path.leave > now):
        advices.append(Advice(now, path.leave, journey_of(network, each.end_walks, path)))
