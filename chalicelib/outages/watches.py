"""What calls of a tool's interface came to, remembered where every worker sees it, at little cost.

Best effort: what is lost is told again by the next call. A connection whose calls work costs one read a minute at
most; only failing ones, and those that have just recovered, are written. They lie under one owner of index
"by_owner", where the minute's look (`detected`) finds them all.
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

CHECK_EVERY = timedelta(seconds=60)
WRITE_EVERY = timedelta(seconds=20)
KEEP_WATCH_FOR = timedelta(days=7)
REMEMBERED_MAX = 10_000  # connections, in one process


class Connection(Protocol):
    """What is remembered of a business's link to a booking tool."""

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
    """Remembers what calls came to. `None` as reason: the tool answered, whatever it said."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._failing: dict[str, datetime] = {}  # connection → when this process last wrote of a failure
        self._checked: dict[str, datetime] = {}

    def of(self, connection: Connection) -> Callable[[str | None, datetime], None]:
        """A connection's own: to be called after each call, with the reason why it failed, or None."""

        def tell(reason: str | None, now: datetime) -> None:
            with contextlib.suppress(Conflict, Unavailable):
                if reason is None:
                    self._note_answer(connection, now)
                else:
                    self._note_failure(connection, reason, now)

        return tell

    def _note_failure(self, connection: Connection, reason: str, now: datetime) -> None:
        last = self._failing.get(connection.connection_id)
        if last is not None and timedelta() <= now - last < WRITE_EVERY:
            return
        stored = self._documents.get("config", watch_key(connection.connection_id))
        watch = after_failure(watch_of(stored), now, reason)
        self._documents.write(watch_write(connection, watch, stored, now))
        _remember(self._failing, connection.connection_id, now)

    def _note_answer(self, connection: Connection, now: datetime) -> None:
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


def watch_write(connection: Connection, watch: Watch, stored: Document | None, now: datetime) -> Write:
    """The write that keeps a watch, to be looked at."""
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
