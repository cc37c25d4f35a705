"""The same histories with tickets that follow the bookings, and what people hear of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import Raw
from chalicelib.notices.documents import from_document
from chalicelib.tickets.ticket import TicketStatus
from chalicelib.workflows.booking_changed import follow_booking
from chalicelib.workflows.checking.due import DueDocuments
from chalicelib.workflows.origin_set import set_origin
from chalicelib.workflows.services import Services, readers_of
from chalicelib.workflows.ticket_due import queue_tickets_due
from tests.fakes.booking_tools import MORNING
from tests.fakes.histories import connected
from tests.fakes.salon import HOME, MILL, URL, Gazetteer, Town, handle

if TYPE_CHECKING:
    from tests.fakes.booking_tools import Call, Tool
    from tests.fakes.hub import BookingsRoom

ENDED = {TicketStatus.CANCELLED, TicketStatus.NO_SHOW}
ORIGINS = (HOME, MILL, None)
Step = tuple[str, Any]
"""("call", Call), ("look", hours), ("origin", (which ticket, which of `ORIGINS`))."""


@dataclass
class House:
    """The bookings room with tickets that follow it."""

    room: BookingsRoom

    def __post_init__(self) -> None:
        room = self.room
        self.services = Services(room.documents, room.queues, readers_of, Town, URL, lambda: "secret000000", Gazetteer)
        self.tickets_due = DueDocuments(room.documents, "tickets")

    @property
    def ids(self) -> list[str]:
        return sorted(self.room.documents.tables["tickets"])

    def check(self, hours: int) -> None:
        """Time passes, and whatever is due happens."""
        self.room.clock.advance(hours=hours)
        self.room.inbox.sweep(self.room.clock.now())  # a move's other half may not have come in time
        self.work_off()
        queue_tickets_due(self.tickets_due, self.room.queues, self.room.clock.now())
        for message in self.room.queues.take("tickets"):
            handle(self.services, message, self.room.clock.now())

    def work_off(self) -> None:
        """Every event that is queued, in its order."""
        while messages := self.room.queues.take("inbox"):
            for message in messages:
                self.room.clock.advance(milliseconds=1)
                self.room.worker.process(message["event_id"], self.room.clock.now())

    def do(self, step: Step) -> None:
        what, how = step
        if what == "call":
            self._called(how)
        elif what == "look":
            self.check(how)
        elif self.ids:
            which, origin = how
            set_origin(self.services, self.ids[which % len(self.ids)], ORIGINS[origin], self.room.clock.now())

    def _called(self, one: Call) -> None:
        """A genuine call; signatures have an age, and hours pass here."""
        body, headers = one.signed
        connection = self.room.config.connection("tool")
        assert connection is not None
        raw = Raw(body, {name.lower(): value for name, value in headers.items()}, one.query, URL)
        self.room.inbox.store(connection, provider(connection.provider), raw, self.room.clock.now())

    def heard(self) -> set[tuple[str | None, str, int, str]]:
        """What people were told, or would have been."""
        notices = map(from_document, self.room.documents.tables["notices"].values())
        return {(one.ticket_id, one.kind, one.decision, one.text) for one in notices}

    def tickets(self) -> dict[str, tuple[str, Any, Any]]:
        now = self.room.clock.now()
        found = (self.services.tickets.load(key, now) for key in self.ids)
        return {one.ticket_id: (one.status.value, one.start, one.origin) for one in found if one}


def played(tool: Tool, steps: list[Step]) -> House:
    """All steps, each worked off before the next; then the days until the appointments' own."""
    house = House(connected(tool))
    house.room.worker = house.room.new_worker(
        partial(follow_booking, house.services), api=lambda _connection, _tool: tool
    )
    for step in steps:
        house.do(step)
        house.work_off()
    while house.room.clock.now() < MORNING:
        house.check(20)
    return house


def told_once(tool: Tool, history: list[tuple[str, int, int]], chance: Any) -> None:
    """Whatever the tool says twice, in whatever order, tickets and what was told are as if it had said it once."""
    calls: list[Call] = [one for action in history for one in tool.happened(*action)]
    chance.shuffle(calls)
    steps: list[Step] = [("call", one) for one in calls]
    for _ in range(chance.randrange(4)):
        other = ("look", chance.randrange(1, 9)), ("origin", (chance.randrange(4), chance.randrange(len(ORIGINS))))
        steps.insert(chance.randrange(len(steps) + 1), other[chance.randrange(2)])
    twice = list(steps)
    for step in [one for one in steps if one[0] == "call" and chance.random() < 0.4]:
        twice.insert(chance.randrange(twice.index(step) + 1, len(twice) + 1), step)
    once, again = played(tool, steps), played(tool, twice)
    assert again.tickets() == once.tickets()
    assert again.heard() == once.heard()
    living = [start for status, start, _ in once.tickets().values() if status not in {one.value for one in ENDED}]
    assert sorted(living) == sorted(one.start for one in tool.appointments if one.status == "booked")
