"""Other ways to go on from where somebody is: from the stop where she waits, or from any stop of the ride she is on."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chalicelib.transit.data.walking import Reach
from chalicelib.transit.reliability.arrival import Journey, Simulation
from chalicelib.transit.search.paths import EndWalks, scan_forward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.reliability.progress import Progress
    from chalicelib.transit.search.network import Network

BOARDING_SPARE_MIN = (0, 2, 5, 9)  # to spare at the next boarding
ALIGHT_SHARE = 0.7  # share of histories in which she is at the stop by the time that is planned with
WAIT_MAX_S = 2 * 3600


class OnwardJourney(NamedTuple):
    """A way to go on (`course.aboard`: its first ride is the one she sits in) and its arrivals at the door."""

    journey: Journey
    arrivals: NDArray[np.float64]


def journeys_onward(
    forecast: Forecast, network: Network, destination: Reach, progress: Progress
) -> list[OnwardJourney]:
    """All distinct ways to go on that the planner finds, played through."""
    if progress.at_door:
        return []
    courses = _from_ride(forecast, network, destination, progress) if progress.aboard else []
    courses = courses or _from_stop(forecast, network, destination, progress)
    start = progress.since_s if progress.aboard else max(progress.since_s, forecast.now_s)
    return [OnwardJourney(journey, Simulation(forecast, journey).arrivals(start)) for journey in courses]


def _from_stop(forecast: Forecast, network: Network, destination: Reach, progress: Progress) -> list[Journey]:
    stop = int(network.timetable.st_stop[progress.journey.rides[progress.stage][0]])
    stops, seconds = _around(network, stop)
    start = int(max(progress.since_s, forecast.now_s))
    found = {}
    for minutes in BOARDING_SPARE_MIN:
        for rides in _search(network, Reach(stops, seconds + 60 * minutes), destination, start):
            walk = _seconds(stops, seconds, int(network.timetable.st_stop[rides[0][0]]))
            found[rides] = Journey(_walks(network, destination, rides, walk), rides)
    return list(found.values())


def _from_ride(forecast: Forecast, network: Network, destination: Reach, progress: Progress) -> list[Journey]:
    """Alighting anywhere ahead: the rest is searched from all those stops at once, each from when she is there."""
    if progress.aboard is None:
        return []
    run, board, _ = progress.aboard
    timetable = network.timetable
    passed = forecast.passed.get(run)
    first = max(board, passed.call if passed else board) + 1
    calls = np.arange(first, int(timetable.run_first[run + 1]))
    if not len(calls):
        return []
    there = [np.quantile(forecast.times(run, int(call), departing=False), ALIGHT_SHARE) for call in calls]
    start, stops = forecast.now_s, timetable.st_stop[calls]
    seconds = np.maximum(np.array(there, np.int64) - start, 0)
    found: dict[tuple[tuple[int, int], ...], Journey] = {}
    for call, stop in zip(calls.tolist(), stops.tolist(), strict=True):
        if (destination.stops == stop).any():
            walk = _seconds(destination.stops, destination.seconds, stop)
            found[((board, call),)] = Journey((0, walk), ((board, call),), aboard=True)
    for minutes in BOARDING_SPARE_MIN:
        around = _all_around(network, stops, seconds + 60 * minutes)
        for rides in _search(network, around.reach, destination, start):
            at = int(around.via[(around.reach.stops == timetable.st_stop[rides[0][0]]).argmax()])
            if rides[0][0] in range(first, int(calls[-1]) + 1):
                continue
            path = ((board, int(calls[at])), *rides)
            walk = _walk_between(network, int(stops[at]), int(timetable.st_stop[rides[0][0]]))
            found[path] = Journey((0, *_walks(network, destination, rides, walk)), path, aboard=True)
    return list(found.values())


class _Around(NamedTuple):
    reach: Reach
    via: NDArray[np.int64]  # which of the calls leads there soonest


def _all_around(network: Network, stops: NDArray[np.int32], seconds: NDArray[np.int64]) -> _Around:
    best: dict[int, tuple[int, int]] = {}
    for at, (stop, when) in enumerate(zip(stops.tolist(), seconds.tolist(), strict=True)):
        for near, walk in zip(*(part.tolist() for part in _around(network, stop)), strict=True):
            if near not in best or when + walk < best[near][0]:
                best[near] = (when + walk, at)
    order = sorted(best)
    reach = Reach(np.array(order, np.int32), np.array([best[stop][0] for stop in order], np.int32))
    return _Around(reach, np.array([best[stop][1] for stop in order]))


def _around(network: Network, stop: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The stop itself and those that one walks to from it."""
    paths = network.footpaths(outward=True)
    near = slice(int(paths.first[stop]), int(paths.first[stop + 1]))
    stops = np.concatenate([[stop], paths.to[near]]).astype(np.int32)
    return stops, np.concatenate([[0], paths.seconds[near]]).astype(np.int32)


def _search(network: Network, origin: Reach, destination: Reach, start: int) -> list[tuple[tuple[int, int], ...]]:
    """Rides of the earliest arrivals, by number of rides."""
    known = len(network.timetable.st_stop)
    found = scan_forward(
        network, EndWalks(origin, destination, None), start, latest=start + WAIT_MAX_S, slack=WAIT_MAX_S
    )
    return [one.calls for one in found if one.calls and all(board < known for board, _ in one.calls)]


def _walks(network: Network, destination: Reach, rides: tuple[tuple[int, int], ...], first: int) -> tuple[int, ...]:
    between = [network.walk_s(before[1], after[0]) for before, after in pairwise(rides)]
    last = _seconds(destination.stops, destination.seconds, int(network.timetable.st_stop[rides[-1][1]]))
    return (first, *between, last)


def _walk_between(network: Network, origin: int, destination: int) -> int:
    return _seconds(*_around(network, origin), destination)


def _seconds(stops: NDArray[np.int32], seconds: NDArray[np.int32], stop: int) -> int:
    return int(seconds[(stops == stop).argmax()])
