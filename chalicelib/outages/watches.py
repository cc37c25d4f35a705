"""Watches as documents: how the calls of each connection end, stored where every worker reads it, at little cost.

Best effort: what is lost comes again with the next call. A connection whose calls are answered costs one read a minute
at most; only failing ones, and those that have just recovered, are written. They have one owner in index "by_owner",
where `workflows/tool_failing.py` finds them all.
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from chalicelib.foundation.keys import WATCHED, watch_key
from chalicelib.foundation.ports import Conflict, Unavailable, Write
from chalicelib.outages.watch import Watch, after_answer, after_failure, from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.foundation.ports import Document, Documents

    RecordCall = Callable[[str | None, datetime], None]
    """(why the tool did not answer, or None: it answered, be it with an error of the caller; now)"""

CHECK_EVERY = timedelta(seconds=60)  # how often one process reads the watch of a connection whose calls are answered
WRITE_EVERY = timedelta(seconds=20)  # how often one process writes that a connection's calls fail
KEEP_WATCH_FOR = timedelta(days=7)
REMEMBERED_MAX = 10_000  # connections, in one process


class WatchedConnection(Protocol):
    """A connection of the bookings room, as far as its watch names it."""

    @property
    def connection_id(self) -> str:
        """Unique in the hub."""
        ...

    @property
    def business_id(self) -> str:
        """Whose it is."""
        ...

    @property
    def provider(self) -> str:
        """The kind of booking tool."""
        ...


class Watches:
    """Records how calls end."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._failing: dict[str, datetime] = {}  # connection → when this process last wrote a failure
        self._checked: dict[str, datetime] = {}

    def recorder(self, connection: WatchedConnection) -> RecordCall:
        """What is to be called after each call of this connection's tool."""

        def record(reason: str | None, now: datetime) -> None:
            with contextlib.suppress(Conflict, Unavailable):
                if reason is None:
                    self._record_answer(connection, now)
                else:
                    self._record_failure(connection, reason, now)

        return record

    def _record_failure(self, connection: WatchedConnection, reason: str, now: datetime) -> None:
        last = self._failing.get(connection.connection_id)
        if last is not None and timedelta() <= now - last < WRITE_EVERY:
            return
        stored = self._documents.get("config", watch_key(connection.connection_id))
        watch = after_failure(watch_of(stored), now, reason)
        self._documents.write(watch_write(connection, watch, stored, now))
        _remember(self._failing, connection.connection_id, now)

    def _record_answer(self, connection: WatchedConnection, now: datetime) -> None:
        last = self._checked.get(connection.connection_id)
        lately = last is not None and timedelta() <= now - last < CHECK_EVERY
        if lately and connection.connection_id not in self._failing:
            return
        stored = self._documents.get("config", watch_key(connection.connection_id))
        watch = watch_of(stored)
        if watch.is_failing:
            self._documents.write(watch_write(connection, after_answer(watch, now), stored, now))
        self._failing.pop(connection.connection_id, None)
        _remember(self._checked, connection.connection_id, now)


def watch_of(stored: Document | None) -> Watch:
    """The watch that a document holds."""
    return from_json(stored["watch"]) if stored else Watch()


def watch_write(connection: WatchedConnection, watch: Watch, stored: Document | None, now: datetime) -> Write:
    """The write that stores a watch among those that are checked every minute."""
    version = stored["version"] if stored else 0
    document = {
        "config_id": watch_key(connection.connection_id),
        "connection_id": connection.connection_id,
        "business_id": connection.business_id,
        "provider": connection.provider,
        "owner": WATCHED,
        "watch": to_json(watch),
        "probed_at": stored.get("probed_at") if stored else None,
        "version": version + 1,
        "expires_at": int((now + KEEP_WATCH_FOR).timestamp()),
    }
    return Write("config", document, version or None)


def _remember(where: dict[str, datetime], connection_id: str, now: datetime) -> None:
    if len(where) >= REMEMBERED_MAX:
        where.clear()
    where[connection_id] = now
