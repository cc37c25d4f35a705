"""What one ticket's life asks of AWS, counted at the ports, and what a million of them cost.

The life is that of a customer in a city whose feed publishes every 30 seconds: a Cal.com webhook, the origin set on the
page, a plan of four options with a change each, the reminder, time to leave, a poll for every publication from then on
until they are there (two of which change the plan), arrival, the end, and the forgetting a day later. They look at the
page ten times. All of it runs through the hub's own parts on memory ports, with documents as long as a city's.

A round's batch is 50 tickets of the city, and a batch of what is due in a minute has `DUE_SHARED`: a ticket pays its
part of the call, of the messages and of what is read for all of them. Any other message is a function call of its own.
"""

from __future__ import annotations

import sys
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.providers.contract import Raw
from chalicelib.entrypoints.messages import handle_message
from chalicelib.foundation.commands import StartRound, to_message
from chalicelib.notices.rendering.gsm7 import segments
from chalicelib.transit.itinerary import Itinerary, Leg, Place, Ride
from chalicelib.wiring import Hub
from chalicelib.workflows.conditions_changed import ROUND_BATCH
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.services import Services, readers_of
from infra.functions import WHOLE_CORE_MB
from tests.benchmarks.metering import Meter, MeteredDocuments, MeteredQueues, MeteredTexts, MeteredTopic
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.memory import ManualClock, MemoryBucket, SentMail
from tests.fakes.salon import HOME, START, URL, Town, at
from tests.fakes.tools_http import MemorySecrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from chalicelib.tickets.plan import Plan, TripContext
    from chalicelib.transit.itinerary import Request

SECRET = "a-shared-secret"
KIB = 1024
PAGE_VIEWS = 10
SALON = {
    "name": "Salon Lind",
    "timezone": "Europe/Vienna",
    "location": {"lat": 48.2005, "lon": 16.3705},
    "feed": "town",
    "phone": "+12025550199",
    "address": "Lindenauer Hauptstraße 12, 4020 Lindenau",
}
OPTIONS = 4
DUE_SHARED = 15  # a million tickets a month are 33,000 a day, due 300 a minute in eight parts of the hour
FROM_A, FROM_B = (
    Place("Alte Mühle, Hauptplatz", 48.2201442, 16.3352817, "at:49:1037:0:2", 4),
    Place("Landstraße (Wien Mitte)", 48.2061729, 16.3847261, "at:49:743:0:7", 17),
)
TO_A, TO_B = (
    Place("Schottentor, Universität", 48.2146338, 16.3612905, "at:49:1212:0:12", 11),
    Place("Lange Brücke, Donaukanal", 48.2014391, 16.3688152, "at:49:1001:0:1", 23),
)
# what happens to the network while they are watched: when, what is cancelled, how late are buses
CHANGES: tuple[tuple[str, tuple[set[str], dict[str, int]]], ...] = (
    ("13:20", ({"14:00"}, {})),
    ("13:44", ({"13:45"}, {})),
    ("14:04", ({"13:45"}, {"14:00": 3})),
    ("14:14", ({"13:45"}, {"14:00": 2})),
)
# of the functions, as infra/functions.py has them
MEMORY_MB = {"http": 1024, "tickets": 1769, "updates": 1769, "inbox": 512, "notices": 512}


SHARES = {"check_batch": 1 / ROUND_BATCH, "check_tickets_due": 1 / DUE_SHARED}


