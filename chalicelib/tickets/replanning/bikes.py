"""Shared bikes on a ticket: one more way on its page, and the way that is told where nothing else comes in time.

Rules
- How many bikes will stand somewhere is known for the near future only: a way by bike is offered to whoever leaves
  within `OFFER_WITHIN_S`, on numbers that are fresh (`bikes_live`), with their age. Before that none is promised.
- As an alternative it is made when somebody looks, and not kept: it is as fresh as what is published then.
- It is told (`TravelWithBikes`) only where the timetable is known and has no way that can still be begun. Then it is
  kept on the ticket like any other, and rechecked: an empty station breaks it like a cancelled bus.
- No chance is told of it: nobody has learned how fast stations run empty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol
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

    from chalicelib.bookings.business import Business
    from chalicelib.tickets.plan import Plan
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.bikes.live import SharedBikes
    from chalicelib.transit.bikes.search import ByBike
    from chalicelib.transit.data.feed import Feed
    from chalicelib.transit.data.walking import Walking
    from chalicelib.transit.itinerary import Itinerary

OFFER_WITHIN_S = 3600
SET_OUT_GRACE = timedelta(seconds=SET_OUT_GRACE_S)
OFFERED_IN = frozenset({TicketStatus.PLANNED, TicketStatus.TIME_TO_LEAVE})


class FeedWalks(Protocol):
    """What a feed says about bikes and walks: `transit.data.service_days.ServiceDays`."""

    def feed(self, feed_id: str) -> Feed | None:
        """The configured feed. Raises `Unavailable`."""
        ...

    def walking_on(self, feed_id: str, date: str) -> Walking:
        """How long walks are there on a service date (YYYY-MM-DD). Raises `Unavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class BikeProposal:
    """The best way by bike that there is now, and when one would set out for it (aware)."""

    by_bike: ByBike
    leave_at: datetime

    def is_soon(self, now: datetime) -> bool:
        """Whether it may be offered."""
        return now - SET_OUT_GRACE <= self.leave_at <= now + timedelta(seconds=OFFER_WITHIN_S)

    def itinerary(self, request: Request) -> Itinerary:
        """As it is told, in the zone of `leave_at`."""
        return self.by_bike.itinerary(request.origin, request.destination, self.leave_at)


@dataclass(frozen=True, slots=True)
class BikePlanner:
    """Ways by shared bikes, asked of what was published last."""

    feed_walks: FeedWalks
    shared: SharedBikes

    def has_bikes(self, feed_id: str) -> bool:
        """Whether the feed has shared bikes at all: without them nothing here costs anything. Raises `Unavailable`."""
        feed = self.feed_walks.feed(feed_id)
        return feed is not None and bool(feed.gbfs)

    def find(self, feed_id: str, request: Request, now: datetime) -> BikeProposal | None:
        """The best way for this request, be it too soon or too late; None: none. Raises `Unavailable`."""
        if request.arrive_by and add_seconds(request.arrive_by, -LONGEST_BY_BIKE_S - OFFER_WITHIN_S) > now:
            return None  # even the longest way begins too late to be known
        fleets = self.shared.fleets(feed_id, now)
        if not fleets:
            return None
        a, b, instant = request.origin, request.destination, request.arrive_by or request.depart_at or now
        walking = self._walking(feed_id, instant)
        way = best_by_bike(fleets, Point(a.lat, a.lon), Point(b.lat, b.lon), walking)
        if way is None:
            return None
        leave_at = add_seconds(instant, -way.total_s) if request.arrive_by else instant
        return BikeProposal(way, leave_at.astimezone(self._zone(feed_id)))

    def recheck_rental(
        self, feed_id: str, itinerary: Itinerary, set_out: datetime, now: datetime
    ) -> tuple[Itinerary, bool] | None:
        """A told way as it is now, and whether it holds; None: nothing fresh is known. Raises `Unavailable`."""
        leg = rental_leg(itinerary)
        fleets = self.shared.fleets(feed_id, now)
        own = [one for one in fleets if leg and leg.rental and (one.system, one.mode) == (leg.rental.system, leg.mode)]
        return recount(itinerary, own, set_out, now, self._walking(feed_id, set_out)) if own else None

    def _walking(self, feed_id: str, instant: datetime) -> Walking:
        return self.feed_walks.walking_on(feed_id, instant.astimezone(self._zone(feed_id)).date().isoformat())

    def _zone(self, feed_id: str) -> tzinfo:
        feed = self.feed_walks.feed(feed_id)
        return ZoneInfo(feed.timezone) if feed and feed.timezone else UTC


def with_bike(ticket: Ticket, business: Business, bikes: BikePlanner, now: datetime) -> Ticket:
    """The ticket as it is shown: with a way by bike after the others, if there is one now. Raises `Unavailable`.

    One that is told is shown with the numbers of now.
    """
    if (
        ticket.origin is None
        or ticket.status not in OFFERED_IN
        or not ticket.itineraries
        or not bikes.has_bikes(ticket.feed)
    ):
        return ticket
    first = ticket.itineraries[0]
    if rental_leg(first):
        again = bikes.recheck_rental(ticket.feed, first, first.leave_at, now)
        return replace(ticket, itineraries=(again[0], *ticket.itineraries[1:])) if again and again[1] else ticket
    itinerary = _alternative(ticket, business, bikes, now)
    return replace(ticket, itineraries=(*ticket.itineraries, itinerary)) if itinerary else ticket


def _alternative(ticket: Ticket, business: Business, bikes: BikePlanner, now: datetime) -> Itinerary | None:
    assert ticket.origin is not None
    first = ticket.itineraries[0]
    deadline = ticket.start - timedelta(minutes=business.early_min)
    request = Request(ticket.origin, ticket.venue, arrive_by=deadline)
    found = bikes.find(ticket.feed, request, now)
    if found is None or found.is_soon(now):
        return found.itinerary(request) if found else None
    if found.leave_at > now or first.arrive_at <= deadline:
        return None
    itinerary = replace(found, leave_at=now.astimezone(found.leave_at.tzinfo)).itinerary(
        request
    )  # everybody is late; a bike may be less so
    return itinerary if itinerary.arrive_at < min(first.arrive_at, ticket.end) else None


class TravelWithBikes:
    """`LiveTravel` that falls back on shared bikes; all that is not about them is passed on."""

    def __init__(self, travel: LiveTravel, bikes: BikePlanner) -> None:
        self._travel, self._bikes = travel, bikes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._travel, name)

    def plan(self, feed_id: str, request: Request, change_s: int, now: datetime) -> Plan:
        """As `Travel.plan`; a way by bike only where no other can still be begun. Raises `Unavailable`."""
        answer = self._travel.plan(feed_id, request, change_s, now)
        in_reach = any(itinerary.leave_at >= now - SET_OUT_GRACE for itinerary in answer.itineraries)
        if in_reach or (answer.note and answer.note not in NO_ITINERARY_NOTES) or not self._bikes.has_bikes(feed_id):
            return answer
        found = self._bikes.find(feed_id, request, now)
        if found and found.is_soon(now):
            observed_at = datetime.fromtimestamp(found.by_bike.fleet.observed_at, UTC)
            itineraries = (*answer.itineraries, found.itinerary(request))
            return replace(answer, itineraries=itineraries, observed_at=observed_at, note="")
        if answer.itineraries:
            return answer
        return replace(answer, note=self._why_not(feed_id, request, found, change_s, now))

    def _why_not(self, feed_id: str, request: Request, found: BikeProposal | None, change_s: int, now: datetime) -> str:
        """NO_WAY lets the planning go on to who comes late; NO_WAY_YET ends it, and it begins again later."""
        if request.arrive_by is None:
            return NO_ITINERARY_YET
        if found and found.leave_at < now:
            return NO_ITINERARY
        set_out = max(now, add_seconds(request.arrive_by, -3600 * EARLIEST_START_H))
        late = self._travel.plan(feed_id, replace(request, arrive_by=None, depart_at=set_out), change_s, now)
        return NO_ITINERARY if late.itineraries else NO_ITINERARY_YET

    def recheck(
        self, feed_id: str, itinerary: Itinerary, set_out: datetime, change_s: int, now: datetime
    ) -> tuple[CheckedItinerary, datetime | None] | None:
        """As `LiveTravel.recheck`. Raises `Unavailable`."""
        leg = rental_leg(itinerary)
        if leg is None:
            return self._travel.recheck(feed_id, itinerary, set_out, change_s, now)
        again = self._bikes.recheck_rental(feed_id, itinerary, set_out, now)
        if again is None:
            return None
        way, holds = again
        broken_leg = itinerary.legs.index(leg)
        rental = way.legs[broken_leg].rental
        observed_at = rental.observed_at.astimezone(UTC) if rental else None
        return (CheckedItinerary(way) if holds else CheckedItinerary(way, VEHICLE_CANCELLED, broken_leg)), observed_at

    def arrival_forecast(self, feed_id: str, way: Itinerary, *rest: Any) -> Any:
        """As `LiveTravel.arrival_forecast`: of a way by bike none can be told."""
        return None if rental_leg(way) else self._travel.arrival_forecast(feed_id, way, *rest)

    def better_onward(self, feed_id: str, way: Itinerary, *rest: Any) -> Any:
        """As `LiveTravel.better_onward`: a way by bike is compared with none."""
        return None if rental_leg(way) else self._travel.better_onward(feed_id, way, *rest)
