"""One poll of one feed's live URLs: ask, believe or not, read against the timetables of the hour, publish.

Rules
- What is remembered (`Source`, one document per feed) is written, conditionally on what was read, before anything is
  published: of two polls that overlap one loses and publishes nothing. It is marked open until all is published: a
  poll that finds it open takes whatever it gets as news, so a crash in between loses nothing.
- Published is one blob per service day that is running now or that news name, and then one message on "updates" for
  the feed. A poll that brought nothing new publishes nothing; the readers see the age grow by themselves.
- Messages of sources that had nothing new are kept in the bucket, so that every publication holds all sources.
- A source whose data is too old contributes nothing: its part of the network is as timetabled.
- One source that cannot be read, whatever the fault is and whosever, contributes nothing and harms no other; neither
  does a feed whose poll fails. Messages are read beside the fetching, one feed at a time: reading takes time and
  memory, and nobody else's server is late for that.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from zoneinfo import ZoneInfo

from chalicelib.foundation.commands import StartRound, send_commands
from chalicelib.foundation.keys import live_key
from chalicelib.foundation.logs import about
from chalicelib.foundation.ports import Conflict, Write
from chalicelib.transit.data.conditions_file import dump_conditions
from chalicelib.transit.data.live import conditions_key
from chalicelib.transit.data.timetable import FROM_S, UPTO_S
from feeds.realtime.decode import Rejected, decode, posix_of
from feeds.realtime.fetch import fetch_all
from feeds.realtime.learning import Memory
from feeds.realtime.matching.alerts import read_alerts
from feeds.realtime.matching.index import index_of
from feeds.realtime.other_days import about_day, days_named
from feeds.realtime.reading import conditions_of, read_messages
from feeds.realtime.source import REMEMBERED_S, Source, judge_message, note_failure, note_no_news

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import date

    import httpx

    from chalicelib.foundation.ports import Bucket, Clock, Documents, Queues
    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.feed import Feed
    from chalicelib.transit.data.sightings import Sighting
    from chalicelib.transit.data.timetable import Timetable
    from feeds.realtime.fetch import FeedAnswer
    from feeds.realtime.report import MatchReport

log = logging.getLogger("hub.realtime")

OUR_FAULT = "the hub failed to read this source; its log says why"
Made = dict[str, tuple["Conditions", list[dict[str, Any]]]]  # by service date: conditions, alerts as JSON


class CompiledTimetables(Protocol):
    """Where compiled timetables stand."""

    def feed(self, feed_id: str) -> Feed | None:
        """The configured feed."""
        ...

    def day(self, feed_id: str, date: str) -> Timetable:
        """Its timetable of a service date (YYYY-MM-DD); raises a `LookupError` or `ValueError` where there is none."""
        ...


@dataclass(frozen=True)
class RealtimeDoors:
    """What polling reaches the world through; `transport` None: the real network."""

    documents: Documents
    bucket: Bucket
    queues: Queues
    clock: Clock
    service_days: CompiledTimetables
    transport: httpx.AsyncBaseTransport | None = None
    memory: Memory = field(default_factory=Memory)


def poll(feed_id: str, doors: RealtimeDoors) -> dict[str, Any]:
    """Polls one feed once; returns the numbers that an operator sees. Raises `Unavailable`."""
    return asyncio.run(_poll(feed_id, doors))


async def poll_many(feed_ids: Sequence[str], doors: RealtimeDoors) -> dict[str, dict[str, Any]]:
    """Polls several feeds side by side, once. One whose poll fails says so in its numbers, and the log says why."""
    found = await asyncio.gather(*(_poll_alone(feed_id, doors) for feed_id in feed_ids))
    return dict(zip(feed_ids, found, strict=True))


async def _poll_alone(feed_id: str, doors: RealtimeDoors) -> dict[str, Any]:
    try:
        return await _poll(feed_id, doors)
    except Exception:
        log.exception("a live feed could not be polled", extra=about(feed_id=feed_id))
        return {"feed_id": feed_id, "published": [], "trouble": ["the hub failed to poll this feed; its log says why"]}


async def poll_minute(
    feed_ids: Sequence[str],
    doors: RealtimeDoors,
    *,
    jitter: Callable[[], float],
    rounds: int = 2,
    every_s: float = 27.0,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> dict[str, dict[str, Any]]:
    """A minute's worth of polls, for a schedule that rings once a minute. `jitter` gives 0 … 1."""
    found: dict[str, dict[str, Any]] = {}
    for number in range(rounds):
        await sleep(3.0 * jitter() if number == 0 else every_s)
        found = await poll_many(feed_ids, doors)
    return found


