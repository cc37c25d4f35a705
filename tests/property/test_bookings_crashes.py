"""A crash at any call of any port, two workers at once, lost messages: nothing is lost, nothing is booked twice.

`BOOKINGS_HISTORIES=100000 pytest tests/property/test_bookings_crashes.py` is the long run.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.bookings.inbox.accept import Inbox
from chalicelib.bookings.providers.contract import Raw
from chalicelib.foundation.ports import Conflict, Unavailable
from chalicelib.workflows.webhook_arrived import Worker
from tests.fakes.booking_tools import URL, CalCom, Calendly
from tests.fakes.histories import expected, known
from tests.fakes.hub import BookingsRoom

if TYPE_CHECKING:
    from random import Random

    from chalicelib.bookings.booking import Booking
    from chalicelib.foundation.ports import Document, Write
    from tests.fakes.booking_tools import Call, Tool
    from tests.fakes.memory import MemoryDocuments, MemoryQueues

HISTORIES = int(os.environ.get("BOOKINGS_HISTORIES", "80"))
KINDS = ("book", "move", "back", "cancel", "no_show")
actions = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 2), st.integers(0, 9)), min_size=1, max_size=6)


class Killed(BaseException):
    """The process is gone: nothing catches this but the test."""


class Faulty:
    """Ports that now and then fail before or after doing what they were asked, or kill the process there."""

    def __init__(self, documents: MemoryDocuments, queues: MemoryQueues, chance: Random) -> None:
        self._documents = documents
        self._queues = queues
        self._chance = chance
        self.rate = 0.06

    def _trouble(self) -> None:
        draw = self._chance.random()
        if draw < self.rate / 2:
            raise Killed
        if draw < self.rate:
            raise Unavailable("by chance")

    def get(self, table: str, key: str) -> Document | None:
        self._trouble()
        return self._documents.get(table, key)

    def write(self, *writes: Write) -> None:
        self._trouble()
        self._documents.write(*writes)
        self._trouble()

    def query(self, *args: Any, **kwargs: Any) -> list[Document]:
        self._trouble()
        return self._documents.query(*args, **kwargs)

    def send(self, queue: str, *messages: Document, delay_s: int = 0) -> None:
        self._trouble()
        self._queues.send(queue, *messages, delay_s=delay_s)
        self._trouble()

    def follow(self, booking: Booking, told: list[Booking]) -> None:
        self._trouble()
        told.append(booking)
        self._trouble()


def delivered(inbox: Inbox, one: Call, room: BookingsRoom) -> None:
    """The tool repeats a call until it is acknowledged."""
    body, headers = one.signed
    for _ in range(100):
        try:
            inbox.accept("tool", Raw(body, headers, one.query, URL), room.clock.now())
        except (Unavailable, Killed):
            continue
        return
    raise AssertionError("never acknowledged")


@given(history=actions, chance=st.randoms(use_true_random=True), kind=st.sampled_from([CalCom, Calendly]))
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))
def test_faults_anywhere_change_nothing_in_the_end(
    history: list[tuple[str, int, int]], chance: Any, kind: type[Tool]
) -> None:
    tool = kind()
    calls = [one for action in history for one in tool.happened(*action)]
    chance.shuffle(calls)
    room = BookingsRoom()
    room.connect("tool", tool.provider)
    faulty: Any = Faulty(room.documents, room.queues, chance)
    worker = Worker(faulty, room.bucket, room.config, lambda booking, _now: faulty.follow(booking, room.followed))
    inbox = Inbox(faulty, faulty, room.bucket, room.config)
    for one in calls:
        delivered(inbox, one, room)
    for lap in range(60):
        faulty.rate = 0.06 if lap < 20 else 0.0
        messages = room.queues.take("inbox")
        chance.shuffle(messages)
        for message in messages:
            try:
                worker.process(message["event_id"], room.clock.now())
            except (Unavailable, Conflict, Killed):
                if chance.random() < 0.7:  # else the message is lost for good
                    room.queues.send("inbox", message)
        room.clock.advance(seconds=61)
        try:
            inbox.sweep(room.clock.now())
        except (Unavailable, Killed):
            continue
    assert room.parking.of_business("salon") == []
    assert known(room) == expected(tool)
    last = {booking.booking_id: booking for booking in room.followed}
    assert all(last[booking.booking_id] == booking for booking in room.all_bookings())
    open_still = [
        one for one in room.documents.tables["inbox"].values() if one["state"] == "open" and not one.get("waits")
    ]
    assert open_still == []


class Meddling:
    """Documents between whose reads and writes another worker gets its turn."""

    def __init__(self, documents: MemoryDocuments, meddle: Any) -> None:
        self._documents = documents
        self._meddle = meddle

    def get(self, table: str, key: str) -> Document | None:
        found = self._documents.get(table, key)
        self._meddle()
        return found

    def write(self, *writes: Write) -> None:
        self._documents.write(*writes)

    def query(self, *args: Any, **kwargs: Any) -> list[Document]:
        return self._documents.query(*args, **kwargs)


@given(history=actions, chance=st.randoms(use_true_random=True), kind=st.sampled_from([CalCom, Calendly]))
@settings(max_examples=HISTORIES, deadline=None, suppress_health_check=list(HealthCheck))
def test_workers_that_interleave_end_in_the_same_bookings(
    history: list[tuple[str, int, int]], chance: Any, kind: type[Tool]
) -> None:
    tool = kind()
    calls = [one for action in history for one in tool.happened(*action)]
    chance.shuffle(calls)
    room = BookingsRoom()
    room.connect("tool", tool.provider)
    for one in calls:
        delivered(room.inbox, one, room)
    waiting = room.queues.take("inbox") * 2
    chance.shuffle(waiting)
    depth = [0]

    def meddle() -> None:
        """Another worker takes a message and processes it whole, in the middle of this one's work."""
        if waiting and depth[0] < 3 and chance.random() < 0.4:
            depth[0] += 1
            process(waiting.pop())
            depth[0] -= 1

    documents: Any = Meddling(room.documents, meddle)
    worker = Worker(documents, room.bucket, room.config, lambda booking, _now: room.followed.append(booking))

    def process(message: Document) -> None:
        try:
            worker.process(message["event_id"], room.clock.now())
        except Conflict:
            waiting.insert(0, message)

    while waiting:
        process(waiting.pop())
    assert room.parking.of_business("salon") == []
    assert known(room) == expected(tool)
