"""GTFS-Realtime messages written as readable lines, and small timetables to read them against.

    message('''
        early | 2 arr+60; C dep=08:21:30; 4 SKIPPED; 5@E NO_DATA
        late start=20240610 time=07:00:00 relation=CANCELED
    ''', at="08:05:00")

A line is one TripUpdate: trip_id (`-`: none), what its descriptor says, and after the bar its calls. A call is
`sequence`, `stop` or `sequence@stop`, then any of: SKIPPED, NO_DATA, arr+s, arr-s, arr=H:MM:SS, dep…
(`=` is a time on the clock of DAY, local; `arr?` is an event that holds nothing). Descriptor words: start (date), time,
route, direction, relation, stamp (H:MM:SS of the update), delay, id (of the entity), new_id, new_date, new_time.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import numpy as np
from google.transit import gtfs_realtime_pb2

from chalicelib.transit.data.timetable import CAN_ALIGHT, CAN_BOARD, INTERPOLATED, TIMETABLE_FIELDS, Timetable

DAY = "2024-06-10"
ORIGIN = int(datetime(2024, 6, 10, tzinfo=UTC).timestamp())
_EVENT = re.compile(r"(arr|dep)([+-]\d+|=\S+|\?)")


def seconds(clock: str) -> int:
    """H:MM or H:MM:SS as seconds of the day."""
    parts = [int(part) for part in clock.split(":")]
    return sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))


def posix(clock: str) -> int:
    """A time on the clock of DAY (UTC) as POSIX seconds."""
    return ORIGIN + seconds(clock)


def timetable(rides: str, version: str = "v1") -> Timetable:
    """A timetable of DAY in UTC. A line is `trip [route=R] [day=-1] [starts=7:00,7:10]: stop arr [dep], stop ~arr, …`.

    `~` marks a time that the feed does not give; `starts` makes one run of a frequency trip for each.
    """
    runs = [run for line in rides.splitlines() if line.strip() for run in _runs(line.strip())]
    calls = [call for run in runs for call in run["calls"]]
    stops = list(dict.fromkeys(call[0] for call in calls))
    routes = list(dict.fromkeys(run["route"] for run in runs))
    blob = bytearray()

    def text(words: list[str]) -> list[tuple[int, int]]:
        spans = []
        for word in words:
            spans.append((len(blob), len(word.encode())))
            blob.extend(word.encode())
        return spans

    n = len(stops)
    values: dict[str, Any] = {name: [] for name in TIMETABLE_FIELDS} | {
        "stop_id_text": text(stops),
        "stop_name_text": text([f"Stop {stop}" for stop in stops]),
        "stop_lat": [50 + at / 10 for at in range(n)],
        "stop_lon": [10.0] * n,
        "stop_parent": [-1] * n,
        "stop_kind": [0] * n,
        "stop_change_s": [-1] * n,
        "route_id_text": text(routes),
        "route_name_text": text(routes),
        "route_type": [3] * len(routes),
        "run_trip_id_text": text([run["trip"] for run in runs]),
        "run_headsign_text": text(["" for _ in runs]),
        "run_route": [routes.index(run["route"]) for run in runs],
        "run_day": [run["day"] for run in runs],
        "run_start_s": [run["start_s"] for run in runs],
        "run_next": [-1] * len(runs),
        "run_first": np.cumsum([0] + [len(run["calls"]) for run in runs]),
        "st_stop": [stops.index(call[0]) for call in calls],
        "st_arrives": [call[1] for call in calls],
        "st_departs": [call[2] for call in calls],
        "st_sequence": [call[3] for call in calls],
        "st_flags": [CAN_BOARD | CAN_ALIGHT | (INTERPOLATED if call[4] else 0) for call in calls],
        "path_first": [0] * (n + 1),
        "text_blob": np.frombuffer(bytes(blob), "u1"),
    }
    shapes = {name: (-1, 2) for name in TIMETABLE_FIELDS if name.endswith("_text")}
    shapes |= {"exception_stops": (0, 2), "exception_routes": (0, 2), "exception_runs": (0, 2)}
    arrays = {
        name: np.array(values[name], TIMETABLE_FIELDS[name]).reshape(shapes.get(name, -1)) for name in TIMETABLE_FIELDS
    }
    meta = {"feed_version": version, "service_date": DAY, "timezone": "UTC", "origin_epoch": ORIGIN}
    return Timetable(meta, arrays)


def _runs(line: str) -> list[dict[str, Any]]:
    head, _, tail = line.partition(": ")
    trip, *words = head.split()
    said = dict(word.split("=") for word in words)
    day = int(said.get("day", "0"))
    planned = [_planned(at, call) for at, call in enumerate(tail.split(","), start=1)]
    starts = [seconds(start) for start in said["starts"].split(",")] if "starts" in said else [-1]
    runs = []
    for start in starts:
        shift = day * 86_400 + (start - planned[0][2] if start >= 0 else 0)
        calls = [(stop, arr + shift, dep + shift, at, guessed) for stop, arr, dep, at, guessed in planned]
        runs.append({"trip": trip, "route": said.get("route", "R"), "day": day, "start_s": start, "calls": calls})
    return runs


def _planned(at: int, call: str) -> tuple[str, int, int, int, bool]:
    stop, *times = call.split()
    arrives, departs = seconds(times[0].strip("~")), seconds(times[-1].strip("~"))
    return stop, arrives, departs, at, times[0].startswith("~")


def message(lines: str, at: str | None = "8:00:00", version: str = "2.0") -> Any:
    """A FeedMessage; `at` is the header's time on the clock of DAY, None: the header has no time."""
    made = gtfs_realtime_pb2.FeedMessage()
    made.header.gtfs_realtime_version = version
    if at is not None:
        made.header.timestamp = posix(at)
    for number, line in enumerate(filter(None, (line.strip() for line in lines.splitlines()))):
        head, _, calls = line.partition("|")
        trip, *words = head.split()
        said = dict(word.split("=") for word in words)
        entity = made.entity.add(id=said.get("id", str(number)))
        update = entity.trip_update
        _describe(update, "" if trip == "-" else trip, said)
        for call in filter(None, (call.strip() for call in calls.split(";"))):
            _call(update.stop_time_update.add(), call)
    return made


