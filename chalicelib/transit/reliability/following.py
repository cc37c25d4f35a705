"""What comes of a way that somebody follows, and what else she could do from where she must be by now. Pure.

Rules
- Before she sets out the way is played from when she was told to leave. After that, from where the vehicles have
  carried her (`reliability_progress`).
- Another way to go on is worth what being on time is worth to her: GOOD_MIN minutes of arriving late. It has to be
  worth SWITCH_MIN more than staying: people lose their place, and what looks better in the middle of a delay often
  is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.reliability.arrival import NEVER_S, Simulation, runs_nearby, share_on_time
from chalicelib.transit.reliability.onward import journeys_onward
from chalicelib.transit.reliability.progress import SLACK_S, advance_progress, rest_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.reliability.arrival import Journey
    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.reliability.onward import OnwardJourney
    from chalicelib.transit.reliability.progress import Progress
    from chalicelib.transit.search.network import Network

    Floats = NDArray[Any]

SWITCH_MIN = 4.0
ON_TIME_WORTH_MIN = 60.0


class Ahead(NamedTuple):
    """What is ahead of somebody: where she is by now (None: not set out) and equally likely arrivals, s from origin."""

    progress: Progress | None
    arrivals: Floats


def ahead_of_start(forecast: Forecast, journey: Journey, leave_s: float) -> Ahead:
    """Of somebody who has not set out yet."""
    return Ahead(None, Simulation(forecast, journey).arrivals(leave_s))


def ahead_on_the_way(forecast: Forecast, progress: Progress) -> Ahead:
    """Of somebody who was here when last asked."""
    further = advance_progress(progress, forecast)
    rest, since = rest_of(further)
    return Ahead(further, Simulation(forecast, rest).arrivals(since))


def median_s(arrivals: Floats) -> float | None:
    """The arrival in the middle; None where it is more likely that no vehicle comes any more."""
    middle = float(np.median(arrivals))
    return middle if middle < NEVER_S else None


def as_it_comes(forecast: Forecast, progress: Progress) -> Journey | None:
    """What is left of a course by the vehicles expected to take her: where one is missed, the next of its line.

    None where none comes any more, or nothing is left to ride.
    """
    rest, at = rest_of(progress)
    rides: list[tuple[int, int]] = []
    for number, ((board, alight), walk_s) in enumerate(zip(rest.rides, rest.walks_s, strict=False)):
        aboard = rest.aboard and number == 0
        row = (
            (forecast.lines.run_of(board), board, alight)
            if aboard
            else _next_vehicle(forecast, board, alight, at + walk_s)
        )
        if row is None:
            return None
        rides.append(row[1:])
        at = float(np.median(forecast.times(row[0], row[2], departing=False)))
    return replace(rest, rides=tuple(rides)) if rides else None


def _next_vehicle(forecast: Forecast, board: int, alight: int, ready_s: float) -> tuple[int, int, int] | None:
    """The planned vehicle (run, calls), if it is expected to leave after she is there; else the next of its line."""
    coming = [
        (float(np.median(forecast.times(run, here, departing=True))), (run, here, there))
        for run, here, there in runs_nearby(forecast, board, alight)
        if run not in forecast.cancelled
    ]
    caught = [(when, row) for when, row in coming if when >= ready_s - SLACK_S]
    own = next((row for _, row in caught if row[1] == board), None)
    return own or min(caught, default=(0.0, None))[1]


def better_onward(
    forecast: Forecast, network: Network, destination: Reach, ahead: Ahead, deadline_s: float
) -> OnwardJourney | None:
    """The best other way on, if it is worth a change of plan. `network` is as timetabled: live is in the forecast."""
    if ahead.progress is None:
        return None
    found = journeys_onward(forecast, network, destination, ahead.progress)
    best = max(found, key=lambda path: _worth_min(path.arrivals, deadline_s), default=None)
    gains = best is not None and (
        _worth_min(best.arrivals, deadline_s) >= _worth_min(ahead.arrivals, deadline_s) + SWITCH_MIN
    )
    return best if gains else None


def _worth_min(arrivals: Floats, deadline_s: float) -> float:
    late_min = min(max(float(np.median(arrivals)) - deadline_s, 0.0) / 60, ON_TIME_WORTH_MIN)
    return ON_TIME_WORTH_MIN * share_on_time(arrivals, deadline_s) - late_min
