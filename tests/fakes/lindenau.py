"""The whole hub in one process: the real app and rooms over memory fakes, with the town of Lindenau compiled."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.booking import Booking, Customer, Status
from chalicelib.foundation.public_hosts.check import THIS_MACHINE, parse_allowed_hosts
from chalicelib.wiring import Hub
from chalicelib.workflows.booking_changed import follow_booking
from infra.local.town import CENTRE, TIMEZONE, write_town
from tests.fakes.memory import (
    ManualClock,
    MemoryBucket,
    MemoryDocuments,
    MemoryQueues,
    MemoryTopic,
    SentMail,
    SentTexts,
)
from tests.fakes.tools_http import MemorySecrets

if TYPE_CHECKING:
    from pathlib import Path

    from chalicelib.tickets.ticket import Ticket

ZONE = ZoneInfo(TIMEZONE)
START = datetime(2026, 9, 3, 14, 30, tzinfo=ZONE)
MORNING = datetime(2026, 9, 3, 8, 0, tzinfo=ZONE)
WESTHOF = {"lat": CENTRE[0] - 330 / 111_200, "lon": CENTRE[1] - 2700 / 74_000}
SALON = {
    "name": "Salon Lind", "timezone": TIMEZONE, "feed": "town", "phone": "+12025550199",
    "location": {"lat": CENTRE[0] + 0.0005, "lon": CENTRE[1] + 0.0005},
}  # a table, read by rows # fmt: skip


@dataclass
class Lindenau:
    """A hub on the morning of the 3rd of September 2026, its salon configured; `address` is its public URL."""

    hub: Hub
    clock: ManualClock

    @classmethod
    def founded(cls, folder: Path, address: str = "https://hub.example.com") -> Lindenau:
        clock = ManualClock(MORNING)
        hub = Hub(
            MemoryDocuments(clock), MemoryQueues(), MemoryBucket(), SentTexts(), SentMail(), MemoryTopic(),
            MemorySecrets(), clock,
            address, allow_paths=True, allowed_hosts=parse_allowed_hosts(THIS_MACHINE), cache=folder / "cache",
        )  # a table, read by rows # fmt: skip
        return cls(hub, clock)

    def compile_town(self, folder: Path) -> None:
        from feeds.handler import CompileDoors, on_feeds_message  # noqa: PLC0415 - pandas is slow to import

        day = START.date()
        town = write_town(folder / "town.zip", day - timedelta(days=1), day + timedelta(days=2))
        self.hub.operator.feeds.put("town", {"gtfs": str(town)})
        doors = CompileDoors(self.hub.documents, self.hub.bucket, self.hub.queues, self.clock, allow_paths=True)
        on_feeds_message({"feed_id": "town", "why": "configured"}, doors)

    def open_salon(self) -> None:
        self.hub.operator.businesses.put("salon", SALON)

    def book(self, booking_id: str = "b1", **changed: Any) -> Ticket:
        """The ticket of a booking for Ada on the afternoon of the 3rd."""
        known: dict[str, Any] = {
            "booking_id": booking_id, "business_id": "salon", "connection_id": "c", "status": Status.BOOKED,
            "start": START, "end": START + timedelta(minutes=45), "timezone": TIMEZONE,
            "customers": (Customer("ada@example.com", "Ada Example", email="ada@example.com"),),
            "title": "Cut", "version": 1,
        }  # a table, read by rows # fmt: skip
        (ticket,) = follow_booking(self.hub.services, Booking(**{**known, **changed}), self.clock.now().astimezone(UTC))
        return ticket
