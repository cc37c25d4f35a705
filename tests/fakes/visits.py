"""Tickets for pages: one visit to a salon in every stage, and the rooms around the pages as dictionaries."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.bookings.booking import Customer
from chalicelib.bookings.business import Business
from chalicelib.foundation.ports import Unavailable
from chalicelib.pages.customer.ticket_endpoints import NoStops
from chalicelib.tickets.said.choose import with_chosen, with_own_way
from chalicelib.tickets.said.wish import What, with_wish
from chalicelib.tickets.ticket import Ticket, TicketStatus
from chalicelib.transit.itinerary import Itinerary, Leg, Place, Rental, Ride

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.foundation.distance import Bounds
    from chalicelib.tickets.said.wish import Wish

ZONE = ZoneInfo("Europe/Vienna")
START = datetime(2026, 9, 3, 14, 30, tzinfo=ZONE)
NOON = datetime(2026, 9, 3, 12, 0, tzinfo=ZONE)

SALON = Business("salon", "Salon Lind", "Europe/Vienna", 48.2005, 16.3705, "town", phone="+12025550199")
VENUE = Place("Salon Lind", 48.2005, 16.3705)
HOME = Place("", 48.2211, 16.3312)
MILL = Place("Old Mill", 48.2201, 16.3352, "mill")
SQUARE = Place("Market Square", 48.2079, 16.3592, "square")
STATION = Place("Central Station", 48.2049, 16.3652, "station")
BRIDGE = Place("Long Bridge", 48.2014, 16.3688, "bridge")
STOPS = (MILL, SQUARE, STATION, BRIDGE)
CUSTOMER = Customer("ada@example.com", "Ada Example", email="ada@example.com", phone="+12025550123")


def at(clock: str, day: datetime = START) -> datetime:
    """A time of the visit's day, "14:05" or "14:05:30"."""
    hour, minute, second = (int(part) for part in (clock + ":00").split(":")[:3])
    return day.replace(hour=hour, minute=minute, second=second)


def walk(a: Place, b: Place, departs: str, arrives: str) -> Leg:
    return Leg("walk", a, b, at(departs), at(arrives))


def ride(
    a: Place, b: Place, departs: str, arrives: str, line: str = "12", mode: str = "bus", *, late_min: int | None = None
) -> Leg:
    """A ride; with `late_min` it has live data and leaves that much after its timetable."""
    late = timedelta(minutes=late_min or 0)
    known = Ride(
        f"trip-{line}",
        line,
        line,
        f"{b.name} and beyond",
        at(departs) - late,
        at(arrives) - late,
        realtime=late_min is not None,
    )
    return Leg(mode, a, b, at(departs), at(arrives), known)


def itinerary_of(*legs: Leg) -> Itinerary:
    return Itinerary(legs[0].departs, legs[-1].arrives, max(0, sum(leg.ride is not None for leg in legs) - 1), legs)


BY_BUS_AND_TRAM = itinerary_of(
    walk(HOME, MILL, "13:36", "13:42"),
    ride(MILL, SQUARE, "13:44", "13:58", "12", late_min=2),
    ride(SQUARE, BRIDGE, "14:03", "14:14", "D", "tram", late_min=0),
    walk(BRIDGE, VENUE, "14:14", "14:19"),
)
BY_BUS = itinerary_of(
    walk(HOME, MILL, "13:21", "13:27"), ride(MILL, BRIDGE, "13:29", "14:01", "7"), walk(BRIDGE, VENUE, "14:01", "14:06")
)
ON_FOOT = itinerary_of(walk(HOME, VENUE, "13:25", "14:24"))
OPTIONS = (BY_BUS_AND_TRAM, BY_BUS, ON_FOOT)


def shared(a: Place, b: Place, departs: str, arrives: str, rental: Rental) -> Leg:
    """A ride on a shared bike."""
    return Leg("bike", a, b, at(departs), at(arrives), rental=rental)


AT_MILL, AT_BRIDGE = Place("Old Mill bikes", 48.2203, 16.3350), Place("Bridge bikes", 48.2015, 16.3690)
VELO = Rental("Velo Lindenau", 5, 7, at("13:18"), "s1", "s2", "https://velo.example.org/rent")
BY_BIKE = itinerary_of(
    walk(HOME, AT_MILL, "13:47", "13:53"),
    shared(AT_MILL, AT_BRIDGE, "13:53", "14:14", VELO),
    walk(AT_BRIDGE, VENUE, "14:14", "14:19"),
)
HERE, THERE = Place("", 48.2205, 16.3345), Place("", 48.2012, 16.3700)
STANDING = Rental("Free", 1, None, at("13:49:40"))
BY_STANDING_BIKE = itinerary_of(
    walk(HOME, HERE, "13:55", "13:58"),
    shared(HERE, THERE, "13:58", "14:18", STANDING),
    walk(THERE, VENUE, "14:18", "14:22"),
)

WAITING = Ticket(
    ticket_id="abcdefgh2345",
    secret="Sechsundzwanzig",
    booking_id="b1",
    booking_version=3,
    business_id="salon",
    feed="town",
    status=TicketStatus.WAITING_FOR_ORIGIN,
    start=START,
    end=START + timedelta(minutes=45),
    timezone="Europe/Vienna",
    venue=VENUE,
    customer=CUSTOMER,
    updated_at=NOON,
    created_at=NOON,
    version=1,
)


