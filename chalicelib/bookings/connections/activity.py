"""What a connection did lately: for its operator, and to notice when it falls silent.

Best effort and cheap: at most one write per connection and few seconds, lost rather than retried; nothing else that the
hub does depends on it. No personal data: ids, reasons and numbers.

    {events, recent: [{event_id, received_at, state, note, changed, at, kind}…], called_at, hours, trouble?, refused?,
     refused_at?, refused_why?, quiet_told_at? (when the present silence was reported), written_at, business_id,
     version}
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING

from chalicelib.bookings.connections import rhythm
from chalicelib.bookings.inbox.events import OPEN_SHARDS, RECONCILE, shard_of
from chalicelib.foundation.keys import activity_key, calls_key
from chalicelib.foundation.ports import Conflict, Unavailable, Write
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from zoneinfo import ZoneInfo

    from chalicelib.bookings.business import Connection
    from chalicelib.foundation.ports import Document, Documents

WRITE_EVERY_S = 5.0  # a burst of events costs one write
RECENT_MAX = 10  # events that are remembered, and changed bookings of each
TROUBLE_MAX = 300  # characters of a reason


def count_call(documents: Documents, connection_id: str, event_id: str) -> None:
    """One more call of the tool: every one counts, however fast they come, so the count has parts of its own."""
    key = calls_key(connection_id, shard_of(event_id))

    def step() -> None:
        stored = documents.get("config", key) or {"config_id": key, "calls": 0, "version": 0}
        later = stored | {"calls": stored["calls"] + 1, "version": stored["version"] + 1}
        documents.write(Write("config", later, stored["version"] or None))

    with contextlib.suppress(Unavailable):
        retry(step, "count of calls")


def calls_of(documents: Documents, connection_id: str) -> int:
    """How many calls of the tool were understood or parked. Raises `Unavailable`."""
    keys = [calls_key(connection_id, str(shard)) for shard in range(OPEN_SHARDS)]
    return sum(one["calls"] for one in documents.get_many("config", keys))


class Activity:
    """What connections did lately, in table "config", one document per connection."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._refused: dict[str, int] = {}  # that were not written yet, by connection

    def get(self, connection_id: str) -> Document:
        """What is known; empty for a connection of which nothing came yet. Raises `Unavailable`."""
        return self._documents.get("config", activity_key(connection_id)) or {}

    def remember_event(self, event: Document, state: str, note: str, changed: tuple[str, ...], now: datetime) -> None:
        """Remembers what became of an event: its state, why, and the ids of the bookings that it changed."""
        recent = {"event_id": event["event_id"], "received_at": event["received_at"], "state": state, "note": note}
        recent |= {"changed": list(changed)[:RECENT_MAX], "at": now.isoformat(), "kind": event.get("kind", "call")}
        self._change(event["connection_id"], event["business_id"], now, lambda known: with_event(known, recent))

    def remember_trouble(self, event: Document, reason: str, now: datetime) -> None:
        """Remembers that an event could not be processed yet."""
        trouble = {"at": now.isoformat(), "reason": reason[:TROUBLE_MAX], "event_id": event["event_id"]}
        self._change(event["connection_id"], event["business_id"], now, lambda known: known | {"trouble": trouble})

    def remember_refusal(self, connection: Connection, why: str, now: datetime) -> None:
        """Remembers that a call was not genuine, and why."""
        waiting = self._refused.get(connection.connection_id, 0) + 1
        self._refused[connection.connection_id] = waiting
        if len(self._refused) > RECENT_MAX * RECENT_MAX:
            self._refused.clear()

        def change(known: Document) -> Document:
            self._refused.pop(connection.connection_id, None)
            refused = {"refused": known.get("refused", 0) + waiting, "refused_at": now.isoformat()}
            return known | refused | {"refused_why": why[:TROUBLE_MAX]}

        self._change(connection.connection_id, connection.business_id, now, change)

    def _change(
        self, connection_id: str, business_id: str, now: datetime, change: Callable[[Document], Document]
    ) -> None:
        with contextlib.suppress(Conflict, Unavailable):
            stored = self._documents.get("config", activity_key(connection_id))
            if stored and abs((now - datetime.fromisoformat(stored["written_at"])).total_seconds()) < WRITE_EVERY_S:
                return
            known = {
                name: value for name, value in (stored or {}).items() if name != "owner"
            }  # as versions before had it
            document = change(known) | {
                "config_id": activity_key(connection_id),
                "business_id": business_id,
                "written_at": now.isoformat(),
                "version": (stored["version"] if stored else 0) + 1,
            }
            self._documents.write(Write("config", document, stored["version"] if stored else None))


def with_event(known: Document, event: Document) -> Document:
    """A connection's activity with one more event, the latest first; a call of the tool ends a silence."""
    counted = {"recent": [event, *known.get("recent", [])][:RECENT_MAX], "events": known.get("events", 0) + 1}
    kept = {name: value for name, value in known.items() if name != "trouble"}
    if event["kind"] == RECONCILE:  # the hub asked: that is no call of the tool
        return kept | counted
    kept.pop("quiet_told_at", None)
    at = datetime.fromisoformat(event["received_at"])
    called = max(known.get("called_at", ""), event["received_at"])
    return kept | counted | {"called_at": called, "hours": rhythm.with_call(known.get("hours", {}), at)}


def silent_for(known: Document, now: datetime, zone: ZoneInfo) -> timedelta | None:
    """How long a connection has been silent against its rhythm, `zone` being its business's; None: it is not."""
    if "called_at" not in known:
        return None
    last = datetime.fromisoformat(known["called_at"])
    return now - last if rhythm.is_against_rhythm(known["hours"], last, now, zone) else None
