"""What a connection was last seen doing: for the operator, and to notice when it falls silent.

Best effort and cheap: at most one write per connection and few seconds, and lost rather than retried; nothing that the
hub does depends on it. No personal data: ids, reasons and numbers.
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.ports import Conflict, Unavailable, Write

if TYPE_CHECKING:
    from chalicelib.ports import Document, Documents

WRITE_EVERY_S = 5.0
RECENT_MAX = 10
GAP_WEIGHT = 0.2  # of the newest gap in the running mean
QUIET_FACTOR = 6.0  # silent for this many usual gaps …
QUIET_LEAST = timedelta(hours=24)  # … and at least this long: quiet
RHYTHM_EVENTS = 10  # fewer have no rhythm yet


class Seen:
    """Sightings in table "config", one document per connection."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def get(self, connection_id: str) -> Document:
        """What is known; empty for a connection that was never seen."""
        return self._documents.get("config", f"seen#{connection_id}") or {}

    def processed(self, event: Document, state: str, note: str, changed: tuple[str, ...], now: datetime) -> None:
        """Remembers what became of an event."""
        sight = {"event_id": event["event_id"], "received_at": event["received_at"], "state": state, "note": note}
        sight |= {"changed": list(changed)[:RECENT_MAX], "at": now.isoformat()}
        self._change(event["connection_id"], event["business_id"], now, lambda known: with_event(known, sight))

    def troubled(self, event: Document, reason: str, now: datetime) -> None:
        """Remembers that an event could not be processed yet."""
        trouble = {"at": now.isoformat(), "reason": reason[:300], "event_id": event["event_id"]}
        self._change(event["connection_id"], event["business_id"], now, lambda known: known | {"trouble": trouble})

    def refused(self, connection_id: str, business_id: str, now: datetime) -> None:
        """Remembers that a call was not genuine."""

        def change(known: Document) -> Document:
            return known | {"refused": known.get("refused", 0) + 1, "refused_at": now.isoformat()}

        self._change(connection_id, business_id, now, change)

    def _change(self, connection_id: str, business_id: str, now: datetime, change: Any) -> None:
        with contextlib.suppress(Conflict, Unavailable):
            stored = self._documents.get("config", f"seen#{connection_id}")
            if stored and abs((now - datetime.fromisoformat(stored["written_at"])).total_seconds()) < WRITE_EVERY_S:
                return
            document = change(dict(stored or {})) | {
                "config_id": f"seen#{connection_id}",
                "owner": business_id,
                "written_at": now.isoformat(),
                "version": (stored["version"] if stored else 0) + 1,
            }
            self._documents.write(Write("config", document, stored["version"] if stored else None))


def with_event(known: Document, sight: Document) -> Document:
    """A connection's sightings with one more event: the latest first, and the running mean of gaps between events."""
    last = known.get("recent", [])
    gap_s = known.get("gap_s")
    if last:
        gap = max(0.0, _between(last[0]["received_at"], sight["received_at"]))
        gap_s = gap if gap_s is None else (1 - GAP_WEIGHT) * gap_s + GAP_WEIGHT * gap
    seen = {"recent": [sight, *last][:RECENT_MAX], "events": known.get("events", 0) + 1}
    kept = {name: value for name, value in known.items() if name != "trouble"}
    return kept | seen | ({"gap_s": gap_s} if gap_s is not None else {})


def _between(first: str, second: str) -> float:
    return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()


def quiet_for(known: Document, now: datetime) -> timedelta | None:
    """How long a connection has been silent against its own rhythm; None while that is as usual."""
    if known.get("events", 0) < RHYTHM_EVENTS or "gap_s" not in known:
        return None
    silent = now - datetime.fromisoformat(known["recent"][0]["received_at"])
    usual = max(QUIET_LEAST, timedelta(seconds=QUIET_FACTOR * known["gap_s"]))
    return silent if silent > usual else None