class City(Town):
    """The town with a change on the way, and with a city's names, ids and number of options."""

    def plan(self, request: Request, context: TripContext) -> Plan:
        found = super().plan(request, context)
        if not found.itineraries:
            return found
        first = found.itineraries[0]
        later = [self._moved(first, timedelta(minutes=-self.every_min * number)) for number in range(OPTIONS)]
        return replace(found, itineraries=tuple(later), feed_version="2026-08-31T02:10:44Z-8f2c19")

    def _itinerary(self, bus: datetime, request: Request) -> Itinerary:
        bare = super()._itinerary(bus, request)
        walk, ride, last = bare.legs
        half = bus + timedelta(minutes=9)
        assert ride.ride
        tram = Ride(f"{bus:%H%M}.TA.1-2-W-j26-1.14.H", "22-2-W-j26-1", "2", "Friedrich-Engels-Platz", bus, half)
        onward = Ride(
            f"{bus:%H%M}.TA.23-13A-j26-1.3.R",
            "23-13A-j26-1",
            "13A",
            "Hauptbahnhof Ost",
            half + timedelta(minutes=3),
            ride.ride.planned_arrives,
        )
        legs = (
            replace(walk, destination=FROM_A),
            Leg("tram", FROM_A, TO_A, ride.departs, half, tram),
            Leg("walk", TO_A, FROM_B, half, half + timedelta(minutes=2)),
            Leg("bus", FROM_B, TO_B, half + timedelta(minutes=3), ride.arrives, onward),
            replace(last, origin=TO_B),
        )
        return replace(bare, changes=1, legs=legs)

    @staticmethod
    def _moved(one: Itinerary, by: timedelta) -> Itinerary:
        def leg(before: Leg) -> Leg:
            ride = before.ride and replace(
                before.ride,
                planned_departs=before.ride.planned_departs + by,
                planned_arrives=before.ride.planned_arrives + by,
            )
            return replace(before, departs=before.departs + by, arrives=before.arrives + by, ride=ride)

        return Itinerary(one.leave_at + by, one.arrive_at + by, one.changes, tuple(map(leg, one.legs)))

    def recheck(self, itinerary: Itinerary, set_out: datetime, context: TripContext) -> Any:
        checked = super().recheck(itinerary, set_out, context)
        return checked and replace(checked, itinerary=itinerary)


@dataclass(frozen=True)
class Assumed:
    """What a function's time is made of, in ms."""

    wait_ms: float  # for a call of DynamoDB or SQS
    message_ms: float  # computing of a message or a request
    round_ticket_ms: float  # computing of one ticket in a round
    due_ticket_ms: float  # computing of one ticket that is due, its search for itineraries included


class Life:
    """A hub with one salon, one connection and one city."""

    def __init__(self, assumed: Assumed) -> None:
        self.token = ""
        self.meter = Meter(running=False)
        self.assumed = assumed
        self.clock = ManualClock(at("1 10:00"))
        self.city = City(live=True)
        documents, self.queues = MeteredDocuments(self.clock, self.meter), MeteredQueues(self.meter)
        self.texts = MeteredTexts(self.meter)
        self.hub = Hub(
            documents=documents,
            queues=self.queues,
            bucket=MemoryBucket(),
            texts=self.texts,
            mail=SentMail(),
            topic=MeteredTopic(self.meter),
            secrets=MemorySecrets(),
            clock=self.clock,
            public_url=URL,
        )
        hub = self.hub
        hub.__dict__["services"] = Services(documents, self.queues, readers_of, lambda: self.city, URL)
        hub.config.put_business("salon", SALON, self.clock.now())
        hub.config.put_connection("salon", "cal", {"provider": "calcom", "secret": SECRET}, self.clock.now())
        self.meter.running = True

    @contextmanager
    def function(self, kind: str, *, share: float = 1) -> Iterator[None]:
        """One function call, of which this ticket pays a share."""
        before = self.meter.waits
        with self.meter.shared(share):
            yield
        self.meter.add(f"handle {kind}", "function_call", share)
        own_ms = {"updates": self.assumed.round_ticket_ms, "tickets": self.assumed.due_ticket_ms}.get(kind, 0)
        slower = max(1.0, WHOLE_CORE_MB / MEMORY_MB[kind])  # a smaller function has a part of a core
        ms = self.assumed.message_ms * slower * share + own_ms + self.assumed.wait_ms * (self.meter.waits - before)
        self.meter.add(f"handle {kind}", "function_gb_s", ms / 1000 * MEMORY_MB[kind] / KIB)

    def work(self) -> None:
        hub, now = self.hub, self.clock.now()
        while any(self.queues.messages.values()):
            for queue in ("inbox", "tickets", "updates", "notices"):
                for message in self.queues.take(queue):
                    if message["command"] == "finish_round":  # that is the city's, not this ticket's
                        with self.meter.paused():
                            handle_message(message, hub, now)
                        continue
                    share = SHARES.get(message["command"], 1)
                    self.meter.add(f"receive {queue}", "queue_request", 2 * share)
                    with self.function(queue, share=share):
                        handle_message(message, hub, now)

    def view(self) -> None:
        """Somebody looks at the page."""
        self.meter.add("http", "http_request", 1)
        with self.function("http"):
            page = self.hub.ticket_endpoints.get(self.token, {}, {}, self.clock.now())
        assert page.status == 200

    def until(self, moment: str) -> None:
        """The schedule's own queries find nothing most of the time; they are the hub's fixed cost, not a ticket's."""
        while self.clock.now() < at(moment):
            self.clock.advance(seconds=30)
            if not self.clock.now().second:
                with self.meter.paused():
                    self.hub.queue_tickets_due(self.clock.now())
                    self.hub.outbox.sweep(self.clock.now())
                self.work()
            self.publish()

    def publish(self) -> None:
        """The live feed published something; cutting the city into batches is shared by all of its tickets."""
        with self.meter.paused():
            message = to_message(StartRound("town", int(self.clock.now().timestamp())))
            handle_message(message, self.hub, self.clock.now())
        if any(message["command"] == "check_batch" for message in self.queues.messages["updates"]):
            self.meter.add("send updates", "queue_request", 1 / ROUND_BATCH / 10)
        self.work()


