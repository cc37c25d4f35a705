"""A city of live tickets under AWS's limits, on a virtual clock.

    python -m tests.benchmarks.city_scale [TICKETS] [SNAPSHOTS]

What runs is the hub's own round: `StartRound` is cut into steps and batches, each batch is read, checked and committed
by the code that is deployed. What is played is AWS: the store has partitions of 1,000 write and 3,000 read units a
second and refuses what is beyond; its indexes have partitions of their own; Lambda begins with 5 pollers and adds 300 a
minute, up to the function's share of an account's 1,000; SQS takes ten messages a call; texts leave at 20 a second.

A message takes as long as its calls, its waiting after refusals and its computing; a message that fails comes again as
`entrypoints/messages` has it. A decision is late by the time from the snapshot to the end of its batch.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import random
import sys
import time
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.aws.items import document_of, item_of
from chalicelib.aws.statements import Throttled
from chalicelib.bookings.providers.contract import Raw
from chalicelib.entrypoints.messages import AGAIN_MAX, AGAIN_WITHIN_S, handle_message
from chalicelib.foundation.commands import StartRound, to_message
from chalicelib.foundation.keys import TABLES, shard_for, watch_partition
from chalicelib.foundation.ports import Conflict, Unavailable
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.services import Services, readers_of
from tests.benchmarks import ticket_life
from tests.benchmarks.units import ENTRY_OVERHEAD_BYTES, query_units, read_units, write_units
from tests.fakes.calcom import calcom_payload, calcom_signed
from tests.fakes.memory import MemoryDocuments, MemoryQueues
from tests.fakes.salon import HOME, START, URL, at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from chalicelib.foundation.ports import Document, Write
    from chalicelib.tickets.plan import TripContext
    from chalicelib.tickets.replanning.recheck import CheckedItinerary
    from chalicelib.transit.itinerary import Itinerary
    from tests.fakes.memory import ManualClock

WRITE_UNITS_S, READ_UNITS_S = 1000, 3000  # of a partition, DynamoDB Developer Guide, "Burst and adaptive capacity"
TABLE_PARTITIONS = 4  # a new on-demand table: 4,000 write and 12,000 read units a second
POLLERS_FIRST, POLLERS_ADDED_S, POLLERS_MAX = 5, 5, 250  # Lambda Developer Guide, "Scaling for Amazon SQS"; our share
MESSAGES_A_CALL = 4  # app.py, queue "updates"
CALL_S, QUEUE_CALL_S, MESSAGE_S, TICKET_S = 0.005, 0.008, 0.005, 0.0008
TRIES_IN_CALL, FIRST_WAIT_S = 6, 0.05  # `aws/tables`
HIDDEN_S = 360  # infra/hub.yaml, visibility of the queue "updates"
TEXTS_S = 20
SNAPSHOT_EVERY_S = 30
LATE_SHARE, CANCELLED_SHARE = 0.1, 0.004  # of all rides, in each snapshot


@dataclass
class Limits:
    """What the store refuses, and what it bills. `now` moves while a message waits for it."""

    now: float = 0
    read_most: float = READ_UNITS_S
    write_most: float = WRITE_UNITS_S
    units: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    refused: Counter[str] = field(default_factory=Counter)
    used: dict[tuple[str, str, int], float] = field(default_factory=lambda: defaultdict(float))  # in one second
    chance: random.Random = field(default_factory=lambda: random.Random(7))

    def spend(self, kind: str, partition: str, units: float) -> None:
        """Waits as the client does, then gives up. Raises `Throttled`."""
        most = self.read_most if kind == "read_unit" else self.write_most
        for attempt in range(TRIES_IN_CALL):
            second = (kind, partition, int(self.now))
            if self.used[second] + units <= most:  # what was not used a second before is not saved: AWS promises none
                self.used[second] += units
                self.units[kind] += units
                return
            self.refused[partition.partition("/")[0]] += 1
            self.now += self.chance.uniform(0, FIRST_WAIT_S * 2**attempt)
        raise Throttled(f"{partition} is too busy")


def partition_of(table: str, key: str) -> str:
    return f"{table}/{hashlib.sha256(key.encode()).digest()[0] % TABLE_PARTITIONS}"


class LimitedDocuments(MemoryDocuments):
    """Items as DynamoDB has them (a city as dictionaries would not fit), behind its limits."""

    def __init__(self, clock: ManualClock, limits: Limits) -> None:
        super().__init__(clock)
        self.limits = limits
        self.items: dict[str, dict[str, Any]] = defaultdict(dict)
        self.entries: dict[str, dict[str, str]] = defaultdict(dict)  # "table/index/partition" → key → sort key

    def load(self, table: str, document: Document) -> None:
        self._store(table, document[TABLES[table].key], item_of(TABLES[table], document))

    def get(self, table: str, key: str) -> Document | None:
        return next(iter(self.get_all({table: [key]})[table]), None)

    def get_many(self, table: str, keys: Sequence[str]) -> list[Document]:
        return self.get_all({table: keys})[table]

    def get_all(self, wanted: Mapping[str, Sequence[str]], *, may_lag: bool = False) -> dict[str, list[Document]]:
        self.limits.now += CALL_S
        found: dict[str, list[Document]] = {table: [] for table in wanted}
        for table, keys in wanted.items():
            for key in dict.fromkeys(keys):
                item = self.items[table].get(key)
                self.limits.spend("read_unit", partition_of(table, key), read_units(item) * (0.5 if may_lag else 1))
                found[table] += [document_of(TABLES[table], item)] if item else []
        return found

    def keys(self, table: str, index: str, partition: str, **span: Any) -> list[Document]:
        self.limits.now += CALL_S
        first, last, limit = span.get("first", ""), span.get("last", "\uffff"), span.get("limit", 1000)
        entries = self.entries[f"{table}/{index}/{partition}"]
        found = sorted((sort, key) for key, sort in entries.items() if first <= sort <= last)[:limit]
        size = sum(len(sort) + len(key) + len(partition) + ENTRY_OVERHEAD_BYTES for sort, key in found)
        self.limits.now += CALL_S * (size / 1e6)  # a page has a megabyte
        self.limits.spend("read_unit", f"{table}/{index}/{partition}", query_units(size))
        part, sort_name = TABLES[table].indexes[index]
        return [{TABLES[table].key: key, part: partition, sort_name: sort} for sort, key in found]

    def write(self, *writes: Write) -> None:
        self.limits.now += CALL_S
        for write in writes:
            self._check(write)
        for write in writes:
            self._put(write)

    def write_each(self, writes: Sequence[Write]) -> list[Conflict | Unavailable | None]:
        self.limits.now += CALL_S * (1 + len(writes) // 25)
        failures: list[Conflict | Unavailable | None] = []
        for write in writes:
            try:
                self._check(write)
                self._put(write)
            except (Conflict, Unavailable) as failure:
                failures.append(failure)
            else:
                failures.append(None)
        return failures

    def _check(self, write: Write) -> None:
        item = self.items[write.table].get(write.document[TABLES[write.table].key])
        if (int(item["version"]["N"]) if item else None) != write.expects:
            raise Conflict(write.table)

    def _put(self, write: Write) -> None:
        table, key = write.table, write.document[TABLES[write.table].key]
        before, after = self.items[table].get(key), item_of(TABLES[table], write.document)
        units = write_units(table, before, after)
        changed = [
            f"{table}/{index}/{value}"
            for index, (part, sort) in TABLES[table].indexes.items()
            for old, new in [(before or {}, after)]
            if (old.get(part), old.get(sort)) != (new.get(part), new.get(sort))
            for value in {one[part]["S"] for one in (old, new) if part in one}
        ]
        own = units - len(changed)
        self.limits.spend("write_unit", partition_of(table, key), own)
        for partition in changed:  # a full index refuses the table's write
            self.limits.spend("write_unit", partition, 1)
        self._store(table, key, after)

    def _store(self, table: str, key: str, item: dict[str, Any]) -> None:
        before = self.items[table].get(key, {})
        for index, (part, sort) in TABLES[table].indexes.items():
            if part in before:
                self.entries[f"{table}/{index}/{before[part]['S']}"].pop(key, None)
            if part in item and sort in item:
                self.entries[f"{table}/{index}/{item[part]['S']}"][key] = item[sort]["S"]
        self.items[table][key] = item


class SimulatedCity(ticket_life.City):
    """Each customer has rides of their own, named by a number; a snapshot makes some of them late or cancelled."""

    snapshot = 0

    def recheck(self, itinerary: Itinerary, set_out: datetime, context: TripContext) -> CheckedItinerary | None:
        ride = next(leg.ride for leg in itinerary.legs if leg.ride)
        draw = int(hashlib.sha256(f"{ride.trip_id} {self.snapshot}".encode()).hexdigest()[:8], 16) / 2**32
        late = 6 if draw < LATE_SHARE else 0
        bus = f"{ride.planned_departs.astimezone(START.tzinfo):%H:%M}"
        is_cancelled = 1 - draw < CANCELLED_SHARE
        mine = ticket_life.City(live=True, late_min={bus: late}, cancelled={bus} if is_cancelled else set())
        checked: CheckedItinerary | None = mine.recheck(itinerary, set_out, context)
        return checked


@dataclass(order=True)
class Waiting:
    """A message in the queue: when it can be had, and since when it waits."""

    at: float
    number: int
    message: Document = field(compare=False)
    since: float = field(compare=False)
    tries: int = field(compare=False, default=0)


@dataclass
class Report:
    """What came of it. Delays in seconds."""

    decided: list[float] = field(default_factory=list)
    oldest_throttled: float = 0
    in_flight_max: int = 0
    notices: list[float] = field(default_factory=list)  # when each was ready to go
    function_gb_s: float = 0
    calls: int = 0
    queue_requests: float = 0
    dead: int = 0

    def p(self, share: float) -> float:
        ordered = sorted(self.decided)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Simulation:
    """A city whose tickets are all live, in the twenty minutes before people arrive."""

    def __init__(self, tickets: int) -> None:
        self.limits, self.queues, self.city = Limits(), MemoryQueues(), SimulatedCity(live=True)
        document, config, self.clock = followed_ticket()
        self.documents = LimitedDocuments(self.clock, self.limits)
        for one in config:
            self.documents.load("config", one)
        for number in range(tickets):
            self.documents.load("tickets", cloned(document, number, tickets))
        self.services = Services(self.documents, self.queues, readers_of, lambda: self.city, URL)
        self.waiting: list[Waiting] = []
        self.numbers = count()
        self.report = Report()
        self.begun_at = self.clock.now()

    def run(self, snapshots: int) -> Report:
        """Lets the city run for some snapshots, and until all that they cause is done."""
        pollers = [0.0] * POLLERS_FIRST  # when each is free
        for number in range(snapshots):
            published = number * SNAPSHOT_EVERY_S + 1.0
            self.city.snapshot = number
            self._put(to_message(StartRound("town", int(published))), published, published)
            while self.waiting:
                one = heapq.heappop(self.waiting)
                wanted = min(POLLERS_MAX, POLLERS_FIRST + int(POLLERS_ADDED_S * max(0, one.at - 1)))
                pollers += [one.at] * (wanted - len(pollers))
                free = heapq.heappop(pollers)
                took = [one]
                while self.waiting and self.waiting[0].at <= max(free, one.at) and len(took) < MESSAGES_A_CALL:
                    took.append(heapq.heappop(self.waiting))
                end = self._call(took, max(free, one.at), published)
                heapq.heappush(pollers, end)
        return self.report

    def _pause_s(self, tries: int) -> float:
        """After which a message that failed comes again; the queue's own patience after `AGAIN_MAX`."""
        return self.limits.chance.randint(1, AGAIN_WITHIN_S * 2**tries) if tries < AGAIN_MAX else HIDDEN_S

    def _put(self, message: Document, at_s: float, since: float, tries: int = 0) -> None:
        heapq.heappush(self.waiting, Waiting(at_s, next(self.numbers), message, since, tries))

    def _call(self, took: Sequence[Waiting], begin: float, published: float) -> float:
        """One function call; when it ends."""
        self.report.calls += 1
        self.report.queue_requests += 2
        self.report.in_flight_max = max(self.report.in_flight_max, len(self.waiting))
        self.limits.now = begin
        for one in took:
            refused = sum(self.limits.refused.values())
            self.limits.now += MESSAGE_S + TICKET_S * len(one.message.get("ticket_ids", ()))
            self.clock.set(self.begun_at + timedelta(seconds=self.limits.now))
            try:
                handle_message(one.message, TicketParts(self.services), self.clock.now())  # type: ignore[arg-type]
            except Unavailable:
                self._put(one.message, self.limits.now + self._pause_s(one.tries), one.since, one.tries + 1)
            else:
                self.report.decided += [self.limits.now - published] * len(one.message.get("ticket_ids", ()))
            if sum(self.limits.refused.values()) > refused or one.tries:
                self.report.oldest_throttled = max(self.report.oldest_throttled, self.limits.now - one.since)
            sent = self.queues.take("updates")
            self.limits.now += QUEUE_CALL_S * -(-len(sent) // 10)
            self.report.queue_requests += -(-len(sent) // 10)
            for message in sent:
                self._put(message, self.limits.now, self.limits.now)
            self.report.notices += [self.limits.now] * len(self.queues.take("notices"))
            self.queues.take("tickets")
        self.report.function_gb_s += (self.limits.now - begin) * 1769 / 1024
        return self.limits.now


@dataclass(frozen=True)
class TicketParts:
    """The hub's parts that a round uses."""

    services: Services


def followed_ticket() -> tuple[Document, list[Document], ManualClock]:
    """A ticket whose customer was told when to leave, what is configured, and the time."""
    life = ticket_life.Life(ticket_life.Assumed(0, 0, 0, 0))
    body, headers = calcom_signed(
        calcom_payload(start=START.isoformat(), end=(START + timedelta(hours=1)).isoformat(), phone="+12025550123"),
        ticket_life.SECRET,
    )
    life.hub.inbox.accept("cal", Raw(body, headers, {}, ""), life.clock.now())
    life.work()
    (ticket,) = life.hub.services.tickets.of_day("salon", START.date(), life.hub.now())
    set_origin(life.hub.services, ticket.ticket_id, HOME, life.clock.now())
    for moment in ("2 17:00", "3 11:56", "3 13:07", "3 13:32", "3 13:37", "3 13:41", "3 13:43"):
        life.clock.set(at(moment))
        life.hub.queue_tickets_due(life.clock.now())
        life.work()
    for _ in range(2):  # what was sent is noted, and a first snapshot was followed
        life.clock.advance(seconds=30)
        life.publish()
    tables = life.hub.documents.tables  # type: ignore[attr-defined] # the fake's
    life.clock.set(at("3 13:44"))
    config = [one for key, one in tables["config"].items() if not key.startswith("round#")]
    return tables["tickets"][ticket.ticket_id], config, life.clock


def cloned(document: Document, number: int, tickets: int) -> Document:
    """Another customer's, with rides of their own, at one of many businesses."""
    text = json.dumps(document).replace(".TA.", f".{number}.TA.").replace(document["ticket_id"], f"t{number:011d}")
    business = f"salon{number % max(1, tickets // 20)}"
    one: Document = json.loads(text)
    one["watch_shard"] = watch_partition("town", shard_for(business))
    one["watch_until"] = f"{one['watch_until'].partition('#')[0]}#{business}"
    one["version"] = 1
    return one


def main(tickets: int = 100_000, snapshots: int = 3) -> Report:
    """Prints what was late, refused, sent and paid."""
    began = time.process_time()
    simulation = Simulation(tickets)
    report = simulation.run(snapshots)
    limits, prices = simulation.limits, tomllib.loads(PRICES.read_text())["per_million"]
    paced = sorted(report.notices)
    last = 0.0
    waits = []
    for ready in paced:
        last = max(ready, last + 1 / TEXTS_S)
        waits.append(last - ready)
    print(f"{tickets} live tickets, {snapshots} snapshots {SNAPSHOT_EVERY_S} s apart, {TABLE_PARTITIONS} parts a table")
    print(
        f"  snapshot to decision: median {report.p(0.5):.1f} s, p99 {report.p(0.99):.1f} s, last {report.p(1):.1f} s "
        f"({len(report.decided)} decisions)"
    )
    print(
        f"  refused by the store: {dict(limits.refused) or 'nothing'}; "
        f"oldest such message {report.oldest_throttled:.1f} s"
    )
    print(f"  messages waiting at most: {report.in_flight_max} (SQS: 120,000 in flight)")
    print(f"  notices: {len(paced)}; at {TEXTS_S} texts a second the last waits {max(waits, default=0):.1f} s")
    cost = {
        "write_unit": limits.units["write_unit"],
        "read_unit": limits.units["read_unit"],
        "function_call": report.calls,
        "function_gb_s": report.function_gb_s,
        "queue_request": report.queue_requests,
    }
    for unit, number in cost.items():
        print(f"  {number:12,.0f}  {unit:14s} {number * prices[unit] / 1e6:10.4f} dollars")
    total = sum(number * prices[unit] / 1e6 for unit, number in cost.items())
    print(
        f"  a snapshot of the city costs {total / snapshots:.4f} dollars; "
        f"{time.process_time() - began:.0f} s of computing here"
    )
    return report


PRICES = Path(__file__).parent / "prices.toml"

if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
