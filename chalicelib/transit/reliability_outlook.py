"""What comes of a way that somebody follows, and what else she could do from where she must be by now. Pure.

Rules
- Before she sets out the way is played from when she was told to leave. After that, from where the vehicles have
  carried her (`reliability_progress`).
- Another way to go on is worth what being on time is worth to her: GOOD_MIN minutes of arriving late. It has to be
  worth SWITCH_MIN more than staying: people lose their place, and what looks better in the middle of a delay often
  is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.reliability_odds import NEVER, Played, on_time
from chalicelib.transit.reliability_progress import advance, remaining
from chalicelib.transit.reliability_switch import onward

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.access import Reach
    from chalicelib.transit.network import Network
    from chalicelib.transit.reliability_forecast import Forecast
    from chalicelib.transit.reliability_odds import Course
    from chalicelib.transit.reliability_progress import Progress
    from chalicelib.transit.reliability_switch import Onward

    Floats = NDArray[Any]

SWITCH_MIN = 6.0
GOOD_MIN = 60.0


class Ahead(NamedTuple):
    """What is ahead of somebody: where she is by now (None: not set out) and equally likely arrivals, s from origin."""

    progress: Progress | None
    arrivals: Floats


def ahead_of_start(forecast: Forecast, course: Course, leave_s: float) -> Ahead:
    """Of somebody who has not set out yet."""
    return Ahead(None, Played(forecast, course).arrivals(leave_s))


def ahead_on_the_way(forecast: Forecast, progress: Progress) -> Ahead:
    """Of somebody who was here when last asked."""
    further = advance(progress, forecast)
    rest, since = remaining(further)
    return Ahead(further, Played(forecast, rest).arrivals(since))


def middle_s(arrivals: Floats) -> float | None:
    """The arrival in the middle; None where it is more likely that no vehicle comes any more."""
    middle = float(np.median(arrivals))
    return middle if middle < NEVER else None


def better_onward(
    forecast: Forecast, network: Network, destination: Reach, ahead: Ahead, deadline_s: float
) -> Onward | None:
    """The best other way on, if it is worth a change of plan. `network` is as timetabled: live is in the forecast."""
    if ahead.progress is None:
        return None
    found = onward(forecast, network, destination, ahead.progress)
    best = max(found, key=lambda way: _worth_min(way.arrivals, deadline_s), default=None)
    gains = best is not None and (
        _worth_min(best.arrivals, deadline_s) >= _worth_min(ahead.arrivals, deadline_s) + SWITCH_MIN
    )
    return best if gains else None


def _worth_min(arrivals: Floats, deadline_s: float) -> float:
    late_min = min(max(float(np.median(arrivals)) - deadline_s, 0.0) / 60, GOOD_MIN)
    return GOOD_MIN * on_time(arrivals, deadline_s) - late_min
