"""Parked events: what could not be understood is listed to the operator, and replayed once the cause is mended."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.inbox import events
from chalicelib.foundation.commands import ProcessEvent, send_commands
from chalicelib.foundation.ports import Unavailable, Write
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Documents, Queues

PARKED_MAX = 1000  # events of one business that are listed or replayed at once
EVENT_ID_SHOWN_MAX = 80  # characters of an unknown id in an answer


class UnknownEvent(Exception):
    """No such event is parked (HTTP 404)."""

    def __init__(self, event_id: str) -> None:
        super().__init__(
            f"No event {event_id[:EVENT_ID_SHOWN_MAX]!r} is parked here: it was replayed already, or never existed."
        )


class Parking:
    """Parked events of all businesses."""

    def __init__(self, documents: Documents, queues: Queues) -> None:
        self._documents = documents
        self._queues = queues

    def of_business(self, business_id: str, connection_id: str | None = None) -> list[dict[str, Any]]:
        """A business's parked events (or those of one connection), the oldest first.

        Each is {event_id, connection_id, reason, received_at}. Raises `Unavailable`.
        """
        return [
            {name: event[name] for name in ("event_id", "connection_id", "reason", "received_at")}
            for event in self._documents.query("inbox", "parked_keys", business_id, limit=PARKED_MAX)
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
        with contextlib.suppress(Unavailable):  # the event is open: the sweep queues it
            send_commands(self._queues, ProcessEvent(event_id))

    def replay_all(self, business_id: str, connection_id: str | None = None) -> int:
        """Replays all parked events of a business, or of one of its connections; answers how many."""
        replayed = 0
        for parked in self.of_business(business_id, connection_id):
            try:
                self.replay(parked["event_id"], business_id)
            except UnknownEvent:
                continue  # another request has just replayed it
            replayed += 1
        return replayed
