"""Webhooks are accepted: verify, store the raw bytes as an event, queue it, acknowledge. No tool is asked here.

- A call is acknowledged only after it is stored. Where only queueing failed it is acknowledged all the same: the event
  is open, and `sweep` queues it.
- A delivery that comes twice has the same `dedupe_key`, so it is the same event: nothing new is stored, and the answer
  says `duplicate`. An event that is still open is queued again. Where a tool's calls about different changes may be
  alike to the byte (`Provider.alike`), the event is opened again and read once more.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.bookings.connections.activity import Activity
from chalicelib.bookings.inbox import events
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import Keys, Parked, Raw
from chalicelib.bookings.providers.signing import digest_of
from chalicelib.foundation.commands import ProcessEvent, send_commands
from chalicelib.foundation.instants import microseconds_text, seconds_text
from chalicelib.foundation.invalid import each_readable
from chalicelib.foundation.logs import about, log_context
from chalicelib.foundation.ports import Conflict, Unavailable, Write
from chalicelib.foundation.retry import retry

log = logging.getLogger("hub.inbox")

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Connection
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.providers.contract import HandshakeAnswer, Provider
    from chalicelib.foundation.ports import Bucket, Document, Documents, Queues

WEBHOOK_BODY_MAX = 1024 * 1024  # bytes; one appointment is a few thousand
GUESSED_ID_MAX = 80  # characters of a guessed id in an answer
SWEEP_AFTER = timedelta(seconds=60)  # an event that the queue did not lose is processed sooner
SWEEP_PAUSES_MAX = 60  # the pause between two sweeps of one event doubles up to this many `SWEEP_AFTER`s: an hour
SWEEPS_MAX = 12  # an event that is still open after as many sweeps (some eight hours) is parked
SWEEP_LIMIT = 500  # events queued again from one shard in one sweep


class UnknownConnection(Exception):
    """No such connection (HTTP 404)."""

    def __init__(self, connection_id: str) -> None:
        super().__init__(
            f"There is no connection {connection_id[:GUESSED_ID_MAX]!r}: check the address set in the tool."
        )


class BadSignature(Exception):
    """The call is not signed with one of the connection's secrets, or too old (HTTP 401)."""

    def __init__(self, connection_id: str, why: str) -> None:
        super().__init__(f"Connection {connection_id} cannot take this call for its tool's: {why}.")
        self.why = why


