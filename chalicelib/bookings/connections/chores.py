"""Chores: what the hub does for connections by itself. Feeds are polled, bookings read back, channels renewed.

Every connection whose tool needs that has a small document; `do_due` reads all of them with one query and does what is
due for some connections a minute, those first that have waited longest. A failure of one connection is stored and tried
later, whatever and whosever the fault is; it never keeps the others from their turn. A round ends after `CHORES_S`:
tools that are slow one after the other are asked in the next minutes. One connection takes `CONNECTION_S` at most, and
of one business no further connection is begun in a minute of which it has taken that much; whoever failed the last time
is asked after those who did not, as if it had waited `FAILED_WAIT` less.

    {connection_id, owner, version, chores: [polled_at | reconciled_at | renewed_at…], looked_at (last try), failure?,
     polled_at?, reconciled_at?, renewed_at?, feed_url?, digest?, etag?, last_modified? (of the feed as fetched),
     ask_again_at? (a reading was doubted: `ask_again`)}
"""

from __future__ import annotations

import contextlib
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from chalicelib.bookings.calendar.calendar_files import FILE_MAX
from chalicelib.bookings.connections.cursors import Cursors
from chalicelib.bookings.connections.feed_fetch import fetch_feed
from chalicelib.bookings.providers import provider
from chalicelib.bookings.providers.absence import CONFIRM_AFTER
from chalicelib.bookings.providers.contract import Context, Gone, Parked, Raw
from chalicelib.foundation.invalid import each_readable
from chalicelib.foundation.keys import CHORES, chore_key
from chalicelib.foundation.logs import about
from chalicelib.foundation.ports import Conflict, Refused, Unavailable, Write
from chalicelib.foundation.public_hosts.deadline import deadline
from chalicelib.foundation.retry import retry
from chalicelib.outages.watch import NO_CONNECTION

log = logging.getLogger("hub.bookings")

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.business import Connection
    from chalicelib.bookings.config import Config
    from chalicelib.bookings.connections.feed_fetch import FeedAnswer
    from chalicelib.bookings.connections.tool_access import ToolAccess
    from chalicelib.bookings.inbox.accept import Inbox
    from chalicelib.bookings.providers.contract import Provider
    from chalicelib.foundation.ports import Document, Documents

POLL_EVERY = timedelta(minutes=15)  # a feed has no webhook: a booking is known this long after it was made
READ_BACK_EVERY = timedelta(hours=1)  # a webhook that was lost is made up for within this
RENEW_EVERY = timedelta(hours=6)  # providers renew a day or two before a channel ends: many tries are left
RETRY_AFTER = timedelta(minutes=5)  # after a failure
CONNECTIONS_A_MINUTE = 25  # each may take seconds, and a minute's run ends after 30
CHORES_MAX = 10_000  # connections that are read at once
CHORES_S = 20.0  # within a minute's run, with room for the last connection's answer
CONNECTION_S = 9.0  # all that one connection has a host asked in one round
FAILED_WAIT = POLL_EVERY  # what fails comes after what works, not never
FAILURE_MAX = 300  # characters of a failure's reason
ASK_AGAIN = "ask_again_at"
_UNCHANGED, _OK, _BROKEN = 304, 200, 500


