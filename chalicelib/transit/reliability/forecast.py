"""When vehicles will really pass: distributions for every call of a timetable at one moment.

A distribution is POINTS equally likely times, ascending, seconds from the day's origin. What is known by now decides:
a call already passed is certain; a run seen on its way carries what is left of its own deviation; a run of which the
operator predicts times has those, with what comes on top on the way to them; any other has the line's profile and
scatter. Nothing that has not been seen to pass is expected before now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.transit.reliability.delays import POINTS
from chalicelib.transit.reliability.judgements import (
    FULL_DOUBT_MIN,
    LAST_CALLS,
    NEXT_LAG_S,
    OVERDUE_S,
    OVERDUE_SHARE,
    REPORT_LAG_S,
    REPORTED_KNOWN,
    REPORTED_SHARE,
    SEEN_BY_S,
    SILENT_AT_END_S,
    UNSEEN_LAG_S,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from chalicelib.transit.data.lines import Lines
    from chalicelib.transit.reliability.delays import Delays

    Floats = NDArray[Any]

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
        """The predicted time of a call, None where nothing is said about it."""
        here = int(np.searchsorted(self.calls, call))
        if here == len(self.calls) or self.calls[here] != call:
            return None
        return int((self.departs if departing else self.arrives)[here])


NO_PREDICTIONS = Predictions(*(np.empty(0, np.int32) for _ in range(3)))


@dataclass(frozen=True, slots=True)
class Observations:
    """What is known of a day's vehicles: passages by run, cancelled runs, predictions.

    `at_s` is when that was known, s from the day's origin; None: at the very moment of the forecast.
    """

    passed: Mapping[int, Passage] = field(default_factory=dict)
    cancelled: frozenset[int] = frozenset()
    predictions: Predictions = NO_PREDICTIONS
    at_s: int | None = None


class _Awaited(NamedTuple):
    """What is awaited of a run that is under way: its next reported call (None: none), and how overdue it is there.

    `silent_share`: how likely it goes on unseen, by how long it is overdue and what became of others.
    """

    call: int | None
    overdue_s: float
    silent_share: float


class _Event(NamedTuple):
    """A run's arrival at a call, or its departure."""

    run: int
    call: int
    departing: bool


