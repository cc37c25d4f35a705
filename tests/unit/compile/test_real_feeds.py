"""Whole cities: what was compiled is what the files say, counted another way."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from feeds.compile.network import read_network

if TYPE_CHECKING:
    from feeds.compile.network import FeedNetwork

DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data"
FEEDS = [("gtfs/vilnius", "2015-09-03"), ("gtfs/octa", "2017-02-14"), ("sncb/gtfs", "2019-03-16")]

pytestmark = pytest.mark.recordings


def zip_of(name: str) -> Path:
    path = DATA / f"{name}.zip"
    if not path.exists():
        pytest.skip(f"../shared/data/{name}.zip is missing: a real feed was not tried")
    return path


@cache
def network_of(name: str) -> FeedNetwork:
    return read_network([zip_of(name)])


@cache
def table(name: str, file: str) -> list[dict[str, str]]:
    with zipfile.ZipFile(zip_of(name)) as zipped:
        if f"{file}.txt" not in zipped.namelist():
            return []
        text = io.TextIOWrapper(zipped.open(f"{file}.txt"), encoding="utf-8-sig")
        return [{key: value.strip() for key, value in row.items() if value} for row in csv.DictReader(text)]


def services_on(name: str, day: dt.date) -> set[str]:
    ymd, weekday = day.strftime("%Y%m%d"), day.strftime("%A").lower()
    runs = {
        row["service_id"]
        for row in table(name, "calendar")
        if row["start_date"] <= ymd <= row["end_date"] and row[weekday] == "1"
    }
    exceptions = [row for row in table(name, "calendar_dates") if row["date"] == ymd]
    runs |= {row["service_id"] for row in exceptions if row["exception_type"] == "1"}
    return runs - {row["service_id"] for row in exceptions if row["exception_type"] == "2"}


@pytest.mark.parametrize(("name", "date"), FEEDS)
def test_every_trip_of_the_day_runs_once_with_its_own_times(name: str, date: str) -> None:
    day = dt.date.fromisoformat(date)
    active = services_on(name, day)
    expected = {row["trip_id"] for row in table(name, "trips") if row["service_id"] in active}
    timetable = network_of(name).day(day)
    runs = np.flatnonzero(timetable.run_day == 0)
    trips = [timetable.text("run_trip_id", run) for run in runs.tolist()]
    assert len(trips) == len(set(trips))
    assert set(trips) == expected & {row["trip_id"] for row in table(name, "stop_times")}
    sample = {timetable.text("run_trip_id", run): run for run in runs[:: len(runs) // 50].tolist()}
    wanted: dict[str, list[tuple[int, str, str]]] = {trip: [] for trip in sample}
    for row in table(name, "stop_times"):
        if row["trip_id"] in wanted:
            wanted[row["trip_id"]].append((int(row["stop_sequence"]), row["stop_id"], row.get("departure_time", "")))
    for trip, run in sample.items():
        calls = range(timetable.run_first[run], timetable.run_first[run + 1])
        found = [(int(timetable.st_sequence[at]), timetable.text("stop_id", timetable.st_stop[at])) for at in calls]
        assert found == [(sequence, stop) for sequence, stop, _ in sorted(wanted[trip])]
        for at, (_, _, time) in zip(calls, sorted(wanted[trip]), strict=True):
            h, m, s = map(int, time.split(":"))
            assert timetable.st_departs[at] == h * 3600 + m * 60 + s


@pytest.mark.parametrize(("name", "date"), FEEDS)
def test_times_never_run_back_and_every_index_points_somewhere(name: str, date: str) -> None:
    timetable = network_of(name).day(dt.date.fromisoformat(date))
    within = np.ones(len(timetable.st_stop), bool)
    within[timetable.run_first[:-1]] = False
    assert (timetable.st_departs >= timetable.st_arrives).all()
    assert (timetable.st_arrives[1:] >= timetable.st_departs[:-1])[within[1:]].all()
    assert (timetable.st_sequence[1:] > timetable.st_sequence[:-1])[within[1:]].all()
    assert timetable.st_stop.min() >= 0
    assert timetable.st_stop.max() < timetable.n_stops
    assert (np.diff(timetable.run_first) >= 2).all()
    assert timetable.path_first[-1] == len(timetable.path_to) == len(timetable.path_s) == len(timetable.path_m)
    assert (timetable.path_s >= 0).all()
    following = timetable.run_next[timetable.run_next >= 0]
    assert len(following) == len(set(following.tolist()))


def test_belgian_stations_ask_for_their_own_minutes() -> None:
    timetable = network_of("sncb/gtfs").day(dt.date(2019, 3, 16))
    rows = [row for row in table("sncb/gtfs", "transfers") if "from_trip_id" not in row and "to_trip_id" not in row]
    told = {
        row["from_stop_id"]: int(row["min_transfer_time"]) for row in rows if row["from_stop_id"] == row["to_stop_id"]
    }
    found = {timetable.text("stop_id", stop): int(s) for stop, s in enumerate(timetable.stop_change_s) if s != -1}
    assert len(found) > 300
    assert found == told


def test_the_blocks_of_vilnius_continue_at_their_last_stop() -> None:
    timetable = network_of("gtfs/vilnius").day(dt.date(2015, 9, 3))
    runs = np.flatnonzero(timetable.run_next >= 0)
    after = timetable.run_next[runs]
    assert len(runs) > 1000
    assert (timetable.st_stop[timetable.run_first[runs + 1] - 1] == timetable.st_stop[timetable.run_first[after]]).all()
    ends, begins = (
        timetable.st_arrives[timetable.run_first[runs + 1] - 1],
        timetable.st_departs[timetable.run_first[after]],
    )
    assert (begins >= ends).all()
