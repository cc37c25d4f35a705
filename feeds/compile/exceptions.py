"""Rows of transfers.txt that name trips or routes, for the runs of one day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.search.prices import CHANGE_S
from feeds.compile.tables.stops import STATION
from feeds.compile.tables.transfers import IMPOSSIBLE
from feeds.compile.walking.footpaths import (
    AS_WALKED,
    crow_walk,
    platforms_of_stations,
    stop_pairs,
    transfer_s,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from feeds.compile.runs import Runs
    from feeds.compile.tables.part import FeedPart
    from feeds.compile.walking.footpaths import Footpaths

SAME_STOP = -1  # a change at one stop, recommended without a time

ExceptionRow = tuple[int, int, int, int, int, int, int]


def exceptions(part: FeedPart, runs: Runs, footpaths: Footpaths) -> dict[str, NDArray[Any]]:
    """The arrays exception_stops, _routes, _runs and _s."""
    rows = part.transfers
    special = ((rows.routes >= 0).any(1) | (rows.trips >= 0).any(1)) & (rows.type <= IMPOSSIBLE)
    found: list[ExceptionRow] = []
    if special.any():
        children, by_trip = platforms_of_stations(part.stops), _by_trip(runs)
        at = np.flatnonzero(special)
        exact = (part.stops.kind[rows.stops[at]] != STATION).sum(1)
        for row in at[np.argsort(-exact, kind="stable")]:  # rows for stops before rows for their stations
            found += _of_row(part, int(row), children, by_trip, footpaths)
    table = np.array(_with_change_times(found, footpaths), np.int32).reshape(-1, 7)
    return {
        "exception_stops": table[:, 0:2],
        "exception_routes": table[:, 2:4],
        "exception_runs": table[:, 4:6],
        "exception_s": table[:, 6],
    }


def _with_change_times(found: list[ExceptionRow], footpaths: Footpaths) -> list[ExceptionRow]:
    """Rows that recommend a change at one stop (-1) say no time. They count only where another row says more."""
    timed = {row[:2] for row in found if row[6] != SAME_STOP}
    rows: list[ExceptionRow] = []
    for row in found:
        least_s = int(footpaths.change_s[row[0]])
        if row[6] != SAME_STOP:
            rows.append(row)
        elif row[:2] in timed or least_s != SAME_STOP:
            rows.append((*row[:6], least_s if least_s >= 0 else CHANGE_S))
    return rows


def _by_trip(runs: Runs) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for run, trip in enumerate(runs.trip.tolist()):
        found.setdefault(trip, []).append(run)
    return found


def _of_row(
    part: FeedPart, row: int, children: dict[int, list[int]], by_trip: dict[int, list[int]], footpaths: Footpaths
) -> list[ExceptionRow]:
    rows = part.transfers
    befores, afters = (by_trip.get(int(trip), []) if trip >= 0 else [-1] for trip in rows.trips[row])
    routes = (int(rows.routes[row, 0]), int(rows.routes[row, 1]))
    s = transfer_s(int(rows.type[row]), int(rows.min_s[row]))
    return [
        (a, b, *routes, before, after, _walk_s(part, a, b, footpaths) if s == AS_WALKED else s)
        for a, b in stop_pairs(rows.stops[row], children)
        for before in befores
        for after in afters
    ]


def _walk_s(part: FeedPart, a: int, b: int, footpaths: Footpaths) -> int:
    """The footpath's seconds, else as the crow flies; `SAME_STOP` where a is b."""
    if a == b:
        return SAME_STOP
    paths = slice(int(footpaths.first[a]), int(footpaths.first[a + 1]))
    at = np.flatnonzero(footpaths.to[paths] == b)
    return int(footpaths.s[paths][at[0]]) if len(at) else int(crow_walk(part.stops, np.array([a]), np.array([b]))[0][0])