def planned(status: TicketStatus = TicketStatus.PLANNED, itineraries: tuple[Itinerary, ...] = OPTIONS) -> Ticket:
    """The visit with a plan, live data of a quarter to one."""
    return replace(
        WAITING,
        status=status,
        origin=HOME,
        itineraries=itineraries,
        leave_by=itineraries[0].leave_at if itineraries else None,
        arrive_at=itineraries[0].arrive_at if itineraries else None,
        observed_at=at("12:45"),
    )


LATE_OPTION = itinerary_of(
    walk(HOME, MILL, "14:02", "14:08"),
    ride(MILL, BRIDGE, "14:11", "14:36", "7", late_min=9),
    walk(BRIDGE, VENUE, "14:36", "14:41"),
)

NOTES = (
    "no_timetable",
    "outside_calendar",
    "no_way",
    "no_way_yet",
    "outside_area",
    "venue_outside_area",
    "unknown_feed",
    "sunspots",
)

STAGES: dict[str, tuple[Ticket, datetime]] = {
    "waiting": (WAITING, NOON - timedelta(days=1)),
    "planned": (planned(), at("12:47")),
    "planned_tomorrow": (replace(planned(), observed_at=None), NOON - timedelta(days=1)),
    "planned_unsure": (replace(planned(), on_time_probability=0.72), at("12:47")),
    "time_to_leave": (planned(TicketStatus.TIME_TO_LEAVE), at("13:25")),
    "leave_now": (planned(TicketStatus.TIME_TO_LEAVE), at("13:50")),
    "planned_and_bike": (planned(itineraries=(*OPTIONS, BY_BIKE)), at("13:20")),
    "by_bike": (planned(TicketStatus.TIME_TO_LEAVE, (BY_BIKE,)), at("13:27")),
    "on_a_bike": (planned(TicketStatus.UNDER_WAY, (BY_BIKE,)), at("13:58")),
    "by_a_bike_that_stands_somewhere": (planned(TicketStatus.TIME_TO_LEAVE, (BY_STANDING_BIKE,)), at("13:50")),
    "late": (planned(TicketStatus.PLANNED, (LATE_OPTION,)), at("13:55")),
    "under_way": (replace(planned(TicketStatus.UNDER_WAY), observed_at=at("13:51")), at("13:51:30")),
    "arrived": (planned(TicketStatus.ARRIVED), at("14:20")),
    "in_service": (planned(TicketStatus.IN_SERVICE), at("14:40")),
    "done": (planned(TicketStatus.DONE), at("15:30")),
    "cancelled": (planned(TicketStatus.CANCELLED), at("12:00")),
    "not_held": (planned(TicketStatus.NOT_HELD), at("15:00")),
    "no_show": (planned(TicketStatus.NO_SHOW), at("15:00")),
    **{f"without_plan_{note}": (replace(planned(itineraries=()), plan_note=note), at("12:00")) for note in NOTES},
}
"""Stage → (ticket, the moment of the request)."""


@dataclass
class Visits:
    """The rooms behind the pages: `Tickets`, `Businesses` and `Stops` in one."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    businesses: dict[str, Business] = field(default_factory=lambda: {"salon": SALON})
    stops: Sequence[Place] | None = STOPS
    box: Bounds | None = (48.19, 16.32, 48.23, 16.38)
    checked: datetime | None = None
    heard: list[Wish] = field(default_factory=list)  # what was said on pages
    unreachable: set[str] = field(default_factory=set)  # names of methods behind which nothing answers

    def add(self, ticket: Ticket) -> Ticket:
        self.tickets[ticket.token] = ticket
        return ticket

    def by_token(self, token: str, now: datetime) -> Ticket | None:
        del now  # nothing expires here
        self._reach("by_token")
        return self.tickets.get(token)

    def hear(self, ticket_id: str, wish: Wish, now: datetime) -> Ticket:
        self._reach("hear")
        (old,) = (ticket for ticket in self.tickets.values() if ticket.ticket_id == ticket_id)
        self.heard.append(wish)
        ticket = with_wish(old, wish, now)
        if wish.what is What.BY:
            ticket = with_own_way(ticket, self.businesses[old.business_id])
        return self.add(with_chosen(ticket) if wish.what is What.CHOOSE else ticket)

    def set_origin(self, ticket_id: str, place: Place | None, now: datetime) -> Ticket:
        self._reach("set_origin")
        (old,) = (ticket for ticket in self.tickets.values() if ticket.ticket_id == ticket_id)
        plan = planned() if place else WAITING
        return self.add(
            replace(
                old,
                status=plan.status,
                origin=place,
                itineraries=plan.itineraries,
                leave_by=plan.leave_by,
                arrive_at=plan.arrive_at,
                observed_at=None,
                updated_at=now,
            )
        )

    def business(self, business_id: str) -> Business | None:
        return self.businesses.get(business_id)

    def search(self, ticket: Ticket, query: str, limit: int) -> Sequence[Place]:
        del ticket  # one network for all
        return [stop for stop in self._known() if query.lower() in stop.name.lower()][:limit]

    def find(self, ticket: Ticket, stop_id: str) -> Place | None:
        del ticket
        return next((stop for stop in self._known() if stop.stop_id == stop_id), None)

    def bounds(self, ticket: Ticket) -> Bounds | None:
        del ticket
        return self.box

    def current_as_of(self, ticket: Ticket) -> datetime | None:
        del ticket
        return self.checked

    def _reach(self, call: str) -> None:
        if call in self.unreachable:
            raise Unavailable("the table does not answer")

    def _known(self) -> Sequence[Place]:
        if self.stops is None:
            raise NoStops
        return self.stops
