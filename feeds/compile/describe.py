"""What a feed is, before anybody compiles it: agencies, days of service, trips a day, routes, stops, shapes, flaws.

The zip is unpacked and its tables are read by our own reader, cell by cell, so that one bad cell spoils nothing; what
they amount to is asked of gtfs-kit. The findings are the compiler's, and so is the verdict whether the hub can use it.
"""

from __future__ import annotations

import statistics
import tempfile
from bisect import bisect_left
from collections import Counter
from dataclasses import asdict, dataclass, field
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chalicelib.transit.search.itinerary_builder import mode_of
from feeds.compile.archive import unpack
from feeds.compile.findings import Findings, Unusable
from feeds.compile.network import service_span
from feeds.compile.tables.frames import gtfs_kit_feed, places_only
from feeds.compile.tables.reader import part_of, read_checked
from feeds.compile.tables.services import WEEKDAYS
from feeds.compile.tables.stops import NODE, PLATFORM, STATION
from feeds.compile.tables.times import seconds, whole

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from feeds.compile.findings import Finding
    from feeds.compile.tables.table import Table

DAYS_COUNTED_MAX = 1100  # three years; feeds that run "for ever" are counted from today on
NO_TRIPS = pd.DataFrame({"trip_id": [], "route_id": [], "service_id": []})
GAPS_NAMED = 10  # in one finding
DESCRIBED_TABLES = (
    "agency",
    "stops",
    "routes",
    "trips",
    "stop_times",
    "calendar",
    "calendar_dates",
    "frequencies",
    "shapes",
)


@dataclass(frozen=True, slots=True)
class Agency:
    """A row of agency.txt."""

    name: str
    timezone: str


@dataclass(frozen=True, slots=True)
class DailyTrips:
    """How many trips start on each day from the first to the last with service; empty: there is no service at all.

    A trip of frequencies.txt counts once for each of its departures.
    """

    counts: dict[dt.date, int] = field(default_factory=dict)

    @classmethod
    def of(cls, counts: dict[dt.date, int]) -> DailyTrips:
        """Without the days before the first trip and after the last. `counts` is in order of date."""
        served = [day for day, trips in counts.items() if trips]
        return cls({day: counts[day] for day in counts if served and served[0] <= day <= served[-1]})

    @property
    def span(self) -> tuple[dt.date, dt.date] | None:
        """First and last day with service."""
        return (min(self.counts), max(self.counts)) if self.counts else None

    @property
    def busiest(self) -> dt.date | None:
        """The first of the days with the most trips."""
        return max(self.counts, key=lambda day: (self.counts[day], -day.toordinal())) if self.counts else None

    @property
    def usual(self) -> int:
        """The median of the days that have service; 0: none has."""
        return statistics.median_low([trips for trips in self.counts.values() if trips] or [0])

    @property
    def by_weekday(self) -> dict[str, int]:
        """The median of each weekday, days without service included; weekdays that do not occur are left out."""
        of: dict[str, list[int]] = {}
        for day, trips in self.counts.items():
            of.setdefault(WEEKDAYS[day.weekday()], []).append(trips)
        return {name: statistics.median_low(of[name]) for name in WEEKDAYS if name in of}

    @property
    def gaps(self) -> list[tuple[dt.date, dt.date]]:
        """First and last day of each run of days without service."""
        found: list[tuple[dt.date, dt.date]] = []
        for day in (day for day, trips in self.counts.items() if not trips):
            if found and (day - found[-1][1]).days == 1:
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        return found

    @property
    def unusual_gaps(self) -> list[dt.date]:
        """The days without service on which such weekdays usually have some."""
        usual = self.by_weekday
        return [day for day, trips in self.counts.items() if not trips and usual[WEEKDAYS[day.weekday()]]]

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        first, last = self.span or (None, None)
        return {
            "service": {
                "first": first and first.isoformat(),
                "last": last and last.isoformat(),
                "days": sum(trips > 0 for trips in self.counts.values()),
                "gaps": [{"first": a.isoformat(), "last": b.isoformat()} for a, b in self.gaps],
            },
            "trips_a_day": {
                "usual": self.usual,
                "busiest": {"date": self.busiest.isoformat(), "trips": self.counts[self.busiest]}
                if self.busiest
                else None,
                "by_weekday": self.by_weekday,
            },
        }


