"""The real `Travel`: the feed's timetable of the day, under what is live now, asked through the planner. Thin."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zipfile import BadZipFile
from zoneinfo import ZoneInfo

import numpy as np

from chalicelib.tickets.plan import NO_ITINERARY, OUTSIDE_AREA, UNKNOWN_FEED, VENUE_OUTSIDE_AREA, Plan
from chalicelib.tickets.replanning.arrival_forecasts import DayForecaster
from chalicelib.tickets.replanning.prepared_days import PreparedDays
from chalicelib.tickets.replanning.recheck import VEHICLE_GONE, recheck
from chalicelib.transit.data import walking
from chalicelib.transit.data.service_days import NoTimetable
from chalicelib.transit.search import access
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.planner import RideAboard, earliest_arrival, plan, plan_from_ride

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.replanning.arrival_forecasts import ArrivalForecast
    from chalicelib.tickets.replanning.prepared_days import PreparedDay
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.tickets.replanning.sources import Forecaster, LiveData, Timetables
    from chalicelib.tickets.ticket import Underway
    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.feed import Feed
    from chalicelib.transit.itinerary import Itinerary, Leg, Place, Request
    from chalicelib.transit.reliability.itinerary_rating import RatedItinerary
    from chalicelib.transit.search.network import Network


class DayNow(NamedTuple):
    """A day as it is now. `observed_at` is when the live data in use was observed, None: there is none."""

    day: PreparedDay
    network: Network
    observed_at: datetime | None
    forecaster: DayForecaster | None  # None: nobody sees how late this feed's vehicles run
    is_fresh: bool  # the live data are young enough to be used


class PublicTransport:
    """Plans by public transport and on foot. Safe to share between threads; they take turns in searching."""

    def __init__(
        self,
        service_days: Timetables,
        live: LiveData | None = None,
        forecasts: Forecaster | None = None,
        walking: walking.Walking = walking.CROW_FLY,
    ) -> None:
        self._service_days, self._live, self._forecasts, self._walking = service_days, live, forecasts, walking
        self._days = PreparedDays()
        self._at_least: dict[str, int] = {}
        self._lock = threading.Lock()

    def plan(self, feed_id: str, request: Request, change_s: int, now: datetime) -> Plan:
        """Answers one question, with the reason where there is no answer. Raises `Unavailable`."""
        with self._lock:
            try:
                today = self._now(feed_id, request.arrive_by or request.depart_at or now, change_s, now)
                walking = self._service_days.walking(feed_id, today.day.timetable) or self._walking
            except NoTimetable as missing:
                return Plan(note=missing.reason)
            return _answer(request, today, walking)

    def soonest(self, feed_id: str, request: Request, change_s: int, now: datetime) -> datetime | None:
        """The earliest arrival for somebody who sets out at `request.depart_at`; None: no way. Raises `Unavailable`."""
        assert request.depart_at is not None
        with self._lock:
            try:
                today = self._now(feed_id, request.depart_at, change_s, now)
                walking = self._service_days.walking(feed_id, today.day.timetable) or self._walking
            except NoTimetable:
                return None
            return earliest_arrival(_without_unknown_stops(request, today.network), today.network, walking=walking)

    def recheck(
        self, feed_id: str, itinerary: Itinerary, set_out: datetime, change_s: int, now: datetime
    ) -> tuple[CheckedItinerary, datetime | None] | None:
        """How a told way stands now, and when that was observed; None: there is no timetable to say so.

        Raises `Unavailable`.
        """
        with self._lock:
            try:
                today = self._now(feed_id, itinerary.arrive_at, change_s, now)
            except NoTimetable:
                return None
            return recheck(itinerary, today.network, today.day.calls, set_out, change_s), today.observed_at

    def onward(self, feed_id: str, ride: Leg, destination: Place, change_s: int, now: datetime) -> Plan:
        """Ways on for somebody aboard this ride, from any stop that it has still ahead. Raises `Unavailable`."""
        with self._lock:
            try:
                today = self._now(feed_id, ride.arrives, change_s, now)
                walking = self._service_days.walking(feed_id, today.day.timetable) or self._walking
            except NoTimetable as missing:
                return Plan(note=missing.reason)
            return _onward(ride, destination, today, walking, now)

    def likeliest(
        self, feed_id: str, request: Request, business: Business, ready: datetime, now: datetime
    ) -> tuple[RatedItinerary, ...]:
        """The ways worth most for this business, best first, by vehicles that run; () where no chance can be told.

        What is foretold for a vehicle is in the chances; that it does not run, or not stop there, may not be.
        Raises `Unavailable`.
        """
        assert request.arrive_by is not None
        with self._lock:
            try:
                today = self._now(feed_id, request.arrive_by, business.change_s, now)
                walking = self._service_days.walking(feed_id, today.day.timetable) or self._walking
            except NoTimetable:
                return ()
            if today.forecaster is None or ready >= request.arrive_by:
                return ()
            known = _without_unknown_stops(request, today.network)
            early_s, target = 60 * business.early_min, business.on_time_target
            found = today.forecaster.likeliest(known, walking, ready, early_s=early_s, target=target)
            return tuple(now_running for chance in found for now_running in _as_it_runs(chance, today))

    def arrival_forecast(
        self,
        feed_id: str,
        itinerary: Itinerary,
        underway: Underway | None,
        deadline: datetime,
        change_s: int,
        now: datetime,
    ) -> ArrivalForecast | None:
        """What comes of following this way as things are; None: it cannot be said. Raises `Unavailable`."""
        with self._lock:
            try:
                today = self._now(feed_id, itinerary.arrive_at, change_s, now)
            except NoTimetable:
                return None
            looks = today.is_fresh and today.forecaster is not None and today.forecaster.forecast.sees_most
            if today.forecaster is None or (now >= itinerary.leave_at and not looks):
                return None  # where nobody looks, that a vehicle has not been seen says nothing
            return today.forecaster.arrival_forecast(itinerary, underway, deadline)

    def as_it_comes(
        self, feed_id: str, itinerary: Itinerary, underway: Underway | None, venue: Place, change_s: int, now: datetime
    ) -> Itinerary | None:
        """What is left of this way by the vehicles that she will be taken by; None: none. Raises `Unavailable`."""
        with self._lock:
            try:
                today = self._now(feed_id, itinerary.arrive_at, change_s, now)
            except NoTimetable:
                return None
            known = _without_unknown_stop(today.network, venue)
            return today.forecaster.as_it_comes(itinerary, underway, known, today.network) if today.forecaster else None

    def better_onward(
        self,
        feed_id: str,
        itinerary: Itinerary,
        underway: Underway | None,
        venue: Place,
        deadline: datetime,
        change_s: int,
        now: datetime,
    ) -> tuple[Itinerary, ArrivalForecast] | None:
        """A way on, from where she must be, worth leaving this one for; None: there is none. Raises `Unavailable`."""
        with self._lock:
            try:
                today = self._now(feed_id, itinerary.arrive_at, change_s, now)
                walking = self._service_days.walking(feed_id, today.day.timetable) or self._walking
            except NoTimetable:
                return None
            if today.forecaster is None:
                return None
            known = _without_unknown_stop(today.network, venue)
            goals = access.reach(today.day.planned, known, walking, outward=False)
            return today.forecaster.onward(itinerary, underway, known, goals, deadline, today.network)

    def expect(self, feed_id: str, conditions_at: int) -> None:
        """There are conditions published at this time (POSIX s): older ones held in memory are not good enough."""
        self._at_least[feed_id] = max(conditions_at, self._at_least.get(feed_id, 0))

    def _now(self, feed_id: str, instant: datetime, change_s: int, now: datetime) -> DayNow:
        """The day that `instant` belongs to. Raises `NoTimetable`, `Unavailable`."""
        feed = self._service_days.feed(feed_id)
        if feed is None:
            raise NoTimetable(UNKNOWN_FEED, f"there is no feed {feed_id!r}")
        date = instant.astimezone(ZoneInfo(feed.timezone or "UTC")).date().isoformat()
        timetable = self._service_days.day(feed_id, date)
        day = self._days.of(feed_id, date, change_s, timetable)
        conditions, age_s = None, None
        if self._live:
            version, at_least = timetable.meta["feed_version"], self._at_least.get(feed_id, 0)
            conditions, age_s = self._live.conditions(feed_id, date, now, feed_version=version, at_least=at_least)
        observed_at = None if age_s is None else now.astimezone(UTC) - timedelta(seconds=age_s)
        network = day.under(conditions)
        forecaster = self._forecaster(feed, day, conditions, now)
        return DayNow(day, network, observed_at, forecaster, conditions is not None)

    def _forecaster(
        self, feed: Feed, day: PreparedDay, conditions: Conditions | None, now: datetime
    ) -> DayForecaster | None:
        if self._forecasts is None or not feed.realtime:
            return None
        try:
            forecast = self._forecasts.at(feed.feed_id, day.timetable, conditions, now)
        except (ValueError, KeyError, OSError, BadZipFile):
            return None  # what was learned cannot be read, say, by an older version: the timetable is followed
        return DayForecaster(day, forecast)


def _answer(request: Request, today: DayNow, walking: walking.Walking) -> Plan:
    network = today.network
    known = _without_unknown_stops(request, network)
    itineraries = plan(known, network, walking=walking)
    note = "" if itineraries else _why_not(known, network, walking)
    return Plan(itineraries, str(today.day.timetable.meta["feed_version"]), today.observed_at, note)


def _onward(ride: Leg, destination: Place, today: DayNow, walking: walking.Walking, now: datetime) -> Plan:
    timetable, running = today.day.timetable, today.network.running
    found = today.day.calls.of(ride)
    if found is None or ride.ride is None:
        return Plan(note=NO_ITINERARY)
    run, board, alight = found
    left = np.searchsorted(running.departs[board:alight], ItineraryBuilder(today.network).seconds(now), "right")
    last = board + max(int(left) - 1, 0)
    start_s = int(timetable.run_start_s[run])
    itineraries = plan_from_ride(
        RideAboard(ride.ride.trip_id, int(timetable.st_sequence[last]), start_s if start_s >= 0 else None),
        _without_unknown_stop(today.network, destination),
        today.network,
        walking=walking,
    )
    note = "" if itineraries else NO_ITINERARY
    return Plan(itineraries, str(timetable.meta["feed_version"]), today.observed_at, note)


def _as_it_runs(chance: RatedItinerary, today: DayNow) -> tuple[RatedItinerary, ...]:
    """The way as it runs now; () where a vehicle of it does not, or does not stop there."""
    itinerary = chance.itinerary
    checked = recheck(itinerary, today.network, today.day.calls, itinerary.leave_at, today.day.change_s)
    if checked.broken in VEHICLE_GONE:
        return ()
    return (chance._replace(itinerary=checked.itinerary if checked.holds else itinerary),)


def _why_not(request: Request, network: Network, walking: walking.Walking) -> str:
    """Whether stops are near at all at both ends."""
    if not len(access.reach(network, request.destination, walking, outward=False).stops):
        return VENUE_OUTSIDE_AREA
    if not len(access.reach(network, request.origin, walking, outward=True).stops):
        return OUTSIDE_AREA
    return NO_ITINERARY


def _without_unknown_stops(request: Request, network: Network) -> Request:
    origin, destination = (
        _without_unknown_stop(network, request.origin),
        _without_unknown_stop(network, request.destination),
    )
    return replace(request, origin=origin, destination=destination)


def _without_unknown_stop(network: Network, place: Place) -> Place:
    """The place without a stop id that this timetable does not know: ids change from version to version."""
    if place.stop_id is not None and place.stop_id not in network.stop_of:
        return replace(place, stop_id=None, stop_sequence=None)
    return place
