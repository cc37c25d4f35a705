"""The feeds image's doors: a feed was configured, a new day began, or there are bookings on a day not compiled yet.

Each message of the queue "feeds" is a `CompileFeed`: "why" is "configured", "daily" or "days".
What it asks for is done day by day in ascending order, each published at once, today first. A restart in the middle
is harmless: days that are published are skipped, all others are compiled again to the same bytes under the same key.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.entrypoints.messages import UnknownCommand
from chalicelib.foundation.commands import CheckFeedDays, CompileFeed, send_commands
from chalicelib.foundation.logs import install_logs
from chalicelib.foundation.ports import Conflict, Unavailable
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY
from chalicelib.transit.data.feed import all_feeds, load_feed
from chalicelib.transit.data.service_days import FRESH_S, MISSING_FRESH_S
from feeds.compile.archive.download import Downloader
from feeds.compile.archive.sources import gather
from feeds.compile.findings import Unusable
from feeds.compile.network import read_network
from feeds.compile.publish import Superseded, change, day_key, name_day, put_day, put_streets, with_network

if TYPE_CHECKING:
    from chalicelib.foundation.ports import Bucket, Clock, Document, Documents, Queues
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.transit.data.feed import Feed
    from feeds.compile.archive.sources import FeedSources, Fetch
    from feeds.compile.network import FeedNetwork

log = logging.getLogger("hub.feeds")

DAYS_AHEAD = 14  # today included; further days are compiled when a booking asks for them
DATES_MAX = 60  # of one message; each day costs seconds, the function has 15 minutes


@dataclass(frozen=True, slots=True)
class CompileDoors:
    """What the handler works with. `allow_paths`: sources may be files, on one machine only."""

    documents: Documents
    bucket: Bucket
    queues: Queues
    clock: Clock
    allow_paths: bool = False
    allowed_hosts: AllowedHosts = PUBLIC_ONLY
    fetch: Fetch | None = None  # None: the internet


def on_feeds_message(message: Document, doors: CompileDoors) -> None:
    """Does what one message asks for. A feed that cannot be used is marked as failed, which is no failure of ours.

    Raises `Unavailable` and `Conflict` when it should be tried again.
    """
    command = read_compile_feed(message)
    feed = load_feed(doors.documents, command.feed_id)
    if feed is None:
        log.warning("a message for a feed that does not exist is dropped")
        return
    try:
        if not feed.days:
            change(doors.documents, feed, lambda stored: replace(stored, state="compiling", message=""))
        _compile(feed, _dates(command), doors)
    except Superseded:
        log.info("feed %s was configured anew meanwhile", feed.feed_id)
    except Unusable as error:
        _mark_failure(feed, str(error), doors)
    except (Unavailable, Conflict):
        raise
    except Exception:
        _mark_failure(feed, "the hub could not compile this feed; that is the hub's fault: see its log", doors)
        raise


def read_compile_feed(message: Document) -> CompileFeed:
    """The command in a message, as far as it can be read: also of the version before commands had names, or by hand.

    Raises `UnknownCommand` for a message that names another one.
    """
    name = (message.get("command", CompileFeed.NAME), message.get("v", CompileFeed.VERSION))
    if name != (CompileFeed.NAME, CompileFeed.VERSION):
        raise UnknownCommand(f"no command {name[0]!r} of version {name[1]!r} is known here")
    dates = message.get("dates")
    asked = tuple(map(str, dates)) if isinstance(dates, list) else ()
    return CompileFeed(str(message.get("feed_id", "")), str(message.get("why", "")), asked)


def _dates(command: CompileFeed) -> list[dt.date]:
    """The dates asked for; what is no date is nobody's day."""
    found = []
    for text in command.dates[:DATES_MAX]:
        try:
            found.append(dt.date.fromisoformat(text))
        except ValueError:
            log.warning("a message asks for %.20r, which is no date", text)
    return found


def _compile(feed: Feed, asked: list[dt.date], doors: CompileDoors) -> None:
    fetch = doors.fetch or Downloader(doors.allowed_hosts).fetch
    with tempfile.TemporaryDirectory(prefix="feed-") as folder:
        sources = gather(feed, Path(folder), doors.bucket, fetch, allow_paths=doors.allow_paths)
        network = read_network(sources.paths, extract=sources.extract)
    today = doors.clock.now().astimezone(ZoneInfo(network.timezone)).date()
    put_streets(doors.bucket, feed.feed_id, network)
    for day in days_to_compile((network.span[0], network.last_day), today, asked):
        _publish(feed, network, day, doors)
    _finish(feed, network, sources, today, doors)