@dataclass(frozen=True, slots=True)
class StopCounts:
    """Rows of stops.txt. `bounds`: south, west, north, east of those with a place, WGS 84 degrees.

    `without_place`: rows that need coordinates and have none that can be right.
    """

    stops: int
    stations: int
    without_place: int
    bounds: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class DayCounts:
    """What runs on one day."""

    date: str
    trips: int
    routes: int
    stops: int


@dataclass(frozen=True, slots=True)
class FeedDescription:
    """What a feed is. `refusal`: why the hub cannot use it, and who has to do what; "": it can.

    `places`: its stops that have a place, as GeoJSON (a FeatureCollection of points).
    """

    name: str
    agencies: list[Agency]
    routes_by_mode: dict[str, int]
    trips: int
    daily: DailyTrips
    day: DayCounts | None
    stops: StopCounts
    shapes: int
    refusal: str
    findings: list[Finding]
    places: dict[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Plain values, without the map."""
        return {
            "feed": self.name,
            "agencies": [asdict(agency) for agency in self.agencies],
            **self.daily.to_json(),
            "day": self.day and asdict(self.day),
            "trips": self.trips,
            "routes": {"count": sum(self.routes_by_mode.values()), "by_mode": self.routes_by_mode},
            "stops": asdict(self.stops),
            "shapes": self.shapes,
            "usable": not self.refusal,
            "refusal": self.refusal,
            "findings": [finding.to_json() for finding in self.findings],
        }


def describe_feed(path: Path, today: dt.date, date: dt.date | None = None) -> FeedDescription:
    """Describes a GTFS zip; `date`: the day to describe more closely (default: the busiest).

    Raises `Unusable` where nothing can be described: no zip, no GTFS, none of the main tables readable.
    """
    findings, refusal = Findings(), ""
    with tempfile.TemporaryDirectory(prefix="gtfs-") as folder:
        unpack.unpack(path, Path(folder), findings)
        read = cache(partial(read_checked, Path(folder), findings=findings))
        try:
            service_span(part_of(read, findings), findings.all())
        except Unusable as reason:
            refusal = str(reason)
        tables = {name: read(name) for name in DESCRIBED_TABLES}
    feed = gtfs_kit_feed({name: table for name, table in tables.items() if table is not None})
    if feed.stops is None and feed.routes is None and feed.trips is None:
        raise Unusable(
            "neither stops.txt nor routes.txt nor trips.txt has a readable line; the publisher has to fix the feed"
        )
    days = _days_to_count(feed.get_dates(as_date_obj=True), today, findings)
    trips = TripCounter(feed, tables["frequencies"])
    daily = DailyTrips.of({day: trips.on(day) for day in days})
    _note_service(daily, today, findings)
    placed = places_only(feed)
    places = placed.stops_to_geojson() if _has_rows(placed.stops) else {"type": "FeatureCollection", "features": []}
    return FeedDescription(
        path.name,
        _agencies(feed),
        _routes_by_mode(feed),
        0 if feed.trips is None else len(feed.trips),
        daily,
        _day_counts(feed, trips, date or daily.busiest),
        _stop_counts(feed, placed),
        0 if feed.shapes is None else int(feed.shapes["shape_id"].nunique()),
        refusal,
        findings.all(),
        places,
    )


def _has_rows(frame: Any) -> bool:
    return frame is not None and not frame.empty


def _agencies(feed: Any) -> list[Agency]:
    if feed.agency is None:
        return []
    rows = feed.agency[["agency_name", "agency_timezone"]].fillna("")
    return [Agency(str(name), str(zone)) for name, zone in rows.itertuples(index=False)]


def _routes_by_mode(feed: Any) -> dict[str, int]:
    """The most frequent mode first."""
    if feed.routes is None:
        return {}
    kinds = feed.routes["route_type"].fillna(-1).astype(int)
    return dict(Counter("unknown" if kind < 0 else mode_of(kind) for kind in kinds).most_common())


def _stop_counts(feed: Any, placed: Any) -> StopCounts:
    if feed.stops is None:
        return StopCounts(0, 0, 0, None)
    kinds = feed.stops["location_type"].fillna(PLATFORM)
    by_kind = kinds.value_counts()
    without_place = (~feed.stops["stop_id"].isin(placed.stops["stop_id"]) & (kinds < NODE)).sum()
    bounds = None
    if _has_rows(placed.stops):
        west, south, east, north = (round(float(edge), 6) for edge in placed.compute_bounds())
        bounds = (south, west, north, east)
    return StopCounts(int(by_kind.get(PLATFORM, 0)), int(by_kind.get(STATION, 0)), int(without_place), bounds)


class TripCounter:
    """Counts the trips that start on a day: those of known routes that call somewhere, by gtfs-kit's calendar."""

    def __init__(self, feed: Any, frequencies: Table | None) -> None:
        trips = NO_TRIPS if feed.trips is None else feed.trips
        for table, column in ((feed.stop_times, "trip_id"), (feed.routes, "route_id")):
            if table is not None:
                trips = trips[trips[column].isin(table[column])]
        departures = trips["trip_id"].map(_departures(frequencies)).fillna(1)
        self._of_service: dict[str, int] = departures.groupby(trips["service_id"]).sum().to_dict()
        self._calendar = feed.copy()
        exceptions = feed.calendar_dates
        self._exceptions = {} if exceptions is None else dict(iter(exceptions.groupby("date")))

    def on(self, day: dt.date) -> int:
        """How many; gtfs-kit searches all exceptions it is given, so it is given this day's only."""
        written = f"{day:%Y%m%d}"
        self._calendar.calendar_dates = self._exceptions.get(written)
        return int(sum(self._of_service.get(service, 0) for service in self._calendar.get_active_services(written)))


def _departures(frequencies: Table | None) -> dict[str, int]:
    """The departures of each trip of frequencies.txt."""
    if frequencies is None:
        return {}
    start, end = (frequencies[name].numbers(seconds) for name in ("start_time", "end_time"))
    headway = frequencies["headway_secs"].numbers(whole)
    good = np.isfinite(start) & np.isfinite(end) & np.isfinite(headway) & (headway > 0) & (end > start)
    found: Counter[str] = Counter()
    for row in np.flatnonzero(good):
        found[frequencies["trip_id"].at(int(row))] += int(-(-(end[row] - start[row]) // headway[row]))
    return dict(found)


def _days_to_count(days: Sequence[dt.date], today: dt.date, findings: Findings) -> Sequence[dt.date]:
    """All days of a calendar of usual length; of a longer one those from today on."""
    if len(days) <= DAYS_COUNTED_MAX:
        return days
    first = min(bisect_left(days, today), len(days) - DAYS_COUNTED_MAX)
    what = f"the calendar reaches from {days[0]} to {days[-1]}"
    findings.add("", 0, what, f"trips are counted for {DAYS_COUNTED_MAX} days from {days[first]} on")
    return days[first : first + DAYS_COUNTED_MAX]


def _note_service(daily: DailyTrips, today: dt.date, findings: Findings) -> None:
    if daily.span is None:
        findings.add("", 0, "no trip runs on any day", "there is nothing to plan with; the publisher has to fix it")
        return
    first, last = daily.span
    if last < today:
        findings.add("", 0, f"service ended on {last}", "nothing runs today; the publisher has to publish a newer feed")
    if first > today:
        findings.add("", 0, f"service begins on {first}", "until then there is nothing to plan with")
    if gaps := daily.unusual_gaps:
        days = f"{', '.join(map(str, gaps[:GAPS_NAMED]))}{', …' if len(gaps) > GAPS_NAMED else ''}"
        why = "such weekdays usually have some: a holiday, or the publisher forgot it"
        findings.add("", 0, f"no service on {len(gaps)} day{'s' * (len(gaps) > 1)}: {days}", why)


def _day_counts(feed: Any, trips: TripCounter, day: dt.date | None) -> DayCounts | None:
    """None: nothing is known about any day."""
    if day is None:
        return None
    written = f"{day:%Y%m%d}"
    routes = len(feed.get_routes(written)) if feed.routes is not None and feed.trips is not None else 0
    no_calls = feed.stops is None or feed.stop_times is None or feed.trips is None
    stops = 0 if no_calls else len(feed.get_stops(written))
    return DayCounts(day.isoformat(), trips.on(day), routes, stops)
