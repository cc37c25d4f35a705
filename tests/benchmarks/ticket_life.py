"""What one ticket's life asks of AWS, counted at the ports, and what a million of them cost.

The life: a Cal.com webhook, the origin set on the page, the reminder, time to leave, three re-plans on the way to
the salon that change something (and twenty updates that do not), arrival, and the forgetting a day later. All of it
runs through the hub's own parts on memory ports; a queue message is one function call, as at low traffic.
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.providers.contract import Raw
from chalicelib.entrypoints.messages import handle_message
from chalicelib.foundation.commands import StartRound, to_message
from chalicelib.foundation.keys import TABLES
from chalicelib.wiring import Hub
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.services import Services, readers_of
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.memory import (
    ManualClock,
    MemoryBucket,
    MemoryDocuments,
    MemoryQueues,
    MemoryTopic,
    SentMail,
    SentTexts,
)
from tests.fakes.salon import HOME, START, URL, Town, at
from tests.fakes.tools_http import MemorySecrets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chalicelib.foundation.ports import Document, Handover, Text, Write

SECRET = "a-shared-secret"
KIB = 1024
BARE_KIB = 0.2  # of one entry in an index of keys
SALON = {
    "name": "Salon Lind",
    "timezone": "Europe/Vienna",
    "location": {"lat": 48.2005, "lon": 16.3705},
    "feed": "town",
    "phone": "+12025550199",
}


@dataclass
class Meter:
    """Counts what is asked of AWS, by what is paid for."""

    counts: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    running: bool = True

    def add(self, call: str, unit: str, number: float) -> None:
        if self.running:
            self.calls[call] += 1
            self.counts[unit] += ceil(number)


class MeteredDocuments(MemoryDocuments):
    """Counts units as DynamoDB does: by size, doubled in transactions, once more for every index that is touched.

    An index of keys alone costs one unit, however large the document is.
    """

    def __init__(self, clock: ManualClock, meter: Meter) -> None:
        super().__init__(clock)
        self._meter = meter

    def get(self, table: str, key: str) -> Document | None:
        found = super().get(table, key)
        self._meter.add(f"get {table}", "read_unit", max(1, _kib(found) / 4))
        return found

    def get_many(self, table: str, keys: Sequence[str]) -> list[Document]:
        return self.get_all({table: keys})[table]

    def get_all(self, wanted: Mapping[str, Sequence[str]]) -> dict[str, list[Document]]:
        found = {
            table: [document for key in dict.fromkeys(keys) if (document := MemoryDocuments.get(self, table, key))]
            for table, keys in wanted.items()
        }
        units = sum(max(1, ceil(_kib(one) / 4)) for some in found.values() for one in some)
        self._meter.add(f"get {'+'.join(sorted(wanted))}", "read_unit", units)
        return found

    def keys(self, table: str, index: str, partition: str, **span: Any) -> list[Document]:
        found = super().keys(table, index, partition, **span)
        self._meter.add(f"keys {table}", "read_unit", max(0.5, len(found) * BARE_KIB / 8))
        return found

    def query(self, table: str, index: str, partition: str, **span: Any) -> list[Document]:
        found = super().query(table, index, partition, **span)
        self._meter.add(f"query {table}", "read_unit", max(0.5, sum(map(_kib, found)) / 8))
        return found

    def write(self, *writes: Write) -> None:
        units = 0
        for write in writes:
            shape, size = TABLES[write.table], ceil(_kib(write.document))
            inside = [name for name, pair in shape.indexes.items() if all(write.document.get(part) for part in pair)]
            units += size + sum(1 if name in shape.keys_only else size for name in inside)
        super().write(*writes)
        what = "+".join(sorted(Counter(write.table for write in writes)))
        self._meter.add(f"write {what}", "write_unit", units * (2 if len(writes) > 1 else 1))


def _kib(document: Mapping[str, Any] | None) -> float:
    return len(json.dumps(document)) / KIB if document else 0.0


class MeteredQueues(MemoryQueues):
    """A send is a request for up to ten messages; receiving and deleting are two more for each function call."""

    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def send(self, queue: str, *messages: Document, delay_s: int = 0) -> None:
        super().send(queue, *messages, delay_s=delay_s)
        self._meter.add(f"send {queue}", "queue_request", ceil(len(messages) / 10))


class MeteredTexts(SentTexts):
    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def send(self, text: Text) -> Handover:
        self._meter.add("text", "text", 1)
        return super().send(text)


class MeteredTopic(MemoryTopic):
    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def publish(self, message: Document, attributes: Mapping[str, str]) -> str:
        self._meter.add("publish", "topic_publish", 1)
        return super().publish(message, attributes)


class Life:
    """A hub with one salon, one connection and one town."""

    def __init__(self) -> None:
        self.meter = Meter(running=False)
        self.clock = ManualClock(at("1 10:00"))
        self.town = Town(live=True)
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
        hub.__dict__["services"] = Services(documents, self.queues, readers_of, lambda: self.town, URL)
        hub.config.put_business("salon", SALON, self.clock.now())
        hub.config.put_connection("salon", "cal", {"provider": "calcom", "secret": SECRET}, self.clock.now())
        self.meter.running = True

    def work(self) -> None:
        hub, now = self.hub, self.clock.now()
        while any(self.queues.messages.values()):
            for queue in ("inbox", "tickets", "updates", "notices"):
                for message in self.queues.take(queue):
                    self.meter.running = "round_of" not in message  # that is the city's, not this ticket's
                    self.meter.add(f"handle {queue}", "function_call", 1)
                    self.meter.add(f"receive {queue}", "queue_request", 2)
                    handle_message(message, hub, now)
                    self.meter.running = True

    def http(self) -> None:
        self.meter.add("http", "http_request", 1)
        self.meter.add("handle http", "function_call", 1)

    def until(self, moment: str) -> None:
        """The schedule's own queries find nothing most of the time; they are the hub's fixed cost, not a ticket's."""
        while self.clock.now() < at(moment):
            self.clock.advance(minutes=1)
            self.meter.running = False
            self.hub.queue_tickets_due(self.clock.now())
            self.hub.outbox.sweep(self.clock.now())
            self.meter.running = True
            self.work()

    def update(self) -> None:
        """The live feed published something; cutting the city into batches is shared by all of its tickets."""
        self.meter.running = False
        message = to_message(StartRound("town", int(self.clock.now().timestamp())))
        handle_message(message, self.hub, self.clock.now())
        self.meter.running = True
        self.work()


