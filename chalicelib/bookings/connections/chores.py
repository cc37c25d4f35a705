"""What has to be done again and again without anybody calling: feeds are polled, bookings read back, channels renewed.

Every connection whose tool needs that has a small "chore" document; `minute` looks at all of them with one query and
does what is due, some connections a minute, the longest waiting first. A failure of one is noted and tried later; it
never keeps the others waiting.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.calendar.calendar_files import FILE_MAX
from chalicelib.bookings.connections.activity import RECONCILE
from chalicelib.bookings.connections.cursors import Cursors
from chalicelib.bookings.connections.public import fetch_public
from chalicelib.bookings.inbox import events
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.contract import Context, Gone, Parked, Raw
from chalicelib.foundation.keys import CHORES
from chalicelib.foundation.ports import Conflict, Refused, Unavailable, Write
from chalicelib.outages.watch import NO_CONNECTION

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.business import Connection
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.connections.public import PublicAnswer
    from chalicelib.bookings.connections.tool_access import ToolAccess
    from chalicelib.bookings.inbox.accept import Inbox
    from chalicelib.bookings.providers.contract import Provider
    from chalicelib.foundation.ports import Bucket, Document, Documents, Queues

POLL_EVERY = timedelta(minutes=15)
RECONCILE_EVERY = timedelta(hours=1)
RENEW_EVERY = timedelta(hours=6)
CONNECTIONS_A_MINUTE = 25  # connections looked after in one minute
CHORES_MAX = 10_000
_UNCHANGED, _OK, _BROKEN = 304, 200, 500


@dataclass(frozen=True, slots=True)
class Round:
    """What one round did: ids of connections, and why others failed."""

    polled: list[str] = field(default_factory=list)
    reconciled: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Chores:
    """The hub's own initiative towards booking tools. `webhook_url(connection_id)` is where tools are to call."""

    def __init__(
        self,
        documents: Documents,
        queues: Queues,
        bucket: Bucket,
        config: Config,
        inbox: Inbox,
        tool_access: ToolAccess,
        webhook_url: Callable[[str], str],
    ) -> None:
        self._documents = documents
        self._queues = queues
        self._bucket = bucket
        self._config = config
        self._inbox = inbox
        self._toolbox = tool_access
        self._webhook_url = webhook_url
        self._cursors = Cursors(documents)

    def minute(self, now: datetime) -> Round:
        """Does what is due. To be called every minute."""
        done = Round()
        chores = self._documents.query("config", "by_owner", CHORES, limit=CHORES_MAX)
        waiting = sorted((one for one in chores if is_due(one, now)), key=lambda one: str(one.get("looked_at", "")))
        for chore in waiting[:CONNECTIONS_A_MINUTE]:
            self._look_after(chore, now, done)
        return done

    def reconcile(self, connection_id: str, now: datetime) -> str:
        """Stores and queues an event by which all coming bookings of a connection are read back; answers its id.

        It is one event per connection, opened again each time, so that what is not understood is parked once.
        """
        connection = self._config.connection(connection_id)
        if connection is None:
            return ""
        event_id = f"{connection_id}-{RECONCILE}"
        stored = self._documents.get("inbox", event_id)
        event = events.new_event(event_id, connection, Raw(b""), now, kept=(), bucket=self._bucket)
        again = events.reopen_as_new(stored, now) if stored else event | {"kind": RECONCILE}
        with contextlib.suppress(Conflict):  # somebody has just opened or ended it
            self._documents.write(Write("inbox", again, stored["version"] if stored else None))
        with contextlib.suppress(Unavailable):  # it is open: the sweep queues it
            self._queues.send("inbox", {"event_id": event_id})
        return event_id

    def _look_after(self, chore: Document, now: datetime, done: Round) -> None:
        connection_id = chore["connection_id"]
        connection = self._config.connection(connection_id)
        what: dict[str, Any] = {"looked_at": now.isoformat(), "failure": None}
        if connection is None:
            self._documents.delete("config", chore["config_id"])
            return
        try:
            what |= self._chores_of(connection, provider(connection.provider), chore, now, done)
        except (Unavailable, Refused, Gone, Parked, Conflict) as error:
            what["failure"] = done.failed[connection_id] = str(error)[:300]
        kept = {name: value for name, value in (chore | what).items() if value is not None}
        with contextlib.suppress(Conflict):  # another round did the same
            self._documents.write(Write("config", kept | {"version": chore["version"] + 1}, chore["version"]))

    def _chores_of(
        self, connection: Connection, tool: Provider, chore: Document, now: datetime, done: Round
    ) -> dict[str, Any]:
        what: dict[str, Any] = {}
        if connection.settings.get("feed_url") and _is_old(chore, "polled_at", POLL_EVERY, now):
            what |= self._poll(connection, tool, chore, now)
            done.polled.append(connection.connection_id)
        if tool.renew and connection.settings.get("credentials") and _is_old(chore, "renewed_at", RENEW_EVERY, now):
            if self._renew(connection, tool, now):
                done.renewed.append(connection.connection_id)
            what["renewed_at"] = now.isoformat()
        if (
            tool.upcoming
            and connection.settings.get("credentials")
            and _is_old(chore, "reconciled_at", RECONCILE_EVERY, now)
        ):
            self.reconcile(connection.connection_id, now)
            done.reconciled.append(connection.connection_id)
            what["reconciled_at"] = now.isoformat()
        return what

    def _poll(self, connection: Connection, tool: Provider, chore: Document, now: datetime) -> dict[str, Any]:
        """Fetches a feed if it changed, and stores it as an event."""
        known = {"If-None-Match": chore.get("etag"), "If-Modified-Since": chore.get("last_modified")}
        url = str(connection.settings["feed_url"])
        same_feed = chore.get("feed_url") == url
        headers = {name: value for name, value in known.items() if value and same_feed}
        answer = self._fetch(connection, url, headers, now)
        what: dict[str, Any] = {"polled_at": now.isoformat(), "feed_url": url}
        if answer.status == _UNCHANGED:
            return what
        if answer.status != _OK:
            raise Unavailable(f"the feed's host answers HTTP {answer.status}")
        raw = Raw(answer.body, dict(answer.headers), {}, "")
        digest = tool.dedupe_key(raw)
        if digest != chore.get("digest") or not same_feed:
            self._inbox.store(connection, tool, raw, now)
        return what | {
            "digest": digest,
            "etag": answer.headers.get("etag"),
            "last_modified": answer.headers.get("last-modified"),
        }

    def _fetch(self, connection: Connection, url: str, headers: dict[str, str], now: datetime) -> PublicAnswer:
        """A feed's answer; what it came to is remembered. Raises as `fetch_public` does."""
        record_call = self._toolbox.record_call(connection) or (lambda *_: None)
        try:
            answer = fetch_public(self._toolbox.client(), url, headers, FILE_MAX)
        except Unavailable:
            record_call(NO_CONNECTION, now)
            raise
        record_call(f"HTTP {answer.status}" if answer.status >= _BROKEN else None, now)
        return answer

    def _renew(self, connection: Connection, tool: Provider, now: datetime) -> bool:
        business = self._config.business(connection.business_id)
        if business is None or tool.renew is None:
            return False
        cursor = self._cursors.get(connection.connection_id)
        context = Context(connection, business, now, now, self._toolbox.api(connection, tool), cursor)
        changes = tool.renew(context, self._webhook_url(connection.connection_id))
        if changes is not None:
            self._cursors.put(connection, changes, now)
        return changes is not None


def _is_old(chore: Document, name: str, every: timedelta, now: datetime) -> bool:
    return name not in chore or now - datetime.fromisoformat(chore[name]) >= every


def is_due(chore: Document, now: datetime) -> bool:
    """Whether a connection is to be looked after again: after a failure not before some minutes have passed."""
    if chore.get("failure") and not _is_old(chore, "looked_at", timedelta(minutes=5), now):
        return False
    return any(
        _is_old(chore, name, every, now)
        for name, every in (("polled_at", POLL_EVERY), ("reconciled_at", RECONCILE_EVERY), ("renewed_at", RENEW_EVERY))
        if name in chore["chores"]
    )
