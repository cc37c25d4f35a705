"""Tables as gtfs-kit wants them: a data frame each, typed, without the cells and rows that it would stumble over.

`gtfs_kit.read_feed` refuses a whole table for one bad cell. Here a cell that is no value of its column's type is empty,
and a row that lacks what gtfs-kit needs of it (an id, a readable date) is left out. `reader` reads the same tables and
has a finding for each such flaw.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from gtfs_kit import Feed
from gtfs_kit.constants import DTYPES

from feeds.compile.tables.services import WEEKDAYS
from feeds.compile.tables.stops import is_placed
from feeds.compile.tables.times import decimal, one_of, ordinal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from feeds.compile.tables.table import Column, Table

# of large tables only what a description needs
FEW_COLUMNS = {"stop_times": ("trip_id", "stop_id"), "shapes": ("shape_id",)}
NEEDED_IDS = {
    "stops": ("stop_id",),
    "routes": ("route_id",),
    "trips": ("trip_id", "route_id", "service_id"),
    "stop_times": ("trip_id", "stop_id"),
    "shapes": ("shape_id",),
    "calendar": ("service_id", "start_date", "end_date"),
    "calendar_dates": ("service_id", "date", "exception_type"),
}
UNIQUE_IDS = {"stops": "stop_id", "routes": "route_id", "trips": "trip_id"}
DATES = frozenset({"start_date", "end_date", "date"})


def gtfs_kit_feed(tables: Mapping[str, Table]) -> Any:
    """A `gtfs_kit.Feed` of these tables; one that is missing or has no usable row is None there, as gtfs-kit has it."""
    frames = {name: _frame(table) for name, table in tables.items() if name in DTYPES}
    return Feed(dist_units="km", **{name: frame for name, frame in frames.items() if not frame.empty})


def places_only(feed: Any) -> Any:
    """The same feed with those stops only that have a place: all that can be on a map."""
    stops = feed.stops
    placed = feed.copy()
    if stops is not None:
        placed.stops = stops[is_placed(stops["stop_lat"].to_numpy(), stops["stop_lon"].to_numpy())]
    return placed


def _frame(table: Table) -> pd.DataFrame:
    types = DTYPES[table.name]
    columns = FEW_COLUMNS.get(table.name, types)
    frame = pd.DataFrame({name: _cells(table[name], name, types[name]) for name in columns})
    needed = list(NEEDED_IDS.get(table.name, ()))
    frame = frame.dropna(subset=needed)
    if table.name in UNIQUE_IDS:
        frame = frame.drop_duplicates(UNIQUE_IDS[table.name])
    return frame.reset_index(drop=True)


def _cells(column: Column, name: str, kind: str) -> Any:
    """A column's cells as an array of gtfs-kit's type."""
    if name in DATES:
        return _texts(column, _date)
    if kind == "string":
        return _texts(column, lambda text: text or None)
    if name in WEEKDAYS or name == "exception_type":
        return _numbers(column, one_of(range(3)), "Int32")
    return _numbers(column, decimal, "Int64" if kind.startswith("Int") else "float64")


def _texts(column: Column, parse: Callable[[str], str | None]) -> Any:
    texts = [parse(text) for text in column.values]  # noqa: PD011 - a column of ours
    return pd.array(texts, dtype="string").take(column.codes)


def _numbers(column: Column, parse: Callable[[str], float], kind: str) -> Any:
    numbers: NDArray[Any] = column.numbers(parse)
    numbers = np.where(np.isfinite(numbers), numbers, np.nan)
    if kind == "float64":
        return numbers
    whole = np.where(numbers == np.round(numbers), numbers, np.nan)
    return pd.array(np.where(np.abs(whole) < 1 << 31, whole, np.nan), dtype="Float64").astype(kind)


def _date(text: str) -> str | None:
    """A readable date, clamped to years that one can count days in."""
    day = ordinal(text)
    return f"{dt.date.fromordinal(int(day)):%Y%m%d}" if np.isfinite(day) else None
