"""Once an hour: which connections have gone quiet against their own rhythm, and have not been reported yet.

A silence is reported once; the next call that comes ends it (`activity.with_event`), and the next silence is another.
`tell` may be called again for a silence that was told when a crash came in between: it has to be idempotent.
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.bookings.connections.activity import Activity, quiet_for
from chalicelib.foundation.keys import SILENCES_KEY
from chalicelib.foundation.ports import Conflict, Unavailable, Write

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.business import Business, Connection
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Documents

    NotifyOperator = Callable[[Business, Connection, datetime, datetime], object]

EVERY = timedelta(hours=1)


class Silences:
    """`tell(business, connection, silent since, now)` lets the operator know; it raises `Unavailable`."""

    def __init__(self, documents: Documents, config: Config, tell: NotifyOperator) -> None:
        self._documents = documents
        self._config = config
        self._notify = tell
        self._seen = Activity(documents)

    def minute(self, now: datetime) -> list[str]:
        """To be called every minute; once an hour it looks. The ids of connections that it has reported."""
        if not self._claim_hour(now):
            return []
        return [
            connection.connection_id
            for business in self._config.businesses()
            for connection in self._config.connections(business.business_id)
            if self._report_silence(business, connection, now)
        ]

    def _claim_hour(self, now: datetime) -> bool:
        stored = self._documents.get("config", SILENCES_KEY)
        if stored and timedelta() <= now - datetime.fromisoformat(stored["looked_at"]) < EVERY:
            return False
        version = stored["version"] if stored else 0
        document = {"config_id": SILENCES_KEY, "looked_at": now.isoformat(), "version": version + 1}
        try:
            self._documents.write(Write("config", document, version or None))
        except Conflict:
            return False  # another round has just begun
        return True

    def _report_silence(self, business: Business, connection: Connection, now: datetime) -> bool:
        if "feed_url" in connection.settings:  # it is fetched: that it does not change loses nothing
            return False
        seen = self._seen.get(connection.connection_id)
        silent = quiet_for(seen, now, ZoneInfo(business.timezone))
        if silent is None or "quiet_told_at" in seen:
            return False
        with contextlib.suppress(Conflict, Unavailable):  # a call has just come, or in an hour again
            self._notify(business, connection, now - silent, now)
            told = seen | {"quiet_told_at": now.isoformat(), "version": seen["version"] + 1}
            self._documents.write(Write("config", told, seen["version"]))
            return True
        return False
