"""The bookings room on memory fakes: a business in Vilnius, its connections, and what was followed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.config import Config
from chalicelib.bookings.connections.chores import Chores
from chalicelib.bookings.connections.overview import Overview
from chalicelib.bookings.connections.tool_access import ToolAccess
from chalicelib.bookings.connections.tool_api import Pauses
from chalicelib.bookings.inbox.accept import Inbox
from chalicelib.bookings.inbox.parking import Parking
from chalicelib.bookings.providers.contract import Raw
from chalicelib.bookings.store import Bookings
from chalicelib.foundation.public_hosts.check import THIS_MACHINE, parse_allowed_hosts
from chalicelib.outages.store import Outages
from chalicelib.outages.watches import Watches
from chalicelib.workflows.tool_failing import Detector
from chalicelib.workflows.webhook_arrived import Worker
from tests.fakes.calcom import calcom_signed
from tests.fakes.memory import ManualClock, MemoryBucket, MemoryDocuments, MemoryQueues
from tests.fakes.tools_http import MemorySecrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.foundation.ports import Documents, Queues, Write

    Follow = Callable[["Booking", datetime], object]
    Asks = Callable[["Connection", "Provider"], Any]
    from chalicelib.bookings.booking import Booking
    from chalicelib.bookings.business import Connection
    from chalicelib.bookings.inbox.accept import Accepted
    from chalicelib.bookings.providers.contract import Provider
    from chalicelib.workflows.webhook_arrived import EventOutcome

NOW = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
SECRET = "a-shared-secret"
BUSINESS = {
    "name": "Salon Example",
    "timezone": "Europe/Vilnius",
    "location": {"lat": 54.687, "lon": 25.28},
    "feed": "vilnius",
    "phone": "+44 7700 900999",
}


class StrictDocuments(MemoryDocuments):
    """Refuses what would come back from a real store as something else (a tuple, say)."""

    def write(self, *writes: Write) -> None:
        for write in writes:
            assert json.loads(json.dumps(write.document, allow_nan=False)) == write.document, write.document
        super().write(*writes)


@dataclass
class BookingsRoom:
    """Everything of the room, wired by hand; `followed` are the bookings that tickets would be told."""

    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    followed: list[Booking] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.documents = StrictDocuments(self.clock)
        self.queues = MemoryQueues()
        self.bucket = MemoryBucket()
        self.config = Config(self.documents)
        self.inbox = self.new_inbox()
        self.overview = Overview(self.documents, self.bucket, self.config, Parking(self.documents, self.queues))
        self.parking = Parking(self.documents, self.queues)
        self.bookings = Bookings(self.documents)
        self.pauses: list[float] = []
        self.secrets = MemorySecrets(tool={"token": "a-token"})
        pauses = Pauses(self.pauses.append, lambda: 1.0)
        self.tool_access = ToolAccess(
            self.secrets,
            self.clock,
            pauses=pauses,
            allowed_hosts=parse_allowed_hosts(THIS_MACHINE),
            watches=Watches(self.documents),
        )
        self.worker = self.new_worker()
        self.chores = Chores(
            self.documents,
            self.config,
            self.inbox,
            self.tool_access,
            lambda connection_id: f"https://hub.example.com/hooks/{connection_id}",
        )
        self.outages = Outages(self.documents, self.queues)
        self.detector = Detector(self.documents, self.config, self.outages, self.inbox.request_read_back)
        self.config.put_business("salon", BUSINESS, NOW)

    def new_worker(self, follow: Follow | None = None, api: Asks | None = None) -> Worker:
        """A worker whose `follow` is another one than that which remembers in `followed`."""
        remembers: Follow = lambda booking, _now: self.followed.append(booking)  # noqa: E731 - it is one expression
        return Worker(self.documents, self.bucket, self.config, follow or remembers, api or self.tool_access.api)

    def new_inbox(self, documents: Documents | None = None, queues: Queues | None = None) -> Inbox:
        """An inbox on other documents or queues: faulty ones, or ones that count."""
        return Inbox(documents or self.documents, queues or self.queues, self.bucket, self.config)

    def connect(self, connection_id: str, provider: str, secret: str | None = SECRET, **settings: Any) -> None:
        body = {"provider": provider, **settings} | ({"secret": secret} if secret else {})
        self.config.put_connection("salon", connection_id, body, self.clock.now())

    def call(self, connection_id: str, signed: tuple[bytes, dict[str, str]], url: str = "") -> Accepted:
        body, headers = signed
        return self.inbox.accept(connection_id, Raw(body, headers, {}, url), self.clock.now())

    def drain(self) -> list[EventOutcome]:
        """Processes queued events until there are none."""
        outcomes = []
        while messages := self.queues.take("inbox"):
            outcomes += [self.worker.process(message["event_id"], self.clock.now()) for message in messages]
        return outcomes

    def all_bookings(self) -> list[Booking]:
        found = self.documents.query("bookings", "by_business_keys", "salon")
        return [booking for one in found if (booking := self.bookings.booking(one["booking_id"]))]


def deliver(room: BookingsRoom, *payloads: dict[str, Any] | bytes) -> list[str]:
    """Sends Cal.com webhooks with right signatures one by one, and says what became of each: "state: note"."""
    outcomes = []
    for payload in payloads:
        room.call("cal", calcom_signed(payload, SECRET))
        outcomes += [f"{outcome.state}: {outcome.note}" for outcome in room.drain()]
    return outcomes


def only(room: BookingsRoom) -> Booking:
    """The one booking that there is."""
    (booking,) = room.all_bookings()
    return booking


def next_poll(room: BookingsRoom) -> list[str]:
    room.clock.advance(minutes=16)
    room.chores.do_due(room.clock.now())
    return [f"{outcome.state}: {outcome.note}" for outcome in room.drain()]


def hourly(room: BookingsRoom) -> list[str]:
    room.clock.advance(hours=1)
    room.chores.do_due(room.clock.now())
    return [f"{outcome.state}: {outcome.note}" for outcome in room.drain()]
