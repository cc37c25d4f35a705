"""What a connection was last seen doing: for the operator, and to notice when it falls silent.

Best effort and cheap: at most one write per connection and few seconds, and lost rather than retried; nothing that the
hub does depends on it. No personal data: ids, reasons and numbers.
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.connections import rhythm
from chalicelib.foundation.keys import seen_key
from chalicelib.foundation.ports import Conflict, Unavailable, Write

if TYPE_CHECKING:
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from chalicelib.foundation.ports import Document, Documents

WRITE_EVERY_S = 5.0
RECENT_MAX = 10
RECONCILE = "reconcile"  # kind of an event that the hub made itself: read back all that is coming


class Activity:
    """Activity in table "config", one document per connection."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def get(self, connection_id: str) -> Document:
        """What is known; empty for a connection that was never seen."""
        return self._documents.get("config", seen_key(connection_id)) or {}

    def remember_event(self, event: Document, state: str, note: str, changed: tuple[str, ...], now: datetime) -> None:
        """Remembers what became of an event."""
        sight = {"event_id": event["event_id"], "received_at": event["received_at"], "state": state, "note": note}
        sight |= {"changed": list(changed)[:RECENT_MAX], "at": now.isoformat(), "kind": event.get("kind", "call")}
        self._change(event["connection_id"], event["business_id"], now, lambda known: with_event(known, sight))

    def remember_trouble(self, event: Document, reason: str, now: datetime) -> None:
        """Remembers that an event could not be processed yet."""
        trouble = {"at": now.isoformat(), "reason": reason[:300], "event_id": event["event_id"]}
        self._change(event["connection_id"], event["business_id"], now, lambda known: known | {"trouble": trouble})

    def remember_refusal(self, connection_id: str, business_id: str, now: datetime) -> None:
        """Remembers that a call was not genuine."""

        def change(known: Document) -> Document:
            return known | {"refused": known.get("refused", 0) + 1, "refused_at": now.isoformat()}

        self._change(connection_id, business_id, now, change)

    def _change(self, connection_id: str, business_id: str, now: datetime, change: Any) -> None:
        with contextlib.suppress(Conflict, Unavailable):
            stored = self._documents.get("config", seen_key(connection_id))
            if stored and abs((now - datetime.fromisoformat(stored["written_at"])).total_seconds()) < WRITE_EVERY_S:
                return
            document = change(dict(stored or {})) | {
                "config_id": seen_key(connection_id),
                "owner": business_id,
                "written_at": now.isoformat(),
                "version": (stored["version"] if stored else 0) + 1,
            }
            self._documents.write(Write("config", document, stored["version"] if stored else None))


def with_event(known: Document, sight: Document) -> Document:
    """A connection's sightings with one more event, the latest first; a call of the tool ends a silence."""
    seen = {"recent": [sight, *known.get("recent", [])][:RECENT_MAX], "events": known.get("events", 0) + 1}
    kept = {name: value for name, value in known.items() if name != "trouble"}
    if sight["kind"] == RECONCILE:  # our own question is no sign of life
        return kept | seen
    kept.pop("quiet_told_at", None)
    at = datetime.fromisoformat(sight["received_at"])
    called = max(known.get("called_at", ""), sight["received_at"])
    return kept | seen | {"called_at": called, "hours": rhythm.with_call(known.get("hours", {}), at)}


def quiet_for(known: Document, now: datetime, zone: ZoneInfo) -> timedelta | None:
    """How long a connection has been silent against its own rhythm, `zone` its business's; None: that is as usual."""
    if "called_at" not in known:
        return None
    last = datetime.fromisoformat(known["called_at"])
    return now - last if rhythm.is_against_rhythm(known["hours"], last, now, zone) else None
