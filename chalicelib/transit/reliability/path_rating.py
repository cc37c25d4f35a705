"""Which path to take and when to leave, so that a business's target is met and no minute is wasted.

Candidates are the planner's exact answers to earlier and earlier deadlines (a robust path often arrives early by the
timetable) and for people who want more time to change, each with a few minutes to spare at the first stop, for
vehicles leave early too. Each is simulated (`arrival`). Taken is the one that is worth most: leaving a minute earlier
costs a minute, being late costs LATE_COSTS_MIN at the usual TARGET, being late by more than DOUBLE_COST_LATE_S as much
again, and in proportion more where less lateness is wanted: of two paths as likely to be late, the one whose next
vehicle comes soon is better.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from chalicelib.transit.reliability.arrival import Journey, Simulation, arrival_quantile_s, share_on_time
from chalicelib.transit.reliability.judgements import (
    CANDIDATE_SLACK_S,
    DOUBLE_COST_LATE_S,
    EARLIER_MIN,
    LATE_COSTS_MIN,
    LATE_SHARE_LEAST,
    ON_FOOT_SPARE_S,
    PATIENT_CHANGE_S,
    PATIENT_EARLIER_MIN,
    SPARE_MIN,
    TARGET,
)
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.paths import Path, paths_arriving_by_each

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.search.paths import EndWalks

    Floats = NDArray[Any]

_PATIENT: WeakKeyDictionary[Network, tuple[Network, ...]] = WeakKeyDictionary()


class Window(NamedTuple):
    """From when on somebody can set out, by when they are to be there (s from the day's origin), and how surely."""

    earliest_s: int
    deadline_s: int
    target: float = TARGET


class RatedPath(NamedTuple):
    """A path, when to set out for it (s from the day's origin), and what to expect of it."""

    path: Path
    journey: Journey
    leave_s: int
    probability: float
    arrive_s: int  # median
    worth: float  # minutes, below 0


def journey_of(network: Network, ends: EndWalks, path: Path) -> Journey:
    """The walks and rides of a path."""
    if not path.rides:
        return Journey((path.arrive - path.leave,), ())
    stop = network.running.stop
    between = [network.walk_s(before[1], after[0]) for before, after in pairwise(path.rides)]
    first = _walk_s(ends.origin, int(stop[path.rides[0][0]]))
    last = _walk_s(ends.destination, int(stop[path.rides[-1][1]]))
    return Journey((first, *between, last), path.rides)


def _walk_s(reach: Reach, stop: int) -> int:
    return int(reach.seconds[(reach.stops == stop).argmax()])


def candidates(network: Network, ends: EndWalks, window: Window) -> list[Path]:
    """Distinct paths that leave in the window by the timetable."""
    found: dict[tuple[tuple[int, int], ...], Path] = {}
    if ends.walk_s is not None:
        found[()] = Path(window.deadline_s - ends.walk_s, window.deadline_s, ())
    known = len(network.timetable.st_stop)
    patient = ((other, PATIENT_EARLIER_MIN) for other in _patient(network))
    for asked, earlier_min in ((network, EARLIER_MIN), *patient):
        deadlines = (window.deadline_s - 60 * minutes for minutes in earlier_min)
        for path in paths_arriving_by_each(asked, ends, deadlines, slack=CANDIDATE_SLACK_S):
            if path.leave >= window.earliest_s and path.rides and max(board for board, _ in path.rides) < known:
                found.setdefault(path.rides, path)
    return list(found.values())


def _patient(network: Network) -> tuple[Network, ...]:
    """The same network for people who want more time at each change; made once, kept as long as the network."""
    found = _PATIENT.get(network)
    if found is None:
        longer = [change_s for change_s in PATIENT_CHANGE_S if change_s > network.change_s]
        found = _PATIENT[network] = tuple(Network(network.timetable, change_s) for change_s in longer)
    return found


def rate_path(forecast: Forecast, journey: Journey, path: Path, window: Window) -> list[RatedPath]:
    """A path with each amount of minutes to spare at its first stop; [] if it is too late to set out for it."""
    simulation = Simulation(forecast, journey)
    due = forecast.timetable_s(journey.rides[0][0], departing=True) - journey.walks_s[0]
    rated = []
    for spare in SPARE_MIN:
        leave = due - 60 * spare
        if leave < window.earliest_s:
            break
        arrivals = simulation.arrivals(leave)
        on_time, middle = share_on_time(arrivals, window.deadline_s), arrival_quantile_s(arrivals, 0.5)
        rated.append(RatedPath(path, journey, leave, on_time, middle, _worth_min(arrivals, leave, window)))
    return rated


def rate_walk(journey: Journey, path: Path, window: Window, early_s: int) -> list[RatedPath]:
    """On foot all the way nothing can come between: who leaves in time is there `early_s` before the deadline.

    Who cannot any more walks at once while that is in time at all.
    """
    walk_s = journey.walks_s[0]
    leave = max(window.deadline_s - max(early_s, ON_FOOT_SPARE_S) - walk_s, window.earliest_s)
    if leave + walk_s > window.deadline_s:
        return []
    return [RatedPath(path, journey, leave, 1.0, leave + walk_s, -(window.deadline_s - leave) / 60)]


def _worth_min(arrivals: Floats, leave_s: float, window: Window) -> float:
    """Minutes, below 0: what one's time and the probability of being late cost."""
    deadline_s = window.deadline_s
    late = 2 - share_on_time(arrivals, deadline_s) - share_on_time(arrivals, deadline_s + DOUBLE_COST_LATE_S)
    weight = LATE_COSTS_MIN * (1 - TARGET) / max(1 - window.target, LATE_SHARE_LEAST)
    return -(deadline_s - leave_s) / 60 - weight * late
