"""Where compiled service days are found: on the command line's disk, or in the bucket with a small cache beside it.

Rules
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
from typing import TYPE_CHECKING, NoReturn, TypeVar

from chalicelib.transit.data.feed import load_feed
from chalicelib.transit.data.timetable import BadTimetable, load_timetable
from chalicelib.transit.data.walking import CROW_FLY

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from chalicelib.foundation.ports import Bucket, Clock, Documents
    from chalicelib.transit.data.feed import Feed
    from chalicelib.transit.data.streets import Streets
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.data.walking import Walking

Opened = TypeVar("Opened")

FRESH_S = 20  # a worker asks so seldom; tickets hear of a new version after twice that time
MISSING_FRESH_S = 1  # what was not there is asked for again sooner
OPEN_MAX = 6  # timetables kept mapped: today and tomorrow of three feeds
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
        return load_timetable(folder / days[date])
    except (OSError, BadTimetable) as error:
        raise NoTimetable(NO_TIMETABLE, f"{folder / days[date]} cannot be read ({error}); compile again") from error


def refuse_day(date: str, calendar: Sequence[str]) -> NoReturn:
    """For a date outside a calendar of which nothing but its last night is known. Raises `NoTimetable`."""
    raise _missing(date, (calendar[0], calendar[1]), [])


def open_streets(folder: Path) -> Streets | None:
    """Walks along streets, if the feed in this folder was compiled with an extract. Raises `NoTimetable`."""
    from chalicelib.transit.data.streets import load_streets  # noqa: PLC0415 - few feeds have one

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


def streets_key(feed_id: str, feed_version: str) -> str:
    """Where the street graph of a feed's version lies in the bucket."""
    return f"timetables/{feed_id}/{feed_version}/streets.st"


class ServiceDays:
    """Timetables from the bucket, fetched once and mapped. Safe to share between threads."""

    def __init__(self, documents: Documents, bucket: Bucket, cache: Path, clock: Clock) -> None:
        self._documents, self._bucket, self._cache, self._clock = documents, bucket, cache, clock
        self._feeds: dict[str, tuple[datetime, Feed | None]] = {}
        self._open: OrderedDict[str, Timetable] = OrderedDict()
        self._streets: OrderedDict[str, Streets] = OrderedDict()
        self._lock = threading.Lock()

    def feed(self, feed_id: str, fresh_s: float = FRESH_S) -> Feed | None:
        """The feed as it was less than `fresh_s` ago; that there is none is believed no longer than of a day.

        Raises `Unavailable`.
        """
        now = self._clock.now()
        read_at, feed = self._feeds.get(feed_id, (None, None))
        fresh_s = fresh_s if feed else MISSING_FRESH_S
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
            return self._open_file(self._open, feed.days[date], load_timetable)

    def walking(self, feed_id: str, timetable: Timetable) -> Streets | None:
        """Walks along streets that fit this timetable; None where the feed has no extract: then as the crow flies.

        Raises `NoTimetable`, `Unavailable`.
        """
        if not timetable.meta.get("streets"):
            return None
        from chalicelib.transit.data.streets import load_streets  # noqa: PLC0415 - few feeds have an extract

        with self._lock:
            return self._open_file(self._streets, streets_key(feed_id, timetable.meta["feed_version"]), load_streets)

    def walking_on(self, feed_id: str, date: str) -> Walking:
        """Walks near a feed on a service date (YYYY-MM-DD): along streets where that day's timetable knows them.

        The timetable is opened for feeds with an extract only. Raises `Unavailable`.
        """
        feed = self.feed(feed_id)
        if feed is None or not feed.streets:
            return CROW_FLY
        try:
            return self.walking(feed_id, self.day(feed_id, date)) or CROW_FLY
        except NoTimetable:
            return CROW_FLY

    def _open_file(self, kept: OrderedDict[str, Opened], key: str, load: Callable[[Path], Opened]) -> Opened:
        if key not in kept:
            kept[key] = self._fetch_file(key, load)
            while len(kept) > OPEN_MAX:
                kept.popitem(last=False)
        kept.move_to_end(key)
        return kept[key]

    def _fetch_file(self, key: str, load: Callable[[Path], Opened]) -> Opened:
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
            except ValueError:  # BadTimetable, or a header that is no JSON
                path.unlink(missing_ok=True)
        raise NoTimetable(NO_TIMETABLE, f"{key} is no file that this version reads; compile the feed again")

    def _trim(self, keep: Path) -> None:
        """Throws out the files that were opened longest ago."""
        files = sorted(
            (path.stat().st_mtime_ns, path.stat().st_size, path) for path in self._cache.glob("timetables~*")
        )
        total = sum(size for _, size, _ in files)
        for _, size, path in files:
            if total > CACHE_BYTES_MAX and path != keep:
                path.unlink(missing_ok=True)
                total -= size
