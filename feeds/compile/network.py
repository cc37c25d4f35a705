"""A network read from one or more GTFS zips, ready to be compiled day by day."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.timetable import MORE_FIELDS, TIMETABLE_FIELDS, Timetable
from feeds.compile.archive import unpack
from feeds.compile.day import arrays_of
from feeds.compile.findings import Findings, OutsideCalendar, Unusable, cause_of
from feeds.compile.join import join_feeds
from feeds.compile.runs import days_around, runs_of
from feeds.compile.tables.reader import read_part
from feeds.compile.tables.times import DAY_S, origin, shift_s
from feeds.compile.walking.footpaths import footpaths_of, nearby_links
from feeds.compile.walking.pathways import inside_stations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from feeds.compile.findings import Finding
    from feeds.compile.tables.part import FeedPart
    from feeds.compile.walking.footpaths import Footpaths, StopLinks

COMPILER = "3"
"""Part of every feed_version: raise it when the same feed compiles to something else."""

Arrays = dict[str, "NDArray[Any]"]
KEPT_DAYS = 2  # with arrays of their own: around a weekend days of two kinds take turns


@dataclass
class FeedNetwork:
    """Everything of the feeds that does not depend on the day."""

    part: FeedPart
    footpaths: Footpaths
    feed_version: str
    feeds: list[dict[str, str]]  # name and sha256 of each zip
    span: tuple[dt.date, dt.date]  # first and last service date
    findings: list[Finding]
    streets: Arrays | None = None  # of `chalicelib.transit.data.streets`, where an OpenStreetMap extract was given
    _days: dict[tuple[Any, ...], Arrays] = field(default_factory=dict)

    @property
    def timezone(self) -> str:
        """The first feed's zone, in which the network's days are counted."""
        return self.part.zones[0]

    @property
    def last_day(self) -> dt.date:
        """The last day that can be compiled: that after the last service date, where trips of that run on into it."""
        part, last = self.part, self.span[1]
        active = part.services.active(last.toordinal())[part.trips.service] & (np.diff(part.calls.first) > 0)
        ends = np.zeros(len(active), np.int64)
        ends[active] = part.calls.arrives[part.calls.first[1:][active] - 1]
        rows = part.frequencies
        np.maximum.at(ends, rows.trip, np.where(active[rows.trip], rows.end_s + ends[rows.trip], 0))
        return last + dt.timedelta(days=int(ends.max(initial=0) > DAY_S))

    def bounds(self) -> tuple[float, float, float, float] | None:
        """South, west, north, east of all stops with a place."""
        stops = self.part.stops
        if not stops.placed.any():
            return None
        lat, lon = stops.lat[stops.placed], stops.lon[stops.placed]
        return float(lat.min()), float(lon.min()), float(lat.max()), float(lon.max())

    def day(self, day: dt.date) -> Timetable:
        """The timetable of a service date. Raises `OutsideCalendar`."""
        first, last = self.span
        if not first <= day <= self.last_day:
            raise OutsideCalendar(f"{day} is outside the feed's calendar: it has service from {first} to {last}")
        return Timetable(self._meta(day), self._arrays(day))

    def _meta(self, day: dt.date) -> dict[str, Any]:
        rows, trips = self.part.frequencies, self.part.trips.ids
        headways = zip(rows.trip[~rows.exact].tolist(), rows.headway_s[~rows.exact].tolist(), strict=True)
        return {
            "feed_version": self.feed_version,
            "service_date": day.isoformat(),
            "timezone": self.timezone,
            "origin_epoch": origin(day, self.timezone),
            "feeds": self.feeds,
            "calendar": [self.span[0].isoformat(), self.span[1].isoformat()],
            # trips of frequencies.txt without exact times: compiled as exact departures, shown as "about every N min"
            "headway_trips": {trips[trip]: headway for trip, headway in headways},
            "streets": self.streets is not None,
        }

    def _arrays(self, day: dt.date) -> Arrays:
        """Days with the same services around them share their arrays."""
        days = days_around(self.part)
        active = (self.part.services.active(day.toordinal() + k).tobytes() for k in days)
        shifts = (shift_s(day, self.timezone, k, zone) for k in days for zone in self.part.zones)
        key = (*active, *shifts)
        if key not in self._days:
            while len(self._days) >= KEPT_DAYS:
                del self._days[next(iter(self._days))]
            arrays = arrays_of(self.part, runs_of(self.part, day, days), self.footpaths)
            types = {**TIMETABLE_FIELDS, **MORE_FIELDS}
            self._days[key] = {name: np.ascontiguousarray(arrays[name], types[name]) for name in types}
        return self._days[key]


def read_network(
    paths: Sequence[Path], limits: unpack.Limits = unpack.LIMITS, *, extract: Path | None = None
) -> FeedNetwork:
    """Reads, checks and links feeds, along streets where there is an OpenStreetMap `extract`.

    Raises `Unusable` when nothing can be compiled from them.
    """
    findings = Findings()
    names = _names(paths)
    part = join_feeds([read_part(path, findings, limits) for path in paths], names)
    span = service_span(part, findings.all())
    streets, links = _streets(part, extract)
    footpaths = footpaths_of(part, links, inside_stations(part))
    hashes = [unpack.digest(path) for path in paths]
    all_hashes = [*hashes, *([unpack.digest(extract)] if extract else [])]
    version = hashlib.sha256("\n".join([COMPILER, *all_hashes]).encode()).hexdigest()[:16]
    feeds = [{"name": name, "sha256": sha} for name, sha in zip(names, hashes, strict=True)]
    return FeedNetwork(part, footpaths, version, feeds, span, findings.all(), streets)


def _streets(part: FeedPart, extract: Path | None) -> tuple[Arrays | None, StopLinks]:
    if extract is None:
        return None, nearby_links(part)
    from feeds.compile.walking import osm, streets  # noqa: PLC0415 - only where there is an extract

    arrays = streets.street_arrays(osm.read_ways(extract), part.stops)
    return arrays, streets.street_links(arrays, nearby_links(part), part)


def _names(paths: Sequence[Path]) -> list[str]:
    """File names without their ending, numbered where two are equal."""
    stems = [path.stem for path in paths]
    return [stem if stems.index(stem) == i else f"{stem}-{i + 1}" for i, stem in enumerate(stems)]


def service_span(part: FeedPart, findings: list[Finding]) -> tuple[dt.date, dt.date]:
    """First and last date on which a usable trip runs. Raises `Unusable` where none ever does."""
    used = np.zeros(part.services.n, bool)
    used[part.trips.service[np.diff(part.calls.first) > 0]] = True
    if not used.any():
        cause = cause_of(findings)
        such = f"; such as {cause}" if cause else ""
        raise Unusable(f"no trip can be used, so nothing runs; the publisher has to fix the feed{such}")
    span = part.services.span(used)
    if span is None:
        raise Unusable("no service runs on any day: the feed's calendar is empty; the publisher has to fix it")
    return dt.date.fromordinal(span[0]), dt.date.fromordinal(span[1])


def timetable_of(paths: Sequence[Path], date: str) -> Timetable:
    """One service day (YYYY-MM-DD) in memory. Raises `Unusable`, `OutsideCalendar`."""
    return read_network(paths).day(dt.date.fromisoformat(date))
