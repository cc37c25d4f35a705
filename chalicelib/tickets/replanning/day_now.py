"""One service day as it is at one moment, and what can be asked of it. No clock, no locks; reading may fail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.tickets.plan import NO_ITINERARY, OUTSIDE_AREA, OUTSIDE_CALENDAR, VENUE_OUTSIDE_AREA, Plan
from chalicelib.tickets.replanning.recheck import VEHICLE_GONE, recheck
from chalicelib.transit.search import access
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.planner import RideAboard, earliest_arrival, plan, plan_from_ride

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.replanning.arrival_forecasts import DayForecaster
    from chalicelib.tickets.replanning.followed_itinerary import ArrivalForecast, FollowedItinerary
    from chalicelib.tickets.replanning.prepared_days import PreparedDay
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.transit.data.walking import Walking
    from chalicelib.transit.itinerary import Itinerary, Leg, Place, Request
    from chalicelib.transit.reliability.itinerary_rating import RatedItinerary
    from chalicelib.transit.search.network import Network


@dataclass(frozen=True, slots=True)
class DayNow:
    """A day as it is `now`. Places may hold stop ids of an older timetable: those count as points.

    `walking` is called by the questions that need it: along streets it is a file of its own.
    """

    prepared: PreparedDay
    network: Network  # under what is live
    now: datetime
    observed_at: datetime | None  # of the live data in use, UTC; None: there are none
    is_fresh: bool  # the live data are young enough to be used
    forecaster: DayForecaster | None  # None: nobody sees how late this feed's vehicles run
    walking: Callable[[], Walking]

    def plan(self, request: Request) -> Plan:
        """The best itineraries, or why there are none."""
        walking, known = self.walking(), self._with_known_stops(request)
        itineraries = plan(known, self.network, walking=walking)
        return self._plan_of(itineraries, "" if itineraries else self._why_not(known, walking))

    def soonest(self, request: Request) -> datetime | None:
        """The earliest arrival for somebody who sets out at `request.depart_at`; None: there is none."""
        return earliest_arrival(self._with_known_stops(request), self.network, walking=self.walking())

    def recheck(self, itinerary: Itinerary, set_out: datetime) -> CheckedItinerary:
        """The itinerary as it runs now, for somebody who sets out at `set_out`."""
        day = self.prepared
        checked = recheck(itinerary, self.network, day.calls, set_out, day.change_s)
        return replace(checked, observed_at=self.observed_at)

    def onward(self, ride: Leg, destination: Place) -> Plan:
        """Itineraries for somebody aboard this ride, who can leave it at any stop that it has still ahead."""
        walking, timetable, running = self.walking(), self.prepared.timetable, self.network.running
        found = self.prepared.calls.of(ride)
        if found is None or ride.ride is None:
            return Plan(note=NO_ITINERARY)
        run, board, alight = found
        now_s = ItineraryBuilder(self.network).seconds(self.now)
        departed = int(np.searchsorted(running.departs[board:alight], now_s, "right"))
        last = board + max(departed - 1, 0)
        start_s = int(timetable.run_start_s[run])
        itineraries = plan_from_ride(
            RideAboard(ride.ride.trip_id, int(timetable.st_sequence[last]), start_s if start_s >= 0 else None),
            self._with_known_stop(destination),
            self.network,
            walking=walking,
        )
        return self._plan_of(itineraries, "" if itineraries else NO_ITINERARY)

    def likeliest(self, request: Request, ready: datetime, business: Business) -> tuple[RatedItinerary, ...]:
        """The itineraries worth most for this business, best first, by vehicles that run; () where none can be rated.

        What is predicted for a vehicle is in the chances; that it does not run, or not stop there, may not be.
        """
        assert request.arrive_by is not None
        walking = self.walking()
        if self.forecaster is None or ready >= request.arrive_by:
            return ()
        rated = self.forecaster.likeliest(self._with_known_stops(request), walking, ready, business)
        checks = [(one, self.recheck(one.itinerary, one.itinerary.leave_at)) for one in rated]
        return tuple(
            one._replace(itinerary=checked.itinerary) if checked.holds else one
            for one, checked in checks
            if checked.broken not in VEHICLE_GONE
        )

    def arrival_forecast(self, followed: FollowedItinerary) -> ArrivalForecast | None:
        """When somebody who follows this itinerary will arrive; None: no forecast can be made.

        Customers on the way need a feed that sees most vehicles: elsewhere, that one was not seen means nothing.
        """
        forecaster = self.forecaster
        if forecaster is None:
            return None
        sees_passages = self.is_fresh and forecaster.forecast.sees_most
        if self.now >= followed.itinerary.leave_at and not sees_passages:
            return None
        return forecaster.arrival_forecast(followed)

    def as_it_comes(self, followed: FollowedItinerary) -> Itinerary | None:
        """What is left of this itinerary, by the vehicles that will come; None: nothing."""
        if self.forecaster is None:
            return None
        known = replace(followed, venue=self._with_known_stop(followed.venue))
        return self.forecaster.as_it_comes(known, self.network)

    def better_onward(self, followed: FollowedItinerary) -> tuple[Itinerary, ArrivalForecast] | None:
        """An itinerary from where they must be that is worth leaving this one for; None: there is none."""
        walking = self.walking()
        if self.forecaster is None:
            return None
        known = replace(followed, venue=self._with_known_stop(followed.venue))
        goals = access.reach(self.prepared.planned, known.venue, walking, outward=False)
        return self.forecaster.onward(known, goals, self.network)

    def _plan_of(self, itineraries: tuple[Itinerary, ...], note: str) -> Plan:
        return Plan(itineraries, str(self.prepared.timetable.meta["feed_version"]), self.observed_at, note)

    def _why_not(self, request: Request, walking: Walking) -> str:
        """Whether the feed knows the day at all, and stops are near at both ends."""
        meta = self.prepared.timetable.meta
        if meta["service_date"] > meta.get("calendar", ["", meta["service_date"]])[1]:
            return OUTSIDE_CALENDAR  # of the morning after the last day nothing but that night's trips is known
        if not len(access.reach(self.network, request.destination, walking, outward=False).stops):
            return VENUE_OUTSIDE_AREA
        if not len(access.reach(self.network, request.origin, walking, outward=True).stops):
            return OUTSIDE_AREA
        return NO_ITINERARY

    def _with_known_stops(self, request: Request) -> Request:
        return replace(
            request,
            origin=self._with_known_stop(request.origin),
            destination=self._with_known_stop(request.destination),
        )

    def _with_known_stop(self, place: Place) -> Place:
        """The place without a stop id that this timetable does not know: ids change from version to version."""
        if place.stop_id is not None and place.stop_id not in self.network.stop_of:
            return replace(place, stop_id=None, stop_sequence=None)
        return place