class Forecast:
    """All distributions at one moment, `now_s` from the day's origin; remembers those that were asked for."""

    def __init__(self, lines: Lines, delays: Delays, now_s: int, observed: Observations | None = None) -> None:
        observed = observed or Observations()
        self.lines, self.now_s = lines, now_s
        self.passed, self.cancelled = observed.passed, observed.cancelled
        self._predictions = observed.predictions
        self._known_s = now_s if observed.at_s is None else min(observed.at_s, now_s)
        self._delays = delays
        self._times: dict[tuple[int, bool], Floats] = {}
        self._profiles: dict[tuple[int, bool], float] = {}
        self._reported: dict[int, NDArray[Any]] = {}
        self._awaited_of: dict[int, _Awaited] = {}

    @cached_property
    def sees_most(self) -> bool:
        """Whether most of the vehicles that should be under way were seen to pass anywhere.

        Of an operator that publishes only what is out of order, or only what is to come, "not seen" says nothing.
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
            found = self._times[key] = self._distribution(_Event(run, call, departing))
        return found

    def onward(self, run: int, board: int, alight: int, departs: Floats, draw: NDArray[Any]) -> Floats:
        """Arrivals at `alight`, one for each of these departures at `board`; `draw` (0 … POINTS-1) mixes the rest."""
        passed = self.passed.get(run)
        if passed is not None and passed.call >= board:
            certain: Floats = self.times(run, alight, departing=False)[draw]
            return certain
        start, end = _Event(run, board, departing=True), _Event(run, alight, departing=False)
        planned_s, target_s = self._planned_s(start), self._planned_s(end)
        minutes = (target_s - planned_s) / 60
        deviation = departs - self._centre_s(start)
        middle = float(deviation.sum()) / POINTS
        added = self._delays.addition_quantiles(minutes, middle, hour=_hour(target_s))
        added = _widen(added, self._doubt_s(end), minutes)[draw]
        kept = self._delays.remaining_share(minutes, middle)
        arrives: Floats = self._centre_s(end) + kept * deviation + added
        pace: Floats = np.maximum(arrives, departs + 0.5 * (target_s - planned_s))
        return pace  # nothing drives at more than twice its pace

    def profile_s(self, run: int, call: int, *, departing: bool) -> float:
        """The line's mean delay there at that hour."""
        key = (call, departing)
        found = self._profiles.get(key)
        if found is None:
            line, stop_id, hour = self._where(_Event(run, call, departing))
            found = self._profiles[key] = self._delays.mean_s(line, stop_id, hour=hour)
        return found

    def is_silent(self, run: int) -> bool:
        """Whether a run seen on its way is so long overdue that it has rather stopped reporting than stopped going."""
        passed = self.passed.get(run)
        return passed is not None and self._awaited(run, passed).silent_share >= 0.5  # noqa: PLR2004 - rather than not

    def is_heard_of(self, run: int, call: int) -> bool:
        """Whether a run that was seen on its way would be heard of by a call, had it got so far."""
        passed = self.passed.get(run)
        return passed is not None and self._next_reported(run, passed.call + 1, call + 1) is not None

    def silent_passage_s(self, run: int, call: int, *, departing: bool) -> float | None:
        """When a silent run must have passed a call, if it has by now."""
        middle = float(np.median(self.times(run, call, departing=departing)))
        return middle if middle <= self.now_s else None

    def _awaited(self, run: int, passed: Passage) -> _Awaited:
        """What is awaited of a run that was seen on its way."""
        found = self._awaited_of.get(run)
        if found is None:
            found = self._awaited_of[run] = self._await(run, passed)
        return found

    def _await(self, run: int, passed: Passage) -> _Awaited:
        call = self._next_reported(run, passed.call + 1)
        if call is None:
            return _Awaited(None, 0.0, 0.0)
        due = self.timetable_s(call, departing=False) + self.profile_s(run, call, departing=False)
        overdue_s = max(self._known_s - NEXT_LAG_S - due - self._deviation_s(run, passed), 0.0)
        left = int(self.lines.timetable.run_first[run + 1]) - 1 - passed.call
        is_at_end, has_arrived = left <= LAST_CALLS, overdue_s > SILENT_AT_END_S
        return _Awaited(call, overdue_s, float(has_arrived) if is_at_end else self._delays.silent_share(overdue_s))

    def _deviation_s(self, run: int, passed: Passage) -> float:
        return passed.delay_s - self.profile_s(run, passed.call, departing=passed.departing)

    def _next_reported(self, run: int, call: int, end: int | None = None) -> int | None:
        """The first call from `call` on, before `end` (None: the run's), of which runs of its line are heard."""
        first, last = (int(one) for one in self.lines.timetable.run_first[run : run + 2])
        found = np.flatnonzero(self._reports(run)[call - first : (last if end is None else end) - first])
        return call + int(found[0]) if len(found) else None

    def _reports(self, run: int) -> NDArray[Any]:
        """Of each call of a run, whether its line reports there: by what was seen there, beside the most seen of them.

        Every one, while little was seen.
        """
        known = self._reported.get(run)
        if known is None:
            timetable = self.lines.timetable
            line = self.lines.line[int(timetable.run_route[run])]
            stops = timetable.st_stop[int(timetable.run_first[run]) : int(timetable.run_first[run + 1])].tolist()
            seen = np.array([self._delays.passages_at(line, self.lines.stop_id[stop]) for stop in stops])
            most = float(seen.max(initial=0.0))
            known = self._reported[run] = (seen >= REPORTED_SHARE * most) | (most < REPORTED_KNOWN)
        return known

    def _unheard_s(self, event: _Event) -> float | None:
        """How long after an event the run is first heard of; None: never, so that silence says nothing."""
        heard = self._next_reported(event.run, event.call)
        if heard is None:
            return None
        return 0.0 if heard == event.call else self.timetable_s(heard, departing=False) - self._planned_s(event)

    def _prediction_s(self, event: _Event) -> int | None:
        """What the operator predicts, unless the run was seen to be under way: then it speaks for itself."""
        return None if event.run in self.passed else self._predictions.at(event.call, departing=event.departing)

    def _planned_s(self, event: _Event) -> int:
        return self.timetable_s(event.call, departing=event.departing)

    def _usual_s(self, event: _Event) -> float:
        """When it happens on a day like any other: the timetable and the line's mean delay."""
        return self._planned_s(event) + self.profile_s(event.run, event.call, departing=event.departing)

    def _centre_s(self, event: _Event) -> float:
        """The time round which a call's distribution lies."""
        predicted = self._prediction_s(event)
        return self._usual_s(event) if predicted is None else predicted

    def _doubt_s(self, event: _Event) -> float:
        line, stop_id, hour = self._where(event)
        return self._delays.doubt_s(line, stop_id, hour=hour)

    def _where(self, event: _Event) -> tuple[str, str, int]:
        """Line, stop and planned hour."""
        timetable, lines = self.lines.timetable, self.lines
        line = lines.line[int(timetable.run_route[event.run])]
        return line, lines.stop_id[int(timetable.st_stop[event.call])], _hour(self._planned_s(event))

    def _distribution(self, event: _Event) -> Floats:
        predicted, passed = self._prediction_s(event), self.passed.get(event.run)
        if predicted is not None:
            return self._as_predicted(event, predicted)
        if passed is None:
            return self._as_on_other_days(event)
        if event.call < passed.call or (event.call == passed.call and (passed.departing or not event.departing)):
            happened = min(self._planned_s(event) + passed.delay_s, self.now_s)
            return np.full(POINTS, float(happened))
        return self._as_under_way(event, passed)

    def _as_predicted(self, event: _Event, predicted: int) -> Floats:
        minutes = max(predicted - self.now_s, 0) / 60
        planned, usual = self._planned_s(event), self._usual_s(event)
        added = self._delays.addition_quantiles(minutes, predicted - usual, hour=_hour(planned))
        return _not_before(predicted + _widen(added, self._doubt_s(event), minutes), self.now_s - REPORT_LAG_S)

    def _as_on_other_days(self, event: _Event) -> Floats:
        line, stop_id, hour = self._where(event)
        scale = math.hypot(self._delays.scale_s(line, stop_id, hour=hour), self._doubt_s(event))
        times: Floats = self._usual_s(event) + scale * self._delays.scatter_quantiles()
        unheard_s = self._unheard_s(event)
        return times if unheard_s is None else _not_before(times, self.now_s - UNSEEN_LAG_S - unheard_s)

    def _as_under_way(self, event: _Event, passed: Passage) -> Floats:
        """Of a run that is overdue: as if it stood, as if it went on unseen, or both by their shares."""
        planned_s = self.timetable_s(passed.call, departing=passed.departing)
        deviation, awaited = self._deviation_s(event.run, passed), self._awaited(event.run, passed)
        going, unheard_s = self._carried_on(event, planned_s, deviation), self._unheard_s(event)
        if awaited.silent_share == 1.0 or unheard_s is None:
            return going
        standing = going
        if awaited.call is not None and awaited.overdue_s > 0:
            since_s = self.timetable_s(awaited.call, departing=False)
            standing = self._carried_on(event, since_s, deviation + awaited.overdue_s)
        standing = _not_before(standing, self.now_s - REPORT_LAG_S - unheard_s)
        return standing if awaited.silent_share == 0.0 else _mixed(going, standing, awaited.silent_share)

    def _carried_on(self, event: _Event, since_s: float, deviation: float) -> Floats:
        """When a run gets there that deviated so from its profile at a time planned for `since_s`."""
        minutes = max(self._planned_s(event) - since_s, 0) / 60
        kept = self._delays.remaining_share(minutes, deviation)
        added = self._delays.addition_quantiles(minutes, deviation, hour=_hour(self._planned_s(event)))
        times: Floats = self._usual_s(event) + kept * deviation + _widen(added, self._doubt_s(event), minutes)
        return times


