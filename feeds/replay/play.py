"""A recorded day through the real code on a virtual clock: what would have been said to whom, and when.

Each look at a ticket sees only the snapshots published by then. The clock goes from snapshot to snapshot and, where
the recording has a gap, in steps of a minute: live data grows old then as it does in life.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from chalicelib.transit import access
from chalicelib.transit.network import Network
from chalicelib.transit.planner import ends
from chalicelib.transit.reliability_delays import Delays
from chalicelib.transit.reliability_forecast import Forecast, Lines
from chalicelib.transit.reliability_watch import FIRST_LOOK_S, Watched, look
from chalicelib.transit.values import Request
from feeds.realtime.decode import decode
from feeds.realtime.index import index_of
from feeds.realtime.passages import Tracker
from feeds.realtime.reading import Reader, read_messages
from feeds.replay.truth import Truth

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chalicelib.transit.conditions import Conditions
    from chalicelib.transit.reliability_watch import Word
    from chalicelib.transit.timetable import Timetable
    from feeds.replay.orders import Order
    from feeds.replay.recording import Snapshot

STEP_S = 60
STALE_S = 600


class Said(NamedTuple):
    """One word to one customer."""

    at_s: int
    order: Order
    word: Word


@dataclass
class Day:
    """One service day: its timetable prepared, its tickets watched."""

    timetable: Timetable
    orders: list[Order]
    watched: dict[int, Watched] = field(default_factory=dict)
    looks: list[tuple[int, int]] = field(default_factory=list)  # (when, number of the order)

    def __post_init__(self) -> None:
        self.network = Network(self.timetable)
        self.lines = Lines(self.timetable)
        self.tracker = Tracker()
        self.truth = Truth(self.timetable)
        self.origin = int(self.timetable.meta["origin_epoch"])
        for number, order in enumerate(self.orders):
            deadline_s = int(order.arrive_by.timestamp()) - self.origin
            request = Request(order.origin, order.destination, arrive_by=order.arrive_by)
            self.watched[number] = Watched(ends(self.network, request, access.DEFAULT), deadline_s)
            heapq.heappush(self.looks, (deadline_s - FIRST_LOOK_S, number))


def by_day(orders: Iterable[Order], timezone: str) -> dict[str, list[Order]]:
    """Orders by the local date of their appointment."""
    found: dict[str, list[Order]] = {}
    for order in orders:
        day = order.arrive_by.astimezone(ZoneInfo(timezone)).date().isoformat()
        found.setdefault(day, []).append(order)
    return dict(sorted(found.items()))


def learned(history: Iterable[Sequence[Snapshot]], timetable: Timetable) -> Delays:
    """What earlier recordings teach. Their trips need not be in this timetable: lines and stops are what counts."""
    delays = Delays()
    for recording in history:
        for snapshot in recording:
            reader = Reader(index_of(timetable), decode(snapshot.data), None)
            reader.read()
            delays.learn(reader.seen.passages)
        delays.forget_runs(float("inf"))
    return delays


def play(day: Day, recording: Sequence[Snapshot], delays: Delays) -> Iterator[tuple[Said, Network]]:
    """Everything said about one day's tickets, in order of time, each with the network as it was expected then.

    `delays` goes on learning.
    """
    conditions: Conditions | None = None
    seen_at = 0
    for at, snapshot in _moments(recording):
        if snapshot is not None:
            conditions, _, passages = read_messages([decode(snapshot.data)], day.timetable)
            delays.learn(passages)
            day.truth.take(passages)
            believed = day.tracker.take(passages, at)
            seen_at = at
        now_s = at - day.origin
        if day.looks and day.looks[0][0] <= now_s:
            fresh = conditions if at - seen_at <= STALE_S else None
            gone = frozenset(fresh.cancelled.tolist()) if fresh is not None else frozenset()
            forecast = Forecast(day.lines, delays, believed if fresh is not None else {}, now_s, gone)
            yield from _looks(day, forecast, fresh)


def _moments(recording: Sequence[Snapshot]) -> Iterator[tuple[int, Snapshot | None]]:
    """Snapshots at their times, and the minutes of gaps between them."""
    last = recording[0].at if recording else 0
    for snapshot in recording:
        while snapshot.at - last > STEP_S + STEP_S // 2:
            last += STEP_S
            yield last, None
        last = max(last, snapshot.at)
        yield last, snapshot


def _looks(day: Day, forecast: Forecast, conditions: Conditions | None) -> Iterator[tuple[Said, Network]]:
    network: Any = None
    while day.looks and day.looks[0][0] <= forecast.now_s:
        _, number = heapq.heappop(day.looks)
        after = look(day.watched[number], forecast, day.network)
        day.watched[number] = after.watched
        if after.next_look_s is not None:
            heapq.heappush(day.looks, (max(after.next_look_s, forecast.now_s + 1), number))
        if after.word is not None:
            network = network or day.network.under(conditions)
            yield Said(forecast.now_s, day.orders[number], after.word), network


def instant(day: Day, seconds: float) -> Any:
    """Seconds from the day's origin as an aware datetime in the feed's zone."""
    from datetime import datetime  # noqa: PLC0415 - the module needs only its neighbours

    moment = datetime.fromtimestamp(day.origin, UTC) + timedelta(seconds=int(seconds))
    return moment.astimezone(ZoneInfo(day.timetable.meta["timezone"]))
