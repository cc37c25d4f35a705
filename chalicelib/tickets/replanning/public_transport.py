"""The real `LiveTravel`: finds the service day that a question is about, as it is now, and asks it (`day_now`).

Where timetables, live data and forecasts come from is given to it. In the hub they are
`transit.data.service_days.ServiceDays`, `transit.data.live.LiveConditions` and
`transit.reliability.itinerary_rating.Forecasts`; a replay has others.
"""

from __future__ import annotations

import threading
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Protocol, TypeVar
from zipfile import BadZipFile
from zoneinfo import ZoneInfo

from chalicelib.tickets.plan import UNKNOWN_FEED, Plan
from chalicelib.tickets.replanning.arrival_forecasts import DayForecaster
from chalicelib.tickets.replanning.day_now import DayNow
from chalicelib.tickets.replanning.prepared_days import PreparedDays
from chalicelib.transit.data.service_days import NoTimetable
from chalicelib.transit.data.walking import CROW_FLY

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.tickets.plan import TripContext
    from chalicelib.tickets.replanning.followed_itinerary import ArrivalForecast, FollowedItinerary
    from chalicelib.tickets.replanning.prepared_days import PreparedDay
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.feed import Feed
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.data.walking import Walking
    from chalicelib.transit.itinerary import Itinerary, Leg, Place, Request
    from chalicelib.transit.reliability.forecast import Forecast
    from chalicelib.transit.reliability.itinerary_rating import RatedItinerary

Answer = TypeVar("Answer")


class Timetables(Protocol):
    """Compiled service days."""

    def feed(self, feed_id: str, /) -> Feed | None:
        """The configured feed. Raises `Unavailable`."""
        ...

    def day(self, feed_id: str, date: str, /) -> Timetable:
        """The service day (YYYY-MM-DD). Raises `NoTimetable`, `Unavailable`."""
        ...

    def walking(self, feed_id: str, timetable: Timetable, /) -> Walking | None:
        """Walks along streets; None: as the crow flies. Raises `NoTimetable`, `Unavailable`."""
        ...


class LiveData(Protocol):
    """What is different from the timetable now."""

    def conditions(
        self, feed_id: str, date: str, now: datetime, /, *, feed_version: str | None = None, at_least: int = 0
    ) -> tuple[Conditions | None, int | None]:
        """(conditions, age in s), as `transit.data.live.LiveConditions` explains it. Raises `Unavailable`."""
        ...


class Forecaster(Protocol):
    """When vehicles are expected."""

    def at(self, feed_id: str, timetable: Timetable, conditions: Conditions | None, now: datetime, /) -> Forecast:
        """The forecast of this moment. Raises `Unavailable`."""
        ...


class PublicTransport:
    """Plans by public transport and on foot. Safe to share between threads; they take turns in searching.

    Each method asks one question of the day that the question is about, as `live_travel.LiveTravel` explains it.
    Where there is no timetable of that day, `plan` and `onward` say so by a note, the others by None or ().
    All may raise `Unavailable`.
    """

    def __init__(
        self,
        service_days: Timetables,
        live: LiveData | None = None,
        forecasts: Forecaster | None = None,
        walking: Walking = CROW_FLY,
    ) -> None:
        self._service_days, self._live, self._forecasts, self._walking = service_days, live, forecasts, walking
        self._days = PreparedDays()
        self._at_least: dict[str, int] = {}
        self._lock = threading.Lock()

    def expect(self, feed_id: str, conditions_at: int) -> None:
        """Conditions were published at this time (POSIX s): older ones held in memory are not good enough."""
        self._at_least[feed_id] = max(conditions_at, self._at_least.get(feed_id, 0))

    def plan(self, request: Request, context: TripContext) -> Plan:
        """The best itineraries, with the reason where there are none."""
        on = request.arrive_by or request.depart_at or context.now
        return self._ask(context, on, lambda day: day.plan(request), _reason)

    def recheck(self, itinerary: Itinerary, set_out: datetime, context: TripContext) -> CheckedItinerary | None:
        """The itinerary as it runs now, for somebody who sets out at `set_out`."""
        return self._ask(context, itinerary.arrive_at, lambda day: day.recheck(itinerary, set_out), _nothing)

    def soonest(self, request: Request, context: TripContext) -> datetime | None:
        """The earliest arrival for somebody who sets out at `request.depart_at`."""
        assert request.depart_at is not None
        return self._ask(context, request.depart_at, lambda day: day.soonest(request), _nothing)

    def likeliest(self, request: Request, ready: datetime, context: TripContext) -> tuple[RatedItinerary, ...]:
        """The itineraries worth most for the business, best first, by vehicles that run."""
        assert request.arrive_by is not None
        found = self._ask(
            context, request.arrive_by, lambda day: day.likeliest(request, ready, context.business), _nothing
        )
        return found or ()

    def onward(self, ride: Leg, destination: Place, context: TripContext) -> Plan:
        """Itineraries for somebody aboard this ride, from any stop that it has still ahead."""
        return self._ask(context, ride.arrives, lambda day: day.onward(ride, destination), _reason)

    def arrival_forecast(self, followed: FollowedItinerary, context: TripContext) -> ArrivalForecast | None:
        """When somebody who follows this itinerary will arrive."""
        return self._ask(context, followed.itinerary.arrive_at, lambda day: day.arrival_forecast(followed), _nothing)

    def as_it_comes(self, followed: FollowedItinerary, context: TripContext) -> Itinerary | None:
        """What is left of this itinerary, by the vehicles that will come."""
        return self._ask(context, followed.itinerary.arrive_at, lambda day: day.as_it_comes(followed), _nothing)

    def better_onward(
        self, followed: FollowedItinerary, context: TripContext
    ) -> tuple[Itinerary, ArrivalForecast] | None:
        """An itinerary from where they must be that is worth leaving this one for."""
        return self._ask(context, followed.itinerary.arrive_at, lambda day: day.better_onward(followed), _nothing)

    def _ask(
        self,
        context: TripContext,
        on: datetime,
        question: Callable[[DayNow], Answer],
        without_timetable: Callable[[NoTimetable], Answer],
    ) -> Answer:
        """The answer of the day that `on` belongs to, as it is now; one question at a time."""
        with self._lock:
            try:
                return question(self._day_now(context, on))
            except NoTimetable as missing:
                return without_timetable(missing)

    def _day_now(self, context: TripContext, on: datetime) -> DayNow:
        """Raises `NoTimetable`, `Unavailable`."""
        feed_id, now = context.feed_id, context.now
        feed = self._service_days.feed(feed_id)
        if feed is None:
            raise NoTimetable(UNKNOWN_FEED, f"there is no feed {feed_id!r}")
        date = on.astimezone(ZoneInfo(feed.timezone or "UTC")).date().isoformat()
        timetable = self._service_days.day(feed_id, date)
        day = self._days.of(feed_id, date, context.business.change_s, timetable)
        conditions, age_s = None, None
        if self._live:
            version, at_least = timetable.meta["feed_version"], self._at_least.get(feed_id, 0)
            conditions, age_s = self._live.conditions(feed_id, date, now, feed_version=version, at_least=at_least)
        return DayNow(
            day,
            day.under(conditions),
            now,
            observed_at=None if age_s is None else now.astimezone(UTC) - timedelta(seconds=age_s),
            is_fresh=conditions is not None,
            forecaster=self._forecaster(feed, day, conditions, now),
            walking=lambda: self._service_days.walking(feed_id, timetable) or self._walking,
        )

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


def _reason(missing: NoTimetable) -> Plan:
    return Plan(note=missing.reason)


def _nothing(_: NoTimetable) -> None:
    return None
