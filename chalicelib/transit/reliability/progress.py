"""Where somebody who follows an itinerary must be by now, judged from the vehicles alone. Nobody is located for this.

They set out when told to, board the planned vehicle if it passes after they are at the stop, else the next of that
route, and so on. A vehicle has passed when it was seen to, or when it must have if it stopped reporting where it is;
`advance_progress` goes from one known place to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalicelib.transit.reliability.arrival import Journey, runs_nearby
from chalicelib.transit.reliability.judgements import BOARDING_SLACK_S, REPORT_LAG_S, UNSEEN_WAIT_S

if TYPE_CHECKING:
    from chalicelib.transit.reliability.forecast import Forecast, Passage


@dataclass(frozen=True, slots=True)
class Progress:
    """How far somebody is on a journey.

    `stage` counts rides done; with `aboard` (run, call boarded at, call to alight at) the next one is being ridden,
    since `since_s`. Without, they are at its stop from `since_s` on, or at the door when no ride is left. Seconds from
    the day's origin.
    """

    journey: Journey
    stage: int
    since_s: float
    aboard: tuple[int, int, int] | None = None

    @property
    def at_door(self) -> bool:
        """Whether nothing is left but to walk to the door."""
        return self.stage >= len(self.journey.rides)


def progress_at_start(journey: Journey, leave_s: float) -> Progress:
    """At the moment of leaving."""
    return Progress(journey, 0, leave_s + journey.walks_s[0])


def advance_progress(progress: Progress, forecast: Forecast) -> Progress:
    """As far as vehicles were seen to carry them."""
    while not progress.at_door:
        further = _alight(progress, forecast) if progress.aboard else _board(progress, forecast)
        if further is None:
            break
        progress = further
    return _still_waiting(progress, forecast)


def _board(progress: Progress, forecast: Forecast) -> Progress | None:
    board, alight = progress.journey.rides[progress.stage]
    near = runs_nearby(forecast, board, alight)
    if _may_still_arrive(forecast, near[0][0], board):
        return None
    left = [
        (when, run, here, there)
        for run, here, there in near
        if (when := _passage_s(forecast, run, here, departing=True)) is not None
        and when >= progress.since_s - BOARDING_SLACK_S
    ]
    own = [one for one in left if one[2] == board]
    if not left:
        return None
    when, run, here, there = own[0] if own else min(left)
    return replace(progress, since_s=when, aboard=(run, here, there))


def _still_waiting(progress: Progress, forecast: Forecast) -> Progress:
    """Who has missed their vehicle has missed it, whatever is made of its passage when it is miles away."""
    if progress.at_door or progress.aboard:
        return progress
    board, _ = progress.journey.rides[progress.stage]
    passed_s = _passage_s(forecast, forecast.lines.run_of(board), board, departing=True)
    heard_s = forecast.now_s - 2 * REPORT_LAG_S  # what passed before then has been heard of, and was not theirs
    if passed_s is None or progress.since_s > heard_s:
        return progress
    return replace(progress, since_s=heard_s)


def _may_still_arrive(forecast: Forecast, run: int, board: int) -> bool:
    """Whether the planned vehicle may yet come: then it is waited for, whatever else of its line comes."""
    if run in forecast.cancelled or _passage_s(forecast, run, board, departing=True) is not None:
        return False
    return run in forecast.passed or forecast.now_s < forecast.timetable_s(board, departing=True) + UNSEEN_WAIT_S


def _alight(progress: Progress, forecast: Forecast) -> Progress | None:
    if progress.aboard is None:
        return None
    run, _, alight = progress.aboard
    when = _passage_s(forecast, run, alight, departing=False)
    if when is None:
        return None
    stage = progress.stage + 1
    return Progress(progress.journey, stage, when + progress.journey.walks_s[stage])


def _passage_s(forecast: Forecast, run: int, call: int, *, departing: bool) -> float | None:
    """When the run passed the call; None: it has not been seen to. One that is silent does as is expected of it."""
    passed: Passage | None = forecast.passed.get(run)
    if passed is None:
        return None
    if passed.call < call or (passed.call == call and departing and not passed.departing):
        is_presumed = forecast.is_silent(run) or not forecast.is_heard_of(run, call)
        return forecast.silent_passage_s(run, call, departing=departing) if is_presumed else None
    return min(forecast.timetable_s(call, departing=departing) + passed.delay_s, forecast.now_s)


def rest_of(progress: Progress) -> tuple[Journey, float]:
    """What is left as a journey of its own, and from when on (s from the day's origin)."""
    walks, rides = progress.journey.walks_s, progress.journey.rides
    if progress.aboard:
        _, board, alight = progress.aboard
        rest = Journey((0, *walks[progress.stage + 1 :]), ((board, alight), *rides[progress.stage + 1 :]), aboard=True)
    else:
        rest = Journey((0, *walks[progress.stage + 1 :]), rides[progress.stage :])
    return rest, progress.since_s
