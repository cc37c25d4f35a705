"""Small GTFS networks written as readable tables.

    path = feed_zip(tmp_path / "f.zip", rides='''
        early: A 08:00, B 08:10 08:12, C 08:20
        late:  A 09:00, B 09:10, C 09:20
    ''', transfers='''
        from_stop_id, to_stop_id, transfer_type, min_transfer_time
        B,            B,          2,             120
    ''')

Every keyword is a GTFS table (`stops`, `stop_times`, `frequencies`, …) as comma-separated text; blanks around cells
and empty lines are for the reader and do not reach the file. What a test does not care about has a default:

- agency: one, "Test Transit", zone `timezone` (Europe/Berlin)
- calendar: service "daily", every day of 2024-01-01 … 2026-12-31 (left out when calendar or calendar_dates is given)
- rides: a shorthand for stop_times, one trip a line: `trip: stop arrival [departure], …`; sequence numbers 1, 2, 3 …
- trips: every trip of stop_times on route "R" and service "daily"
- routes: every route of trips, a bus (3)
- stops: every stop of stop_times, in order, 0.1° (about 11 km) apart, so that nothing is linked by walking

A table given as None is left out of the zip. `raw` holds whole files as bytes, for dirt that text would lose.
"""

from __future__ import annotations

import csv
import io
import zipfile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from chalicelib.transit.data.timetable import Timetable

Rows = list[list[str]]


def rows(text: str) -> Rows:
    """A table's cells, trimmed; the first row is the header."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [[cell.strip() for cell in line] for line in csv.reader(lines, skipinitialspace=True)]


def _column(table: Rows, name: str) -> list[str]:
    if name not in table[0]:
        return []
    at = table[0].index(name)
    return list(dict.fromkeys(row[at] for row in table[1:] if at < len(row) and row[at]))


def _stop_times(rides: str) -> Rows:
    table = [["trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time"]]
    for line in filter(None, (line.strip() for line in rides.splitlines())):
        trip, _, calls = line.partition(":")
        for sequence, call in enumerate(calls.split(","), start=1):
            stop, *times = call.split()
            arrives, departs = (times[0], times[-1]) if times else ("", "")
            table.append([trip.strip(), stop, str(sequence), _clock(arrives), _clock(departs)])
    return table


def _clock(time: str) -> str:
    return f"{time}:00" if time.count(":") == 1 else time


def _trips(stop_times: Rows) -> Rows:
    return [["trip_id", "route_id", "service_id"]] + [[t, "R", "daily"] for t in _column(stop_times, "trip_id")]


def _routes(trips: Rows) -> Rows:
    ids = _column(trips, "route_id")
    return [["route_id", "agency_id", "route_short_name", "route_type"]] + [[r, "T", r, "3"] for r in ids]


def _stops(stop_times: Rows) -> Rows:
    ids = _column(stop_times, "stop_id")
    places = [[s, f"Stop {s}", f"{50 + i / 10:.4f}", "10.0"] for i, s in enumerate(ids)]
    return [["stop_id", "stop_name", "stop_lat", "stop_lon"], *places]


def _agency(timezone: str) -> Rows:
    return [
        ["agency_id", "agency_name", "agency_url", "agency_timezone"],
        ["T", "Test Transit", "https://example.com", timezone],
    ]


def _calendar() -> Rows:
    days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    return [["service_id", *days, "start_date", "end_date"], ["daily", *["1"] * 7, "20240101", "20261231"]]


def _filled(given: Mapping[str, str | None], rides: str, timezone: str) -> dict[str, Rows]:
    tables = {name: rows(text) for name, text in given.items() if text is not None}
    if rides:
        tables["stop_times"] = _stop_times(rides)
    stop_times = tables.get("stop_times", [["trip_id", "stop_id"]])
    tables.setdefault("agency", _agency(timezone))
    tables.setdefault("trips", _trips(stop_times))
    tables.setdefault("routes", _routes(tables["trips"]))
    tables.setdefault("stops", _stops(stop_times))
    if "calendar" not in given and "calendar_dates" not in given:
        tables["calendar"] = _calendar()
    return {name: table for name, table in tables.items() if name not in given or given[name] is not None}


def _bytes(table: Iterable[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(table)
    return out.getvalue().encode()


def feed_zip(
    path: Path,
    *,
    rides: str = "",
    timezone: str = "Europe/Berlin",
    raw: Mapping[str, bytes] | None = None,
    folder: str = "",
    **tables: str | None,
) -> Path:
    """Writes a GTFS zip and returns its path. `raw` maps file names to bytes; `folder` is put before every name."""
    files = {f"{name}.txt": _bytes(table) for name, table in _filled(tables, rides, timezone).items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in (files | dict(raw or {})).items():
            zipped.writestr(folder + name, data)
    return path


def timetable_of(path: Path, date: str) -> Timetable:
    """The compiled service day (YYYY-MM-DD) of a feed, in memory."""
    from feeds.compile.network import timetable_of as compiled  # noqa: PLC0415 - pandas is slow to import

    return compiled([path], date)
