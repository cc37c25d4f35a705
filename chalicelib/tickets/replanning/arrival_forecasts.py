"""Forecasts of arriving, for tickets: `transit.reliability.itinerary_rating` asked in their terms.

Rules
- Only feeds with live data are judged: of others nobody ever sees how late they run, and a number would be invented.
- The way that is worth most comes before the planner's own, with the minutes to spare that its line's history asks
  for. Somebody who waits at the stop walks no slower: the first walk keeps its length.
- The surest way is to walk; but who can ride with a good chance is not sent on a long walk instead.
- Who is on the way is where the vehicles have carried her: that is known only where most vehicles are seen to pass.
  Of an operator that tells delays alone, everybody would seem to wait at the first stop.
- A told way is judged as it stands: by the same vehicles, missed ones and their successors included, and on the way
  from where its vehicles have carried her.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.tickets.replanning.journeys import Journeys, with_first_walk
from chalicelib.tickets.ticket import TOLERATED_LATENESS_S
from chalicelib.transit.reliability.arrival import share_on_time
from chalicelib.transit.reliability.itinerary_rating import Aim, rate_itineraries
from chalicelib.transit.reliability.journey_ahead import (
    Ahead,
    ahead_of_start,
    ahead_on_the_way,
    as_it_comes,
    better_onward,
    median_s,
)
from chalicelib.transit.reliability.onward_journeys import OnwardSearch
from chalicelib.transit.reliability.progress import progress_at_start
from chalicelib.transit.search import access
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.replanning.prepared_days import PreparedDay
    from chalicelib.tickets.ticket import Underway
    from chalicelib.transit.data import walking
    from chalicelib.transit.data.walking import Reach
    from chalicelib.transit.itinerary import Itinerary, Place, Request
    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.reliability.itinerary_rating import RatedItinerary
    from chalicelib.transit.search.network import Network

ROBUST_ITINERARIES_MAX = 3  # robust ways beside the planner's, with different first rides
SHORT_WALK_MIN = 15  # nobody minds walking so far all the way
GOOD_RIDE_PROBABILITY = 0.8  # a ride with this chance is better than a long walk that is certain


@dataclass(frozen=True, slots=True)
class ArrivalForecast:
    """What comes of following a way from now on.

    `probability` to be there by the deadline, `late_probability` to be there over `TOLERATED_LATENESS_S` after it;
    `arrive_at` the arrival in the middle, None: more likely no vehicle comes any more; `underway` where she is, None:
    at home.
    """

    probability: float
    late_probability: float
    arrive_at: datetime | None
    underway: Underway | None


@dataclass(frozen=True, slots=True)
class DayForecaster:
    """Judges ways on one day at one moment."""

    day: PreparedDay
    forecast: Forecast

    def arrival_forecast(
        self, itinerary: Itinerary, underway: Underway | None, deadline: datetime
    ) -> ArrivalForecast | None:
        """What comes of an option for somebody who sets out as it says, and was last known to be there.

        None where it cannot be said: added trips, vehicles that go on as another trip, a ride that is not known.
        """
        ahead = self._ahead(itinerary, underway)
        return self._forecast_of(ahead, deadline) if ahead else None

    def onward(
        self,
        itinerary: Itinerary,
        underway: Underway | None,
        venue: Place,
        goals: Reach,
        deadline: datetime,
        now: Network,
    ) -> tuple[Itinerary, ArrivalForecast] | None:
        """A way on from where she must be that is worth leaving the told one for, as it runs `now`."""
        ahead = self._ahead(itinerary, underway)
        if ahead is None or ahead.progress is None:
            return None
        deadline_s = ItineraryBuilder(self.day.planned).seconds(deadline)
        found = better_onward(OnwardSearch(self.forecast, self.day.planned, goals), ahead, deadline_s)
        if found is None:
            return None
        itinerary = self._journeys.onward(found.journey, ahead.progress, venue, self.forecast.now_s, now)
        return itinerary, self._forecast_of(Ahead(ahead.progress, found.arrivals), deadline)

    def as_it_comes(
        self, itinerary: Itinerary, underway: Underway | None, venue: Place, now: Network
    ) -> Itinerary | None:
        """What is left of a way by the vehicles expected to take her: where one is missed, the next of its line.

        None where nothing is left to ride, or nothing comes any more.
        """
        ahead = self._ahead(itinerary, underway)
        rest = as_it_comes(self.forecast, ahead.progress) if ahead and ahead.progress else None
        if ahead is None or ahead.progress is None or rest is None:
            return None
        return self._journeys.onward(rest, ahead.progress, venue, self.forecast.now_s, now)

    def likeliest(
        self, request: Request, walking: walking.Walking, ready: datetime, *, early_s: int, target: float
    ) -> tuple[RatedItinerary, ...]:
        """The ways worth most, best first, and when to set out for them, as timetabled; () where there is none."""
        found = rate_itineraries(
            self.day.question(request, walking),
            self.forecast,
            ready,
            Aim(target, early_s),
            itineraries_max=ROBUST_ITINERARIES_MAX,
        )
        rides_work = any(
            chance.probability >= GOOD_RIDE_PROBABILITY and _has_ride(chance.itinerary) for chance in found
        )
        ordered = sorted(found, key=lambda chance: rides_work and _is_long_walk(chance.itinerary))
        return tuple(
            chance._replace(itinerary=self._with_full_first_walk(chance.itinerary, request, walking))
            for chance in ordered
        )

    @property
    def _journeys(self) -> Journeys:
        return Journeys(self.day)

    def _ahead(self, itinerary: Itinerary, underway: Underway | None) -> Ahead | None:
        journey = self._journeys.of(itinerary)
        if journey is None:
            return None
        leave_s = ItineraryBuilder(self.day.planned).seconds(itinerary.leave_at)
        if underway is None and self.forecast.now_s < leave_s:
            return ahead_of_start(self.forecast, journey, leave_s)
        begun = self._journeys.progress(journey, underway) if underway else progress_at_start(journey, leave_s)
        return ahead_on_the_way(self.forecast, begun) if begun else None

    def _forecast_of(self, ahead: Ahead, deadline: datetime) -> ArrivalForecast:
        teller, middle = ItineraryBuilder(self.day.planned), median_s(ahead.arrivals)
        deadline_s = teller.seconds(deadline)
        return ArrivalForecast(
            share_on_time(ahead.arrivals, deadline_s),
            1 - share_on_time(ahead.arrivals, deadline_s + TOLERATED_LATENESS_S),
            teller.instant(int(middle)) if middle is not None else None,
            self._journeys.underway(ahead.progress) if ahead.progress else None,
        )

    def _with_full_first_walk(self, itinerary: Itinerary, request: Request, walking: walking.Walking) -> Itinerary:
        first = itinerary.legs[0]
        if first.ride is not None or len(itinerary.legs) == 1:
            return itinerary
        stops, seconds = access.reach(self.day.planned, request.origin, walking, outward=True)
        wanted = self.day.planned.stop_of.get(first.destination.stop_id or "")
        walk_s = next((int(s) for stop, s in zip(stops, seconds, strict=True) if stop == wanted), None)
        return itinerary if walk_s is None else with_first_walk(itinerary, walk_s)


def _has_ride(itinerary: Itinerary) -> bool:
    return any(leg.ride for leg in itinerary.legs)


def _is_long_walk(itinerary: Itinerary) -> bool:
    walked = (itinerary.legs[-1].arrives - itinerary.legs[0].departs).total_seconds()
    return not _has_ride(itinerary) and walked > 60 * SHORT_WALK_MIN
