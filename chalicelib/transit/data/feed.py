"""A configured feed: where its data come from and which compiled service days are ready."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalicelib.foundation.invalid import each_readable
from chalicelib.foundation.keys import ALL_FEEDS, feed_key, span
from chalicelib.foundation.ports import Write
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY, is_refused_as_written
from chalicelib.foundation.retry import retry

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.foundation.ports import Document, Documents
    from chalicelib.foundation.public_hosts.check import AllowedHosts

FINDINGS_MAX = 100
SOURCES_MAX = 10
URL_MAX = 2000  # characters
_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")  # it becomes part of bucket keys and folder names


@dataclass(frozen=True, slots=True)
class Feed:
    """One operator-configured network. `days` maps service dates (YYYY-MM-DD) to bucket keys of their timetables."""

    feed_id: str
    gtfs: tuple[str, ...]  # http(s) URLs or, on one machine only, paths
    realtime: tuple[str, ...] = ()
    gbfs: tuple[str, ...] = ()
    streets: str = ""  # URL (or path) of an OpenStreetMap extract for walks along streets; "": as the crow flies
    state: str = "configured"  # configured, compiling, ready, failed
    message: str = ""  # for an operator: what went wrong, whose fault, what to do
    feed_version: str = ""
    timezone: str = ""
    days: dict[str, str] = field(default_factory=dict)
    bounds: tuple[float, float, float, float] | None = None  # south, west, north, east of all stops
    calendar: tuple[str, str] | None = None  # first and last service date of the feed
    findings: tuple[dict[str, str], ...] = ()  # file, row, what, why (the first hundred)
    checked_at: str = ""
    etag: dict[str, str] = field(default_factory=dict)  # url → ETag or Last-Modified of what is compiled
    version: int = 0


class BadFeed(ValueError):
    """The operator's configuration cannot be used; the message says which part and what it should be."""


def parse_feed(
    feed_id: str, body: dict[str, Any], *, allow_paths: bool, allowed_hosts: AllowedHosts = PUBLIC_ONLY
) -> Feed:
    """A new feed from the body of PUT /admin/feeds/{feed_id}: {"gtfs", "realtime"?, "gbfs"?, "streets"?}.

    Names are not looked up here: a URL whose name leads to a private address is refused when it is fetched.
    `allow_paths` (one-machine use): `gtfs` and `streets` may also be files.
    Raises `BadFeed`.
    """
    if not _IDENTIFIER.fullmatch(feed_id):
        raise BadFeed(f"a feed id is 1 to 64 letters, digits, - and _: {feed_id[:80]!r}")
    if not isinstance(body, dict):
        raise BadFeed('the body is a JSON object like {"gtfs": "https://…/gtfs.zip"}')
    strange = sorted(body.keys() - {"gtfs", "realtime", "gbfs", "streets"})
    if strange:
        raise BadFeed(f"unknown: {', '.join(map(repr, strange))}; a feed has gtfs, realtime, gbfs and streets")
    gtfs = _sources(body, "gtfs")
    if not gtfs:
        raise BadFeed("gtfs is missing: the URL of a GTFS zip")
    realtime, gbfs, streets = (_sources(body, name) for name in ("realtime", "gbfs", "streets"))
    if len(streets) > 1:
        raise BadFeed("streets is one OpenStreetMap extract; join several with osmium first")
    for source in (*gtfs, *streets):
        _check_source(source, allowed_hosts, allow_path=allow_paths)
    for source in (*realtime, *gbfs):
        _check_source(source, allowed_hosts, allow_path=False)
    return Feed(feed_id, gtfs, realtime, gbfs, "".join(streets))