def lived(assumed: Assumed) -> Life:
    """The whole life."""
    life = Life(assumed)
    body, headers = calcom_signed(
        calcom_payload(start=START.isoformat(), end=(START + timedelta(hours=1)).isoformat(), phone="+12025550123"),
        SECRET,
    )
    life.meter.add("http", "http_request", 1)
    with life.function("http"):
        life.hub.inbox.accept("cal", Raw(body, headers, {}, ""), life.clock.now())
    life.work()
    with life.meter.paused():
        (ticket,) = life.hub.services.tickets.of_day("salon", START.date(), life.hub.now())
    life.token = ticket.token
    life.view()
    life.meter.add("http", "http_request", 1)
    with life.function("http"):
        life.hub.services.tickets.by_token(ticket.token, life.hub.now())
        set_origin(life.hub.services, ticket.ticket_id, HOME, life.clock.now())
    life.work()
    life.view()
    life.until("2 18:00")
    life.view()
    life.until("3 11:00")
    life.view()
    life.until("3 12:30")
    life.view()
    for moment, change in CHANGES:
        life.until(f"3 {moment}")
        life.city.cancelled, life.city.late_min = change
        life.until(f"3 {moment[:-1]}{int(moment[-1]) + 2}")
        life.view()
    life.until("3 15:00")
    life.view()
    life.until("4 15:00")
    return life


def main() -> None:
    """Prints the calls, the units, and the money."""
    prices = tomllib.loads((Path(__file__).parent / "prices.toml").read_text())
    life = lived(Assumed(**prices["assumed"]))
    meter = life.meter
    with meter.paused():
        states = [
            ticket.status.value for ticket in life.hub.services.tickets.of_day("salon", START.date(), life.hub.now())
        ]
    print(f"status at the end: {states}; sent: {[(to, segments(text)) for to, text in life.texts.sent]}")
    if "-v" in sys.argv:
        for call, number in sorted(meter.by_call.items()):
            print(f"  {number:8.2f}  {call}")
    asked = sum(n for call, n in meter.calls.items() if not call.startswith(("handle", "receive")))
    print(f"  calls of AWS in all (a round's shared ones counted whole): {asked}")
    print("units of one life, and US dollars for a million of them:")
    cost = {unit: number * prices["per_million"][unit] for unit, number in meter.units.items()}
    for unit, number in sorted(meter.units.items()):
        print(f"  {number:8.2f}  {unit:14s} {cost[unit]:12,.2f}")
    texts = cost["text_segment"]
    print(f"a million tickets: texts {texts:,.0f} dollars; all else {sum(cost.values()) - texts:,.0f}")


if __name__ == "__main__":
    main()
