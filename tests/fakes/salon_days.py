"""Two days at a salon where calls to the outside may fail, and what came of them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.booking import Customer, Status
from chalicelib.foundation.ports import Unavailable
from chalicelib.notices.notice import NoticeState
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.checking.due import DueDocuments
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.ticket_due import check_ticket, queue_tickets_due
from chalicelib.workflows.timetable_changed import check_feed_days
from tests.fakes.faults import Crash, Faulty
from tests.fakes.salon import HOME, START, at, booking, handle

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.bookings.booking import Booking
    from chalicelib.foundation.ports import Write
    from tests.fakes.faults import Dice
    from tests.fakes.salon import Salon

BEGIN, END = at("2 09:00"), at("3 20:00")

NEVER_GIVE_UP = 10_000
Action = tuple["datetime", "Callable[[Failing], None]"]


@dataclass
class Shared:
    """The store, where now and then another worker does the same work between this one's reading and its writing."""

    salon: Salon
    dice: Dice

    def __getattr__(self, name: str) -> Any:
        return getattr(self.salon.documents, name)

    def write(self, *writes: Write) -> None:
        if self.dice.fall():
            for write in writes:
                if "notice_id" in write.document:
                    self.salon.outbox.deliver(write.document["notice_id"], self.salon.now)
                elif "ticket_id" in write.document:
                    check_ticket(self.salon.services, write.document["ticket_id"], self.salon.now)
        self.salon.documents.write(*writes)


@dataclass
class Failing:
    """A salon whose desk and outbox reach the world only through faulty ports; queues deliver until it works."""

    salon: Salon
    dice: Dice
    meddling: Dice

    def __post_init__(self) -> None:
        s, dice = self.salon, self.dice
        queues, documents = Faulty(s.queues, dice), Faulty(Shared(s, self.meddling), dice)
        self.services = s.services_with(documents, queues, Faulty(s.town, dice))
        self.tickets_due = DueDocuments(documents, "tickets")
        self.outbox = s.outbox_with(
            documents, queues, Faulty(s.texts, dice), Faulty(s.mail, dice), Faulty(s.topic, dice)
        )  # a table, read by rows # fmt: skip

    def insist(self, work: Callable[[], Any]) -> None:
        """What a queue or an impatient person does: again, until it works."""
        for _ in range(NEVER_GIVE_UP):
            try:
                work()
            except (Unavailable, Crash):
                continue
            return
        raise AssertionError("it never works")

    def once(self, work: Callable[[], Any]) -> None:
        """A schedule: tried three times, as EventBridge does; if that fails, the next minute is another chance."""
        for _ in range(3):
            try:
                work()
            except (Unavailable, Crash):
                continue
            return

    def work(self) -> None:
        now = self.salon.now
        while any(self.salon.queues.messages.values()):
            for message in self.salon.queues.take("tickets") + self.salon.queues.take("updates"):
                self.insist(partial(handle, self.services, message, now))
            for message in self.salon.queues.take("notices"):
                self.insist(partial(self.outbox.deliver, message["notice_id"], now))

    def minute(self) -> None:
        self.salon.clock.advance(minutes=1)
        self.once(lambda: queue_tickets_due(self.tickets_due, self.services.queues, self.salon.now))
        self.once(lambda: self.outbox.sweep(self.salon.now))
        self.work()


def followed(booked: Booking, failing: Failing) -> None:
    failing.salon.bookings[booked.booking_id] = booked
    failing.insist(lambda: follow_booking(failing.services, booked, failing.salon.now))


def new_timetable(failing: Failing) -> None:
    failing.insist(lambda: check_feed_days(failing.services, "town", ["2026-09-03"]))


def story(seed: int) -> list[Action]:
    """What happens: bookings, double deliveries, origins, moves, cancellations, second thoughts, a new timetable."""
    rand = random.Random(seed)
    actions: list[Action] = []
    for n in range(8):
        who = Customer(f"c{n}@example.com", f"C{n}", f"c{n}@example.com", f"+120255501{n:02d}" if n % 4 else None)
        start = START.replace(hour=rand.randrange(10, 18), minute=rand.choice((0, 15, 30)))
        first = booking(start, who, booking_id=f"b{n}")
        moment = BEGIN + timedelta(minutes=rand.randrange(0, 120))
        versions = [(moment, first)]
        for version in range(2, 2 + rand.randrange(0, 4)):
            moment += timedelta(minutes=rand.randrange(30, 500))
            versions.append((moment, _changed(rand, versions[-1][1], version)))
        for moment, booked in versions:
            actions += [(moment, partial(followed, booked))] * rand.choice((1, 1, 2))
        if rand.random() < 0.8:
            moment = versions[0][0] + timedelta(minutes=rand.randrange(5, 300))
            actions.append((moment, partial(_origin, first)))
    for _ in range(3):
        moment = BEGIN + timedelta(minutes=rand.randrange(0, 1800))
        actions.append((moment, new_timetable))
    return sorted(actions, key=lambda action: action[0])


def _changed(rand: random.Random, before: Booking, version: int) -> Booking:
    kind = rand.choice(("move", "cancel", "book", "again"))
    if kind == "move":
        start = before.start.replace(hour=rand.randrange(10, 18), minute=rand.choice((0, 15, 30)))
        return replace(before, start=start, end=start + timedelta(hours=1), version=version)
    if kind == "cancel":
        return replace(before, status=Status.CANCELLED, version=version)
    return replace(before, status=Status.BOOKED, version=version)


def _origin(booked: Booking, failing: Failing) -> None:
    def say() -> None:
        for ticket in failing.salon.services.tickets.of_booking(booked.booking_id, failing.salon.now):
            set_origin(failing.services, ticket.ticket_id, HOME, failing.salon.now)

    failing.insist(say)


def lived_through(failing: Failing, actions: list[Action]) -> Failing:
    """The days with these actions, and half an hour more without faults."""
    actions = sorted(actions, key=lambda action: action[0])
    while failing.salon.now < END:
        while actions and actions[0][0] <= failing.salon.now:
            actions.pop(0)[1](failing)
            failing.work()
        failing.minute()
    failing.dice.quiet = True
    for _ in range(30):
        failing.minute()
    return failing


def end_state(failing: Failing) -> dict[str, Any]:
    """The tickets without what may differ by a minute or by the number of attempts."""
    state = {}
    for key in failing.salon.documents.tables["tickets"]:
        ticket = failing.salon.ticket(key)
        promise = replace(ticket.promise, told_at=None, pending=())
        plain = replace(ticket, updated_at=None, created_at=None, observed_at=None, version=0)
        state[key] = replace(plain, secret="", itineraries=ticket.itineraries[:1], promise=promise)
    return state


def told(failing: Failing) -> set[tuple[str, str, str]]:
    """Who was told what, or may have been."""
    states = {NoticeState.SENT, NoticeState.DOUBTFUL}
    return {(n.notice_id, n.to, n.kind) for n in failing.salon.notices() if n.state in states}


def sendings(failing: Failing) -> Counter[tuple[str, str]]:
    texts = Counter((to, text) for to, text in failing.salon.texts.sent)
    return texts + Counter((to, text) for to, _, text in failing.salon.mail.sent)
