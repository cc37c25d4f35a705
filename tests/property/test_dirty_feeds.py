"""Whatever a feed's cells hold, it is compiled or refused with a sentence, and described alike; nothing else happens.

HYPOTHESIS_EXAMPLES sets how many feeds are tried.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.compile.describe import describe_feed
from feeds.compile.findings import Unusable
from feeds.compile.network import read_network
from feeds.compile.tables.services import WEEKDAYS
from tests.fakes.gtfs_text import feed_zip

TODAY = dt.date(2024, 5, 15)
GOOD: dict[str, list[list[str]]] = {
    "agency": [["agency_id", "agency_name", "agency_timezone"], ["T", "Test", "Europe/Berlin"]],
    "stops": [
        ["stop_id", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"],
        ["A", "Alpha", "50.0", "10.0", "0", "S"],
        ["B", "Beta", "50.001", "10.0", "0", "S"],
        ["C", "Gamma", "50.1", "10.1", "", ""],
        ["S", "Station", "50.0", "10.0", "1", ""],
        ["N", "Node", "", "", "3", "S"],
        ["E", "Edge", "", "", "4", "B"],
    ],
    "routes": [["route_id", "agency_id", "route_short_name", "route_type"], ["R", "T", "1", "3"], ["Q", "", "2", "0"]],
    "trips": [
        ["trip_id", "route_id", "service_id", "block_id", "direction_id", "trip_headsign"],
        ["t", "R", "daily", "1", "0", "there"],
        ["u", "Q", "daily", "1", "1", "back"],
        ["v", "R", "some", "", "", ""],
    ],
    "stop_times": [
        ["trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time", "pickup_type", "shape_dist_traveled"],
        ["t", "A", "1", "08:00:00", "08:00:00", "0", "0"],
        ["t", "B", "2", "", "", "", "1.5"],
        ["t", "C", "3", "08:20:00", "08:21:00", "1", "2"],
        ["u", "C", "1", "08:30:00", "08:30:00", "", ""],
        ["u", "A", "2", "24:40:00", "24:40:00", "", ""],
        ["v", "A", "1", "0:00:00", "0:00:00", "", ""],
        ["v", "B", "2", "0:10:00", "0:10:00", "", ""],
    ],
    "calendar": [
        ["service_id", *WEEKDAYS, "start_date", "end_date"],
        ["daily", "1", "1", "1", "1", "1", "1", "1", "20240501", "20240531"],
    ],
    "calendar_dates": [["service_id", "date", "exception_type"], ["some", "20240515", "1"], ["daily", "20240509", "2"]],
    "frequencies": [
        ["trip_id", "start_time", "end_time", "headway_secs", "exact_times"],
        ["v", "06:00:00", "07:00:00", "600", "1"],
    ],
    "transfers": [
        ["from_stop_id", "to_stop_id", "transfer_type", "min_transfer_time", "from_route_id", "to_trip_id"],
        ["A", "B", "2", "60", "", ""],
        ["S", "S", "2", "120", "", ""],
        ["B", "A", "3", "", "R", "u"],
        ["", "", "4", "", "", ""],
    ],
    "pathways": [
        ["pathway_id", "from_stop_id", "to_stop_id", "pathway_mode", "is_bidirectional", "length", "traversal_time"],
        ["1", "A", "N", "1", "1", "30", ""],
        ["2", "N", "E", "1", "0", "", "20"],
    ],
    "shapes": [["shape_id", "shape_pt_sequence", "shape_dist_traveled"], ["x", "1", "0"], ["x", "2", "1"]],
}  # a table, read by rows # fmt: skip
CELLS = [
    "", " ", "0", "1", "2", "4", "-1", "9", "1e9", "99999999999", "nan", "inf", "-inf", "NULL", "0.5", "x", "Ä",
    "A", "B", "C", "S", "N", "E", "t", "u", "v", "R", "Q", "daily", "some", "T", "Europe/Berlin", "Mars/Base",
    "08:00:00", "25:00:00", "999:59:59", "-1:00:00", "8:5", "08:60:00", "90", "180", "-180", "91",
    "20240515", "20240230", "00010101", "99991231", "20241301", "America/New_York", "\ufffd",
    '"', "'", "a,b", "\t", "٣", "²", "1_000", "+5", "True", "0x10", "a" * 300,
]  # a table, read by rows # fmt: skip
CHANGES = st.lists(
    st.tuples(st.sampled_from(sorted(GOOD)), st.integers(0, 7), st.integers(0, 9), st.sampled_from(CELLS)),
    min_size=1,
    max_size=12,
)
LOST = st.frozensets(st.sampled_from(["calendar", "calendar_dates", "frequencies", "transfers", "pathways", "shapes"]))


def dirty(changes: list[tuple[str, int, int, str]]) -> dict[str, str]:
    """The good feed with some cells (headers too) replaced."""
    tables = {name: [row.copy() for row in rows] for name, rows in GOOD.items()}
    for name, row, column, cell in changes:
        rows = tables[name]
        line = rows[row % len(rows)]
        line[column % len(line)] = cell
    return {name: "\n".join(",".join(map(quoted, row)) for row in rows) for name, rows in tables.items()}


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@settings(deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "80")))
@given(CHANGES, LOST)
def test_any_cells_at_all(changes: list[tuple[str, int, int, str]], lost: frozenset[str]) -> None:
    texts = dirty(changes)
    files = {f"{name}.txt": text.encode() for name, text in texts.items() if name not in lost}
    compile_or_refuse(files)


@settings(deadline=None, max_examples=int(os.environ.get("HYPOTHESIS_EXAMPLES", "50")))
@given(st.sampled_from(sorted(GOOD)), st.lists(st.tuples(st.integers(0, 600), st.binary(max_size=3)), max_size=6))
def test_any_bytes_at_all(name: str, cuts: list[tuple[int, bytes]]) -> None:
    files = {f"{table}.txt": text.encode() for table, text in dirty([]).items()}
    data = files[f"{name}.txt"]
    for at, piece in cuts:
        data = data[:at] + piece + data[at + 1 :]
    compile_or_refuse(files | {f"{name}.txt": data})


def verdict_of_description(path: Path) -> str | None:
    """Why the described feed cannot be used, "": it can; None: it could not even be described."""
    try:
        found = describe_feed(path, TODAY)
    except Unusable:
        return None
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["stops"]["stops"] >= 0
    return found.refusal


def compile_or_refuse(files: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        path = feed_zip(
            Path(folder) / "f.zip", agency=None, stops=None, routes=None, trips=None, calendar=None, raw=files
        )
        verdict = verdict_of_description(path)
        network, refusal = None, ""
        try:
            network = read_network([path])
        except Unusable as reason:
            refusal = str(reason)
        assert verdict == refusal or (verdict is None and refusal)
        if network is None:
            return
        first, last = network.span
        for day in {first, last, first + (last - first) / 2}:
            timetable = network.day(day)
            inner = np.diff(timetable.run_first)
            assert (inner >= 2).all()
            assert (timetable.st_departs >= timetable.st_arrives).all()
            assert ((timetable.st_stop >= 0) & (timetable.st_stop < timetable.n_stops)).all()
            assert ((timetable.path_to >= 0) & (timetable.path_to < timetable.n_stops)).all()
            assert np.isfinite(timetable.stop_lat).all()
            assert (timetable.run_next < timetable.n_runs).all()
