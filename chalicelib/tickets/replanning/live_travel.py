"""What replanning asks of whoever knows the network as it runs now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chalicelib.tickets.plan import Travel

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.plan import Plan
    from chalicelib.tickets.replanning.arrival_forecasts import ArrivalForecast
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.tickets.ticket import Underway
    from chalicelib.transit.itinerary import Itinerary, Leg, Place, Request
    from chalicelib.transit.reliability.itinerary_rating import RatedItinerary


class LiveTravel(Travel, Protocol):
    """`Travel` that can also say how a told way stands."""

    def soonest(self, feed_id: str, request: Request, change_s: int, now: datetime, /) -> datetime | None:
        """The earliest arrival for somebody who sets out at `request.depart_at`; None: no way. Raises `Unavailable`."""
        ...

    def expect(self, feed_id: str, conditions_at: int, /) -> None:
        """There are conditions published at this time (POSIX s); older ones are not good enough from now on."""
        ...

    def likeliest(
        self, feed_id: str, request: Request, business: Business, ready: datetime, now: datetime, /
    ) -> tuple[RatedItinerary, ...]:
        """Ways that are worth most to reach `request.arrive_by` as surely as this business wants, best first.

        Nobody sets out before `ready`. () where there is none, or no chance can be told. Raises `Unavailable`.
        """
        ...

    def arrival_forecast(
        self,
        feed_id: str,
        itinerary: Itinerary,
        underway: Underway | None,
        deadline: datetime,
        change_s: int,
        now: datetime,
        /,
    ) -> ArrivalForecast | None:
        """What comes of following this way, from where she was known to be; None: it cannot be said.

        Raises `Unavailable`.
        """
        ...

    def as_it_comes(
        self,
        feed_id: str,
        itinerary: Itinerary,
        underway: Underway | None,
        venue: Place,
        change_s: int,
        now: datetime,
        /,
    ) -> Itinerary | None:
        """What is left of this way by the vehicles that will take her: where one is missed, the next of its line.

        None where nothing is left to ride, or nothing comes any more. Raises `Unavailable`.
        """
        ...

    def better_onward(
        self,
        feed_id: str,
        itinerary: Itinerary,
        underway: Underway | None,
        venue: Place,
        deadline: datetime,
        change_s: int,
        now: datetime,
        /,
    ) -> tuple[Itinerary, ArrivalForecast] | None:
        """A way on that is worth leaving this one for; None: there is none. Raises `Unavailable`."""
        ...

    def onward(self, feed_id: str, ride: Leg, destination: Place, change_s: int, now: datetime, /) -> Plan:
        """Ways on for somebody aboard, who can leave at any stop ahead; what is left of the ride is their first leg.

        Raises `Unavailable`.
        """
        ...

    def recheck(
        self, feed_id: str, itinerary: Itinerary, set_out: datetime, change_s: int, now: datetime, /
    ) -> tuple[CheckedItinerary, datetime | None] | None:
        """The told way under what is known now, and when that was observed; None: nothing can be known.

        Raises `Unavailable`.
        """
        ...