@dataclass(frozen=True, slots=True)
class ChoresDone:
    """What was done: ids of connections, and why others failed."""

    polled: list[str] = field(default_factory=list)
    reconciled: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Chores:
    """Does chores. `webhook_url(connection_id)` is the address that a tool is to send to."""

    def __init__(
        self,
        documents: Documents,
        config: Config,
        inbox: Inbox,
        tool_access: ToolAccess,
        webhook_url: Callable[[str], str],
    ) -> None:
        self._documents = documents
        self._config = config
        self._inbox = inbox
        self._tool_access = tool_access
        self._webhook_url = webhook_url
        self._cursors = Cursors(documents)

    def do_due(self, now: datetime, monotonic: Callable[[], float] = time.monotonic) -> ChoresDone:
        """Does what is due. To be called every minute. `monotonic`: seconds of any origin."""
        done = ChoresDone()
        chores = self._documents.query("config", "by_owner", CHORES, limit=CHORES_MAX)
        turns = each_readable(chores, lambda one: (turn_of(one), str(one["config_id"]), one, is_due(one, now)))
        waiting = [one for _, _, one, due in sorted(turns, key=lambda turn: turn[:2]) if due]
        began = last = monotonic()
        spent_s: dict[str, float] = {}  # by business
        before = ""  # the business that was served last
        for chore in waiting[:CONNECTIONS_A_MINUTE]:
            at = monotonic()
            spent_s[before] = spent_s.get(before, 0.0) + at - last
            last, before = at, ""
            if at - began >= CHORES_S:
                break
            found = each_readable([chore], lambda one: self._config.connection(one["connection_id"]))
            if not found:
                continue
            connection = found[0]
            if connection is None:
                self._documents.delete("config", chore["config_id"])
            elif spent_s.get(connection.business_id, 0.0) < CONNECTION_S:
                before = connection.business_id
                with deadline(CONNECTION_S):
                    self._try(connection, chore, now, done)
        return done

    def _try(self, connection: Connection, chore: Document, now: datetime, done: ChoresDone) -> None:
        """Does a connection's chores, and stores when that was and what failed."""
        connection_id = str(connection.connection_id)
        changes: dict[str, Any] = {"looked_at": now.isoformat(), "failure": None}
        try:
            self._do(connection, chore, now, done, changes)
        except (Unavailable, Refused, Gone, Parked, Conflict) as error:
            changes["failure"] = done.failed[connection_id] = str(error)[:FAILURE_MAX]
        except Exception as error:  # a fault of ours stays with the connection that showed it
            log.exception("the chores of a connection failed", extra=about(connection_id=connection_id))
            why = f"the hub failed at this ({type(error).__name__}); its log says why"
            changes["failure"] = done.failed[connection_id] = why
        kept = {name: value for name, value in (chore | changes).items() if value is not None}
        with contextlib.suppress(Conflict):  # another process did the same
            self._documents.write(Write("config", kept | {"version": chore["version"] + 1}, chore["version"]))

    def _do(
        self, connection: Connection, chore: Document, now: datetime, done: ChoresDone, changes: dict[str, Any]
    ) -> None:
        """Does what is due, and writes into `changes` what was done, also where the next thing fails.

        Renewing comes last: a tool that makes no channel for us can be read all the same.
        """
        tool, credentials = provider(connection.provider), connection.settings.get("credentials")
        again = is_asked_again(chore, now)
        if connection.settings.get("feed_url") and (again or _is_old(chore, "polled_at", POLL_EVERY, now)):
            changes |= self._poll(connection, tool, chore, now)
            done.polled.append(connection.connection_id)
        if tool.upcoming and credentials and (again or _is_old(chore, "reconciled_at", READ_BACK_EVERY, now)):
            self._inbox.request_read_back(connection.connection_id, now)
            done.reconciled.append(connection.connection_id)
            changes["reconciled_at"] = now.isoformat()
        changes |= {ASK_AGAIN: None} if again else {}
        if tool.renew and credentials and _is_old(chore, "renewed_at", RENEW_EVERY, now):
            if self._renew(connection, tool, now):
                done.renewed.append(connection.connection_id)
            changes["renewed_at"] = now.isoformat()

    def _poll(self, connection: Connection, tool: Provider, chore: Document, now: datetime) -> dict[str, Any]:
        """Fetches a feed, and stores it as an event if it changed. Answers what the chore is to remember of it."""
        url = str(connection.settings["feed_url"])
        same_feed = chore.get("feed_url") == url and not is_asked_again(chore, now)
        conditions = {"If-None-Match": chore.get("etag"), "If-Modified-Since": chore.get("last_modified")}
        headers = {name: value for name, value in conditions.items() if value and same_feed}
        answer = self._fetch(connection, url, headers, now)
        changes: dict[str, Any] = {"polled_at": now.isoformat(), "feed_url": url}
        if answer.status == _UNCHANGED:
            return changes
        if answer.status != _OK:
            raise Unavailable(f"the feed's host answers HTTP {answer.status}")
        raw = Raw(answer.body, dict(answer.headers))
        digest = tool.dedupe_key(raw)
        if digest != chore.get("digest") or not same_feed:
            self._inbox.store(connection, tool, raw, now)
        return changes | {
            "digest": digest,
            "etag": answer.headers.get("etag"),
            "last_modified": answer.headers.get("last-modified"),
        }

    def _fetch(self, connection: Connection, url: str, headers: dict[str, str], now: datetime) -> FeedAnswer:
        """A feed's answer; how the call ended is recorded. Raises as `fetch_feed` does."""
        record_call = self._tool_access.record_call(connection) or (lambda *_: None)
        try:
            answer = fetch_feed(self._tool_access.client(), url, headers, FILE_MAX)
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
        context = Context(connection, business, now, now, self._tool_access.api(connection, tool), cursor)
        changes = tool.renew(context, self._webhook_url(connection.connection_id))
        if changes is not None:
            self._cursors.put(connection, changes, now)
        return changes is not None


def turn_of(chore: Document) -> datetime:
    """When it is a connection's turn: the earliest is done first."""
    last = datetime.fromisoformat(chore["looked_at"]) if "looked_at" in chore else datetime.min.replace(tzinfo=UTC)
    return last + FAILED_WAIT if chore.get("failure") else last


def _is_old(chore: Document, name: str, every: timedelta, now: datetime) -> bool:
    return name not in chore or now - datetime.fromisoformat(chore[name]) >= every


def is_due(chore: Document, now: datetime) -> bool:
    """Whether a connection's chores are to be done again; after a failure not before `RETRY_AFTER`."""
    if chore.get("failure") and not _is_old(chore, "looked_at", RETRY_AFTER, now):
        return False
    if is_asked_again(chore, now):
        return True
    every = {"polled_at": POLL_EVERY, "reconciled_at": READ_BACK_EVERY, "renewed_at": RENEW_EVERY}
    return any(_is_old(chore, name, every[name], now) for name in every if name in chore["chores"])


def ask_again(documents: Documents, connection_id: str, now: datetime) -> None:
    """Has a connection's chores done again `CONFIRM_AFTER` from now, be its feed changed or not. Raises `Unavailable`.

    The reading of now was doubted, and the next is to confirm it. A connection without chores is not asked by us.
    """

    def step() -> None:
        chore = documents.get("config", chore_key(connection_id))
        if chore is None:
            return
        changed = chore | {ASK_AGAIN: (now + CONFIRM_AFTER).isoformat(), "version": chore["version"] + 1}
        documents.write(Write("config", changed, chore["version"]))

    retry(step, "chore")


def is_asked_again(chore: Document, now: datetime) -> bool:
    """Whether a doubted reading waits for confirmation, and the time for that has come."""
    return ASK_AGAIN in chore and now >= datetime.fromisoformat(chore[ASK_AGAIN])
