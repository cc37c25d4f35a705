"""A compiled day goes to the bucket, whole, before the feed's document names it: readers never see half.

A day's key holds the feed's version, so publishing the same day again changes nothing, and a reader who knows the old
version keeps its file until the bucket's lifecycle removes it.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.transit.data.feed import change_feed
from chalicelib.transit.data.service_days import streets_key
from chalicelib.transit.data.streets import save_streets
from chalicelib.transit.data.timetable import save_timetable

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from chalicelib.foundation.ports import Bucket, Documents
    from chalicelib.transit.data.feed import Feed
    from feeds.compile.network import FeedNetwork


class Superseded(Exception):
    """The operator configured other sources meanwhile, or removed the feed; what we compiled is no longer wanted."""


def day_key(feed_id: str, feed_version: str, day: dt.date) -> str:
    """Where a day's timetable lies in the bucket."""
    return f"timetables/{feed_id}/{feed_version}/day-{day.isoformat()}.tt"


def put_day(bucket: Bucket, feed_id: str, network: FeedNetwork, day: dt.date) -> str:
    """Compiles and uploads one day and answers its key. Raises `Unavailable`, `OutsideCalendar`."""
    timetable = network.day(day)
    key = day_key(feed_id, network.feed_version, day)
    with tempfile.TemporaryDirectory(prefix="day-") as folder:
        path = Path(folder) / "day.tt"
        save_timetable(path, timetable.meta, timetable.arrays)
        bucket.put_file(key, path)
    return key


def put_streets(bucket: Bucket, feed_id: str, network: FeedNetwork) -> None:
    """Uploads the street graph that the network's days refer to, if they do. Raises `Unavailable`."""
    if network.streets is None:
        return
    with tempfile.TemporaryDirectory(prefix="streets-") as folder:
        path = Path(folder) / "streets.st"
        save_streets(path, {"feed_version": network.feed_version}, network.streets)
        bucket.put_file(streets_key(feed_id, network.feed_version), path)


def name_day(documents: Documents, feed: Feed, network: FeedNetwork, day: dt.date, key: str) -> None:
    """Makes an uploaded day the one that readers get. Raises `Superseded`, `Conflict`, `Unavailable`."""

    def with_day(stored: Feed) -> Feed:
        return replace(with_network(stored, network), days=stored.days | {day.isoformat(): key}, state="ready")

    change(documents, feed, with_day)


def with_network(feed: Feed, network: FeedNetwork) -> Feed:
    """The feed with what is known about its newest network."""
    first, last = network.span
    return replace(
        feed,
        feed_version=network.feed_version,
        timezone=network.timezone,
        bounds=network.bounds(),
        calendar=(first.isoformat(), last.isoformat()),
        findings=tuple(finding.to_json() for finding in network.findings),
    )


def change(documents: Documents, feed: Feed, to: Callable[[Feed], Feed]) -> None:
    """Changes the stored feed unless its sources are others by now. Raises `Superseded`, `Conflict`, `Unavailable`."""

    def change_current(stored: Feed) -> Feed:
        if (stored.gtfs, stored.streets) != (feed.gtfs, feed.streets):
            raise Superseded(feed.feed_id)
        return to(stored)

    if change_feed(documents, feed.feed_id, change_current) is None:
        raise Superseded(feed.feed_id)
