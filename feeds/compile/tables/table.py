"""A GTFS table as columns of numbered texts: each distinct cell is kept once, rows hold its number.

What costs per cell (trimming, parsing times and numbers) is so done once per distinct text, and ten million rows are
read in bounded memory. Everything is read as text first, because a library that decides types while reading refuses a
whole table for one bad cell and takes ids like "NA" for nothing; which columns a table has is gtfs-kit's knowledge.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from gtfs_kit.constants import DTYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from feeds.compile.findings import Findings

CHUNK_ROWS = 500_000  # held as text at a time: a cap on memory

# columns that came to GTFS after the version that gtfs-kit knows
NEWER = {
    "stops": ("platform_code", "level_id"),
    "stop_times": (
        "continuous_pickup",
        "continuous_drop_off",
        "location_group_id",
        "location_id",
        "pickup_booking_rule_id",
    ),
    "booking_rules": ("booking_rule_id", "phone_number"),
    "transfers": ("from_route_id", "to_route_id", "from_trip_id", "to_trip_id"),
    "pathways": (
        "pathway_id",
        "from_stop_id",
        "to_stop_id",
        "pathway_mode",
        "is_bidirectional",
        "length",
        "traversal_time",
        "stair_count",
    ),
}


def usable_columns(name: str) -> list[str]:
    """The columns of a table that the compiler may use."""
    return [*DTYPES.get(name, ()), *NEWER.get(name, ())]


def rows_where(mask: Any) -> list[int]:
    """The rows of a mask, as Python integers."""
    return [int(row) for row in np.flatnonzero(mask)]


@dataclass(frozen=True, slots=True)
class Column:
    """Cells of one column: `values[codes[row]]`, trimmed; an empty text is an empty or missing cell."""

    codes: NDArray[np.int32]
    values: list[str]

    def texts(self) -> NDArray[Any]:
        """One Python string per row."""
        return np.array(self.values, dtype=object)[self.codes]

    def numbers(self, parse: Callable[[str], float]) -> NDArray[np.float64]:
        """One number per row; `parse` sees each distinct text once."""
        return np.array([parse(text) for text in self.values], dtype=np.float64)[self.codes]

    def indices(self, of: dict[str, int]) -> NDArray[np.int32]:
        """Row → where its text is in `of`; -1: not there; -2: empty."""
        return np.array([of.get(text, -1) if text else -2 for text in self.values], dtype=np.int32)[self.codes]

    def at(self, row: int) -> str:
        """The text of one row."""
        return self.values[int(self.codes[row])]


@dataclass(frozen=True, slots=True)
class Table:
    """One file. Columns that the file lacks read as empty."""

    name: str
    rows: int
    columns: dict[str, Column] = field(default_factory=dict)

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def __getitem__(self, column: str) -> Column:
        return self.columns.get(column) or Column(np.zeros(self.rows, np.int32), [""])

    @property
    def file(self) -> str:
        """Its name in the zip."""
        return f"{self.name}.txt"

    def select(self, rows: NDArray[Any]) -> Table:
        """The table with only some rows (a mask or indices)."""
        columns = {name: Column(column.codes[rows], column.values) for name, column in self.columns.items()}
        n = int(rows.sum()) if rows.dtype == bool else len(rows)
        return Table(self.name, n, columns)


def read_table(folder: Path, name: str, findings: Findings) -> Table | None:
    """The table, or None when the file is missing or has no header."""
    path = folder / f"{name}.txt"
    columns, wanted = header(folder, name), set(usable_columns(name))
    at = {i: column for i, column in enumerate(columns) if column in wanted and columns.index(column) == i}
    if not at:
        return None
    if (separator := _separator(_first_line(path))) != ",":
        findings.add(f"{name}.txt", 1, f"cells are separated by {separator!r}", "should be commas; read all the same")
    try:
        return _table_of(name, list(_chunks(path, at, csv.QUOTE_MINIMAL, separator)))
    except pd.errors.ParserError as error:
        findings.add(f"{name}.txt", 0, f"quotes do not match ({error})", "read with quotes as plain characters")
        return _table_of(name, list(_chunks(path, at, csv.QUOTE_NONE, separator)))


def header(folder: Path, name: str) -> list[str]:
    """The column names of a file as it gives them, trimmed and in lower case; empty when there is no file."""
    path = folder / f"{name}.txt"
    line = _first_line(path) if path.exists() else ""
    cells = next(csv.reader([line], skipinitialspace=True, delimiter=_separator(line)), [])
    return [cell.strip().strip('"').strip().lower() for cell in cells]


def _first_line(path: Path) -> str:
    with path.open(encoding="utf-8", newline=None) as file:
        return next((line for line in file if line.strip()), "")


def _separator(header_line: str) -> str:
    """A comma, unless there is none and something else that separates columns is."""
    return next((mark for mark in (",", ";", "\t") if mark in header_line), ",")


def _chunks(
    path: Path, at: dict[int, str], quoting: int, separator: str
) -> Iterator[dict[str, tuple[NDArray[Any], list[str]]]]:
    """Pieces of the table, each column factorised. `usecols` also makes pandas forgive rows that are too long."""
    order = sorted(at)
    reader = pd.read_csv(
        path,
        header=0,
        names=[at[i] for i in order],
        usecols=order,
        index_col=False,
        dtype=str,
        na_filter=False,
        keep_default_na=False,
        skipinitialspace=True,
        chunksize=CHUNK_ROWS,
        quoting=quoting,
        sep=separator,
        encoding="utf-8",
    )
    for chunk in reader:
        yield {column: _factorise(chunk[column], quoting) for column in chunk.columns}


def _factorise(cells: Any, quoting: int) -> tuple[NDArray[Any], list[str]]:
    codes, values = pd.factorize(cells.to_numpy(dtype=object), use_na_sentinel=False)
    blanks = None if quoting == csv.QUOTE_MINIMAL else ' \t"'
    return codes, [value.strip(blanks) if isinstance(value, str) else "" for value in values]


def _table_of(name: str, chunks: list[dict[str, tuple[NDArray[Any], list[str]]]]) -> Table:
    columns = {column: _join_pieces([chunk[column] for chunk in chunks]) for column in (chunks[0] if chunks else {})}
    rows = len(next(iter(columns.values())).codes) if columns else 0
    return Table(name, rows, columns)


def _join_pieces(pieces: list[tuple[NDArray[Any], list[str]]]) -> Column:
    """One numbering for all pieces; texts that became equal by trimming get one number."""
    of: dict[str, int] = {}
    codes = [
        np.array([of.setdefault(value, len(of)) for value in values], dtype=np.int32)[piece] for piece, values in pieces
    ]
    return Column(np.concatenate(codes), list(of))
