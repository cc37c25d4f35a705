"""The door for webhooks: verify, store the raw bytes, queue, acknowledge. Nothing is asked or understood here.

A call is acknowledged only after it is stored. If only queueing failed it is acknowledged all the same: the event is
open, and `sweep` finds it. A repeated delivery changes nothing, but an event that is still open is queued again.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bookings.connections.activity import Activity
from chalicelib.bookings.inbox import events
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import Keys, Parked, Raw
from chalicelib.bookings.providers.signing import digest_of
from chalicelib.foundation.ports import Conflict, Unavailable, Write
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from chalicelib.bookings.business import Connection
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.providers.contract import HandshakeAnswer, Provider
    from chalicelib.foundation.ports import Bucket, Document, Documents, Queues

WEBHOOK_BODY_MAX = 1024 * 1024
GUESSED_ID_MAX = 80  # characters of a guessed id in an answer
SWEEP_AFTER = timedelta(seconds=60)  # the queue needs less for what it did not lose
SWEEPS_MAX = 12  # an event that stays open after being queued again this often is parked
SWEEP_LIMIT = 500  # events queued again from one shard in one sweep


class UnknownConnection(Exception):
    """No such connection (HTTP 404)."""

    def __init__(self, connection_id: str) -> None:
        super().__init__(
            f"There is no connection {connection_id[:GUESSED_ID_MAX]!r}: check the address set in the tool."
        )


class BadSignature(Exception):
    """The call is not signed with one of the connection's secrets, or too old (HTTP 401)."""

    def __init__(self, connection_id: str) -> None:
        super().__init__(
            f"The call is not signed with a secret of connection {connection_id}: "
            "set the same secret in the tool and here."
        )


class TooLarge(Exception):
    """The body exceeds `WEBHOOK_BODY_MAX` (HTTP 413)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """HTTP 202, or `answer` where the tool is only shaking hands and nothing was stored."""

    event_id: str
    duplicate: bool
    answer: HandshakeAnswer | None = None


class Inbox:
    """Accepts webhooks for all connections."""

    def __init__(self, documents: Documents, queues: Queues, bucket: Bucket, config: Config) -> None:
        self._documents = documents
        self._queues = queues
        self._bucket = bucket
        self._config = config
        self._seen = Activity(documents)

    def accept(
        self,
        connection_id: str,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        body: bytes,
        url: str,
        now: datetime,
    ) -> Accepted:
        """Stores a genuine call. Raises `UnknownConnection`, `BadSignature`, `TooLarge`, `Unavailable` (not stored)."""
        if len(body) > WEBHOOK_BODY_MAX:
            raise TooLarge(f"The body has {len(body)} bytes; {WEBHOOK_BODY_MAX} at most.")
        connection, tool = self._find(connection_id, now)
        raw = _raw(connection, headers, query, body, url, "POST")
        answer = tool.handshake(raw, connection)
        if answer is not None:
            return Accepted("", duplicate=False, answer=answer)
        if not tool.verify(raw, Keys(connection.active_secrets(now), now, connection.settings)):
            self._seen.remember_refusal(connection_id, connection.business_id, now)
            raise BadSignature(connection_id)
        return self.store(connection, tool, raw, now)

    def handshake(
        self, connection_id: str, headers: Mapping[str, str], query: Mapping[str, str], now: datetime
    ) -> HandshakeAnswer | None:
        """What a GET (or HEAD) of the webhook's address is answered with, if the tool shakes hands like that.

        Raises `UnknownConnection`, `Unavailable`.
        """
        connection, tool = self._find(connection_id, now)
        return tool.handshake(_raw(connection, headers, query, b"", "", "GET"), connection)

    def store(self, connection: Connection, tool: Provider, raw: Raw, now: datetime) -> Accepted:
        """Stores a call that is known to be genuine, and queues it."""
        event_id = f"{connection.connection_id}-{_key(tool, raw)}"
        event = events.new_event(event_id, connection, raw, now, kept=tool.headers, bucket=self._bucket)
        try:
            self._documents.write(Write("inbox", event, None))
        except Conflict:
            return self._again(event_id, tool, now)
        self._queue(event_id)
        return Accepted(event_id, duplicate=False)

    def sweep(self, now: datetime) -> int:
        """Queues events again that stayed open for long; answers how many. To be called every minute."""
        last = events.iso(now - SWEEP_AFTER)
        return sum(
            self._queue_again(event, now)
            for shard in range(events.OPEN_SHARDS)
            for event in self._documents.query("inbox", "open", str(shard), last=last, limit=SWEEP_LIMIT)
            if event.get("look_after", "") <= events.iso(now)
        )

    def _find(self, connection_id: str, now: datetime) -> tuple[Connection, Provider]:
        connection = self._config.connection_lately(connection_id, now)
        if connection is None:
            raise UnknownConnection(connection_id)
        return connection, provider(connection.provider)

    def _again(self, event_id: str, tool: Provider, now: datetime) -> Accepted:
        """A repetition. Where it may be news all the same, the event is opened again, even under a worker's hands."""

        def reopen() -> None:
            if stored := self._documents.get("inbox", event_id):
                self._documents.write(Write("inbox", events.reopen_as_new(stored, now), stored["version"]))

        if tool.alike:
            with contextlib.suppress(Unavailable):  # it is stored, and read below
                retry(reopen, "event")
        stored = self._documents.get("inbox", event_id)
        if stored is not None and stored["state"] == "open":
            self._queue(event_id)
        return Accepted(event_id, duplicate=True)

    def _queue(self, event_id: str) -> None:
        try:
            self._queues.send("inbox", {"event_id": event_id})
        except Unavailable:
            return  # the event is stored and open: the next sweep queues it

    def _queue_again(self, event: Document, now: datetime) -> int:
        """Queues one event again, later and later each time; parks one that never ends (say, it kills its worker)."""
        sweeps = event.get("sweeps", 0) + 1
        later = events.iso(now + SWEEP_AFTER * min(2**sweeps, 60))
        waits = event.get("waits", False)
        if waits:
            changed = events.reopen(event, sweeps=0, waits=False, look_after=later)
        elif sweeps > SWEEPS_MAX:
            changed = events.close(event, "parked", now, reason=f"not finished after {SWEEPS_MAX} more tries", sweeps=0)
        else:
            changed = events.reopen(event, sweeps=sweeps, look_after=later)
        try:
            self._documents.write(Write("inbox", changed, event["version"]))
        except Conflict:
            return 0  # somebody has just finished it
        if changed["state"] == "open":
            self._queue(event["event_id"])
        return 1


def _raw(
    connection: Connection, headers: Mapping[str, str], query: Mapping[str, str], body: bytes, url: str, method: str
) -> Raw:
    """The call; the configured address replaces the one it seems to have come by (proxies change it)."""
    lower = {name.lower(): value for name, value in headers.items()}
    return Raw(body, lower, dict(query or {}), connection.settings.get("notification_url") or url, method)


def _key(tool: Provider, raw: Raw) -> str:
    try:
        return digest_of(tool.dedupe_key(raw))
    except Parked:
        return digest_of(raw.body)
