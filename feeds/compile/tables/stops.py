"""stops.txt: places, stations and their parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.compile.findings import Unusable
from feeds.compile.tables.part import Stops
from feeds.compile.tables.table import rows_where
from feeds.compile.tables.times import NOT_READABLE, decimal, one_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from feeds.compile.findings import Findings
    from feeds.compile.tables.table import Table

PLATFORM, STATION, NODE, BOARDING_AREA = 0, 1, 3, 4  # location_type; 2, an entrance, is treated as any place
LAT_MAX, LON_MAX = 90.0, 180.0  # degrees
NEAR_NULL = 0.001  # degrees around 0, 0, which is open sea: a default that someone forgot


def unique_rows(table: Table, column: str, findings: Findings) -> Table:
    """The rows whose id is there and is the first of its kind."""
    codes, values = table[column].codes, table[column].values
    good = np.zeros(table.rows, bool)
    good[np.unique(codes, return_index=True)[1]] = True
    good &= np.array([bool(value) for value in values], dtype=bool)[codes]
    for row in rows_where(~good):
        name = table[column].at(row)
        what = f"{column} {name!r} is there a second time" if name else f"no {column}"
        findings.add(table.file, row + 2, what, "this line is left out")
    return table.select(good)


def read_stops(table: Table | None, findings: Findings) -> Stops:
    """All stops with an id. Raises `Unusable` when there are none."""
    if table is None or "stop_id" not in table or not table.rows:
        raise Unusable("stops.txt is missing or empty; the publisher has to add it")
    table = unique_rows(table, "stop_id", findings)
    ids = list(table["stop_id"].texts())
    of = {stop_id: i for i, stop_id in enumerate(ids)}
    kind = _kinds(table, findings)
    parent = _parents(table, table["parent_station"].indices(of), kind, findings)
    lat, lon, placed = _places(table, kind, parent, findings)
    names = [name or stop_id for name, stop_id in zip(table["stop_name"].texts(), ids, strict=True)]
    of_platform = (kind == BOARDING_AREA) & (parent >= 0)  # belongs to the station of its platform
    station = np.where(of_platform, parent[parent], parent).astype(np.int32)
    return Stops(ids, names, lat, lon, kind, parent, station, placed)


def _kinds(table: Table, findings: Findings) -> NDArray[Any]:
    kind = table["location_type"].numbers(one_of(range(5)))
    for row in rows_where(kind == NOT_READABLE):
        findings.add(table.file, row + 2, f"location_type {table['location_type'].at(row)!r}", "taken as a stop")
    return np.where(np.isfinite(kind), kind, PLATFORM).astype(np.int8)


def _parents(table: Table, parent: NDArray[Any], kind: NDArray[Any], findings: Findings) -> NDArray[Any]:
    """Parents of the right kind: a platform of a boarding area, a station of everything else but stations."""
    wanted = np.where(kind == BOARDING_AREA, PLATFORM, STATION)
    given = parent != -2  # noqa: PLR2004 - what Column.indices answers for an empty cell
    good = (parent >= 0) & (kind[np.maximum(parent, 0)] == wanted) & (kind != STATION)
    for row in rows_where(given & ~good):
        what = f"stop {table['stop_id'].at(row)!r} has the parent_station {table['parent_station'].at(row)!r}"
        findings.add(table.file, row + 2, what, "which is none for it: kept as a stop of its own")
    return np.where(good, parent, -1).astype(np.int32)


def is_placed(lat: NDArray[Any], lon: NDArray[Any]) -> NDArray[Any]:
    """A mask of coordinates (degrees) that can be a stop's: on the planet, and not the 0, 0 that someone forgot."""
    on_earth = (np.abs(lat) <= LAT_MAX) & (np.abs(lon) <= LON_MAX)
    return np.asarray(on_earth & ((np.abs(lat) > NEAR_NULL) | (np.abs(lon) > NEAR_NULL)))


def _places(table: Table, kind: NDArray[Any], parent: NDArray[Any], findings: Findings) -> Any:
    lat, lon = table["stop_lat"].numbers(decimal), table["stop_lon"].numbers(decimal)
    placed = is_placed(lat, lon)
    missing = ~placed & (kind < NODE)  # nodes and boarding areas need no coordinates of their own
    for row in rows_where(missing):
        what = f"stop {table['stop_id'].at(row)!r} is at {table['stop_lat'].at(row)!r}, {table['stop_lon'].at(row)!r}"
        findings.add(table.file, row + 2, what, "no usable place: found by name and served, but nobody can walk to it")
    for _ in range(2):  # a boarding area's platform may itself have the place of its station
        borrow = ~placed & (kind >= NODE) & (parent >= 0) & placed[parent]
        lat, lon = np.where(borrow, lat[parent], lat), np.where(borrow, lon[parent], lon)
        placed = placed | borrow
    return np.where(placed, lat, 0.0), np.where(placed, lon, 0.0), placed