def days_to_compile(span: tuple[dt.date, dt.date], today: dt.date, asked: list[dt.date]) -> list[dt.date]:
    """Today and the two weeks from it first, then what was asked for; only days inside the feed's calendar."""
    coming = [today + dt.timedelta(days=k) for k in range(DAYS_AHEAD)]
    further = sorted(day for day in set(asked) - set(coming) if day >= today - dt.timedelta(days=1))
    return [day for day in (*coming, *further) if span[0] <= day <= span[1]]


def _publish(feed: Feed, network: FeedNetwork, day: dt.date, doors: CompileDoors) -> None:
    """Upload, then tell the tickets, then let readers have it: a crash in between repeats what it cut short.

    The tickets hear of the day a little later than readers can have it.
    """
    key = day_key(feed.feed_id, network.feed_version, day)
    stored = load_feed(doors.documents, feed.feed_id)
    known = stored.days.get(day.isoformat()) if stored else None
    if known == key:
        return
    put_day(doors.bucket, feed.feed_id, network, day)
    delay_s = 2 * (FRESH_S if known else MISSING_FRESH_S)
    send_commands(doors.queues, CheckFeedDays(feed.feed_id, (day.isoformat(),)), delay_s=delay_s)
    name_day(doors.documents, feed, network, day, key)


def _finish(feed: Feed, network: FeedNetwork, sources: FeedSources, today: dt.date, doors: CompileDoors) -> None:
    """Notes what was compiled, and forgets days that are over or that the feed's newest calendar no longer has."""

    def finish(stored: Feed) -> Feed:
        first, last = (day.isoformat() for day in (network.span[0], network.last_day))
        since = (today - dt.timedelta(days=1)).isoformat()
        days = {day: key for day, key in stored.days.items() if day >= since and first <= day <= last}
        state, message = _state(network, today)
        now = doors.clock.now().isoformat()
        done = replace(with_network(stored, network), days=days, state=state, message=message, checked_at=now)
        return replace(done, etag=sources.tags)

    change(doors.documents, feed, finish)


def _state(network: FeedNetwork, today: dt.date) -> tuple[str, str]:
    first, last = network.span
    if last < today:
        return "failed", f"the feed's calendar ended on {last}; its publisher has to publish a newer one"
    if first >= today + dt.timedelta(days=DAYS_AHEAD):
        return "ready", f"the feed's calendar begins on {first}; until then there is nothing to plan with"
    if last < today + dt.timedelta(days=DAYS_AHEAD):
        return "ready", f"the feed's calendar ends on {last}; later days wait for a newer feed"
    return "ready", ""


def _mark_failure(feed: Feed, why: str, doors: CompileDoors) -> None:
    """Says so in the feed; days that an older version compiled stay in use."""
    message = f"{why} (older timetables stay in use)" if feed.days else why
    now = doors.clock.now().isoformat()
    try:
        change(doors.documents, feed, lambda stored: replace(stored, state="failed", message=message, checked_at=now))
    except Superseded:
        log.info("feed %s was configured anew meanwhile", feed.feed_id)


def on_new_day(doors: CompileDoors) -> None:
    """Asks for every feed to be checked. Raises `Unavailable`."""
    send_commands(doors.queues, *(CompileFeed(feed.feed_id, "daily") for feed in all_feeds(doors.documents)))


def handle(event: dict[str, Any], doors: CompileDoors) -> dict[str, Any]:
    """An SQS batch (answers which messages have to come again) or, with any other event, the daily check."""
    if "Records" not in event:
        on_new_day(doors)
        return {}
    failures = [record["messageId"] for record in event["Records"] if not _handle_record(record, doors)]
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failures]}


def _handle_record(record: dict[str, Any], doors: CompileDoors) -> bool:
    try:
        message = json.loads(record["body"])
    except ValueError:
        log.exception("a message of the queue is no JSON; dropped")
        return True
    try:
        on_feeds_message(message if isinstance(message, dict) else {}, doors)
    except Exception:
        log.exception("a feed could not be compiled")
        return False
    return True


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:  # noqa: ARG001 - Lambda's signature
    """Lambda's entry."""
    from chalicelib.wiring import hub  # noqa: PLC0415 - reads the environment on first use

    install_logs()
    doors = hub()
    return handle(
        event,
        CompileDoors(
            doors.documents,
            doors.bucket,
            doors.queues,
            doors.clock,
            allow_paths=doors.allow_paths,
            allowed_hosts=doors.allowed_hosts,
        ),
    )
