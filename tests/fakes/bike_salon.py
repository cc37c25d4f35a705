"""A salon in a town with shared bikes: a few stations that are counted again whenever its clock moves on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chalicelib.tickets.plan import TripContext
from chalicelib.tickets.replanning.bikes import BikePlanner, TravelWithBikes, with_bike
from chalicelib.transit.bikes.file import bikes_blob_key, dump_bikes
from chalicelib.transit.bikes.live import SharedBikes
from chalicelib.transit.bikes.recheck import rental_leg
from chalicelib.transit.bikes.search import Fleet, Station
from chalicelib.transit.data.feed import Feed
from chalicelib.transit.data.walking import CROW_FLY
from chalicelib.workflows.origin_set import set_origin
from tests.fakes.memory import MemoryBucket
from tests.fakes.salon import ADA, HOME, SALON, START, Salon, at, booking

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.data.walking import Walking
    from chalicelib.transit.itinerary import Itinerary

PARK = Station("park", "Stadtpark", 48.2200, 16.3330, 5, 5)
PORT = Station("port", "Am Hafen", 48.2010, 16.3690, 5, 5)
PIER = Station("pier", "Am Steg", 48.2020, 16.3685, 5, 5)
HALL = Station("hall", "Rathaus", 48.2190, 16.3290, 5, 5)


@dataclass
class Ground:
    """A feed with shared bikes, or without."""

    gbfs: tuple[str, ...] = ("https://velo.example.org/gbfs.json",)
    asked: list[str] = field(default_factory=list)

    def feed(self, feed_id: str) -> Feed | None:
        return Feed(feed_id, ("x",), gbfs=self.gbfs, timezone="Europe/Vienna")

    def walking_on(self, feed_id: str, date: str) -> Walking:
        self.asked.append(f"{feed_id} {date}")
        return CROW_FLY


class BikeSalon(Salon):
    """A salon in a town with shared bikes: `stations` are counted anew whenever its clock moves on."""

    def __init__(self, *stations: Station, bikes_only: bool = False) -> None:
        super().__init__()
        self.stations, self.bucket, self.feed_walks = stations, MemoryBucket(), Ground()
        self.standing: tuple[tuple[float, float, float], ...] = ()  # with them, bikes may be left
        self.counted_at: datetime | None = None
        self.bikes = BikePlanner(self.feed_walks, SharedBikes(self.bucket))
        self.travel = TravelWithBikes(self.town, self.bikes)
        self.services = self.services_with(self.documents, self.queues, self.travel)
        if bikes_only:
            self.town.note = "no_way"

    @property
    def context(self) -> TripContext:
        return TripContext("town", SALON, self.now)

    def publish(self) -> None:
        counted = int((self.counted_at or self.now).timestamp())
        fleet = Fleet("Velo", "bike", counted, self.stations, self.standing, may_be_left=bool(self.standing))
        self.bucket.put(
            bikes_blob_key("town"), dump_bikes([fleet], {"published_at": int(self.now.timestamp()), "sequence": 1})
        )

    def until(self, moment: datetime) -> None:
        while self.now < moment:
            self.clock.advance(minutes=1)
            self.publish()
            self.queue_tickets_due(self.now)
            self.outbox.sweep(self.now)
            self.work()

    def booked(self, locale: str | None = None) -> str:
        """Ada, who speaks this language, is booked and comes from home; her ticket."""
        self.clock.set(at("3 11:00"))
        self.publish()
        (ticket,) = self.book(booking(START, replace(ADA, locale=locale)))
        set_origin(self.services, ticket.ticket_id, HOME, self.now)
        self.work()
        return ticket.ticket_id

    def show(self, ticket_id: str) -> Ticket:
        return with_bike(self.ticket(ticket_id), self.bikes, self.context)

    def texts_of(self, kind: str) -> list[str]:
        return [notice.text for notice in self.notices() if notice.kind == kind and notice.sent_at]


def bike(ticket: Ticket) -> Itinerary | None:
    """Its itinerary by bike, if it has one."""
    return next((itinerary for itinerary in ticket.itineraries if rental_leg(itinerary)), None)
