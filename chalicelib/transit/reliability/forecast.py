"""When vehicles will really pass: distributions for every call of a timetable at one moment.

A distribution is POINTS equally likely times, ascending, seconds from the day's origin. What is known by now decides:
a call already passed is certain; a run seen on its way carries what is left of its own deviation; a run of which the
operator foretells times has those, with what comes on top on the way to them; any other has the line's profile and
scatter. Nothing that has not been seen to pass is expected before now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.data.sightings import line_of
from chalicelib.transit.reliability.delays import POINTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.reliability.delays import Delays

    Floats = NDArray[Any]

REPORT_LAG_S = 75  # a passage may take so long to be published: until then "not seen" says little
SEEN_BY_S = 600  # after its planned start even a late vehicle has mostly been seen somewhere
UNSEEN_LAG_S = 120  # the same for a vehicle of which nothing was ever heard
OVERDUE_S, OVERDUE_SHARE = 150.0, 0.3  # mean further wait for a vehicle later than anything learned: least, and growth
FULL_DOUBT_MIN = 30.0
NEXT_LAG_S = 20  # the same for the next call of a vehicle that is watched: it is late by then
# overdue by more, half of all vehicles were never heard of again (Auckland): few stand still, many fall silent
RUN_SILENT_S, SILENT_AT_END_S, LAST_CALLS = 240.0, 120.0, 3
LOW, HIGH = int(0.16 * POINTS), int(0.84 * POINTS)  # a standard deviation to each side, were it normal
SHARES = (np.arange(POINTS) + 0.5) / POINTS


class Passage(NamedTuple):
    """The last passage of a run that is believed."""

    call: int
    departing: bool
    delay_s: int


@dataclass(frozen=True)
class Predictions:
    """What the operator predicts: calls ascending, and their times (s from origin)."""

    calls: NDArray[Any]
    arrives: NDArray[Any]
    departs: NDArray[Any]

    def at(self, call: int, *, departing: bool) -> int | None:
        """The foretold time of a call, None where nothing is said about it."""
        here = int(np.searchsorted(self.calls, call))
        if here == len(self.calls) or self.calls[here] != call:
            return None
        return int((self.departs if departing else self.arrives)[here])


NO_PREDICTIONS = Predictions(*(np.empty(0, np.int32) for _ in range(3)))


@dataclass(frozen=True)
class LineService:
    """The runs of one route that serve a pair of stops, by planned departure; arrays with an entry per run."""

    runs: NDArray[Any]
    board: NDArray[Any]  # calls
    alight: NDArray[Any]


class Lines:
    """What a forecast looks up in a timetable; made once per timetable."""

    def __init__(self, timetable: Timetable) -> None:
        self.timetable = timetable
        self.line = [line_of(timetable.text("route_id", route)) for route in range(len(timetable.route_type))]
        self.stop_id = [timetable.text("stop_id", stop) for stop in range(timetable.n_stops)]
        self._services: dict[tuple[int, int, int], LineService] = {}
        order = np.argsort(timetable.run_route, kind="stable")
        bounds = np.searchsorted(timetable.run_route[order], np.arange(len(self.line) + 1))
        self._of_route = [order[bounds[route] : bounds[route + 1]] for route in range(len(self.line))]

    def run_of(self, call: int) -> int:
        """The run that a call belongs to."""
        return int(np.searchsorted(self.timetable.run_first, call, "right")) - 1

    def departures(self, service: LineService) -> NDArray[Any]:
        """Planned departures of a service, ascending."""
        found: NDArray[Any] = self.timetable.st_departs[service.board]
        return found

    def service(self, board: int, alight: int) -> LineService:
        """The runs of the route of `board` that call at both calls' stops in this order."""
        timetable = self.timetable
        route = int(timetable.run_route[self.run_of(board)])
        origin, destination = int(timetable.st_stop[board]), int(timetable.st_stop[alight])
        found = self._services.get((route, origin, destination))
        if found is None:
            found = self._services[route, origin, destination] = self._service(route, origin, destination)
        return found

    def _service(self, route: int, origin: int, destination: int) -> LineService:
        timetable, rows = self.timetable, []
        for run in self._of_route[route].tolist():
            first, end = int(timetable.run_first[run]), int(timetable.run_first[run + 1])
            stops = timetable.st_stop[first:end]
            boards, alights = np.flatnonzero(stops == origin), np.flatnonzero(stops == destination)
            pair = next(((b, a) for b in boards for a in alights if a > b), None)
            if pair:
                rows.append((int(timetable.st_departs[first + pair[0]]), run, first + pair[0], first + pair[1]))
        rows.sort()
        table = np.array(rows, np.int64).reshape(-1, 4)
        return LineService(table[:, 1], table[:, 2], table[:, 3])