def _describe(update: Any, trip_id: str, said: dict[str, str]) -> None:
    trip = update.trip
    if trip_id:
        trip.trip_id = trip_id
    for word, name in (("start", "start_date"), ("time", "start_time"), ("route", "route_id")):
        if word in said:
            setattr(trip, name, said[word])
    if "direction" in said:
        trip.direction_id = int(said["direction"])
    if "relation" in said:
        trip.schedule_relationship = gtfs_realtime_pb2.TripDescriptor.ScheduleRelationship.Value(said["relation"])
    if "stamp" in said:
        update.timestamp = posix(said["stamp"])
    if "delay" in said:
        update.delay = int(said["delay"])
    for word, name in (("new_id", "trip_id"), ("new_date", "start_date"), ("new_time", "start_time")):
        if word in said:
            setattr(update.trip_properties, name, said[word])


def _call(call: Any, text: str) -> None:
    where, _, rest = text.partition(" ")
    sequence, _, stop = where.partition("@") if "@" in where or where.isdigit() else ("", "", where)
    if sequence:
        call.stop_sequence = int(sequence)
    if stop and stop != "-":
        call.stop_id = stop
    for word in rest.split():
        found = _EVENT.fullmatch(word)
        if not found:
            call.schedule_relationship = type(call).ScheduleRelationship.Value(word)
            continue
        event = call.arrival if found[1] == "arr" else call.departure
        event.SetInParent()
        if found[2].startswith("="):
            event.time = posix(found[2][1:])
        elif found[2] != "?":
            event.delay = int(found[2])


def expected(table: Timetable, conditions: Any) -> dict[str, str]:
    """The conditions as `{trip: "A 08:00:00 08:00:00, B -, …"}`, changed calls only; `-` is a call not served."""
    told: dict[str, list[str]] = {}
    for at, arrives, departs, skipped in zip(
        conditions.at.tolist(),
        conditions.arrives.tolist(),
        conditions.departs.tolist(),
        conditions.skipped,
        strict=True,
    ):
        run = int(np.searchsorted(table.run_first, at, side="right")) - 1
        stop = table.text("stop_id", int(table.st_stop[at]))
        times = "-" if skipped else clock(arrives) if arrives == departs else f"{clock(arrives)} {clock(departs)}"
        told.setdefault(table.text("run_trip_id", run), []).append(f"{stop} {times}")
    return {trip: ", ".join(calls) for trip, calls in told.items()}


def clock(second: int) -> str:
    """Seconds from origin as H:MM:SS."""
    return f"{second // 3600}:{second // 60 % 60:02}:{second % 60:02}"
