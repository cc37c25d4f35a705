"""Other journeys on from where somebody is: the stop where they wait, or any stop of the ride they are on."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chalicelib.transit.data.walking import Reach
from chalicelib.transit.reliability.arrival import Journey, Simulation
from chalicelib.transit.reliability.judgements import ALIGHT_SHARE, BOARDING_SPARE_MIN, WAIT_MAX_S
from chalicelib.transit.search.paths import EndWalks, scan_forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.reliability.progress import Progress
    from chalicelib.transit.search.network import Network

Rides = tuple[tuple[int, int], ...]


class OnwardJourney(NamedTuple):
    """A journey to go on with (`journey.aboard`: somebody sits in its first ride) and its arrivals at the door."""

    journey: Journey
    arrivals: NDArray[np.float64]


class _Around(NamedTuple):
    """Stops on foot from several others, and from which of those each is reached soonest."""

    reach: Reach
    via: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OnwardSearch:
    """Where somebody goes (`destination`: the walks from stops to the door), on a network as timetabled.

    What is live is in the forecast.
    """

    forecast: Forecast
    network: Network
    destination: Reach

    def journeys(self, progress: Progress) -> list[OnwardJourney]:
        """All distinct journeys on that the planner finds from there, simulated."""
        if progress.at_door:
            return []
        found = self._from_ride(progress) if progress.aboard else []
        found = found or self._from_stop(progress)
        start = progress.since_s if progress.aboard else max(progress.since_s, self.forecast.now_s)
        return [OnwardJourney(journey, Simulation(self.forecast, journey).arrivals(start)) for journey in found]

    def _from_stop(self, progress: Progress) -> list[Journey]:
        stop_of_call = self.network.timetable.st_stop
        around = self._around(int(stop_of_call[progress.journey.rides[progress.stage][0]]))
        start = int(max(progress.since_s, self.forecast.now_s))
        found = {}
        for minutes in BOARDING_SPARE_MIN:
            for rides in self._search(Reach(around.stops, around.seconds + 60 * minutes), start):
                walk_s = _seconds(around, int(stop_of_call[rides[0][0]]))
                found[rides] = Journey(self._walks_s(rides, walk_s), rides)
        return list(found.values())

    def _from_ride(self, progress: Progress) -> list[Journey]:
        """Alighting anywhere ahead: the rest is searched from all those stops at once, from each arrival there."""
        if progress.aboard is None:
            return []
        run, board, _ = progress.aboard
        stop_of_call = self.network.timetable.st_stop
        passed = self.forecast.passed.get(run)
        first = max(board, passed.call if passed else board) + 1
        calls = np.arange(first, int(self.network.timetable.run_first[run + 1]))
        if not len(calls):
            return []
        there = [np.quantile(self.forecast.times(run, int(call), departing=False), ALIGHT_SHARE) for call in calls]
        start, stops = self.forecast.now_s, stop_of_call[calls]
        seconds = np.maximum(np.array(there, np.int64) - start, 0)
        found: dict[Rides, Journey] = {}
        for call, stop in zip(calls.tolist(), stops.tolist(), strict=True):
            if (self.destination.stops == stop).any():
                found[((board, call),)] = Journey((0, _seconds(self.destination, stop)), ((board, call),), aboard=True)
        for minutes in BOARDING_SPARE_MIN:
            around = self._all_around(stops, seconds + 60 * minutes)
            for rides in self._search(around.reach, start):
                if rides[0][0] in range(first, int(calls[-1]) + 1):
                    continue
                boards = int(stop_of_call[rides[0][0]])
                at = int(around.via[(around.reach.stops == boards).argmax()])
                path = ((board, int(calls[at])), *rides)
                walk_s = _seconds(self._around(int(stops[at])), boards)
                found[path] = Journey((0, *self._walks_s(rides, walk_s)), path, aboard=True)
        return list(found.values())

    def _all_around(self, stops: NDArray[np.int32], seconds: NDArray[np.int64]) -> _Around:
        """On foot from stops at each of which somebody is after so many seconds."""
        best: dict[int, tuple[int, int]] = {}
        for at, (stop, when) in enumerate(zip(stops.tolist(), seconds.tolist(), strict=True)):
            for near, walk_s in zip(*(part.tolist() for part in self._around(stop)), strict=True):
                if near not in best or when + walk_s < best[near][0]:
                    best[near] = (when + walk_s, at)
        order = sorted(best)
        reach = Reach(np.array(order, np.int32), np.array([best[stop][0] for stop in order], np.int32))
        return _Around(reach, np.array([best[stop][1] for stop in order]))

    def _around(self, stop: int) -> Reach:
        """The stop itself and those that one walks to from it."""
        paths = self.network.footpaths(outward=True)
        near = slice(int(paths.first[stop]), int(paths.first[stop + 1]))
        stops = np.concatenate([[stop], paths.to[near]]).astype(np.int32)
        return Reach(stops, np.concatenate([[0], paths.seconds[near]]).astype(np.int32))

    def _search(self, origin: Reach, start: int) -> list[Rides]:
        """Rides of the earliest arrivals, by number of rides."""
        known = len(self.network.timetable.st_stop)
        ends = EndWalks(origin, self.destination, None)
        found = scan_forward(self.network, ends, start, latest=start + WAIT_MAX_S, slack=WAIT_MAX_S)
        return [one.calls for one in found if one.calls and all(board < known for board, _ in one.calls)]

    def _walks_s(self, rides: Rides, first: int) -> tuple[int, ...]:
        between = [self.network.walk_s(before[1], after[0]) for before, after in pairwise(rides)]
        return (first, *between, _seconds(self.destination, int(self.network.timetable.st_stop[rides[-1][1]])))


def _seconds(reach: Reach, stop: int) -> int:
    return int(reach.seconds[(reach.stops == stop).argmax()])