class Forecast:
    """All distributions at one moment; remembers those that were asked for.

    `now_s` counts from the day's origin, and so does `seen_s`, the age of what is known (None: as old as the moment).
    """

    def __init__(
        self,
        lines: Lines,
        delays: Delays,
        passed: Mapping[int, Passage],
        now_s: int,
        cancelled: frozenset[int],
        foretold: Predictions = NO_PREDICTIONS,
        seen_s: int | None = None,
    ) -> None:
        self.lines = lines
        self.now_s = now_s
        self._seen_s = now_s if seen_s is None else min(seen_s, now_s)
        self.cancelled = cancelled
        self._delays = delays
        self.passed = passed
        self._foretold = foretold
        self._epoch = int(lines.timetable.meta["origin_epoch"])
        self._times: dict[tuple[int, bool], Floats] = {}
        self._profiles: dict[tuple[int, bool], float] = {}

    @cached_property
    def sees_most(self) -> bool:
        """Whether most of the vehicles that should be under way were seen to pass anywhere.

        Of an operator that tells only what is out of order, or only what is to come, "not seen" says nothing.
        """
        timetable = self.lines.timetable
        begins = timetable.st_departs[timetable.run_first[:-1]]
        ends = timetable.st_arrives[timetable.run_first[1:] - 1]
        under_way = np.flatnonzero((begins <= self.now_s - SEEN_BY_S) & (ends >= self.now_s)).tolist()
        return 2 * sum(run in self.passed or run in self.cancelled for run in under_way) >= len(under_way)

    def timetable_s(self, call: int, *, departing: bool) -> int:
        """As timetabled."""
        timetable = self.lines.timetable
        return int((timetable.st_departs if departing else timetable.st_arrives)[call])

    def times(self, run: int, call: int, *, departing: bool) -> Floats:
        """The distribution of a call's departure or arrival."""
        key = (call, departing)
        found = self._times.get(key)
        if found is None:
            found = self._times[key] = self._distribution(run, call, departing=departing)
        return found

    def onward(self, run: int, board: int, alight: int, departs: Floats, draw: NDArray[Any]) -> Floats:
        """Arrivals at `alight`, one for each of these departures at `board`; `draw` (0 … POINTS-1) mixes the rest."""
        passed = self.passed.get(run)
        if passed is not None and passed.call >= board:
            certain: Floats = self.times(run, alight, departing=False)[draw]
            return certain
        planned, target = self.timetable_s(board, departing=True), self.timetable_s(alight, departing=False)
        minutes = (target - planned) / 60
        deviation = departs - self._centre_s(run, board, departing=True)
        middle = float(deviation.sum()) / POINTS
        added = self._delays.addition_quantiles(minutes, middle, hour=target // 3600 % 24)
        added = _widen(added, self._doubt_s(run, alight, departing=False), minutes)[draw]
        kept = self._delays.remaining_share(minutes, middle)
        arrives: Floats = self._centre_s(run, alight, departing=False) + kept * deviation + added
        pace: Floats = np.maximum(arrives, departs + 0.5 * (target - planned))
        return pace  # nothing drives at more than twice its pace

    def profile_s(self, run: int, call: int, *, departing: bool) -> float:
        """The line's mean delay there at that hour."""
        key = (call, departing)
        found = self._profiles.get(key)
        if found is None:
            line, stop_id, hour = self._where(run, call, departing=departing)
            found = self._profiles[key] = self._delays.mean_s(line, stop_id, hour=hour)
        return found

    def is_silent(self, run: int) -> bool:
        """Whether a run seen on its way is so long overdue that it has rather stopped telling than stopped going."""
        passed = self.passed.get(run)
        return passed is not None and self._overdue_s(run, passed) > self._patience_s(run, passed)

    def silent_passage_s(self, run: int, call: int, *, departing: bool) -> float | None:
        """When a silent run must have passed a call, if it has by now."""
        middle = float(np.median(self.times(run, call, departing=departing)))
        return middle if middle <= self.now_s else None

    def _patience_s(self, run: int, passed: Passage) -> float:
        left = int(self.lines.timetable.run_first[run + 1]) - 1 - passed.call
        return RUN_SILENT_S if left > LAST_CALLS else SILENT_AT_END_S

    def _overdue_s(self, run: int, passed: Passage) -> float:
        """How much later than expected a run is at the call after the last one passed, as it has not passed that."""
        following = passed.call + 1
        if following == int(self.lines.timetable.run_first[run + 1]):
            return 0.0
        due = self.timetable_s(following, departing=False) + self.profile_s(run, following, departing=False)
        return max(self._seen_s - NEXT_LAG_S - due - self._deviation_s(run, passed), 0.0)

    def _deviation_s(self, run: int, passed: Passage) -> float:
        return passed.delay_s - self.profile_s(run, passed.call, departing=passed.departing)

    def _deviation_since(self, run: int, passed: Passage) -> tuple[int, float]:
        """From when (planned, s) on a run deviates from its profile, and by how much; one that is overdue is later."""
        deviation, overdue = self._deviation_s(run, passed), self._overdue_s(run, passed)
        if 0 < overdue <= self._patience_s(run, passed):
            return self.timetable_s(passed.call + 1, departing=False), deviation + overdue
        return self.timetable_s(passed.call, departing=passed.departing), deviation

    def _prediction_s(self, run: int, call: int, *, departing: bool) -> int | None:
        """What the operator foretells, unless the run was seen to be under way: then it speaks for itself."""
        return None if run in self.passed else self._foretold.at(call, departing=departing)

    def _centre_s(self, run: int, call: int, *, departing: bool) -> float:
        """The time round which a call's distribution lies."""
        said = self._prediction_s(run, call, departing=departing)
        if said is not None:
            return said
        return self.timetable_s(call, departing=departing) + self.profile_s(run, call, departing=departing)

    def _doubt_s(self, run: int, call: int, *, departing: bool) -> float:
        line, stop_id, hour = self._where(run, call, departing=departing)
        return self._delays.doubt_s(line, stop_id, hour=hour)

    def _where(self, run: int, call: int, *, departing: bool) -> tuple[str, str, int]:
        timetable = self.lines.timetable
        line = self.lines.line[int(timetable.run_route[run])]
        return (
            line,
            self.lines.stop_id[int(timetable.st_stop[call])],
            self.timetable_s(call, departing=departing) // 3600 % 24,
        )

    def _distribution(self, run: int, call: int, *, departing: bool) -> Floats:
        planned = self.timetable_s(call, departing=departing)
        expected = planned + self.profile_s(run, call, departing=departing)
        passed, said = self.passed.get(run), self._prediction_s(run, call, departing=departing)
        if said is not None:
            minutes = max(said - self.now_s, 0) / 60
            doubt = self._doubt_s(run, call, departing=departing)
            added = self._delays.addition_quantiles(minutes, said - expected, hour=planned // 3600 % 24)
            return _not_before(said + _widen(added, doubt, minutes), self.now_s - REPORT_LAG_S)
        if passed is None:
            line, stop_id, hour = self._where(run, call, departing=departing)
            scale = self._delays.scale_s(line, stop_id, hour=hour)
            scale = math.hypot(scale, self._doubt_s(run, call, departing=departing))
            return _not_before(expected + scale * self._delays.scatter_quantiles(), self.now_s - UNSEEN_LAG_S)
        if call < passed.call or (call == passed.call and (passed.departing or not departing)):
            gone = min(planned + passed.delay_s, self.now_s)
            return np.full(POINTS, float(gone))
        since, deviation = self._deviation_since(run, passed)
        minutes = max(planned - since, 0) / 60
        kept = self._delays.remaining_share(minutes, deviation)
        doubt = self._doubt_s(run, call, departing=departing)
        added = self._delays.addition_quantiles(minutes, deviation, hour=planned // 3600 % 24)
        times: Floats = expected + kept * deviation + _widen(added, doubt, minutes)
        return times if self.is_silent(run) else _not_before(times, self.now_s - REPORT_LAG_S)


def _widen(added: Floats, doubt_s: float, minutes: float) -> Floats:
    """What is added on the way, with the doubt about the profile: all of it after FULL_DOUBT_MIN."""
    spread = max(float(added[HIGH] - added[LOW]) / 2, 1.0)
    share = min(minutes / FULL_DOUBT_MIN, 1.0)
    wide: Floats = added * math.sqrt(1 + share * (doubt_s / spread) ** 2)
    return wide


def _not_before(times: Floats, now: float) -> Floats:
    """The same distribution, knowing that it has not happened before now."""
    gone = float(np.searchsorted(times, now)) / POINTS
    if gone == 0.0:
        return times
    if gone > 1 - 2 / POINTS:
        wait_s = max(OVERDUE_S, OVERDUE_SHARE * (now - float(times[POINTS // 2])))
        return now - wait_s * np.log1p(-SHARES)
    return np.maximum(np.interp(gone + (1 - gone) * SHARES, SHARES, times), now)