class TooLarge(Exception):
    """The body exceeds `WEBHOOK_BODY_MAX` (HTTP 413)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """HTTP 202. `answer` is set where the tool only checks the address: then no event was stored."""

    event_id: str
    duplicate: bool
    answer: HandshakeAnswer | None = None


class Inbox:
    """Accepts webhooks of all connections, and makes the events that the hub itself wants processed."""

    def __init__(self, documents: Documents, queues: Queues, bucket: Bucket, config: Config) -> None:
        self._documents = documents
        self._queues = queues
        self._bucket = bucket
        self._config = config
        self._activity = Activity(documents)

    def accept(self, connection_id: str, call: Raw, now: datetime) -> Accepted:
        """Stores a genuine call. Raises `UnknownConnection`, `BadSignature`, `TooLarge`, `Unavailable` (not stored)."""
        if len(call.body) > WEBHOOK_BODY_MAX:
            raise TooLarge(f"The body has {len(call.body)} bytes; {WEBHOOK_BODY_MAX} at most.")
        connection, tool = self._find(connection_id, now)
        raw = _as_configured(call, connection, "POST")
        answer = tool.handshake(raw, connection)
        if answer is not None:
            return Accepted("", duplicate=False, answer=answer)
        keys = Keys(connection.active_secrets(now), now, connection.settings)
        if not tool.verify(raw, keys):
            refusal = BadSignature(connection_id, _why_not_genuine(raw, tool, keys))
            self._activity.remember_refusal(connection, refusal.why, now)
            raise refusal
        return self.store(connection, tool, raw, now)

    def handshake(self, connection_id: str, call: Raw, now: datetime) -> HandshakeAnswer | None:
        """What a GET (or HEAD) of the webhook's address is answered with; None where the tool checks nothing by it.

        Raises `UnknownConnection`, `Unavailable`.
        """
        connection, tool = self._find(connection_id, now)
        return tool.handshake(_as_configured(call, connection, "GET"), connection)

    def store(self, connection: Connection, tool: Provider, raw: Raw, now: datetime) -> Accepted:
        """Stores a call that is known to be genuine as an event, and queues it. Raises `Unavailable` (not stored)."""
        event_id = f"{connection.connection_id}-{_dedupe_key(tool, raw)}"
        headers = events.headers_to_keep(raw.headers, tool.headers)
        kept = replace(raw, headers=headers, body=tool.without_secret(raw.body))
        event = events.new_event(event_id, connection, kept, now, self._bucket)
        try:
            self._documents.write(Write("inbox", event, None))
        except Conflict:
            return self._accept_repetition(event_id, tool, now)
        with log_context(correlation_id=event_id, business_id=connection.business_id):
            log.info("a call was stored", extra=about(event_id=event_id, connection_id=connection.connection_id))
            self._queue(event_id)
        return Accepted(event_id, duplicate=False)

    def request_read_back(self, connection_id: str, now: datetime) -> str:
        """Makes and queues the event by which all coming bookings of a connection are read back; answers its id.

        It is one event per connection, opened again each time, so that what is not understood is parked once. Empty
        where there is no such connection.
        """
        connection = self._config.connection(connection_id)
        if connection is None:
            return ""
        event_id = f"{connection_id}-{events.RECONCILE}"
        stored = self._documents.get("inbox", event_id)
        if stored:
            event = events.reopen_as_new(stored, now)
        else:
            event = events.new_event(event_id, connection, Raw(b""), now, self._bucket) | {"kind": events.RECONCILE}
        with contextlib.suppress(Conflict):  # another worker has just opened or closed it
            self._documents.write(Write("inbox", event, stored["version"] if stored else None))
        self._queue(event_id)
        return event_id

    def sweep(self, now: datetime) -> int:
        """Queues again the events that stayed open for long; answers how many. To be called every minute."""
        last = microseconds_text(now - SWEEP_AFTER)
        return sum(
            sum(each_readable(found, lambda event: self._queue_again(event, now)))
            for shard in range(events.OPEN_SHARDS)
            if (found := self._documents.query("inbox", "open_keys", str(shard), last=last, limit=SWEEP_LIMIT))
        )

    def _find(self, connection_id: str, now: datetime) -> tuple[Connection, Provider]:
        connection = self._config.connection_lately(connection_id, now)
        if connection is None:
            raise UnknownConnection(connection_id)
        return connection, provider(connection.provider)

    def _accept_repetition(self, event_id: str, tool: Provider, now: datetime) -> Accepted:
        """Answers a repeated delivery. Where it may be news, the event is opened again, even while it is processed."""

        def reopen() -> None:
            if stored := self._documents.get("inbox", event_id):
                self._documents.write(Write("inbox", events.reopen_as_new(stored, now), stored["version"]))

        if tool.alike:
            with contextlib.suppress(Unavailable):  # the call is stored, and read below
                retry(reopen, "event")
        stored = self._documents.get("inbox", event_id)
        if stored is not None and stored["state"] == "open":
            self._queue(event_id)
        return Accepted(event_id, duplicate=True)

    def _queue(self, event_id: str) -> None:
        try:
            send_commands(self._queues, ProcessEvent(event_id))
        except Unavailable:
            return  # the event is stored and open: the next sweep queues it

    def _queue_again(self, event: Document, now: datetime) -> int:
        """Queues one event again, each time after a longer pause; parks one that never ends (it kills its worker)."""
        if event.get("look_after", "") > microseconds_text(now):
            return 0
        sweeps = event.get("sweeps", 0) + 1
        later = microseconds_text(now + SWEEP_AFTER * min(2**sweeps, SWEEP_PAUSES_MAX))
        if event.get("waits", False):
            changed = events.reopen(event, sweeps=0, waits=False, look_after=later)
        elif sweeps > SWEEPS_MAX:
            kept = events.with_body_kept(event, "parked", self._bucket)
            changed = events.close(kept, "parked", now, reason=f"not finished after {SWEEPS_MAX} more tries", sweeps=0)
        else:
            changed = events.reopen(event, sweeps=sweeps, look_after=later)
        try:
            self._documents.write(Write("inbox", changed, event["version"]))
        except Conflict:
            return 0  # a worker has just closed it
        events.forget_body(event, changed, self._bucket)
        if changed["state"] == "open":
            self._queue(event["event_id"])
        return 1


def _as_configured(call: Raw, connection: Connection, method: str) -> Raw:
    """The call as the provider is to see it: header names in lower case, the address as the tool was given it.

    Proxies change the address that a call seems to have come by; the connection's `notification_url` replaces it.
    """
    headers = {name.lower(): value for name, value in call.headers.items()}
    return replace(call, headers=headers, url=connection.settings.get("notification_url") or call.url, method=method)


def _why_not_genuine(raw: Raw, tool: Provider, keys: Keys) -> str:
    """What is wrong with a call's proof, and what would do; for the tool's operator, who may be anybody."""
    sent = tool.sent_at(raw)
    if sent is not None and tool.verify(raw, replace(keys, now=sent)):
        off = "too old" if sent < keys.now else "from the future"
        return (
            f"the secret is right, but it was signed at {seconds_text(sent)} and is {off} now, at "
            f"{seconds_text(keys.now)}. Either the sender's clock is wrong, or an old call was sent again: send it anew"
        )
    if tool.key_in_address(keys.settings):
        place, is_there = "?key= in its address", "key" in raw.query
    else:
        scheme = keys.settings.get("signature") or {}
        header = str(scheme.get("header") or "").lower() or next(iter(tool.headers), "")
        place, is_there = f"header {header}" if header else "proof in its body", not header or header in raw.headers
    if not is_there:
        return f"it has no {place}. Set the secret in the tool as it is set here"
    return f"its {place} was not made with a secret of this connection: set the same secret in the tool and here"


def _dedupe_key(tool: Provider, raw: Raw) -> str:
    try:
        return digest_of(tool.dedupe_key(raw))
    except Parked:
        return digest_of(raw.body)
