"""A timetable of which only the stops matter, written as a readable table.

    timetable = stops('''
        hbf    | Hauptbahnhof |    0 |  0 | station
        hbf_1  | Hauptbahnhof |   40 |  0 | in hbf  | 30
        markt  | Marktplatz   |  900 |  0 |         | 12
    ''')

Columns: stop_id, stop_name, metres east and north of the centre ("-": no coordinates), what it is (nothing: a stop;
station, entrance, node, area; "in STATION" besides), departures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.transit.data.timetable import TIMETABLE_FIELDS, Timetable
from tests.fakes import networks

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = ["", "station", "entrance", "node", "area"]
LAT, LON = 48.0, 15.0
M_NORTH, M_EAST = 111_195.0, 74_405.0  # of a degree, there


@dataclass(frozen=True)
class Row:
    """One row of stops.txt and how many departures it has."""

    stop_id: str
    name: str
    east_m: float | None = 0.0
    north_m: float = 0.0
    kind: str = ""
    parent: str = ""
    departures: int = 1


def stops(table: str) -> Timetable:
    """The timetable of such a table."""
    return timetable_of([_row(line) for line in table.splitlines() if line.strip()])


def _row(line: str) -> Row:
    stop_id, name, east, north, kind, departures = ([cell.strip() for cell in line.split("|")] + ["", ""])[:6]
    what, _, parent = kind.partition("in ")
    return Row(
        stop_id,
        name,
        None if east == "-" else float(east),
        float(north) if north != "-" else 0.0,
        what.strip(),
        parent,
        int(departures or 0),
    )


def timetable_of(rows: Sequence[Row]) -> Timetable:
    """The timetable with these stops; its only trip calls at each as often as that has departures."""
    at = {row.stop_id: i for i, row in enumerate(rows)}
    calls = [(i, 60 * n, 60 * n, 3) for i, row in enumerate(rows) for n in range(row.departures)]
    plain = networks.timetable([row.stop_id for row in rows], ["trip"], [calls])
    names = [row.name.encode("utf-8", "replace") for row in rows]
    ends = np.cumsum([len(plain.text_blob), *map(len, names)])
    changed = {
        "stop_name_text": np.array([ends[:-1], [len(name) for name in names]]).T,
        "text_blob": np.frombuffer(plain.text_blob.tobytes() + b"".join(names), np.uint8),
        "stop_lat": [0.0 if row.east_m is None else LAT + row.north_m / M_NORTH for row in rows],
        "stop_lon": [0.0 if row.east_m is None else LON + row.east_m / M_EAST for row in rows],
        "stop_kind": [KINDS.index(row.kind) for row in rows],
        "stop_parent": [at.get(row.parent, -1) for row in rows],
    }
    typed = {name: np.ascontiguousarray(array, TIMETABLE_FIELDS[name]) for name, array in changed.items()}
    return Timetable(plain.meta, {**plain.arrays, **typed})


def named(*names: str) -> Timetable:
    """Stops of these names, far apart, each with one departure."""
    return timetable_of([Row(str(i), name, 1000.0 * i) for i, name in enumerate(names)])