async def _poll(feed_id: str, doors: RealtimeDoors) -> dict[str, Any]:
    feed = doors.service_days.feed(feed_id)
    if feed is None or not feed.realtime:
        return {"feed_id": feed_id, "published": [], "trouble": ["this feed has no live URLs"]}
    stored = doors.documents.get("config", live_key(feed_id))
    sources = _sources(feed, stored)
    answers = await fetch_all(sources, doors.transport)
    work = partial(_take_answers, feed, stored, sources, answers, doors)
    return await asyncio.get_running_loop().run_in_executor(doors.memory.reading, work)


def _take_answers(
    feed: Feed,
    stored: dict[str, Any] | None,
    sources: Sequence[Source],
    answers: Sequence[FeedAnswer],
    doors: RealtimeDoors,
) -> dict[str, Any]:
    """What the servers answered is believed or not, read and published; the numbers that an operator sees."""
    feed_id = feed.feed_id
    now = int(doors.clock.now().timestamp())
    taken = [_take_answer(source, answer, now) for source, answer in zip(sources, answers, strict=True)]
    after = [source for source, _ in taken]
    fresh = {number: data for number, (_, data) in enumerate(taken) if data is not None}
    made: Made = {}
    if fresh:
        parts = _parts(feed_id, after, fresh, doors.bucket, now)
        after, made = _read(feed, after, parts, doors, now)
    document = _document(feed_id, after, stored, now)
    try:
        doors.documents.write(Write("config", document | {"open": bool(made)}, stored["version"] if stored else None))
        published = _publish(feed_id, made, fresh, document, doors)
        if published:
            closed = document | {"open": False, "version": document["version"] + 1}
            doors.documents.write(Write("config", closed, document["version"]))
    except Conflict:
        return {"feed_id": feed_id, "published": [], "trouble": ["another poll of this feed ran at the same time"]}
    return {"feed_id": feed_id, "published": published, "sources": document["sources"]}


def _sources(feed: Feed, stored: dict[str, Any] | None) -> list[Source]:
    known = {raw["url"]: Source.from_json(raw) for raw in stored["sources"]} if stored else {}
    if stored and stored["open"]:
        known = {url: replace(source, etag="", modified="", digest="") for url, source in known.items()}
    return [known.get(url, Source(url)) for url in feed.realtime]


def _take_answer(source: Source, answer: FeedAnswer, now: int) -> tuple[Source, bytes | None]:
    """The source after this answer, and its bytes where they are news."""
    if answer.trouble:
        return note_failure(source, now, answer.trouble), None
    if answer.data is None:
        return note_no_news(source, now), None
    digest = hashlib.sha256(answer.data).hexdigest()
    if digest == source.digest:
        return note_no_news(source, now), None
    try:
        header_at = posix_of(decode(answer.data).header.timestamp)
    except Exception as reason:  # a fault of ours stays with the source that showed it, too
        if not isinstance(reason, Rejected):
            log.exception("a message could not be decoded")
        return note_failure(source, now, str(reason) if isinstance(reason, Rejected) else OUR_FAULT), None
    taken, after = judge_message(source, header_at, digest, now)
    if not taken:
        return after, None
    return replace(after, etag=answer.etag, modified=answer.modified), answer.data


def _days(feed: Feed, service_days: CompiledTimetables, now: int) -> dict[str, Timetable]:
    """The timetables whose hours hold this instant: today's, after midnight yesterday's, in the evening tomorrow's."""
    today = datetime.fromtimestamp(now, ZoneInfo(feed.timezone) if feed.timezone else UTC).date()
    found: dict[str, Timetable] = {}
    for near in (-1, 0, 1):
        day: date = today + timedelta(days=near)
        if day.isoformat() not in feed.days:
            continue
        try:
            table = service_days.day(feed.feed_id, day.isoformat())
        except (LookupError, ValueError):
            log.exception("the timetable of %s cannot be had", day, extra=about(feed_id=feed.feed_id))
            continue
        if FROM_S <= now - int(table.meta["origin_epoch"]) < UPTO_S:
            found[day.isoformat()] = table
    return found


