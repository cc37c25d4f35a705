"""Ten thousand live tickets of a city, made by the hub's own parts on memory, then stored in big transactions.

Each ticket was booked on the eve, its customer said where she comes from, and all that was due since has happened:
who has to leave soon was told. What was said before the benchmark begins is not part of it: its notices are not stored.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.aws.environment import Aws
from chalicelib.bookings.booking import Booking, Customer, Report, Status
from chalicelib.embedded.environment import Embedded
from chalicelib.foundation.ports import Write
from chalicelib.wiring import Hub
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.ticket_due import check_ticket
from tests.fakes.memory import (
    ManualClock,
    MemoryDocuments,
    MemoryQueues,
    MemoryTopic,
    SentMail,
    SentTexts,
)
from tests.fakes.tools_http import MemorySecrets

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.foundation.ports import Clock, Document, Documents
    from chalicelib.tickets.ticket import Ticket
    from chalicelib.transit.itinerary import Place, Request

FEED = "city"
STEP_S = 300  # appointments begin on the five minutes
STORED_AT_ONCE = 50
PROCESSES = 2
PARTS = 16

Guest = tuple[int, "Place", "datetime"]  # number, home, start of the appointment


@dataclass(frozen=True)
class Salon:
    """One venue and who comes to it."""

    number: int
    venue: Place
    guests: tuple[Guest, ...]


@dataclass(frozen=True)
class Opening:
    """What all salons share: where AWS is, the feed's document, the zone, the hour when the benchmark begins."""

    environment: dict[str, str]
    feed: Document
    timezone: str
    now: datetime


def salons(requests: list[Request], now: datetime, within: timedelta, seed: int) -> list[Salon]:
    """The appointments by venue, their starts spread over the time from 15 minutes on."""
    dice = random.Random(seed)
    steps = int(within.total_seconds()) // STEP_S
    by_venue: dict[Place, list[Guest]] = defaultdict(list)
    for number, request in enumerate(requests):
        start = now + timedelta(seconds=STEP_S * dice.randrange(3, steps + 1))
        by_venue[request.destination].append((number, request.origin, start))
    return [Salon(n, venue, tuple(guests)) for n, (venue, guests) in enumerate(by_venue.items())]


def parts_of(environment: dict[str, str], clock: Clock) -> Aws | Embedded:
    """What the hub's own processes use, by their environment."""
    if environment.get("HUB_STORE") == "embedded":
        return Embedded(Path(environment["HUB_LOCAL_DIR"]), clock, environment)
    return Aws(environment, clock)


def documents(opening: Opening, all_salons: list[Salon]) -> list[tuple[str, Document]]:
    """All documents of tickets, bookings and configuration, by table."""
    parts = [all_salons[n::PARTS] for n in range(PARTS)]
    with ProcessPoolExecutor(PROCESSES) as workers:
        return list(itertools.chain.from_iterable(workers.map(_made, [opening] * PARTS, parts)))


def store(made: list[tuple[str, Document]], real: Documents) -> None:
    """Writes them, many in a transaction."""
    for at in range(0, len(made), STORED_AT_ONCE):
        real.write(*(Write(table, document, None) for table, document in made[at : at + STORED_AT_ONCE]))


def _made(opening: Opening, some: list[Salon]) -> list[tuple[str, Document]]:
    clock = ManualClock(opening.now)
    memory = MemoryDocuments(clock)
    memory.tables["config"][opening.feed["config_id"]] = dict(opening.feed)
    hub = Hub(
        memory, MemoryQueues(), parts_of(opening.environment, clock).bucket, SentTexts(), SentMail(), MemoryTopic(),
        MemorySecrets(), clock, "https://hub.example.org", cache=Path(opening.environment["SEEDS_CACHE"]),
    )  # a table, read by rows # fmt: skip
    for salon in some:
        _open(hub, salon, opening)
    feed = opening.feed["config_id"]
    return [
        (table, document | {"version": 1})
        for table in ("config", "bookings", "tickets")
        for key, document in memory.tables[table].items()
        if key != feed
    ]


def _open(hub: Hub, salon: Salon, opening: Opening) -> None:
    business_id, connection_id, eve = f"salon{salon.number}", f"cal{salon.number}", opening.now - timedelta(days=1)
    place = {"lat": salon.venue.lat, "lon": salon.venue.lon}
    body = {"name": f"Salon {salon.number}", "timezone": opening.timezone, "feed": FEED, "location": place}
    business = hub.config.put_business(business_id, body, eve)
    connection = hub.config.put_connection(
        business_id, connection_id, {"provider": "calcom", "secret": "made-up-secret"}, eve
    )
    for number, home, start in salon.guests:
        who = Customer(f"guest{number}", f"Guest {number}", phone=f"+1202555{100 + number % 100:04d}")
        end = start + timedelta(minutes=30)
        report = Report(f"u{number}", "1", Status.BOOKED, start, end, opening.timezone, (who,), "Haircut")
        booking = hub.bookings.apply(report, connection, business, eve).outcome
        assert isinstance(booking, Booking)
        (ticket,) = follow_booking(hub.services, booking, eve)
        _lived(hub, set_origin(hub.services, ticket.ticket_id, home, eve + timedelta(minutes=5)), opening.now)


def _lived(hub: Hub, ticket: Ticket | None, until: datetime) -> None:
    """All looks that were due before."""
    while ticket and ticket.next_check_at and ticket.next_check_at < until:
        ticket = check_ticket(hub.services, ticket.ticket_id, ticket.next_check_at)
