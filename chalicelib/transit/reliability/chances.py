"""Ways with their chances: what the hub asks for a ticket. The parts and their rules are in `reliability_*`.

Where a chance comes from: delays learned from this feed's own passages (`reliability_delays`), what is live now, and
without either the documented prior. A target (0.9: nine customers of ten on time) decides how much a minute of margin
is worth against being late.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chalicelib.transit.data import walking
from chalicelib.transit.reliability.choice import ON_FOOT_SPARE_S, candidates, journey_of, rate_path
from chalicelib.transit.reliability.delays import Delays
from chalicelib.transit.reliability.forecast import NO_PREDICTIONS, Forecast, Lines, Passage, Predictions
from chalicelib.transit.search.legs import ItineraryBuilder
from chalicelib.transit.search.network import NEVER
from chalicelib.transit.search.planner import end_walks as ends_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.foundation.ports import Bucket
    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Itinerary, Request
    from chalicelib.transit.reliability.choice import RatedPath
    from chalicelib.transit.search.network import Network
    from chalicelib.transit.search.paths import EndWalks, Path

RELOAD_S = 600
LINES_MAX = 4
MOMENT_S = 5  # nothing that matters passes in it


class RatedItinerary(NamedTuple):
    """An option whose `leave_at` is when to set out so that the target is met, its chance, and its median arrival."""

    itinerary: Itinerary
    probability: float
    expected: datetime


class Question(NamedTuple):
    """Both ends of a request, its deadline (s from the day's origin), and all ways worth judging, as timetabled."""

    ends: EndWalks
    deadline_s: int
    paths: tuple[Path, ...]


def delays_key(feed_id: str) -> str:
    """Where the delays learned of a feed are kept."""
    return f"delays/{feed_id}/now.npz"


def rate_itineraries(
    request: Request,
    network: Network,
    forecast: Forecast,
    now: datetime,
    *,
    target: float = 0.9,
    early_s: int = 0,
    itineraries_max: int = 4,
    walking: walking.Walking = walking.CROW_FLY,
    question: Question | None = None,
) -> tuple[RatedItinerary, ...]:
    """At most so many ways to arrive by `request.arrive_by`, best first, with different first rides; () if none.

    None of them is set out for before `now`. `early_s`: ways that are expected to arrive that long before come first,
    however sure the others are to be in time. `network` is as timetabled, and so are the legs' times:
    `tickets/replanning/recheck` tells how a way stands now. `question` is what `question_for` found for this request,
    if that is known. Raises `on_foot.UnknownStop`, `ValueError` for a request without arrive_by.
    """
    teller, earliest_s = ItineraryBuilder(network), ItineraryBuilder(network).seconds(now)
    ends, deadline_s, paths = question or question_for(request, network, walking)
    best: dict[tuple[int, ...], RatedPath] = {}
    for path in paths:
        if path.rides and path.leave < earliest_s:
            continue
        # nothing comes between somebody on foot and the door: she alone decides how early to be there
        by_s = deadline_s if path.rides else deadline_s - max(early_s - ON_FOOT_SPARE_S, 0)
        for choice in rate_path(forecast, journey_of(network, ends, path), path, by_s, earliest_s, target):
            first = path.rides[0][:1] if path.rides else ()
            if first not in best or _rank(choice, deadline_s - early_s) < _rank(best[first], deadline_s - early_s):
                best[first] = choice
    ordered = sorted(best.values(), key=lambda choice: _rank(choice, deadline_s - early_s))[:itineraries_max]
    return tuple(_itinerary_of(choice, request, teller) for choice in ordered)


def question_for(request: Request, network: Network, walking: walking.Walking = walking.CROW_FLY) -> Question:
    """The ways that a choice is made from; they do not depend on the moment, and finding them is most of the work.

    Raises `on_foot.UnknownStop`, `ValueError` for a request without arrive_by.
    """
    if request.arrive_by is None:
        raise ValueError("a chance is about being on time: give arrive_by")
    ends, deadline_s = ends_of(network, request, walking), ItineraryBuilder(network).seconds(request.arrive_by)
    return Question(ends, deadline_s, tuple(candidates(network, ends, deadline_s, -NEVER)))


def _rank(choice: RatedPath, by_s: int) -> tuple[bool, float, int]:
    """The least is the best: expected by then, worth most, the first to leave."""
    return choice.arrive_s > by_s, -choice.worth, choice.leave_s


def _itinerary_of(choice: RatedPath, request: Request, teller: ItineraryBuilder) -> RatedItinerary:
    itinerary = teller.itinerary(choice.path._replace(leave=choice.leave_s), request)
    return RatedItinerary(itinerary, choice.probability, teller.instant(choice.arrive_s))


class Forecasts:
    """Forecasts of several feeds; keeps what was learned and what was prepared. Not for two threads at once.

    A forecast remembers what it was asked for: all who ask in the same moment share one.
    """

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._delays: dict[str, tuple[float, Delays]] = {}
        self._lines: dict[int, Lines] = {}
        self._made: dict[int, tuple[Lines, Delays, Conditions | None, Forecast]] = {}

    def at(self, feed_id: str, timetable: Timetable, conditions: Conditions | None, now: datetime) -> Forecast:
        """The forecast of this moment, give or take MOMENT_S. Raises `Unavailable`."""
        lines = self._lines.get(id(timetable))
        if lines is None or lines.timetable is not timetable:
            while len(self._lines) >= LINES_MAX:
                oldest = next(iter(self._lines))
                del self._lines[oldest]
                self._made.pop(oldest, None)
            lines = self._lines[id(timetable)] = Lines(timetable)
        now_s = int(now.timestamp()) - int(timetable.meta["origin_epoch"])
        learned = self._read_delays(feed_id, now.timestamp())
        made = self._made.get(id(timetable))
        same = made is not None and made[0] is lines and made[1] is learned and made[2] is conditions
        if made and same and 0 <= now_s - made[3].now_s < MOMENT_S:
            return made[3]
        forecast = forecast_of(lines, learned, conditions, now_s)
        self._made[id(timetable)] = (lines, learned, conditions, forecast)
        return forecast

    def _read_delays(self, feed_id: str, now: float) -> Delays:
        held = self._delays.get(feed_id)
        if held is None or now - held[0] >= RELOAD_S:
            blob = self._bucket.get(delays_key(feed_id))
            held = self._delays[feed_id] = (now, Delays.parse(blob) if blob else Delays())
        return held[1]


def forecast_of(lines: Lines, learned: Delays, conditions: Conditions | None, now_s: int) -> Forecast:
    """What is to be expected of a day's vehicles at `now_s` (from its origin), under these conditions."""
    gone = frozenset(conditions.cancelled.tolist()) if conditions is not None else frozenset[int]()
    foretold = predictions_of(lines.timetable, conditions)
    seen_s = None
    if conditions is not None and conditions.observed_at:
        seen_s = conditions.observed_at - int(lines.timetable.meta["origin_epoch"])
    return Forecast(lines, learned, passages_of(conditions), now_s, gone, foretold, seen_s)


def passages_of(conditions: Conditions | None) -> Mapping[int, Passage]:
    """The last believed passages that conditions carry, by run."""
    if conditions is None:
        return {}
    return {
        run: Passage(call, bool(departing), delay_s) for run, call, departing, delay_s in conditions.passed.tolist()
    }


def predictions_of(timetable: Timetable, conditions: Conditions | None) -> Predictions:
    """The times that an operator predicts, of the runs of which it predicts any."""
    if conditions is None or not len(conditions.foretold):
        return NO_PREDICTIONS
    runs = np.searchsorted(timetable.run_first, conditions.at, "right") - 1
    ours = np.isin(runs, conditions.foretold)
    return Predictions(conditions.at[ours], conditions.arrives[ours], conditions.departs[ours])