def _parts(
    feed_id: str, sources: Sequence[Source], fresh: dict[int, bytes], bucket: Bucket, now: int
) -> list[tuple[int, Any]]:
    """The messages to read together, by number of source: the fresh ones, and the others' last while usable."""
    parts = []
    for number, source in enumerate(sources):
        data = fresh.get(number)
        if data is None and source.usable(now):
            data = bucket.get(_raw_key(feed_id, number))
        if data is None or not source.usable(now):
            continue
        try:
            parts.append((number, decode(data)))
        except Rejected:
            log.exception("what is kept of a source is no message any more", extra=about(feed_id=feed_id))
    return parts


def _read(
    feed: Feed, sources: list[Source], parts: list[tuple[int, Any]], doors: RealtimeDoors, now: int
) -> tuple[list[Source], Made]:
    """Conditions and alerts by day, and the sources with the numbers of how well they fit (of the latest day)."""
    made: Made = {}
    sightings: list[Sighting] = []
    for day, table in _days(feed, doors.service_days, now).items():
        messages = _readable(sources, parts, table, now)
        conditions, _, passages = read_messages(messages, table, now)
        alerts = [alert.to_json() for one in messages for alert in read_alerts(one, index_of(table), Counter())]
        version = str(table.meta["feed_version"])
        passed = doors.memory.passages_to_publish(feed.feed_id, day, version, passages, now)
        made[day] = (replace(conditions, passed=passed), alerts)
        sightings += passages  # of a run that two days' tables hold `Delays` learns once
    for day in days_named((message for _, message in parts), feed.days, made):
        try:
            table = doors.service_days.day(feed.feed_id, day)
            made[day] = (read_messages(about_day([message for _, message in parts], day), table, now)[0], [])
        except Exception:  # news of tomorrow are worth less than those of now
            log.exception("news of %s could not be read", day, extra=about(feed_id=feed.feed_id))
    try:
        doors.memory.learn(feed.feed_id, sightings, now, doors.bucket)
    except Exception:  # what was learned is worth less than what is late now
        log.exception("the delays of a feed could not be learned from", extra=about(feed_id=feed.feed_id))
    return sources, made


def _readable(sources: list[Source], parts: list[tuple[int, Any]], table: Timetable, now: int) -> list[Any]:
    """The messages that can be read, each by itself first; how well they fit, or that they failed, is noted."""
    found = []
    for number, message in parts:
        try:
            sources[number] = _add_report(sources[number], conditions_of([message], table, now)[1])
            found.append(message)
        except Exception:
            log.exception("a live source could not be read")
            sources[number] = replace(sources[number], trouble=OUR_FAULT)
    return found


def _add_report(source: Source, report: MatchReport) -> Source:
    trouble = source.trouble
    if report.wrong_feed:
        trouble = "hardly any trip of this feed is in the timetable: a wrong URL, or the timetable is out of date"
    return replace(source, report=report.to_json(), trouble=trouble)


def _document(feed_id: str, sources: Sequence[Source], stored: dict[str, Any] | None, now: int) -> dict[str, Any]:
    return {
        "config_id": live_key(feed_id),
        "version": (stored["version"] if stored else 0) + 1,
        "sources": [source.to_json() for source in sources],
        "polled_at": now,
        "expires_at": now + REMEMBERED_S,
    }


def _publish(
    feed_id: str, made: Made, fresh: dict[int, bytes], document: dict[str, Any], doors: RealtimeDoors
) -> list[str]:
    if len(document["sources"]) > 1:
        for number, data in fresh.items():
            doors.bucket.put(_raw_key(feed_id, number), data)
    meta = {
        "feed_id": feed_id,
        "sequence": document["version"],
        "published_at": document["polled_at"],
        "changed_at": max(source["changed_at"] for source in document["sources"]),
    }
    for day, (conditions, alerts) in made.items():
        doors.bucket.put(conditions_key(feed_id, day), dump_conditions(conditions, meta | {"alerts": alerts}))
    if made:
        send_commands(doors.queues, StartRound(feed_id, document["polled_at"]))
    return sorted(made)


def _raw_key(feed_id: str, number: int) -> str:
    return f"conditions/{feed_id}/raw/{number}.pb"