def _sources(body: dict[str, Any], name: str) -> tuple[str, ...]:
    raw = body.get(name)
    raw = [] if raw in (None, "") else raw
    listed = [raw] if isinstance(raw, str) else raw
    if not isinstance(listed, list) or not all(isinstance(source, str) and source.strip() for source in listed):
        raise BadFeed(f"{name} is a URL or a list of URLs, not {raw!r:.100}")
    if len(listed) > SOURCES_MAX:
        raise BadFeed(f"{name} has {len(listed)} sources; {SOURCES_MAX} at most")
    return tuple(source.strip() for source in listed)


def _check_source(source: str, allowed_hosts: AllowedHosts, *, allow_path: bool) -> None:
    """Raises `BadFeed` unless it is an http(s) URL of a host that is not plainly private, or an allowed path."""
    try:
        url = urlsplit(source)
        inside = is_refused_as_written(url, allowed_hosts)
    except ValueError:
        raise BadFeed(f"{source!r:.200} is no valid URL") from None
    if url.scheme not in {"http", "https"}:
        if not allow_path or "://" in source or "\0" in source or len(source) > URL_MAX:
            raise BadFeed(f"{source!r:.200} is no http(s) URL (paths are allowed on one machine only)")
        return
    if not url.hostname or len(source) > URL_MAX:
        raise BadFeed(f"{source!r:.200} names no host, or is too long")
    if url.username or url.password:
        raise BadFeed("a URL must not hold a user name or password: it would be stored and shown")
    if inside:
        raise BadFeed(f"{url.hostname} is a private address; the hub fetches public feeds only")


def load_feed(documents: Documents, feed_id: str) -> Feed | None:
    """The stored feed, or None. Raises `Unavailable`."""
    document = documents.get("config", feed_key(feed_id))
    return None if document is None else feed_from_document(document)


def feed_from_document(document: Document) -> Feed:
    """A feed from its document; attributes of the store are ignored."""
    raw = {name: document[name] for name in Feed.__slots__ if name in document}
    for name in ("gtfs", "realtime", "gbfs", "findings", "bounds", "calendar"):
        if raw.get(name) is not None:
            raw[name] = tuple(raw[name])
    return Feed(**raw)


def save_feed(documents: Documents, feed: Feed) -> Feed:
    """Stores the feed over the version it was read as (0: a new one). Raises `Conflict`, `Unavailable`."""
    stored = replace(feed, version=feed.version + 1, findings=feed.findings[:FINDINGS_MAX])
    document = asdict(stored) | {"config_id": feed_key(feed.feed_id), "owner": ALL_FEEDS}
    for name in ("gtfs", "realtime", "gbfs", "findings", "bounds", "calendar"):
        document[name] = None if document[name] is None else list(document[name])
    documents.write(Write("config", document, feed.version or None))
    return stored


def change_feed(documents: Documents, feed_id: str, change: Callable[[Feed], Feed]) -> Feed | None:
    """Applies a change to the newest version, again if somebody else was faster; None: the feed is gone.

    Raises `Unavailable`.
    """

    def step() -> Feed | None:
        feed = load_feed(documents, feed_id)
        return save_feed(documents, replace(change(feed), version=feed.version)) if feed else None

    return retry(step, f"feed {feed_id}")


def configure_feed(documents: Documents, wanted: Feed) -> Feed:
    """Stores what an operator configured; what is compiled from the same sources stays in use meanwhile.

    Raises `Unavailable`.
    """

    def step() -> Feed:
        return save_feed(documents, _configure(load_feed(documents, wanted.feed_id), wanted))

    return retry(step, f"feed {wanted.feed_id}")


def _configure(old: Feed | None, wanted: Feed) -> Feed:
    if old is None:
        return replace(wanted, version=0)
    if (old.gtfs, old.streets) != (wanted.gtfs, wanted.streets):
        return replace(wanted, version=old.version)
    return replace(old, realtime=wanted.realtime, gbfs=wanted.gbfs)


def all_feeds(documents: Documents) -> list[Feed]:
    """All configured feeds; may lag a write. Raises `Unavailable`."""
    return each_readable(documents.query("config", "by_owner", ALL_FEEDS, **span(feed_key(""))), feed_from_document)
