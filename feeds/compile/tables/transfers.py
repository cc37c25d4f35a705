"""transfers.txt and pathways.txt as rows of indices; what they mean for walking is decided in `walking`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.walking import CROW_FLY
from feeds.compile.tables.part import Pathways, Transfers
from feeds.compile.tables.table import rows_where
from feeds.compile.tables.times import NOT_READABLE, decimal, one_of, whole

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from feeds.compile.findings import Findings
    from feeds.compile.tables.part import RowNumbers
    from feeds.compile.tables.table import Table

RECOMMENDED, TIMED, MINIMUM, IMPOSSIBLE, IN_SEAT, NOT_IN_SEAT = range(6)
WALKING_M_PER_S = CROW_FLY.metres_per_s  # on footpaths as on the walks at both ends
STAIR_S = 1.0  # per step, where pathways.txt knows the stairs only
PATHWAY_MAX_S = 7200  # no way through a station takes longer: what says so is not used


def read_transfers(table: Table | None, numbers: RowNumbers, findings: Findings) -> Transfers:
    """Rows whose ids all exist; each other one is left out with a finding."""
    if table is None:
        pair = np.empty((0, 2), np.int32)
        return Transfers(np.empty(0, np.int8), np.empty(0, np.int32), pair, pair, pair)
    kind = table["transfer_type"].numbers(one_of(range(6)))
    named = (("stop_id", numbers.stops), ("route_id", numbers.routes), ("trip_id", numbers.trips))
    stops, routes, trips = (_ends(table, what, of) for what, of in named)
    in_seat = kind >= IN_SEAT
    unknown = (stops == -1).any(1) | (routes == -1).any(1) | (trips == -1).any(1) | (kind == NOT_READABLE)
    missing = np.where(in_seat, (trips < 0).any(1), (stops < 0).any(1))
    good = ~unknown & ~missing
    for row in rows_where(~good):
        findings.add(table.file, row + 2, _row_text(table, row), "names what does not exist, or too little: left out")
    least = table["min_transfer_time"].numbers(whole)
    _note_times(table, kind, least, good, findings)
    return Transfers(
        np.where(np.isfinite(kind), kind, RECOMMENDED)[good].astype(np.int8),
        np.where(np.isfinite(least), least, -1)[good].astype(np.int32),
        *(np.maximum(ends[good], -1) for ends in (stops, routes, trips)),
    )


def _ends(table: Table, what: str, of: dict[str, int]) -> NDArray[Any]:
    return np.stack([table[f"from_{what}"].indices(of), table[f"to_{what}"].indices(of)], axis=1)


def _row_text(table: Table, row: int) -> str:
    cells = ((name, column.at(row)) for name, column in table.columns.items())
    return ", ".join(f"{name} {cell!r}" for name, cell in cells if cell)


def _note_times(table: Table, kind: NDArray[Any], least: NDArray[Any], good: NDArray[Any], findings: Findings) -> None:
    for row in rows_where(good & (kind == MINIMUM) & ~np.isfinite(least)):
        what = f"min_transfer_time {table['min_transfer_time'].at(row)!r} with transfer_type 2"
        findings.add(table.file, row + 2, what, "no usable time: the walk is computed instead")
    for row in rows_where(good & (kind != MINIMUM) & np.isfinite(least) & (kind != RECOMMENDED)):
        what = f"min_transfer_time {table['min_transfer_time'].at(row)!r} with transfer_type {kind[row]:.0f}"
        findings.add(table.file, row + 2, what, "only type 2 has a least time: not used")


def read_pathways(table: Table | None, stop_of: dict[str, int], findings: Findings) -> Pathways:
    """Walks between parts of stations; a time, else a length, else stairs say how long each takes."""
    if table is None:
        none = np.empty(0, np.int32)
        return Pathways(np.empty((0, 2), np.int32), none, none, np.empty(0, bool))
    ends = _ends(table, "stop_id", stop_of)
    good = (ends >= 0).all(1)
    for row in rows_where(~good):
        findings.add(table.file, row + 2, _row_text(table, row), "leads to no stop of stops.txt: left out")
    time, length = table["traversal_time"].numbers(whole), table["length"].numbers(decimal)
    stairs = np.abs(table["stair_count"].numbers(decimal)) * STAIR_S
    time = np.where((time >= 0) & (time <= PATHWAY_MAX_S), time, np.nan)
    length = np.where((length >= 0) & (length <= PATHWAY_MAX_S * WALKING_M_PER_S), length, np.nan)
    stairs = np.where(stairs <= PATHWAY_MAX_S, stairs, np.nan)
    s = np.where(np.isfinite(time), time, np.ceil(length / WALKING_M_PER_S))
    s = np.where(np.isnan(s), np.where(np.isfinite(stairs), stairs, -1), s)
    both = table["is_bidirectional"].numbers(one_of(range(2))) != 0
    return Pathways(ends[good], s[good].astype(np.int32), np.nan_to_num(length[good]).astype(np.int32), both[good])
