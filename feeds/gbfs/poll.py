"""One poll of the shared vehicles near a feed: ask its GBFS systems, make fleets of what they say, publish.

Rules
- A system is its gbfs.json and the files that it names. What they said last stays with a warm process (`Systems`); a
  new process asks for all of it once more.
- Systems are asked side by side; one that fails, hangs or sends rubbish harms no other, whatever the fault is and
  whosever. What it said last counts until it is too old. A system that is larger than any is left out, not its
  neighbours in the blob.
- What an operator sees (one small document per feed) is written first, conditionally on what was read: of two polls
  that overlap one loses and publishes nothing. Published is one blob, whole.
- A crash anywhere loses nothing: the next poll publishes everything again.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.foundation.keys import bikes_key
from chalicelib.foundation.logs import about
from chalicelib.foundation.ports import Conflict, Unavailable, Write
from chalicelib.transit.bikes.file import PLAIN_BYTES_MAX, bikes_blob_key, dump_bikes, plain_bikes
from chalicelib.transit.data.feed import SOURCES_MAX
from feeds.gbfs.fleets import FleetReport, fleets_of
from feeds.gbfs.part import LIVE_FILES, SystemPart, take_answer
from feeds.gbfs.reading import files_of
from feeds.realtime.decode import Rejected
from feeds.realtime.fetch import fetch_all
from feeds.realtime.source import REMEMBERED_S, Source

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import httpx

    from chalicelib.foundation.ports import Bucket, Clock, Documents
    from chalicelib.transit.bikes.search import Fleet
    from chalicelib.transit.data.feed import Feed
    from feeds.realtime.fetch import FeedAnswer

log = logging.getLogger("hub.bikes")

DISCOVERY = "gbfs"
OUR_FAULT = "the hub failed to read this system; its log says why"
SYSTEM_BYTES_MAX = PLAIN_BYTES_MAX // (SOURCES_MAX + 1)  # of a feed's blob, so that all of its systems fit
NEAR_DEGREES = 0.05  # of the timetable's stops: further away it is another city's system


@dataclass(frozen=True, slots=True)
class System:
    """What we hold of one system, by file name; `url` is that of its gbfs.json."""

    url: str
    discovery: SystemPart
    parts: tuple[SystemPart, ...] = ()
    trouble: str = ""

    @classmethod
    def unknown(cls, url: str) -> System:
        """Nothing asked yet."""
        return cls(url, SystemPart(DISCOVERY, Source(url)))


Systems = dict[tuple[str, str], System]  # by feed and URL; what a warm process remembers


@dataclass(frozen=True)
class BikeDoors:
    """What polling reaches the world through. `transport` makes one per system; None: the real network."""

    documents: Documents
    bucket: Bucket
    clock: Clock
    transport: Callable[[], httpx.AsyncBaseTransport] | None = None
    systems: Systems = field(default_factory=dict)


async def poll_bikes(feeds: Sequence[Feed], doors: BikeDoors) -> dict[str, dict[str, Any]]:
    """Polls the GBFS systems of several feeds side by side, once; the numbers that an operator sees, by feed."""
    found = await asyncio.gather(*(_poll_alone(feed, doors) for feed in feeds))
    return {feed.feed_id: numbers for feed, numbers in zip(feeds, found, strict=True)}


async def _poll_alone(feed: Feed, doors: BikeDoors) -> dict[str, Any]:
    try:
        return await _poll(feed, doors)
    except Exception:  # the other feeds are polled all the same
        log.exception("the shared bikes near a feed could not be polled", extra=about(feed_id=feed.feed_id))
        return {"published": False, "trouble": "the hub failed to poll these systems; its log says why"}


async def _poll(feed: Feed, doors: BikeDoors) -> dict[str, Any]:
    keys = [(feed.feed_id, url) for url in dict.fromkeys(feed.gbfs)]
    held = [doors.systems.get(key, System.unknown(key[1])) for key in keys]
    after = await asyncio.gather(*(_ask(system, doors) for system in held))
    doors.systems.update(zip(keys, after, strict=True))
    now = int(doors.clock.now().timestamp())
    try:
        made = [await asyncio.to_thread(_fleets_alone, system, feed, now) for system in after]
        return _publish(feed.feed_id, made, doors, now)
    except (Conflict, Unavailable) as reason:
        return {"published": False, "trouble": f"not published ({reason}); the next poll publishes it all"}


async def _ask(system: System, doors: BikeDoors) -> System:
    """The system after asking for whatever it is time to ask for."""
    now = int(doors.clock.now().timestamp())
    try:
        system = await _discover(system, doors, now)
        due = [part for part in system.parts if part.ask_at <= now]
        found = dict(zip((part.name for part in due), await _fetch_files(due, doors), strict=True))
        return await asyncio.to_thread(_read, system, found, int(doors.clock.now().timestamp()))
    except Exception:
        log.exception("a GBFS system could not be polled: %s", urlsplit(system.url).hostname)
        again = replace(system.discovery, ask_at=0)
        return replace(system, discovery=again, trouble=OUR_FAULT)


def _read(system: System, found: Mapping[str, FeedAnswer], now: int) -> System:
    read = [take_answer(part, found[part.name], now) if part.name in found else part for part in system.parts]
    return replace(system, parts=tuple(read))


async def _discover(system: System, doors: BikeDoors, now: int) -> System:
    if system.discovery.ask_at > now:
        return system
    (answer,) = await _fetch_files([system.discovery], doors)
    discovery = take_answer(system.discovery, answer, now)
    system = replace(system, discovery=discovery, trouble=discovery.source.trouble)
    if discovery.file is None:
        return system
    try:
        urls = files_of(discovery.file, system.url)
    except Rejected as reason:
        return replace(system, trouble=str(reason))
    known = {(part.name, part.source.url): part for part in system.parts}
    return replace(
        system, parts=tuple(known.get((name, url), SystemPart(name, Source(url))) for name, url in sorted(urls.items()))
    )


async def _fetch_files(parts: Sequence[SystemPart], doors: BikeDoors) -> list[FeedAnswer]:
    transport = doors.transport() if doors.transport else None
    return await fetch_all([part.source for part in parts], transport)


def _fleets_alone(system: System, feed: Feed, now: int) -> tuple[list[Fleet], dict[str, Any]]:
    """As `_make_fleets`; a system that cannot be used has no fleets, and says so."""
    try:
        fleets, numbers = _make_fleets(system, feed, now)
        if len(plain_bikes(fleets, {})) > SYSTEM_BYTES_MAX:
            return [], numbers | {"fleets": [], "trouble": "this system is larger than any is; check the URL"}
    except Exception:
        log.exception("no fleets could be made of a GBFS system: %s", urlsplit(system.url).hostname)
        return [], _numbers(replace(system, trouble=OUR_FAULT), [], FleetReport(), feed, now)
    return fleets, numbers


def _make_fleets(system: System, feed: Feed, now: int) -> tuple[list[Fleet], dict[str, Any]]:
    """The fleets of one system as it is now, and what an operator sees of it."""
    parts = {part.name: part for part in system.parts}
    usable = {name: part.file for name, part in parts.items() if part.file and part.usable(now)}
    observed = {name: parts[name].source.changed_at for name in usable.keys() & LIVE_FILES}
    if "vehicle_types" in parts and "vehicle_types" not in usable:
        observed = {}  # nobody knows which of them are bikes
    fleets, report = fleets_of(usable, observed, urlsplit(system.url).hostname or "")
    return fleets, _numbers(system, fleets, report, feed, now)


def _numbers(system: System, fleets: list[Fleet], report: FleetReport, feed: Feed, now: int) -> dict[str, Any]:
    live = [part for part in system.parts if part.is_live]
    changed = [part.source.changed_at for part in live if part.source.changed_at]
    trouble = [f"{part.name}: {why}" for part in system.parts if (why := _trouble(part, now))]
    return {
        "url": system.url,
        "system": fleets[0].system if fleets else "",
        "gbfs_version": system.discovery.file.version if system.discovery.file else "",
        "changed_at": min(changed, default=0),
        "polled_at": now,
        "failures": max([system.discovery.source.failures, *(part.source.failures for part in system.parts)]),
        "trouble": system.trouble or "; ".join(trouble) or _elsewhere(fleets, feed),
        "fleets": [_counts(fleet) for fleet in fleets],
        "report": report.to_json(),
    }


def _trouble(part: SystemPart, now: int) -> str:
    if part.source.trouble or part.file is None or part.usable(now):
        return part.source.trouble
    return f"its numbers are {(part.source.age_s(now) or 0) // 60} min old and not used; ask its publisher"


def _counts(fleet: Fleet) -> dict[str, Any]:
    taken, docks = ([getattr(one, name) for one in fleet.stations] for name in ("vehicles", "docks"))
    free = {"at_stations": sum(taken), "standing": len(fleet.standing), "docks": sum(docks)}
    return {"mode": fleet.mode, "stations": len(fleet.stations), "may_be_left": fleet.may_be_left} | free


def _elsewhere(fleets: Sequence[Fleet], feed: Feed) -> str:
    """Nothing of a system lies near the timetable's stops."""
    if feed.bounds is None or not fleets:
        return ""
    south, west, north, east = feed.bounds
    places = [(one.lat, one.lon) for fleet in fleets for one in fleet.stations]
    places += [(lat, lon) for fleet in fleets for lat, lon, _ in fleet.standing]
    near = any(
        south - NEAR_DEGREES <= lat <= north + NEAR_DEGREES and west - NEAR_DEGREES <= lon <= east + NEAR_DEGREES
        for lat, lon in places
    )
    return "" if near else "nothing of this system is near the timetable's stops: check the URL"


def _publish(
    feed_id: str, made: Sequence[tuple[list[Fleet], dict[str, Any]]], doors: BikeDoors, now: int
) -> dict[str, Any]:
    """Raises `Conflict`, `Unavailable`."""
    key = bikes_key(feed_id)
    stored = doors.documents.get("config", key)
    version = (stored["version"] if stored else 0) + 1
    systems = [numbers for _, numbers in made]
    document = {"config_id": key, "version": version, "systems": systems, "expires_at": now + REMEMBERED_S}
    doors.documents.write(Write("config", document, stored["version"] if stored else None))
    fleets = [fleet for found, _ in made for fleet in found]
    meta = {"feed_id": feed_id, "sequence": version, "published_at": now}
    doors.bucket.put(bikes_blob_key(feed_id), dump_bikes(fleets, meta))
    return {"published": True, "systems": systems}
