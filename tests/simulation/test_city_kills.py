"""A city's afternoon of bad traffic, worked off in peace and by a hundred workers that die at any moment.

The clock stands while a minute's work is done, however often it has to be begun again: so both must end in exactly the
same tickets, and the same words to the same people, each once.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from chalicelib.foundation.ports import Unavailable
from chalicelib.notices.notice import NoticeState
from chalicelib.tickets.states import is_to_come
from chalicelib.workflows.checking.due import DueDocuments
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.ticket_due import queue_tickets_due
from tests.fakes.faults import Crash, Dice, Faulty
from tests.fakes.salon import ADA, HOME, Salon, at, booking, handle

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.foundation.ports import Document
    from chalicelib.workflows.notice_due import Outbox
    from chalicelib.workflows.services import Services

QUEUES = ("tickets", "updates", "notices")
SEEDS = int(os.environ.get("CITY_SEEDS", "2"))
TICKETS, WORKERS = 60, 100
BEGIN, END = at("3 12:30"), at("3 15:00")


class Worker(NamedTuple):
    """One process that works for the city."""

    services: Services
    outbox: Outbox
    tickets_due: DueDocuments


@dataclass
class City:
    """One town's tickets, and the workers that share them. `kills`: the share of port calls at which one dies."""

    seed: int
    kills: float
    salon: Salon = field(default_factory=Salon)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.dice = Dice(self.seed, self.kills)
        s = self.salon
        s.town.live = True
        for n in range(TICKETS):
            start = at("3 13:30") + timedelta(minutes=5 * (n % 24))
            who = replace(ADA, key=f"c{n}", phone=f"+1202555{100 + n:04d}")
            (ticket,) = s.book(booking(start, who, booking_id=f"b{n}"))
            set_origin(s.services, ticket.ticket_id, HOME, s.now)
        s.until(BEGIN)
        self.workers = [self.worker() for _ in range(WORKERS)]

    def worker(self) -> Worker:
        s, port = self.salon, partial(Faulty, dice=self.dice)
        documents, queues = port(s.documents), port(s.queues)
        services = s.services_with(documents, queues, port(s.town))
        outbox = s.outbox_with(documents, queues, port(s.texts), port(s.mail), port(s.topic))
        return Worker(services, outbox, DueDocuments(documents, "tickets"))

    def done(self, work: Callable[[Worker], object]) -> None:
        """By any worker; where one dies or fails, what it had taken comes to another."""
        while True:
            number = self.chance.randrange(WORKERS)
            try:
                work(self.workers[number])
            except Unavailable:
                continue
            except Crash:
                self.workers[number] = self.worker()
                continue
            return

    def minute(self) -> None:
        s, now = self.salon, self.salon.now
        self.done(lambda worker: queue_tickets_due(worker.tickets_due, worker.services.queues, now))
        self.done(lambda worker: worker.outbox.sweep(now))
        while any(s.queues.messages[queue] for queue in QUEUES):
            for queue in QUEUES:
                messages = s.queues.take(queue)
                if self.kills:  # queues keep no order and deliver at least once
                    messages += self.chance.sample(messages, len(messages) // 4)
                    self.chance.shuffle(messages)
                for message in messages:
                    self.done(partial(self.handle, queue, message))

    def handle(self, queue: str, message: Document, worker: Worker) -> None:
        if queue != "notices":
            handle(worker.services, message, self.salon.now)
        else:
            worker.outbox.deliver(message["notice_id"], self.salon.now)

    def lived(self) -> City:
        traffic = random.Random(self.seed)
        while self.salon.now < END:
            self.salon.clock.advance(minutes=1)
            if traffic.random() < 0.4:
                self.salon.town.cancelled, self.salon.town.late_min = self.buses(traffic)
                published = int(self.salon.now.timestamp())
                self.salon.queues.send("updates", {"feed_id": "town", "conditions_at": published})
            self.minute()
        self.dice.quiet = True
        for _ in range(15):  # what was in doubt is settled
            self.salon.clock.advance(minutes=1)
            self.minute()
        return self

    def buses(self, traffic: random.Random) -> tuple[set[str], dict[str, int]]:
        near = [self.salon.now + timedelta(minutes=15 * n) for n in range(5)]
        names = [f"{one.astimezone(BEGIN.tzinfo):%H}:{15 * traffic.randrange(4):02d}" for one in near]
        return set(names[:2]), dict.fromkeys(names[2:], traffic.randrange(-3, 25))

    def tickets(self) -> dict[str, Any]:
        """All but the number of writes."""
        found = {key: self.salon.ticket(key) for key in self.salon.documents.tables["tickets"]}
        return {ticket.booking_id: replace(ticket, version=0, secret="") for ticket in found.values()}

    def said(self) -> dict[str, tuple[str, str, str]]:
        return {n.notice_id: (n.kind, n.to, n.text) for n in self.salon.notices()}

    def states(self) -> Counter[NoticeState]:
        return Counter(n.state for n in self.salon.notices())


@pytest.fixture(scope="module", params=range(SEEDS))
def seed(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture(scope="module")
def quiet(seed: int) -> City:
    return City(seed, 0.0).lived()


@pytest.fixture(scope="module")
def killed(seed: int) -> City:
    return City(seed, 0.006).lived()


def test_the_afternoon_is_worth_comparing(quiet: City, killed: City) -> None:
    kinds = Counter(n.kind for n in quiet.salon.notices())
    assert kinds.keys() >= {"leave_by", "replan", "late", "customer_late"}
    assert quiet.states() == {NoticeState.SENT: sum(quiet.states().values())}
    assert killed.dice.faults > 100


def test_killing_workers_changes_no_final_ticket(quiet: City, killed: City) -> None:
    assert killed.tickets() == quiet.tickets()


def test_killing_workers_changes_nothing_that_is_decided_to_be_said(quiet: City, killed: City) -> None:
    assert killed.said() == quiet.said()


def test_nobody_is_told_a_thing_twice_and_of_what_was_not_sent_it_is_known_why(quiet: City, killed: City) -> None:
    wanted, sent = Counter(quiet.salon.texts.sent), Counter(killed.salon.texts.sent)
    assert not sent - wanted
    others = [n for n in killed.salon.notices() if n.state is not NoticeState.SENT]
    reasons = {"crashed_while_sending", "overtaken_by_later_news", "too_late_to_act_on"}  # found only minutes later
    assert {n.reason for n in others} <= reasons
    assert (wanted - sent).total() <= len(others)
    assert len(others) < len(killed.salon.notices()) / 20


def test_every_ticket_had_its_end(quiet: City, killed: City) -> None:
    for city in (quiet, killed):
        late = [t for t in city.tickets().values() if is_to_come(t) and t.start < city.salon.now - timedelta(hours=1)]
        assert late == []
