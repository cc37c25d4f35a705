"""Shared bikes on a ticket: one more option on its page, and what is told where nothing else comes in time.

Rules
- How many bikes will stand somewhere is known for the near future only: an itinerary by bike is offered to whoever
  leaves within `OFFER_WITHIN_S`, on numbers that are fresh (`bikes.live`), with their age. Before that none is
  promised.
- As an alternative it is made when somebody opens the page, and not stored: it is as fresh as what is published then.
- It is told (`TravelWithBikes`) only where the timetable is known and has no itinerary that can still be begun. Then
  it is stored on the ticket like any other, and rechecked: an empty station breaks it like a cancelled bus.
- No forecast is made of it: nobody has learned how fast stations run empty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from chalicelib.tickets.plan import (
    EARLIEST_START_H,
    NO_ITINERARY,
    NO_ITINERARY_NOTES,
    NO_ITINERARY_YET,
    SET_OUT_GRACE_S,
)
from chalicelib.tickets.replanning.recheck import VEHICLE_CANCELLED, CheckedItinerary
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.transit.bikes.recheck import recount, rental_leg
from chalicelib.transit.bikes.search import LONGEST_BY_BIKE_S, Point, add_seconds, best_by_bike
from chalicelib.transit.itinerary import Request

if TYPE_CHECKING:
    from datetime import tzinfo

    from chalicelib.tickets.plan import Plan, TripContext
    from chalicelib.tickets.replanning.followed_itinerary import ArrivalForecast, FollowedItinerary
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.bikes.live import SharedBikes
    from chalicelib.transit.bikes.search import ByBike
    from chalicelib.transit.data.feed import Feed
    from chalicelib.transit.data.walking import Walking
    from chalicelib.transit.itinerary import Itinerary, Leg, Place
    from chalicelib.transit.reliability.itinerary_rating import RatedItinerary

OFFER_WITHIN_S = 3600  # how many bikes stand somewhere changes too fast to be known for longer
SET_OUT_GRACE = timedelta(seconds=SET_OUT_GRACE_S)
OFFERED_IN = frozenset({TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE})


class FeedWalks(Protocol):
    """What is known of a feed and of walks in its area: `transit.data.service_days.ServiceDays`."""

    def feed(self, feed_id: str) -> Feed | None:
        """The configured feed. Raises `Unavailable`."""
        ...

    def walking_on(self, feed_id: str, date: str) -> Walking:
        """How long walks are there on a service date (YYYY-MM-DD). Raises `Unavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class BikeProposal:
    """The best itinerary by bike that there is now, and when one would set out for it (aware)."""

    by_bike: ByBike
    leave_at: datetime

    def is_soon(self, now: datetime) -> bool:
        """Whether it may be offered."""
        return now - SET_OUT_GRACE <= self.leave_at <= now + timedelta(seconds=OFFER_WITHIN_S)

    def itinerary(self, request: Request) -> Itinerary:
        """The proposal as an itinerary, in the zone of `leave_at`."""
        return self.by_bike.itinerary(request.origin, request.destination, self.leave_at)


@dataclass(frozen=True, slots=True)
class BikePlanner:
    """Finds itineraries by shared bikes in what was published last. All methods may raise `Unavailable`."""

    feed_walks: FeedWalks
    shared: SharedBikes

    def has_bikes(self, feed_id: str) -> bool:
        """Whether the feed has shared bikes at all: without them nothing here costs anything."""
        feed = self.feed_walks.feed(feed_id)
        return feed is not None and bool(feed.gbfs)

    def find(self, feed_id: str, request: Request, now: datetime) -> BikeProposal | None:
        """The best proposal for this request, be it too soon or too late; None: there is none."""
        if request.arrive_by and add_seconds(request.arrive_by, -LONGEST_BY_BIKE_S - OFFER_WITHIN_S) > now:
            return None  # even the longest ride begins too late to be known
        fleets = self.shared.fleets(feed_id, now)
        if not fleets:
            return None
        a, b, instant = request.origin, request.destination, request.arrive_by or request.depart_at or now
        walking = self._walking(feed_id, instant)
        if not (a.has_position and b.has_position):
            return None
        best = best_by_bike(fleets, Point(a.lat, a.lon), Point(b.lat, b.lon), walking)
        if best is None:
            return None
        leave_at = add_seconds(instant, -best.total_s - a.walk_s) if request.arrive_by else instant
        return BikeProposal(best, leave_at.astimezone(self._zone(feed_id)))

    def recheck_rental(
        self, feed_id: str, itinerary: Itinerary, set_out: datetime, now: datetime
    ) -> tuple[Itinerary, bool] | None:
        """An itinerary by bike as it is now, and whether it works; None: nothing fresh is known."""
        leg = rental_leg(itinerary)
        fleets = self.shared.fleets(feed_id, now)
        own = [one for one in fleets if leg and leg.rental and (one.system, one.mode) == (leg.rental.system, leg.mode)]
        return recount(itinerary, own, set_out, now, self._walking(feed_id, set_out)) if own else None

    def _walking(self, feed_id: str, instant: datetime) -> Walking:
        return self.feed_walks.walking_on(feed_id, instant.astimezone(self._zone(feed_id)).date().isoformat())

    def _zone(self, feed_id: str) -> tzinfo:
        feed = self.feed_walks.feed(feed_id)
        return ZoneInfo(feed.timezone) if feed and feed.timezone else UTC


def with_bike(ticket: Ticket, bikes: BikePlanner, context: TripContext) -> Ticket:
    """The ticket as it is shown: with an itinerary by bike after the others, if there is one now. Raises `Unavailable`.

    One that was told is shown with the numbers of now.
    """
    is_offered = ticket.origin is not None and ticket.status in OFFERED_IN and ticket.itineraries
    if not is_offered or not bikes.has_bikes(ticket.feed):
        return ticket
    first = ticket.itineraries[0]
    if rental_leg(first):
        again = bikes.recheck_rental(ticket.feed, first, first.leave_at, context.now)
        return replace(ticket, itineraries=(again[0], *ticket.itineraries[1:])) if again and again[1] else ticket
    itinerary = _alternative(ticket, bikes, context)
    return replace(ticket, itineraries=(*ticket.itineraries, itinerary)) if itinerary else ticket


def _alternative(ticket: Ticket, bikes: BikePlanner, context: TripContext) -> Itinerary | None:
    assert ticket.origin is not None
    first, now = ticket.itineraries[0], context.now
    deadline = ticket.start - timedelta(minutes=context.business.early_min)
    request = Request(ticket.origin, ticket.venue, arrive_by=deadline)
    found = bikes.find(ticket.feed, request, now)
    if found is None or found.is_soon(now):
        return found.itinerary(request) if found else None
    if found.leave_at > now or first.arrive_at <= deadline:
        return None
    # all options are late; a bike may be less so
    itinerary = replace(found, leave_at=now.astimezone(found.leave_at.tzinfo)).itinerary(request)
    return itinerary if itinerary.arrive_at < min(first.arrive_at, ticket.end) else None


@dataclass(frozen=True, slots=True)
class TravelWithBikes:
    """A `LiveTravel` that falls back on shared bikes; all that is not about them is passed on to `travel`."""

    travel: LiveTravel
    bikes: BikePlanner

    def plan(self, request: Request, context: TripContext) -> Plan:
        """As `Travel.plan`; an itinerary by bike only where no other can still be begun. Raises `Unavailable`."""
        now, answer = context.now, self.travel.plan(request, context)
        in_reach = any(itinerary.leave_at >= now - SET_OUT_GRACE for itinerary in answer.itineraries)
        has_other_reason = answer.note and answer.note not in NO_ITINERARY_NOTES
        if in_reach or has_other_reason or not self.bikes.has_bikes(context.feed_id):
            return answer
        found = self.bikes.find(context.feed_id, request, now)
        if found and found.is_soon(now):
            observed_at = datetime.fromtimestamp(found.by_bike.fleet.observed_at, UTC)
            itineraries = (*answer.itineraries, found.itinerary(request))
            return replace(answer, itineraries=itineraries, observed_at=observed_at, note="")
        return answer if answer.itineraries else replace(answer, note=self._why_not(request, found, context))

    def _why_not(self, request: Request, found: BikeProposal | None, context: TripContext) -> str:
        """With NO_ITINERARY a late arrival is planned; NO_ITINERARY_YET ends the planning until a later check."""
        if request.arrive_by is None:
            return NO_ITINERARY_YET
        if found and found.leave_at < context.now:
            return NO_ITINERARY
        set_out = max(context.now, add_seconds(request.arrive_by, -3600 * EARLIEST_START_H))
        late = self.travel.plan(replace(request, arrive_by=None, depart_at=set_out), context)
        return NO_ITINERARY if late.itineraries else NO_ITINERARY_YET

    def recheck(self, itinerary: Itinerary, set_out: datetime, context: TripContext) -> CheckedItinerary | None:
        """As `LiveTravel.recheck`. Raises `Unavailable`."""
        leg = rental_leg(itinerary)
        if leg is None:
            return self.travel.recheck(itinerary, set_out, context)
        again = self.bikes.recheck_rental(context.feed_id, itinerary, set_out, context.now)
        if again is None:
            return None
        known, holds = again
        number = itinerary.legs.index(leg)
        rental = known.legs[number].rental
        observed_at = rental.observed_at.astimezone(UTC) if rental else None
        if holds:
            return CheckedItinerary(known, observed_at=observed_at)
        return CheckedItinerary(known, VEHICLE_CANCELLED, number, observed_at)

    def arrival_forecast(self, followed: FollowedItinerary, context: TripContext) -> ArrivalForecast | None:
        """As `LiveTravel.arrival_forecast`: of an itinerary by bike none can be made."""
        return None if rental_leg(followed.itinerary) else self.travel.arrival_forecast(followed, context)

    def better_onward(
        self, followed: FollowedItinerary, context: TripContext
    ) -> tuple[Itinerary, ArrivalForecast] | None:
        """As `LiveTravel.better_onward`: an itinerary by bike is compared with none."""
        return None if rental_leg(followed.itinerary) else self.travel.better_onward(followed, context)

    def expect(self, feed_id: str, conditions_at: int) -> None:
        """As `LiveTravel.expect`."""
        self.travel.expect(feed_id, conditions_at)

    def soonest(self, request: Request, context: TripContext) -> datetime | None:
        """As `LiveTravel.soonest`."""
        return self.travel.soonest(request, context)

    def likeliest(self, request: Request, ready: datetime, context: TripContext) -> tuple[RatedItinerary, ...]:
        """As `LiveTravel.likeliest`."""
        return self.travel.likeliest(request, ready, context)

    def onward(self, ride: Leg, destination: Place, context: TripContext) -> Plan:
        """As `LiveTravel.onward`."""
        return self.travel.onward(ride, destination, context)

    def as_it_comes(self, followed: FollowedItinerary, context: TripContext) -> Itinerary | None:
        """As `LiveTravel.as_it_comes`."""
        return self.travel.as_it_comes(followed, context)
