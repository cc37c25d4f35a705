"""Which way to take and when to leave, so that a business's target is met and no minute is wasted.

Candidates are the planner's exact answers to earlier and earlier deadlines (a robust way often arrives early by the
timetable) and for people who want more time to change, each with a few minutes to spare at the first stop, for
vehicles leave early too. Each is played through
(`reliability_odds`). Taken is the one that is worth most: leaving a minute earlier costs a minute, being late costs
LATE_COSTS_MIN at the usual TARGET, being late by more than VERY_LATE_S as much again, and in proportion more where less
lateness is wanted: of two ways as likely to be late, the one whose next vehicle comes soon is better.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from chalicelib.transit.reliability.arrival import Journey, Simulation, arrival_quantile_s, share_on_time
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.paths import Path, paths_arriving_by_each

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.search.paths import EndWalks

    Floats = NDArray[Any]

EARLIER_MIN = (0, 3, 6, 10, 14, 19, 25, 32, 40)  # deadlines tried, before the real one
PATIENT_CHANGE_S = (300, 600)  # changes that stand a late arrival: the latest departure alone has the tightest ones
PATIENT_EARLIER_MIN = (0, 6, 14)
SPARE_MIN = (0, 1, 2, 3, 5, 8)  # at the first stop, before the vehicle is due
TARGET = 0.9  # share on time that a business wants
TARGET_LEAST = 0.01  # beyond a target of 99 % nothing grows any more
LATE_COSTS_MIN = 55.0  # what being late costs at that target: a chance in ten is worth five to six minutes
DOUBLE_COST_LATE_S = 600  # nobody waits so long for a customer: it costs twice as much
ON_FOOT_SPARE_S = 60
CANDIDATE_SLACK_S = 1200


_PATIENT: WeakKeyDictionary[Network, tuple[Network, ...]] = WeakKeyDictionary()


class RatedPath(NamedTuple):
    """A way, when to set out for it (s from origin), and what to expect of it."""

    path: Path
    journey: Journey
    leave_s: int
    probability: float
    arrive_s: int  # median
    worth: float


def journey_of(network: Network, ends: EndWalks, path: Path) -> Journey:
    """The walks and rides of a way."""
    if not path.rides:
        return Journey((path.arrive - path.leave,), ())
    stop = network.running.stop
    between = [network.walk_s(before[1], after[0]) for before, after in pairwise(path.rides)]
    first = _walk_s(ends.origin, int(stop[path.rides[0][0]]))
    last = _walk_s(ends.destination, int(stop[path.rides[-1][1]]))
    return Journey((first, *between, last), path.rides)


def _walk_s(reach: Reach, stop: int) -> int:
    return int(reach.seconds[(reach.stops == stop).argmax()])


def candidates(network: Network, ends: EndWalks, deadline_s: int, earliest_s: int) -> list[Path]:
    """Distinct ways that leave at `earliest_s` or later by the timetable."""
    found: dict[tuple[tuple[int, int], ...], Path] = {}
    if ends.walk_s is not None:
        found[()] = Path(deadline_s - ends.walk_s, deadline_s, ())
    known = len(network.timetable.st_stop)
    for asked, earlier_min in _questions(network):
        deadlines = (deadline_s - 60 * minutes for minutes in earlier_min)
        for path in paths_arriving_by_each(asked, ends, deadlines, slack=CANDIDATE_SLACK_S):
            if path.leave >= earliest_s and path.rides and max(board for board, _ in path.rides) < known:
                found.setdefault(path.rides, path)
    return list(found.values())


def _questions(network: Network) -> Iterator[tuple[Network, tuple[int, ...]]]:
    yield network, EARLIER_MIN
    for patient in _patient(network):
        yield patient, PATIENT_EARLIER_MIN


def _patient(network: Network) -> tuple[Network, ...]:
    """The same network for people who want more time at each change; made once, kept as long as the network."""
    found = _PATIENT.get(network)
    if found is None:
        longer = [change_s for change_s in PATIENT_CHANGE_S if change_s > network.change_s]
        found = _PATIENT[network] = tuple(Network(network.timetable, change_s) for change_s in longer)
    return found


def best_path(
    forecast: Forecast,
    network: Network,
    ends: EndWalks,
    paths: Iterable[Path],
    deadline_s: int,
    earliest_s: int,
    target: float = TARGET,
) -> RatedPath | None:
    """The way and leave time worth most; None: there is none that can still be begun."""
    chosen: RatedPath | None = None
    for path in paths:
        for choice in rate_path(forecast, journey_of(network, ends, path), path, deadline_s, earliest_s, target):
            if chosen is None or choice.worth > chosen.worth:
                chosen = choice
    return chosen


def rate_path(
    forecast: Forecast, journey: Journey, path: Path, deadline_s: int, earliest_s: int, target: float = TARGET
) -> list[RatedPath]:
    """A way with each amount of minutes to spare."""
    if not journey.rides:
        return _on_foot(journey, path, deadline_s, earliest_s)
    played = Simulation(forecast, journey)
    due = forecast.timetable_s(journey.rides[0][0], departing=True) - journey.walks_s[0]
    found = []
    for spare in SPARE_MIN:
        leave = due - 60 * spare
        if leave < earliest_s:
            break
        arrivals = played.arrivals(leave)
        worth = _worth_min(arrivals, leave, deadline_s, target)
        found.append(
            RatedPath(
                path, journey, leave, share_on_time(arrivals, deadline_s), arrival_quantile_s(arrivals, 0.5), worth
            )
        )
    return found


def _on_foot(journey: Journey, path: Path, deadline_s: int, earliest_s: int) -> list[RatedPath]:
    """Nothing can come between but oneself."""
    leave = deadline_s - journey.walks_s[0] - ON_FOOT_SPARE_S
    if leave < earliest_s:
        return []
    return [RatedPath(path, journey, leave, 1.0, leave + journey.walks_s[0], -(deadline_s - leave) / 60)]


def _worth_min(arrivals: Floats, leave_s: float, deadline_s: float, target: float) -> float:
    """Minutes, below 0: what one's time and the chance of being late cost."""
    late = 2 - share_on_time(arrivals, deadline_s) - share_on_time(arrivals, deadline_s + DOUBLE_COST_LATE_S)
    weight = LATE_COSTS_MIN * (1 - TARGET) / max(1 - target, TARGET_LEAST)
    return -(deadline_s - leave_s) / 60 - weight * late
