"""When a journey brings somebody to the door, with what they would do when a vehicle is missed.

The person walks to the stop, boards the planned vehicle if it leaves after they are there, and else the next of that
route that does; so at each change, to the end. POINTS histories are simulated, each as likely as the others: the
vehicles' times are their distributions (`forecast`), mixed by fixed permutations, so that the same question always has
the same answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.reliability.delays import POINTS
from chalicelib.transit.reliability.judgements import EARLIER_RUNS, NEXT_RUNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from chalicelib.transit.reliability.forecast import Forecast

    Floats = NDArray[Any]

NEVER_S = 1e9  # later than any day
_MIXES = np.stack([np.random.default_rng(seed).permutation(POINTS) for seed in range(61)])


@dataclass(frozen=True, slots=True)
class Journey:
    """What is walked and ridden, without its times: walks in seconds, rides as calls to board and to alight.

    `walks_s[i]` comes before ride i, the last one leads to the door. With `aboard` the person sits in the first ride
    already.
    """

    walks_s: tuple[int, ...]
    rides: tuple[tuple[int, int], ...]
    aboard: bool = False


class Simulation:
    """The vehicles of a journey, drawn once; asked for any time of setting out."""

    def __init__(self, forecast: Forecast, journey: Journey) -> None:
        self._journey = journey
        self._mix = 0
        self._legs = [self._leg(forecast, board, alight) for board, alight in journey.rides]

    def arrivals(self, leave_s: float) -> Floats:
        """POINTS equally likely arrivals at the door, unordered; `NEVER_S` where no vehicle comes any more."""
        at, walks_s = np.full(POINTS, float(leave_s)), self._journey.walks_s
        for number, (walk_s, (planned, departs, arrives)) in enumerate(zip(walks_s, self._legs, strict=False)):
            at = at + walk_s
            if self._journey.aboard and number == 0:
                at = arrives[planned]
                continue
            at = _ride(at, planned, departs, arrives)
        return at + walks_s[-1]

    def _draw(self) -> NDArray[Any]:
        self._mix += 1
        mix: NDArray[Any] = _MIXES[self._mix % len(_MIXES)]
        return mix

    def _leg(self, forecast: Forecast, board: int, alight: int) -> tuple[int, Floats, Floats]:
        """Index of the planned run, and departures and arrivals as [run, history]."""
        departs: list[Floats] = []
        arrives: list[Floats] = []
        planned = 0
        for run, here, there in runs_nearby(forecast, board, alight):
            cancelled = run in forecast.cancelled
            if here == board:
                planned = len(departs)
            elif cancelled:
                continue
            times = forecast.times(run, here, departing=True)[self._draw()]
            arrives.append(forecast.onward(run, here, there, times, self._draw()))
            departs.append(np.full(POINTS, -NEVER_S) if cancelled else times)
        return planned, np.array(departs), np.array(arrives)


def runs_nearby(forecast: Forecast, board: int, alight: int) -> list[tuple[int, int, int]]:
    """(run, call to board, call to alight): the planned one and those of its route round it."""
    service = forecast.lines.service(board, alight)
    own = (forecast.lines.run_of(board), board, alight)
    at = int(np.searchsorted(forecast.lines.departures(service), forecast.timetable_s(board, departing=True)))
    near = slice(max(at - EARLIER_RUNS, 0), at + NEXT_RUNS + 1)
    rows = zip(service.runs[near].tolist(), service.board[near].tolist(), service.alight[near].tolist(), strict=True)
    return [own, *(row for row in rows if row[0] != own[0])]


def _ride(at: Floats, planned: int, departs: Floats, arrives: Floats) -> Floats:
    """When they get off who are at the stop at `at`: by the planned run if they catch it, else by the next."""
    catches = departs[planned] >= at
    waits = np.where(departs >= at, departs, NEVER_S)
    following = waits.argmin(axis=0)
    here = np.arange(POINTS)
    otherwise = np.where(waits[following, here] < NEVER_S, arrives[following, here], NEVER_S)
    found: Floats = np.where(catches, arrives[planned], otherwise)
    return found


def share_on_time(arrivals: Floats, deadline_s: float) -> float:
    """The share that arrives by the deadline, 0 … 1."""
    return float((arrivals <= deadline_s).mean())


def arrival_quantile_s(arrivals: Floats, share: float) -> int:
    """The arrival that this share of histories does not pass."""
    ordered: Sequence[float] = np.sort(arrivals).tolist()
    return int(ordered[min(int(share * POINTS), POINTS - 1)])
