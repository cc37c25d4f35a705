"""A small feed with a row of everything, and what must be true of whatever is made of it."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from feeds.compile.describe import describe_feed
from feeds.compile.findings import Unusable
from feeds.compile.network import read_network
from feeds.compile.tables.services import WEEKDAYS
from tests.fakes.gtfs_text import feed_zip

if TYPE_CHECKING:
    from feeds.compile.network import FeedNetwork

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


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


def files_of(tables: dict[str, list[list[str]]]) -> dict[str, bytes]:
    """The tables as a feed's files."""
    return {
        f"{name}.txt": "\n".join(",".join(map(quoted, row)) for row in rows).encode("utf-8", "surrogatepass")
        for name, rows in tables.items()
    }


def verdict_of_description(path: Path) -> str | None:
    """Why the described feed cannot be used, "": it can; None: it could not even be described."""
    try:
        found = describe_feed(path, TODAY)
    except Unusable:
        return None
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["stops"]["stops"] >= 0
    return found.refusal


def compile_or_refuse(files: dict[str, bytes]) -> FeedNetwork | None:
    """The network of such a feed, whose days are sane; None where it is refused, as its description says, too."""
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
            return None
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
        return network
