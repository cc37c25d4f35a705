"""Forecasts of arrivals, for tickets: `transit.reliability` asked in their terms.

Rules
- Only feeds with live data are forecast: of others nobody ever sees how late they run, and a number would be invented.
- The itinerary worth most comes before the planner's own, with the minutes to spare that its line's history asks
  for. Somebody who waits at the stop walks no slower: the first walk keeps its length.
- The surest itinerary is to walk; but whoever can ride with a good chance is not sent on a long walk instead.
- Customers on the way are presumed where the vehicles have carried them. That is known only where most vehicles are
  seen to pass: where an operator reports delays alone, everybody would seem to wait at the first stop.
- A promised itinerary is forecast as it stands: by the same vehicles, missed ones and their successors included, and
  on the way from where its vehicles have carried the customer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.tickets.replanning.followed_itinerary import ArrivalForecast
from chalicelib.tickets.replanning.journeys import Journeys
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
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.replanning.followed_itinerary import FollowedItinerary
    from chalicelib.tickets.replanning.prepared_days import PreparedDay
    from chalicelib.transit.data.walking import Reach, Walking
    from chalicelib.transit.itinerary import Itinerary, Place, Request
    from chalicelib.transit.reliability.arrival import Journey
    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.reliability.itinerary_rating import RatedItinerary
    from chalicelib.transit.reliability.progress import Progress
    from chalicelib.transit.search.network import Network

ROBUST_ITINERARIES_MAX = 3  # with different first rides, beside the planner's own: more than a page shows helps nobody
SHORT_WALK_MIN = 15  # nobody minds walking so far to the door
GOOD_RIDE_PROBABILITY = 0.8  # a ride with this chance is better than a long walk that is certain


@dataclass(frozen=True, slots=True)
class DayForecaster:
    """Forecasts arrivals on one day at one moment."""

    day: PreparedDay
    forecast: Forecast

    def arrival_forecast(self, followed: FollowedItinerary) -> ArrivalForecast | None:
        """For somebody who sets out as the itinerary says, and was last known to be where `followed` says.

        None where none can be made: added trips, vehicles that go on as another trip, a ride that is not known.
        """
        ahead = self._ahead(followed)
        return self._forecast_of(ahead, followed.deadline) if ahead else None

    def onward(
        self, followed: FollowedItinerary, goals: Reach, network: Network
    ) -> tuple[Itinerary, ArrivalForecast] | None:
        """An itinerary from where they must be that is worth leaving this one for, as it runs in `network`.

        `goals`: the stops near the venue.
        """
        ahead = self._ahead(followed)
        if ahead is None or ahead.progress is None:
            return None
        deadline_s = ItineraryBuilder(self.day.planned).seconds(followed.deadline)
        found = better_onward(OnwardSearch(self.forecast, self.day.planned, goals), ahead, deadline_s)
        if found is None:
            return None
        itinerary = self._itinerary_of(found.journey, ahead.progress, followed.venue, network)
        return itinerary, self._forecast_of(Ahead(ahead.progress, found.arrivals), followed.deadline)

    def as_it_comes(self, followed: FollowedItinerary, network: Network) -> Itinerary | None:
        """What is left of it, by the vehicles that will come: where one is missed, the next of its line.

        None where nothing is left to ride, or nothing comes any more.
        """
        ahead = self._ahead(followed)
        if ahead is None or ahead.progress is None:
            return None
        rest = as_it_comes(self.forecast, ahead.progress)
        return self._itinerary_of(rest, ahead.progress, followed.venue, network) if rest else None

    def likeliest(
        self, request: Request, walking: Walking, ready: datetime, business: Business
    ) -> tuple[RatedItinerary, ...]:
        """The itineraries worth most, best first, each with when to set out for it; as timetabled; () if there is none.

        Nobody sets out before `ready`.
        """
        found = rate_itineraries(
            self.day.question(request, walking),
            self.forecast,
            ready,
            Aim(business.on_time_target, 60 * business.early_min),
            itineraries_max=ROBUST_ITINERARIES_MAX,
        )
        return rides_before_long_walks(found)

    def _ahead(self, followed: FollowedItinerary) -> Ahead | None:
        journeys, underway = Journeys(self.day), followed.underway
        journey = journeys.of(followed.itinerary)
        if journey is None:
            return None
        leave_s = ItineraryBuilder(self.day.planned).seconds(followed.itinerary.leave_at)
        if underway is None and self.forecast.now_s < leave_s:
            return ahead_of_start(self.forecast, journey, leave_s)
        begun = journeys.progress(journey, underway) if underway else progress_at_start(journey, leave_s)
        return ahead_on_the_way(self.forecast, begun) if begun else None

    def _itinerary_of(self, rest: Journey, progress: Progress, venue: Place, network: Network) -> Itinerary:
        return Journeys(self.day).onward(rest, progress, venue, self.forecast.now_s, network)

    def _forecast_of(self, ahead: Ahead, deadline: datetime) -> ArrivalForecast:
        builder, middle = ItineraryBuilder(self.day.planned), median_s(ahead.arrivals)
        deadline_s = builder.seconds(deadline)
        return ArrivalForecast(
            share_on_time(ahead.arrivals, deadline_s),
            1 - share_on_time(ahead.arrivals, deadline_s + TOLERATED_LATENESS_S),
            builder.instant(int(middle)) if middle is not None else None,
            Journeys(self.day).underway(ahead.progress) if ahead.progress else None,
        )


def rides_before_long_walks(rated: tuple[RatedItinerary, ...]) -> tuple[RatedItinerary, ...]:
    """A long walk comes after the rides with a good chance, not after those with a poor one that it was better than."""

    def is_good_ride(one: RatedItinerary) -> bool:
        return one.probability >= GOOD_RIDE_PROBABILITY and _has_ride(one.itinerary)

    def is_long_walk(one: RatedItinerary) -> bool:
        walk_s = (one.itinerary.legs[-1].arrives - one.itinerary.legs[0].departs).total_seconds()
        return not _has_ride(one.itinerary) and walk_s > 60 * SHORT_WALK_MIN

    at = next((at for at, one in enumerate(rated) if is_long_walk(one)), len(rated))
    before, after = rated[:at], rated[at:]
    return (*before, *sorted(after, key=lambda one: not is_good_ride(one)))


def _has_ride(itinerary: Itinerary) -> bool:
    return any(leg.ride for leg in itinerary.legs)