def _mixed(first: Floats, second: Floats, share: float) -> Floats:
    """One distribution of two: the first one by `share`."""
    of_first = min(max(round(share * POINTS), 0), POINTS)
    places = [((np.arange(n) + 0.5) / max(n, 1) * POINTS).astype(int) for n in (of_first, POINTS - of_first)]
    found: Floats = np.sort(np.concatenate([first[places[0]], second[places[1]]]))
    return found


def _hour(planned_s: int) -> int:
    """The local hour of the day, 0 … 23."""
    return planned_s // 3600 % 24


def _widen(added: Floats, doubt_s: float, minutes: float) -> Floats:
    """What is added on the way, with the doubt about the profile: all of it after FULL_DOUBT_MIN."""
    spread = max(float(added[HIGH] - added[LOW]) / 2, 1.0)
    share = min(minutes / FULL_DOUBT_MIN, 1.0)
    wide: Floats = added * math.sqrt(1 + share * (doubt_s / spread) ** 2)
    return wide


def _not_before(times: Floats, now: float) -> Floats:
    """The same distribution, knowing that it has not happened before now."""
    before = float(np.searchsorted(times, now)) / POINTS
    if before == 0.0:
        return times
    if before > 1 - 2 / POINTS:
        wait_s = max(OVERDUE_S, OVERDUE_SHARE * (now - float(times[POINTS // 2])))
        return now - wait_s * np.log1p(-SHARES)
    return np.maximum(np.interp(before + (1 - before) * SHARES, SHARES, times), now)
