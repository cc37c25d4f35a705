"""Lindenau, a small town that exists only here: its GTFS feed is written by this file.

Two tram lines, a ring bus, a village bus and a local train, as such towns have them: a station with platforms, a
loop, trips past midnight. `python -m infra.local.town OUT.zip` writes a feed
that is valid from yesterday for a year; the demo writes one around its own date.
"""

from __future__ import annotations

import argparse
import csv
import io
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

TIMEZONE = "Europe/Vienna"
CENTRE = (48.2700, 14.8600)
M_PER_DEGREE = (111_200.0, 74_000.0)  # north, east; at this latitude

# stop_id: (name, metres east of the centre, metres north of it)
STOPS = {
    "hbf": ("Lindenau Hbf", -300, 250),
    "markt": ("Marktplatz", 0, 0),
    "rathaus": ("Rathaus", 380, 60),
    "spital": ("Spital", 900, 150),
    "messe": ("Messe", 1500, 260),
    "flieder": ("Fliederweg", 2100, 330),
    "oststrand": ("Oststrand", 2800, 420),
    "kirche": ("Alte Kirche", -750, -60),
    "muehle": ("Mühlbach", -1350, -160),
    "werft": ("Werft", -1950, -260),
    "westhof": ("Westhof", -2700, -330),
    "park": ("Stadtpark", 40, 620),
    "uni": ("Hochschule", 90, 1250),
    "nordfeld": ("Nordfeld", 160, 2000),
    "bad": ("Freibad", -40, -650),
    "schule": ("Südschule", -90, -1300),
    "suedtor": ("Südtor", -150, -2100),
    "gaertnerei": ("Gärtnerei", 1200, 1300),
    "teich": ("Am Teich", 1350, -900),
    "hang": ("Hangweg", -1300, 1250),
    "lager": ("Lagerhaus", -1250, -1250),
    "oberdorf": ("Oberdorf", -5200, 3100),
    "linde": ("Zur Linde", -3900, 2300),
    "steinbruch": ("Steinbruch", -2400, 1300),
    "seeheim": ("Seeheim", 9500, -4200),
    "auen": ("Auen", 5200, -2100),
}
PLATFORMS = {"hbf_tram": ("hbf", 40, -40), "hbf_bus": ("hbf", -40, -30), "hbf_1": ("hbf", 0, 60)}


@dataclass(frozen=True)
class Line:
    """A route with its stops, the minutes between them, its hours (may exceed 24) and minutes between departures."""

    route_id: str
    name: str
    route_type: int
    stops: tuple[str, ...]
    minutes: tuple[int, ...]
    first: str
    last: str
    every_min: int
    both_ways: bool = True


LINES = (
    Line(
        "T1",
        "1",
        0,
        ("westhof", "werft", "muehle", "kirche", "markt", "rathaus", "spital", "messe", "flieder", "oststrand"),
        (3, 2, 2, 3, 2, 2, 2, 2, 3),
        "05:00",
        "24:20",
        10,
    ),
    Line(
        "T2",
        "2",
        0,
        ("nordfeld", "uni", "park", "hbf_tram", "markt", "bad", "schule", "suedtor"),
        (3, 2, 2, 2, 2, 2, 3),
        "05:06",
        "24:30",
        12,
    ),
    Line(
        "B3",
        "3",
        3,
        ("hbf_bus", "hang", "muehle", "lager", "schule", "teich", "spital", "gaertnerei", "uni", "hbf_bus"),
        (5, 4, 4, 4, 5, 4, 4, 4, 5),
        "05:30",
        "22:45",
        15,
        both_ways=False,
    ),
    Line(
        "B40",
        "40",
        3,
        ("oberdorf", "linde", "steinbruch", "hbf_bus"),
        (4, 5, 6),
        "05:40",
        "21:40",
        30,
    ),
    Line("S7", "S7", 2, ("seeheim", "auen", "hbf_1"), (6, 8), "05:12", "23:42", 30),
)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _place(east_m: float, north_m: float) -> tuple[str, str]:
    return f"{CENTRE[0] + north_m / M_PER_DEGREE[0]:.6f}", f"{CENTRE[1] + east_m / M_PER_DEGREE[1]:.6f}"


def _stop_name(stop_id: str) -> str:
    return STOPS[PLATFORMS[stop_id][0] if stop_id in PLATFORMS else stop_id][0]


def _stops() -> list[tuple[object, ...]]:
    head = ("stop_id", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station")
    rows: list[tuple[object, ...]] = [head]
    for stop_id, (name, east, north) in STOPS.items():
        rows.append((stop_id, name, *_place(east, north), 1 if stop_id == "hbf" else 0, ""))
    for stop_id, (parent, east, north) in PLATFORMS.items():
        _, at_east, at_north = STOPS[parent]
        rows.append((stop_id, _stop_name(stop_id), *_place(at_east + east, at_north + north), 0, parent))
    return rows


def _trips() -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    trips: list[tuple[object, ...]] = [("route_id", "service_id", "trip_id", "trip_headsign", "direction_id")]
    times: list[tuple[object, ...]] = [("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence")]
    for line in LINES:
        for direction in range(2 if line.both_ways else 1):
            stops = line.stops[:: -1 if direction else 1]
            minutes = line.minutes[:: -1 if direction else 1]
            headsign = "Ring" if stops[0] == stops[-1] else _stop_name(stops[-1])
            for start in range(_seconds(line.first), _seconds(line.last) + 1, line.every_min * 60):
                trip_id = f"{line.route_id}-{direction}-{_clock(start)[:5].replace(':', '')}"
                trips.append((line.route_id, "daily", trip_id, headsign, direction))
                at = start
                for sequence, stop_id in enumerate(stops):
                    times.append((trip_id, _clock(at), _clock(at), stop_id, sequence + 1))
                    at += minutes[sequence] * 60 if sequence < len(minutes) else 0
    return trips, times


def _table(rows: list[tuple[object, ...]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def write_town(path: Path, first: date, last: date) -> Path:
    """Writes the town's GTFS feed, in service every day from `first` to `last`."""
    trips, times = _trips()
    week = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    tables: dict[str, list[tuple[object, ...]]] = {
        "agency.txt": [
            ("agency_id", "agency_name", "agency_url", "agency_timezone", "agency_lang"),
            ("LV", "Lindenauer Verkehrsbetriebe", "https://transit.example.com", TIMEZONE, "de"),
        ],
        "stops.txt": _stops(),
        "routes.txt": [
            ("route_id", "agency_id", "route_short_name", "route_long_name", "route_type"),
            *[
                (
                    line.route_id,
                    "LV",
                    line.name,
                    f"{_stop_name(line.stops[0])} - {_stop_name(line.stops[-1])}",
                    line.route_type,
                )
                for line in LINES
            ],
        ],
        "trips.txt": trips,
        "stop_times.txt": times,
        "calendar.txt": [
            ("service_id", *week, "start_date", "end_date"),
            ("daily", *[1] * 7, f"{first:%Y%m%d}", f"{last:%Y%m%d}"),
        ],
        "feed_info.txt": [
            ("feed_publisher_name", "feed_publisher_url", "feed_lang", "feed_start_date", "feed_end_date"),
            ("Lindenauer Verkehrsbetriebe", "https://transit.example.com", "de", f"{first:%Y%m%d}", f"{last:%Y%m%d}"),
        ],
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as feed:
        for name, rows in tables.items():
            feed.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), _table(rows), zipfile.ZIP_DEFLATED)
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("out", type=Path)
    today = datetime.now(UTC).date()
    print(write_town(parser.parse_args().out, today - timedelta(days=1), today + timedelta(days=365)))
