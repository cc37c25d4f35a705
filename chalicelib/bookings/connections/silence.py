"""Once an hour: which connections are silent against their own rhythm, and have not been reported yet.

A silence is reported once; the next call of the tool ends it (`activity.with_event`), and what follows is another.
`report` may be called again for a silence that was reported when a crash came in between: it has to be idempotent.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.bookings.connections.activity import Activity, silent_for
from chalicelib.foundation.keys import SILENCES_KEY
from chalicelib.foundation.logs import about
from chalicelib.foundation.ports import Conflict, Unavailable, Write
from chalicelib.foundation.retry import Turn, claim_turn

log = logging.getLogger("hub.bookings")

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from chalicelib.bookings.business import Business, Connection
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Documents

CHECK_SILENCES_EVERY = timedelta(hours=1)  # a rhythm has no finer grain


@dataclass(frozen=True, slots=True)
class Silence:
    """A connection of a business has been silent against its rhythm since its last call."""

    business: Business
    connection: Connection
    since: datetime


class Silences:
    """`report(silence, now)` lets the operator know; it raises `Unavailable`."""

    def __init__(self, documents: Documents, config: Config, report: Callable[[Silence, datetime], object]) -> None:
        self._documents = documents
        self._config = config
        self._report = report
        self._activity = Activity(documents)

    def report_new(self, now: datetime) -> list[str]:
        """Reports new silences; answers the ids of their connections. To be called every minute; acts once an hour."""
        if not claim_turn(self._documents, Turn(SILENCES_KEY, "looked_at", CHECK_SILENCES_EVERY), now):
            return []
        return [
            connection.connection_id
            for business in self._config.businesses()
            for connection in self._config.connections(business.business_id)
            if self._is_reported(business, connection, now)
        ]

    def _is_reported(self, business: Business, connection: Connection, now: datetime) -> bool:
        """Whether a new silence was reported; what is wrong with one connection stops no other."""
        try:
            return self._report_if_new(business, connection, now)
        except Unavailable:
            raise
        except Exception:
            known = about(connection_id=connection.connection_id)
            log.exception("a connection's silence could not be judged", extra=known)
            return False

    def _report_if_new(self, business: Business, connection: Connection, now: datetime) -> bool:
        if "feed_url" in connection.settings:  # a feed is fetched: that it does not change loses nothing
            return False
        known = self._activity.get(connection.connection_id)
        silent = silent_for(known, now, ZoneInfo(business.timezone))
        if silent is None or "quiet_told_at" in known:
            return False
        with contextlib.suppress(Conflict, Unavailable):  # a call has just come, or in an hour again
            self._report(Silence(business, connection, now - silent), now)
            reported = known | {"quiet_told_at": now.isoformat(), "version": known["version"] + 1}
            self._documents.write(Write("config", reported, known["version"]))
            return True
        return False
