"""The tickets and notices rooms on memory fakes: a salon, its customers, a town with one bus line, and a clock."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

from chalicelib.bookings.booking import Booking, Customer, Status
from chalicelib.bookings.business import Business
from chalicelib.entrypoints.messages import handle_message
from chalicelib.notices.delivery.channel import Carriers
from chalicelib.notices.documents import from_document
from chalicelib.tickets.origin import NoTimetableYet, at_stop
from chalicelib.tickets.plan import Plan, TripContext, with_best_plan
from chalicelib.tickets.replanning.recheck import CheckedItinerary
from chalicelib.transit.itinerary import Itinerary, Leg, Place, Ride
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.checking.due import DueDocuments
from chalicelib.workflows.notice_due import Outbox
from chalicelib.workflows.services import Readers, Services
from chalicelib.workflows.ticket_due import queue_tickets_due
from tests.fakes.hub import StrictDocuments
from tests.fakes.memory import ManualClock, MemoryQueues, MemoryTopic, SentMail, SentTexts

if TYPE_CHECKING:
    from chalicelib.entrypoints.messages import MessageParts
    from chalicelib.foundation.ports import Document, Documents, Mail, Queues, Texts, Topic
    from chalicelib.notices.notice import Notice
    from chalicelib.tickets.replanning.live_travel import LiveTravel
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Request
    from chalicelib.transit.reliability.itinerary_rating import RatedItinerary

ZONE = ZoneInfo("Europe/Vienna")
START = datetime(2026, 9, 3, 14, 30, tzinfo=ZONE)  # a Thursday
SALON = Business("salon", "Salon Lind", "Europe/Vienna", 48.2005, 16.3705, "town", phone="+12025550199", early_min=5)
HOME = Place("Home", 48.2211, 16.3312)
MILL = at_stop(Place("Old Mill", 48.2201, 16.3352, "mill"))  # as origins
BRIDGE = at_stop(Place("Long Bridge", 48.2014, 16.3688, "bridge"))
ADA = Customer("ada@example.com", "Ada Example", email="ada@example.com", phone="+12025550123")
BEN = Customer("ben@example.com", "Ben Example", email="ben@example.com", phone="+12025550124")
URL = "https://hub.example.com"


def at(text: str, zone: ZoneInfo = ZONE) -> datetime:
    """Reads "14:05" as on the day of the visit, "2 14:05" as on the 2nd of that month."""
    day, _, clock = text.rpartition(" ")
    hour, minute = clock.split(":")
    return START.replace(day=int(day or START.day), hour=int(hour), minute=int(minute), tzinfo=zone)


def booking(start: datetime = START, *customers: Customer, **changes: object) -> Booking:
    """A booked hour at the salon, for Ada unless others are named."""
    plain = Booking(
        "b1",
        "salon",
        "c1",
        Status.BOOKED,
        start,
        start + timedelta(hours=1),
        "Europe/Vienna",
        customers or (ADA,),
        "Cut",
        1,
    )
    return replace(plain, **changes)  # type: ignore[arg-type] # a test names the fields it changes


@dataclass
class Town:
    """A `LiveTravel`: bus 12 leaves the mill every `every_min` minutes from 05:00 to 23:00; door to door takes 30 min.

    5 min to the mill, 20 by bus, 5 to the venue. `late_min` delays buses by their planned departure ("14:00"), those
    in `cancelled` do not run; `note` is answered instead of a plan.
    """

    every_min: int = 15
    late_min: dict[str, int] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    note: str = ""
    live: bool = False  # plans are made under live data
    version: str = "v1"
    asked: list[Request] = field(default_factory=list)
    expected: list[int] = field(default_factory=list)

    def plan(self, request: Request, context: TripContext) -> Plan:
        self.asked.append(request)
        if self.note:
            return Plan(note=self.note)
        moment = request.arrive_by or request.depart_at
        assert moment is not None
        day = moment.astimezone(ZONE).replace(hour=5, minute=0, second=0, microsecond=0)
        buses = [day + timedelta(minutes=self.every_min * n) for n in range(18 * 60 // self.every_min)]
        itineraries = [self._itinerary(bus, request) for bus in buses if f"{bus:%H:%M}" not in self.cancelled]
        if request.arrive_by:
            found = [one for one in reversed(itineraries) if one.arrive_at <= request.arrive_by]
        else:
            found = [one for one in itineraries if one.leave_at >= moment]
        return Plan(tuple(found[:3]), self.version, context.now if self.live else None, note="" if found else "no_way")

    def expect(self, _: str, conditions_at: int) -> None:
        self.expected.append(conditions_at)

    def likeliest(self, *_: object) -> tuple[RatedItinerary, ...]:
        """Nobody sees how late these buses run."""
        return ()

    def arrival_forecast(self, *_: object) -> None:
        return None

    def better_onward(self, *_: object) -> None:
        return None

    def as_it_comes(self, *_: object) -> None:
        return None

    def soonest(self, request: Request, context: TripContext) -> datetime | None:
        found = self.plan(request, context).itineraries
        return min((one.arrive_at for one in found), default=None)

    def onward(self, *_: object) -> Plan:
        return Plan(note="no_way")

    def recheck(self, itinerary: Itinerary, set_out: datetime, context: TripContext) -> CheckedItinerary | None:
        if self.note:
            return None
        number, leg = next((number, leg) for number, leg in enumerate(itinerary.legs) if leg.ride)
        assert leg.ride
        bus = f"{leg.ride.planned_departs.astimezone(ZONE):%H:%M}"
        late = timedelta(minutes=self.late_min.get(bus, 0))
        departs = leg.ride.planned_departs + late
        if bus in self.cancelled or departs < set_out + timedelta(minutes=5) * (number > 0):
            why = "cancelled" if bus in self.cancelled else "missed"
            return CheckedItinerary(itinerary, why, number, context.now)
        there = leg.ride.planned_arrives + late + timedelta(minutes=5)
        ride = replace(leg, departs=departs, arrives=departs + timedelta(minutes=20))
        legs = (*itinerary.legs[:number], ride, *itinerary.legs[number + 1 :])
        return CheckedItinerary(replace(itinerary, arrive_at=there, legs=legs), observed_at=context.now)

    def _itinerary(self, bus: datetime, request: Request) -> Itinerary:
        late = timedelta(minutes=self.late_min.get(f"{bus:%H:%M}", 0))
        off = bus + timedelta(minutes=20)
        leave, there = bus + late - timedelta(minutes=5), off + late + timedelta(minutes=5)
        ride = Ride(f"t{bus:%H%M}", "12", "12", "Harbour", bus, off)
        legs = (
            Leg("walk", request.origin, MILL, leave, bus + late),
            Leg("bus", MILL, BRIDGE, bus + late, off + late, ride),
            Leg("walk", BRIDGE, request.destination, off + late, there),
        )
        return Itinerary(leave, there, 0, legs)


def plan_ticket(ticket: Ticket, business: Business, town: Town, now: datetime) -> Ticket:
    """The ticket with the best plan of that moment."""
    return with_best_plan(ticket, town, TripContext(ticket.feed, business, now))


@dataclass
class Gazetteer:
    """Places by name (`tickets.origin.Places`), once there is a timetable; `asked`: the words that were looked for."""

    ready: bool = True
    known: dict[str, Place] = field(default_factory=lambda: {"Old Mill": MILL, "Long Bridge": BRIDGE})
    asked: list[str] = field(default_factory=list)

    def find_origin(self, ticket: Ticket) -> Place | None:
        if not self.ready:
            raise NoTimetableYet("no timetable")
        self.asked.append(ticket.address)
        return self.known.get(ticket.address)


@dataclass
class Salon:
    """Both rooms wired by hand. `bookings` is what the booking tool knows."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(at("1 10:00")))
    town: Town = field(default_factory=Town)
    business: Business | None = SALON
    bookings: dict[str, Booking] = field(default_factory=dict)
    places: Gazetteer = field(default_factory=Gazetteer)
    businesses: dict[str, Business] = field(default_factory=dict)  # beside the salon, by id

    def __post_init__(self) -> None:
        self.documents = StrictDocuments(self.clock)
        self.queues = MemoryQueues()
        self.texts = SentTexts()
        self.mail = SentMail()
        self.topic = MemoryTopic()
        numbers = count(1)
        self.new_secret = lambda: f"secret{next(numbers):06d}"
        self.services = self.services_with(self.documents, self.queues, self.town)
        self.tickets_due = DueDocuments(self.documents, "tickets")
        self.outbox = self.outbox_with(self.documents, self.queues, self.texts, self.mail, self.topic)

    def services_with(self, documents: Documents, queues: Queues, travel: LiveTravel) -> Services:
        return Services(documents, queues, self.readers, lambda: travel, URL, self.new_secret, lambda: self.places)

    def queue_tickets_due(self, now: datetime) -> int:
        return queue_tickets_due(self.tickets_due, self.queues, now)

    def outbox_with(self, documents: Documents, queues: Queues, texts: Texts, mail: Mail, topic: Topic) -> Outbox:
        return Outbox(documents, queues, Carriers(texts, mail, topic), self.readers, public_url=URL)

    def readers(self, _: Documents) -> Readers:
        return Readers(self.bookings.get, lambda key: self.businesses.get(key, self.business))

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def book(self, booked: Booking) -> tuple[Ticket, ...]:
        """The booking tool reports this booking; everything that follows from it now happens."""
        self.bookings[booked.booking_id] = booked
        tickets = follow_booking(self.services, booked, self.now)
        self.work()
        return tickets

    def work(self) -> None:
        """Works off the queues of tickets, updates and notices until they are empty; nobody compiles feeds here."""
        while any(self.queues.messages[queue] for queue in ("tickets", "updates", "notices")):
            for message in self.queues.take("tickets") + self.queues.take("updates"):
                handle(self.services, message, self.now)
            for message in self.queues.take("notices"):
                self.outbox.deliver(message["notice_id"], self.now)

    def until(self, moment: datetime) -> None:
        """Lets the clock run minute by minute, as the schedule does."""
        while self.now < moment:
            self.clock.advance(minutes=1)
            self.queue_tickets_due(self.now)
            self.outbox.sweep(self.now)
            self.work()

    def ticket(self, ticket_id: str) -> Ticket:
        found = self.services.tickets.load(ticket_id, self.now)
        assert found is not None
        return found

    def notices(self) -> list[Notice]:
        return sorted(map(from_document, self.documents.tables["notices"].values()), key=lambda n: n.created_at)

    def said(self) -> list[tuple[str, str]]:
        """(local time, kind) of every notice that was sent, in order."""
        sent = sorted((n for n in self.notices() if n.sent_at), key=lambda n: (n.sent_at or n.created_at, n.decision))
        return [(f"{n.sent_at.astimezone(ZONE):%-d %H:%M}", n.kind) for n in sent if n.sent_at]


@dataclass(frozen=True)
class TicketParts:
    """The hub's parts that commands about tickets use."""

    services: Services


def handle(services: Services, message: Document, now: datetime) -> None:
    """Does what a message of the queues "tickets" and "updates" asks for, as the hub does."""
    handle_message(message, cast("MessageParts", TicketParts(services)), now)


UTC_NOON = datetime(2026, 9, 3, 12, tzinfo=UTC)
