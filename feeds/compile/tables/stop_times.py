"""stop_times.txt: sorted, completed and checked for millions of rows at once; a flaw costs one trip at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.timetable import (
    ALIGHT_BY_PHONE,
    BOARD_BY_PHONE,
    CAN_ALIGHT,
    CAN_BOARD,
    INTERPOLATED,
    ON_REQUEST,
)
from feeds.compile.tables.part import Calls
from feeds.compile.tables.table import rows_where
from feeds.compile.tables.times import NOT_READABLE, decimal, one_of, seconds, whole
from feeds.compile.walking.distance import metres

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from feeds.compile.findings import Findings
    from feeds.compile.tables.part import RowNumbers, Stops
    from feeds.compile.tables.table import Table

BY_PHONE = 2  # pickup_type, drop_off_type
FILE = "stop_times.txt"
LEFT_OUT = "this trip is left out"
SPEED_MAX_M_PER_S = 100.0  # m/s; no scheduled train is faster
STANDSTILL_MAX_M = 500.0  # m; further than this in no time at all is a mistake, less is rounding to minutes


@dataclass(slots=True)
class _Rows:
    """Rows in order of trip and sequence; float arrays use NaN for what is not known."""

    row: NDArray[Any]  # line number in the file
    trip: NDArray[Any]
    stop: NDArray[Any]
    sequence: NDArray[Any]
    arrives: NDArray[Any]
    departs: NDArray[Any]
    dist: NDArray[Any]
    flags: NDArray[Any]

    def select(self, mask: NDArray[Any]) -> _Rows:
        """The rows of a mask; all of them cost no copy."""
        return self if mask.all() else self.take_rows(np.flatnonzero(mask))

    def take_rows(self, at: NDArray[Any]) -> _Rows:
        """The rows at indices."""
        return _Rows(*(getattr(self, name)[at] for name in self.__slots__))


def read_calls(table: Table, numbers: RowNumbers, stops: Stops, findings: Findings) -> Calls:
    """The calls of all trips that can be used; every other trip has none."""
    rows, n_trips = _sort_rows(_link_rows(table, numbers, findings), table, findings), len(numbers.trips)
    if not len(rows.row):
        return _by_trip(rows, n_trips)
    rows.arrives, rows.departs = _either(rows.arrives, rows.departs), _either(rows.departs, rows.arrives)
    empty = np.isnan(rows.arrives)
    if empty.any():
        rows.arrives[empty] = rows.departs[empty] = _interpolate(rows, stops, empty)
        rows.flags[empty] |= INTERPOLATED
    good = rows.select(~_bad_trips(rows, table, n_trips, findings)[rows.trip])
    _note_speed(good, table, stops, findings)
    return _by_trip(good, n_trips)


def _link_rows(table: Table, numbers: RowNumbers, findings: Findings) -> _Rows:
    trip, stop = table["trip_id"].indices(numbers.trips), table["stop_id"].indices(numbers.stops)
    for row in _first_of_each(table["trip_id"].codes, trip < 0):
        what = f"trip_id {table['trip_id'].at(row)!r} is no usable trip of trips.txt"
        findings.add(FILE, row + 2, what, "its times are left out")
    on_demand = np.zeros(table.rows, bool)
    for column in ("location_id", "location_group_id"):
        on_demand |= np.array([bool(value) for value in table[column].values], bool)[table[column].codes]
    for row in _first_of_each(table["trip_id"].codes, on_demand & (stop < 0) & (trip >= 0)):
        what = f"trip {table['trip_id'].at(row)!r} runs on demand in an area, not from stop to stop (GTFS-Flex)"
        findings.add(FILE, row + 2, what, "its calls in the area are left out: nobody is planned onto it")
    for row in rows_where((stop < 0) & (trip >= 0) & ~on_demand):
        findings.add(
            FILE, row + 2, f"stop_id {table['stop_id'].at(row)!r} is not in stops.txt", "this call is left out"
        )
    sequence = table["stop_sequence"].numbers(whole)
    if "stop_sequence" not in table:
        findings.add(FILE, 1, "has no column stop_sequence", "the order of the lines is taken instead")
        sequence = np.arange(table.rows, dtype=np.float64)
    rows = _Rows(
        np.arange(2, table.rows + 2, dtype=np.int32),
        trip,
        stop,
        sequence,
        _times(table, "arrival_time", findings),
        _times(table, "departure_time", findings),
        table["shape_dist_traveled"].numbers(decimal),
        _flags(table, findings),
    )
    return rows.select((trip >= 0) & (stop >= 0))


def _first_of_each(codes: NDArray[Any], mask: NDArray[Any]) -> list[int]:
    at = np.flatnonzero(mask)
    return sorted(int(row) for row in at[np.unique(codes[at], return_index=True)[1]])


def _times(table: Table, column: str, findings: Findings) -> NDArray[Any]:
    value = table[column].numbers(seconds)
    for row in rows_where(value == NOT_READABLE):
        findings.add(FILE, row + 2, f"{column} {table[column].at(row)!r}", "no time (HH:MM:SS): taken as empty")
    return np.where(np.isfinite(value), value, np.nan)


def _flags(table: Table, findings: Findings) -> NDArray[Any]:
    pickup, drop_off = (_kind(table, column, findings) for column in ("pickup_type", "drop_off_type"))
    flags = np.where(pickup == 1, 0, CAN_BOARD) | np.where(drop_off == 1, 0, CAN_ALIGHT)
    flags |= np.where((pickup > 1) | (drop_off > 1), ON_REQUEST, 0)
    flags |= np.where(pickup == BY_PHONE, BOARD_BY_PHONE, 0) | np.where(drop_off == BY_PHONE, ALIGHT_BY_PHONE, 0)
    return (flags | np.where(table["timepoint"].numbers(whole) == 0, INTERPOLATED, 0)).astype(np.uint8)


def _kind(table: Table, column: str, findings: Findings) -> NDArray[Any]:
    value = table[column].numbers(one_of(range(4)))
    for row in rows_where(value == NOT_READABLE):
        findings.add(FILE, row + 2, f"{column} {table[column].at(row)!r}", "not 0…3: taken as a regular stop")
    return np.where(np.isfinite(value), value, 0).astype(np.int8)


def _sort_rows(rows: _Rows, table: Table, findings: Findings) -> _Rows:
    """By trip and stop_sequence; of two calls with one sequence number the first stays."""
    no_number = ~np.isfinite(rows.sequence)
    for row in rows.row[no_number]:
        what = f"stop_sequence {table['stop_sequence'].at(row - 2)!r} of trip {table['trip_id'].at(row - 2)!r}"
        findings.add(FILE, int(row), what, "no whole number: this call is left out")
    rows = rows.select(~no_number)
    after = (rows.trip[1:] > rows.trip[:-1]) | (
        (rows.trip[1:] == rows.trip[:-1]) & (rows.sequence[1:] >= rows.sequence[:-1])
    )
    if not after.all():  # most feeds are in order already
        rows = rows.take_rows(np.lexsort((rows.sequence, rows.trip)))
    again = np.zeros(len(rows.row), bool)
    again[1:] = (rows.trip[1:] == rows.trip[:-1]) & (rows.sequence[1:] == rows.sequence[:-1])
    for row in rows.row[again]:
        what = f"trip {table['trip_id'].at(row - 2)!r} has stop_sequence {table['stop_sequence'].at(row - 2)} twice"
        findings.add(FILE, int(row), what, "the later line is left out")
    return rows.select(~again)


def _either(time: NDArray[Any], other: NDArray[Any]) -> NDArray[Any]:
    return np.where(np.isnan(time), other, time)


def _interpolate(rows: _Rows, stops: Stops, empty: NDArray[Any]) -> NDArray[Any]:
    """Times of the empty calls, in proportion to the distance between the timed calls around; NaN where one is missing.

    It is shape_dist_traveled where the feed gives that without gaps, else as the crow flies, else counted in stops.
    """
    n = len(empty)
    at = np.arange(n)
    before = np.maximum.accumulate(np.where(empty, -1, at))[empty]
    after = np.minimum.accumulate(np.where(empty, n, at)[::-1])[::-1][empty]
    before, after = np.where(before < 0, 0, before), np.where(after == n, n - 1, after)
    here = at[empty]
    share = np.full(len(here), np.nan)
    for hop in _hops(rows, stops):
        distance = np.concatenate([[0.0], np.cumsum(np.nan_to_num(hop))])
        gaps = np.concatenate([[0], np.cumsum(np.isnan(hop))])
        total = distance[after] - distance[before]
        usable = np.isnan(share) & (gaps[after] == gaps[before]) & (total > 0)
        share[usable] = ((distance[here] - distance[before]) / np.where(total > 0, total, 1))[usable]
    inside = (rows.trip[before] == rows.trip[here]) & (rows.trip[after] == rows.trip[here])
    start, end = rows.departs[before], rows.arrives[after]
    return np.where(inside, np.round(start + share * (end - start)), np.nan)


def _hops(rows: _Rows, stops: Stops) -> list[NDArray[Any]]:
    """The distance from each call to the next by three measures, best first; NaN: this measure does not know."""
    travelled = np.diff(rows.dist)
    travelled = np.where(np.isfinite(travelled) & (travelled >= 0), travelled, np.nan)
    return [travelled, _crow_fly_m(rows, stops), np.ones(len(rows.row) - 1)]


def _crow_fly_m(rows: _Rows, stops: Stops) -> NDArray[Any]:
    a, b = rows.stop[:-1], rows.stop[1:]
    distance = metres(stops.lat[a], stops.lon[a], stops.lat[b], stops.lon[b])
    return np.where(stops.placed[a] & stops.placed[b], distance, np.nan)


def _bad_trips(rows: _Rows, table: Table, n_trips: int, findings: Findings) -> NDArray[Any]:
    """A mask of the trips that cannot be used as a whole."""
    same = rows.trip[1:] == rows.trip[:-1]
    back = np.zeros(len(rows.row), bool)
    back[1:] = same & (rows.arrives[1:] < rows.departs[:-1])
    back |= rows.departs < rows.arrives
    alone = np.bincount(rows.trip, minlength=n_trips) == 1
    bad = np.zeros(n_trips, bool)
    for mask, what in (
        (np.isnan(rows.arrives), "has no time at its first or last stop"),
        (back, "runs backwards in time"),
        (alone[rows.trip], "has a single usable call"),
    ):
        for row in _first_of_each(rows.trip, mask):
            line = int(rows.row[row])
            findings.add(FILE, line, f"trip {table['trip_id'].at(line - 2)!r} {what}", LEFT_OUT, kind=what)
        bad[rows.trip[mask]] = True
    return bad


def _note_speed(rows: _Rows, table: Table, stops: Stops, findings: Findings) -> None:
    if len(rows.row) < 2:  # noqa: PLR2004 - no hop
        return
    distance, time = _crow_fly_m(rows, stops), rows.arrives[1:] - rows.departs[:-1]
    same = rows.trip[1:] == rows.trip[:-1]
    fast = same & (((time == 0) & (distance > STANDSTILL_MAX_M)) | (distance > SPEED_MAX_M_PER_S * (time + 60)))
    for hop in np.flatnonzero(fast):
        line = int(rows.row[hop + 1])
        what = f"trip {table['trip_id'].at(line - 2)!r} covers {distance[hop]:.0f} m in {time[hop]:.0f} s"
        findings.add(FILE, line, what, "too fast to be true; kept, but times or places are wrong")


def _by_trip(rows: _Rows, n_trips: int) -> Calls:
    first = np.zeros(n_trips + 1, np.int64)
    np.cumsum(np.bincount(rows.trip, minlength=n_trips), out=first[1:])
    return Calls(
        first,
        rows.stop.astype(np.int32),
        rows.arrives.astype(np.int32),
        rows.departs.astype(np.int32),
        rows.sequence.astype(np.int32),
        rows.flags,
    )
