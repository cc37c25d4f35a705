"""What could not be understood: seen by the operator, and processed again once the cause is mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.bookings.inbox import events
from chalicelib.foundation.ports import Unavailable, Write
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.foundation.ports import Document, Documents, Queues

LIST_MAX = 1000


class UnknownEvent(Exception):
    """No such event is parked (HTTP 404)."""

    def __init__(self, event_id: str) -> None:
        super().__init__(f"No event {event_id[:80]!r} is parked here: it was replayed already, or never existed.")


class Parking:
    """The parking lot of all businesses."""

    def __init__(self, documents: Documents, queues: Queues) -> None:
        self._documents = documents
        self._queues = queues

    def list(self, business_id: str, connection_id: str | None = None) -> list[dict[str, Any]]:
        """A business's parked events, the oldest first, as the contract shapes them."""
        return [
            {name: event[name] for name in ("event_id", "connection_id", "reason", "received_at")}
            for event in self._events_of(business_id)
            if connection_id in {None, event["connection_id"]}
        ]

    def replay(self, event_id: str, business_id: str | None = None) -> None:
        """Opens a parked event and queues it. Raises `UnknownEvent` (also for another business's), `Unavailable`."""

        def step() -> None:
            event = self._documents.get("inbox", event_id)
            if event is None or event["state"] != "parked" or business_id not in {None, event["business_id"]}:
                raise UnknownEvent(event_id)
            self._documents.write(
                Write("inbox", events.reopen(event, crashes=0, sweeps=0, waits=False), event["version"])
            )

        retry(step, "event")
        self._queue(event_id)

    def replay_all(self, business_id: str, connection_id: str | None = None) -> int:
        """Replays all that a business has parked, or one connection of it; answers how many."""
        replayed = 0
        for parked in self.list(business_id, connection_id):
            try:
                self.replay(parked["event_id"], business_id)
            except UnknownEvent:
                continue  # somebody else has just replayed it
            replayed += 1
        return replayed

    def _events_of(self, business_id: str) -> Iterable[Document]:
        return self._documents.query("inbox", "parked", business_id, limit=LIST_MAX)

    def _queue(self, event_id: str) -> None:
        try:
            self._queues.send("inbox", {"event_id": event_id})
        except Unavailable:
            return  # it is open: the sweep queues it
