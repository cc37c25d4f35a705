"""A booking tool fails: every minute its outage opens, gets another range when it outlasts its own, or ends.

Load → decide (`watch`, `forecast`) → carry out, one connection at a time; every step may be repeated. While a tool
fails, it is asked for its bookings every few minutes, so that its return is noticed soon.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from chalicelib.bookings.providers import provider
from chalicelib.foundation.invalid import each_readable
from chalicelib.foundation.keys import WATCHED, WATCHED_BEFORE, span, watch_key
from chalicelib.foundation.logs import about
from chalicelib.foundation.ports import Conflict, Unavailable, Write
from chalicelib.outages.experience import Component, Experience
from chalicelib.outages.forecast import told_range
from chalicelib.outages.outage import Outage, What
from chalicelib.outages.watch import SAME_OUTAGE_MIN, is_hub_cut_off
from chalicelib.outages.watches import watch_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.business import Business, Connection
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Document, Documents
    from chalicelib.outages.store import Outages
    from chalicelib.outages.watch import Watch

log = logging.getLogger("hub.outages")

PROBE_FIRST, PROBE_EVERY = timedelta(minutes=1), timedelta(minutes=3)  # until it is an outage; and from then on
SITES = frozenset({"ical", "ics", "itip", "json", "standard", "standardwebhooks"})  # a server of the business's own
WATCHES_MAX = 10_000  # failing connections that are read at once


@dataclass(frozen=True, slots=True)
class Detector:
    """Finds outages. `probe(connection_id, now)` has a tool asked for its bookings (`Inbox.request_read_back`)."""

    documents: Documents
    config: Config
    outages: Outages
    probe: Callable[[str, datetime], object]

    def detect(self, now: datetime) -> None:
        """Checks every connection whose calls fail. To be called every minute. One's error stops no other."""
        found = self.documents.query("config", "by_owner", WATCHED, **span(watch_key("")), limit=WATCHES_MAX)
        cut_off = is_hub_cut_off(each_readable(found, lambda one: (one["provider"], watch_of(one))))
        if cut_off:
            log.error("several booking tools are beyond reach at once: the hub's own network may be out of order")
        for document in found:
            try:
                self._check(document, now, may_open=not cut_off)
            except (Conflict, Unavailable):
                known = about(connection_id=document["connection_id"])
                log.warning("outages of a connection could not be judged; next minute again", extra=known)
            except Exception:
                known = about(connection_id=str(document["connection_id"]))
                log.exception("outages of a connection cannot be judged", extra=known)

    def _check(self, document: Document, now: datetime, *, may_open: bool) -> None:
        watch = watch_of(document)
        connection = self.config.connection(document["connection_id"])
        business = self.config.business(document["business_id"])
        outage = open_outage_of(business, document["connection_id"]) if business else None
        if connection is None or business is None or not watch.is_failing or watch.is_unseen(now):
            known = connection is not None and watch.answered_at is not None and not watch.is_failing
            self._close_outage(document, outage, connection if known else None, watch, now)
            return
        if outage is None and may_open and watch.is_certain(now):
            self._open_outage(connection, watch, now)
        elif outage:
            self._revise_range(connection, outage, now)
        self._probe_tool(document, connection, now, PROBE_EVERY if watch.is_certain(now) else PROBE_FIRST)

    def _open_outage(self, connection: Connection, watch: Watch, now: datetime) -> None:
        known = self.outages.of_business(connection.business_id)  # the latest first
        own = (one for one in known if one.detected and one.connection_id == connection.connection_id)
        before = next(own, None)
        again = before and before.ended_at and now - before.ended_at < timedelta(minutes=SAME_OUTAGE_MIN)
        first = watch.failing_since or now
        component, experience = component_of(connection.provider, connection.connection_id), Experience(self.documents)
        expected = experience.expect(component, first, now)
        experience.say(component, first, expected, now)
        fresh = Outage(
            f"{connection.connection_id}-{first:%Y%m%dT%H%M%SZ}",
            connection.business_id,
            What.BOOKING_TOOL,
            first,
            *told_range(expected, now),
            reason="no_answer",
            connection_id=connection.connection_id,
            detected=True,
            opened_at=now,
        )
        if again and before:
            fresh = replace(fresh, outage_id=before.outage_id, since=before.since, spell=before.spell + 1)

        def how(stored: Outage | None) -> Outage | None:
            return fresh if stored is None or stored.ended_at else None

        self.outages.change(connection.business_id, fresh.outage_id, how, now)

    def _revise_range(self, connection: Connection, outage: Outage, now: datetime) -> None:
        """Gives an outage another range when its age makes the stated one false: nine in ten end after that one."""
        component, experience = component_of(connection.provider, connection.connection_id), Experience(self.documents)
        expected = experience.expect(component, outage.since, now)
        back_from, back_until = told_range(expected, now)
        if back_from < outage.back_until:
            return
        experience.say(component, outage.since, expected, now)

        def how(stored: Outage | None) -> Outage | None:
            still = stored and stored.ended_at is None and back_from >= stored.back_until
            return replace(stored, back_from=back_from, back_until=back_until) if stored and still else None

        self.outages.change(outage.business_id, outage.outage_id, how, now)

    def _close_outage(
        self, document: Document, outage: Outage | None, connection: Connection | None, watch: Watch, now: datetime
    ) -> None:
        """Closes a watch, and the outage that goes on. `connection` is None where nobody knows when it ended.

        Then its length teaches nothing.
        """
        done = document | {"owner": WATCHED_BEFORE, "version": document["version"] + 1}
        closing = [Write("config", done, document["version"])]
        if outage is None:
            self.documents.write(*closing)
            return
        end = watch.answered_at if connection and watch.answered_at else now
        component = component_of(document["provider"], document["connection_id"])
        Experience(self.documents).end(component, end if connection else None)

        def how(stored: Outage | None) -> Outage | None:
            return replace(stored, ended_at=end) if stored and stored.ended_at is None else None

        self.outages.change(outage.business_id, outage.outage_id, how, now, closing)

    def _probe_tool(self, document: Document, connection: Connection, now: datetime, every: timedelta) -> None:
        last = document.get("probed_at")
        if last and now - datetime.fromisoformat(last) < every:
            return
        if not connection.settings.get("credentials") or provider(connection.provider).upcoming is None:
            return  # its feed is polled again in any case
        noted = document | {"probed_at": now.isoformat(), "version": document["version"] + 1}
        with contextlib.suppress(Conflict):  # a call has just ended and was recorded
            self.documents.write(Write("config", noted, document["version"]))
        self.probe(connection.connection_id, now)


def component_of(provider_name: str, connection_id: str) -> Component:
    """What fails when this connection does: the tool of many, or the server of one business."""
    if provider_name not in SITES:
        return Component("provider", provider_name, provider_name)
    return Component("site", sha256(connection_id.encode()).hexdigest()[:12], provider_name)


def open_outage_of(business: Business, connection_id: str) -> Outage | None:
    """The open outage of a connection's tool that the hub found itself."""
    return next((one for one in business.outages if one.detected and one.connection_id == connection_id), None)
