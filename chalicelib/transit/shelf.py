"""Where compiled service days are found: on the command line's disk, or in the bucket with a small cache beside it.

Rules of the shelf
- A reader learns what there is from one small document (current.json, or the Feed in table "config") that is replaced
  only after every file it names is there whole.
- A cached file never changes: its name holds the feed's version. A new version is noticed within `FRESH_S`, a day
  that was not there before within `MISSING_FRESH_S`.
- The cache is bounded; a file that is thrown out while mapped stays readable to whoever has it open.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from chalicelib.transit.feed import load_feed
from chalicelib.transit.timetable import BadTimetable, load

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from chalicelib.ports import Bucket, Clock, Documents
    from chalicelib.transit.feed import Feed
    from chalicelib.transit.streets import Streets
    from chalicelib.transit.timetable import Timetable

FRESH_S = 5
MISSING_FRESH_S = 1  # what was not there is looked for again sooner
OPEN_MAX = 6  # timetables kept mapped
CACHE_BYTES_MAX = 300 << 20  # of Lambda's 512 MB of /tmp
UNKNOWN_FEED, NO_TIMETABLE, OUTSIDE_CALENDAR = "unknown_feed", "no_timetable", "outside_calendar"


class NoTimetable(LookupError):
    """There is no timetable for that day; `reason` says which of the three reasons it is."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def open_day(folder: Path, date: str) -> Timetable:
    """The service day (YYYY-MM-DD) from what `python -m feeds compile --out FOLDER` wrote. Raises `NoTimetable`."""
    try:
        current = json.loads((folder / "current.json").read_bytes())
        days: dict[str, str] = current["days"]
        calendar: list[str] = current["calendar"]
    except (OSError, ValueError, KeyError, TypeError):
        raise NoTimetable(
            NO_TIMETABLE, f"{folder} holds no compiled feed; run `python -m feeds compile` first"
        ) from None
    if date not in days:
        raise _missing(date, (calendar[0], calendar[1]), sorted(days))
    try:
        return load(folder / days[date])
    except (OSError, BadTimetable) as error:
        raise NoTimetable(NO_TIMETABLE, f"{folder / days[date]} cannot be read ({error}); compile again") from error


def open_streets(folder: Path) -> Streets | None:
    """Walks along streets, if the feed in this folder was compiled with an extract. Raises `NoTimetable`."""
    from chalicelib.transit.streets import load_streets  # noqa: PLC0415 - few feeds have one

    try:
        path: str = json.loads((folder / "current.json").read_bytes()).get("streets", "")
        return load_streets(folder / path) if path else None
    except (OSError, ValueError) as error:
        raise NoTimetable(NO_TIMETABLE, f"the streets in {folder} cannot be read ({error}); compile again") from error


def _missing(date: str, calendar: tuple[str, str] | None, ready: list[str]) -> NoTimetable:
    if calendar and not calendar[0] <= date <= calendar[1]:
        message = f"{date} is outside the feed's calendar: it has service from {calendar[0]} to {calendar[1]}"
        return NoTimetable(OUTSIDE_CALENDAR, message)
    have = ", ".join(ready) or "none"
    return NoTimetable(NO_TIMETABLE, f"{date} is not compiled yet (there: {have})")


class Shelf:
    """Timetables from the bucket, fetched once and mapped. Safe to share between threads."""

    def __init__(self, documents: Documents, bucket: Bucket, cache: Path, clock: Clock) -> None:
        self._documents, self._bucket, self._cache, self._clock = documents, bucket, cache, clock
        self._feeds: dict[str, tuple[datetime, Feed | None]] = {}
        self._open: OrderedDict[str, Timetable] = OrderedDict()
        self._lock = threading.Lock()

    def feed(self, feed_id: str, fresh_s: float = FRESH_S) -> Feed | None:
        """The feed as it was less than `fresh_s` ago. Raises `Unavailable`."""
        now = self._clock.now()
        read_at, feed = self._feeds.get(feed_id, (None, None))
        if read_at is None or not 0 <= (now - read_at).total_seconds() < fresh_s:
            feed = load_feed(self._documents, feed_id)
            self._feeds[feed_id] = (now, feed)
        return feed

    def day(self, feed_id: str, date: str) -> Timetable:
        """The service day (YYYY-MM-DD). Raises `NoTimetable`, `Unavailable`."""
        feed = self.feed(feed_id)
        if feed is None or date not in feed.days:
            feed = self.feed(feed_id, MISSING_FRESH_S)
        if feed is None:
            raise NoTimetable(UNKNOWN_FEED, f"there is no feed {feed_id!r}; configure it first")
        if date not in feed.days:
            raise _missing(date, feed.calendar, sorted(feed.days))
        with self._lock:
            return self._opened(feed.days[date])

    def _opened(self, key: str) -> Timetable:
        if key not in self._open:
            self._open[key] = self._fetched(key)
            while len(self._open) > OPEN_MAX:
                self._open.popitem(last=False)
        self._open.move_to_end(key)
        return self._open[key]

    def _fetched(self, key: str) -> Timetable:
        path = self._cache / key.replace("/", "~")
        for _ in range(2):  # a cached file that cannot be read is fetched a second time
            if not path.exists():
                self._cache.mkdir(parents=True, exist_ok=True)
                if not self._bucket.fetch(key, path):
                    raise NoTimetable(NO_TIMETABLE, f"{key} is not in the bucket; the feed will be compiled again")
                self._trim(keep=path)
            try:
                path.touch()
                return load(path)
            except (BadTimetable, ValueError):
                path.unlink(missing_ok=True)
        raise NoTimetable(NO_TIMETABLE, f"{key} is no timetable that this version reads; compile the feed again")

    def _trim(self, keep: Path) -> None:
        """Throws out the files that were opened longest ago."""
        files = sorted((path.stat().st_mtime_ns, path.stat().st_size, path) for path in self._cache.glob("*.tt"))
        total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if total > CACHE_BYTES_MAX and path != keep:
                path.unlink(missing_ok=True)
                total -= size
