"""What replanning asks of whoever knows the network as it runs now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from chalicelib.tickets.plan import Travel

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.plan import Plan, TripContext
    from chalicelib.tickets.replanning.followed_itinerary import ArrivalForecast, FollowedItinerary
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.transit.itinerary import Itinerary, Leg, Place, Request
    from chalicelib.transit.reliability.itinerary_rating import RatedItinerary


class LiveTravel(Travel, Protocol):
    """`Travel` that also knows how vehicles run now. Every method but `expect` may raise `Unavailable`."""

    def expect(self, feed_id: str, conditions_at: int, /) -> None:
        """Conditions were published at this time (POSIX s): from now on older ones are not good enough."""
        ...

    def recheck(self, itinerary: Itinerary, set_out: datetime, context: TripContext, /) -> CheckedItinerary | None:
        """Whether this itinerary still works for somebody who sets out at `set_out`; None: nothing can be known."""
        ...

    def soonest(self, request: Request, context: TripContext, /) -> datetime | None:
        """The earliest arrival for somebody who sets out at `request.depart_at`; None: there is none."""
        ...

    def likeliest(self, request: Request, ready: datetime, context: TripContext, /) -> tuple[RatedItinerary, ...]:
        """The itineraries worth most to reach `request.arrive_by` as surely as the business wants, best first.

        Nobody sets out before `ready`. () where there is none, or no forecast can be made.
        """
        ...

    def onward(self, ride: Leg, destination: Place, context: TripContext, /) -> Plan:
        """Itineraries for somebody aboard `ride`, who can leave it at any stop ahead; the ride is their first leg."""
        ...

    def arrival_forecast(self, followed: FollowedItinerary, context: TripContext, /) -> ArrivalForecast | None:
        """When somebody who follows this itinerary will arrive; None: no forecast can be made."""
        ...

    def as_it_comes(self, followed: FollowedItinerary, context: TripContext, /) -> Itinerary | None:
        """What is left of this itinerary, by the vehicles that will come: a missed one is replaced by the line's next.

        None where nothing is left to ride, or nothing comes any more.
        """
        ...

    def better_onward(
        self, followed: FollowedItinerary, context: TripContext, /
    ) -> tuple[Itinerary, ArrivalForecast] | None:
        """An itinerary from where they must be that is worth leaving this one for; None: there is none."""
        ...