def lived() -> Life:
    """The whole life."""
    life = Life()
    body, headers = calcom_signed(
        calcom_payload(start=START.isoformat(), end=(START + timedelta(hours=1)).isoformat(), phone="+12025550123"),
        SECRET,
    )
    life.http()
    life.hub.inbox.accept("cal", Raw(body, headers, {}, ""), life.clock.now())
    life.work()
    (ticket,) = life.hub.services.tickets.of_day("salon", START.date(), life.hub.now())
    for _ in range(2):  # the page, and the origin
        life.http()
        life.hub.services.tickets.by_token(ticket.token, life.hub.now())
    set_origin(life.hub.services, ticket.ticket_id, HOME, life.clock.now())
    life.until("3 12:40")
    for minute in range(20):
        life.until(f"3 12:{41 + minute}" if minute < 19 else "3 13:00")
        life.update()
    for moment, trouble in (("3 13:20", {"14:00"}), ("3 13:45", set()), ("3 13:50", {"13:45"})):
        life.until(moment)
        life.town.cancelled = trouble
        life.update()
    life.until("4 15:00")
    return life


def main() -> None:
    """Prints the calls, the units, and the money."""
    life = lived()
    prices = tomllib.loads((Path(__file__).parent / "prices.toml").read_text())
    states = [ticket.status for ticket in life.hub.services.tickets.of_day("salon", START.date(), life.hub.now())]
    print(f"texts: {len(life.texts.sent)}; status: {states}")
    for call, number in sorted(life.meter.calls.items()):
        print(f"  {number:4d}  {call}")
    total = 0.0
    print(f"  AWS calls in all: {sum(n for call, n in life.meter.calls.items() if not call.startswith('handle'))}")
    print("units of one life, and US dollars for a million of them:")
    for unit, number in sorted(life.meter.counts.items()):
        cost = number * prices["per_million"][unit]
        total += cost
        print(f"  {number:4d}  {unit:14s} {cost:12,.2f}")
    seconds = life.meter.counts["function_call"] * prices["assumed"]["function_ms"] / 1000
    compute = seconds * prices["assumed"]["function_mb"] / KIB * prices["per_second"]["function_gb"] * 1e6
    texts = life.meter.counts["text"] * prices["per_million"]["text"]
    print(f"  {seconds:7.2f} function seconds {compute:9,.2f}")
    rest = total + compute - texts
    print(f"a million tickets: {total + compute:,.0f} dollars, of which texts {texts:,.0f}, all else {rest:,.0f}")


if __name__ == "__main__":
    main()
