"""What comes of a journey that somebody follows, and what else they could do from where they must be by now. Pure.

Rules
- Before somebody sets out the journey is simulated from when they were told to leave. After that, from where the
  vehicles have carried them (`progress`).
- Another journey on is worth what being on time is worth, ON_TIME_WORTH_MIN minutes of arriving late. It has to be
  worth SWITCH_MIN more than staying: people lose their place, and what seems better amid a delay often is not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.reliability.arrival import NEVER_S, Simulation, runs_nearby, share_on_time
from chalicelib.transit.reliability.judgements import BOARDING_SLACK_S, ON_TIME_WORTH_MIN, SWITCH_MIN
from chalicelib.transit.reliability.progress import advance_progress, rest_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.reliability.arrival import Journey
    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.reliability.onward_journeys import OnwardJourney, OnwardSearch
    from chalicelib.transit.reliability.progress import Progress

    Floats = NDArray[Any]


class Ahead(NamedTuple):
    """Where somebody is by now (None: not set out), and equally likely arrivals (s from the day's origin)."""

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
    """What is left of a journey by the vehicles expected: where one is missed, the next of its line.

    None where none comes any more, or nothing is left to ride.
    """
    rest, at = rest_of(progress)
    rides: list[tuple[int, int]] = []
    for number, ((board, alight), walk_s) in enumerate(zip(rest.rides, rest.walks_s, strict=False)):
        if rest.aboard and number == 0:
            vehicle: tuple[int, int, int] | None = (forecast.lines.run_of(board), board, alight)
        else:
            vehicle = _next_vehicle(forecast, board, alight, at + walk_s)
        if vehicle is None:
            return None
        run, *calls = vehicle
        rides.append((calls[0], calls[1]))
        at = float(np.median(forecast.times(run, calls[1], departing=False)))
    return replace(rest, rides=tuple(rides)) if rides else None


def _next_vehicle(forecast: Forecast, board: int, alight: int, ready_s: float) -> tuple[int, int, int] | None:
    """The planned vehicle (run, calls), if it is expected to leave after `ready_s`; else the next of its line."""
    coming = [
        (float(np.median(forecast.times(run, here, departing=True))), (run, here, there))
        for run, here, there in runs_nearby(forecast, board, alight)
        if run not in forecast.cancelled
    ]
    caught = [(when, vehicle) for when, vehicle in coming if when >= ready_s - BOARDING_SLACK_S]
    own = next((vehicle for _, vehicle in caught if vehicle[1] == board), None)
    return own or min(caught, default=(0.0, None))[1]


def better_onward(search: OnwardSearch, ahead: Ahead, deadline_s: float) -> OnwardJourney | None:
    """The best other journey on, if it is worth a change of plan."""
    if ahead.progress is None:
        return None
    found = search.journeys(ahead.progress)
    best = max(found, key=lambda onward: _worth_min(onward.arrivals, deadline_s), default=None)
    staying = _worth_min(ahead.arrivals, deadline_s)
    return best if best and _worth_min(best.arrivals, deadline_s) >= staying + SWITCH_MIN else None


def _worth_min(arrivals: Floats, deadline_s: float) -> float:
    late_min = min(max(float(np.median(arrivals)) - deadline_s, 0.0) / 60, ON_TIME_WORTH_MIN)
    return ON_TIME_WORTH_MIN * share_on_time(arrivals, deadline_s) - late_min
