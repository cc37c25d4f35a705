"""Tiny timetables written as readable tables, made in memory without a GTFS feed.

    timetable = network('''
        bus:  A 08:00, B 08:10 08:12, C 08:20
        tram: B 08:15, D 08:30
    ''', paths="C D 120", changes="B 180")

A line is a run: its trip id and its calls, each `stop arrival [departure]` with optional marks after the stop:
`B-` no boarding, `B+` no alighting. `paths` lists footpaths (from to seconds), `changes` least times at a stop (or
"no"), `follows` pairs of trips of one vehicle, `exceptions` rows "from to seconds [from_trip] [to_trip]", "*" any.
Stops lie 0.1° apart in order of appearance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.timetable import TIMETABLE_FIELDS, Timetable

if TYPE_CHECKING:
    from collections.abc import Iterable

DATE, ZONE, ORIGIN = "2025-03-11", "UTC", 1_741_651_200  # a plain Tuesday


def clock(text: str) -> int:
    """Seconds of "HH:MM[:SS]"; hours may exceed 24, and "-01:30" is before midnight."""
    sign = -1 if text.startswith("-") else 1
    parts = [int(part) for part in text.lstrip("-").split(":")]
    return sign * sum(part * unit for part, unit in zip(parts, (3600, 60, 1), strict=False))


def network(
    runs: str, *, paths: str = "", changes: str = "", follows: str = "", exceptions: str = "", places: str = ""
) -> Timetable:
    """The timetable of such tables."""
    lines = [line.strip() for line in runs.splitlines() if line.strip()]
    trips = [line.split(":", 1)[0] for line in lines]
    calls = [[_call(text) for text in line.split(":", 1)[1].split(",")] for line in lines]
    rows = {"paths": _words(paths), "changes": _words(changes)}
    named = [call[0] for run in calls for call in run] + [stop for row in rows["paths"] for stop in row[:2]]
    stops = list(dict.fromkeys(named + places.split()))
    at = {stop: index for index, stop in enumerate(stops)}
    least = np.full(len(stops), -1)
    for stop, seconds in rows["changes"]:
        least[at[stop]] = -2 if seconds == "no" else int(seconds)
    following = np.full(len(trips), -1)
    for before, after in (line.split() for line in follows.split("\n") if line.strip()):
        following[trips.index(before)] = trips.index(after)
    return timetable(
        stops,
        trips,
        [[(at[call[0]], *call[1:]) for call in run] for run in calls],
        paths=[(at[a], at[b], int(s)) for a, b, s in rows["paths"]],
        least=least,
        following=following,
        exceptions=_exceptions(exceptions, at, trips),
    )


def _words(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines() if line.strip()]


def _call(text: str) -> tuple[str, int, int, int]:
    stop, *times = text.split()
    flags = 3 - ("-" in stop) - 2 * ("+" in stop)
    return stop.rstrip("+-"), clock(times[0]), clock(times[-1]), flags


def _exceptions(text: str, at: dict[str, int], trips: list[str]) -> list[tuple[int, int, int, int, int]]:
    found = []
    for a, b, seconds, *runs in (line.split() for line in text.split("\n") if line.strip()):
        before, after = (trips.index(run) if run != "*" else -1 for run in [*runs, "*", "*"][:2])
        found.append((at[a], at[b], -2 if seconds == "no" else int(seconds), before, after))
    return found


def timetable(
    stops: list[str],
    trips: list[str],
    calls: list[list[tuple[int, int, int, int]]],
    *,
    paths: Iterable[tuple[int, int, int]] = (),
    least: Any = None,
    following: Any = None,
    exceptions: Iterable[tuple[int, int, int, int, int]] = (),
) -> Timetable:
    """The arrays. A call is (stop, arrives, departs, flags); every run is its own route."""
    blob = bytearray()

    def texts(words: list[str]) -> Any:
        pairs = []
        for word in words:
            pairs.append((len(blob), len(word.encode())))
            blob.extend(word.encode())
        return np.array(pairs, np.int32).reshape(-1, 2)

    n, flat = len(stops), [call for run in calls for call in run]
    walks, rules = sorted(paths), list(exceptions)
    table = np.array(flat).reshape(-1, 4)
    arrays: dict[str, Any] = {
        "stop_id_text": texts(stops),
        "stop_name_text": texts([f"Stop {stop}" for stop in stops]),
        "stop_lat": 50 + np.arange(n) * 0.1,
        "stop_lon": np.full(n, 10.0),
        "stop_parent": np.full(n, -1),
        "stop_kind": np.zeros(n),
        "stop_change_s": np.full(n, -1) if least is None else least,
        "route_id_text": texts([f"route {trip}" for trip in trips]),
        "route_name_text": texts(trips),
        "route_type": np.full(len(trips), 3),
        "run_trip_id_text": texts(trips),
        "run_headsign_text": texts(["somewhere" for _ in trips]),
        "run_route": np.arange(len(trips)),
        "run_day": np.zeros(len(trips)),
        "run_start_s": np.full(len(trips), -1),
        "run_next": np.full(len(trips), -1) if following is None else following,
        "run_first": np.cumsum([0, *(len(run) for run in calls)]),
        "st_stop": table[:, 0],
        "st_arrives": table[:, 1],
        "st_departs": table[:, 2],
        "st_sequence": np.array([i + 1 for run in calls for i in range(len(run))]),
        "st_flags": table[:, 3],
        "path_first": np.searchsorted([walk[0] for walk in walks], np.arange(n + 1)),
        "path_to": [walk[1] for walk in walks],
        "path_s": [walk[2] for walk in walks],
        "path_m": np.zeros(len(walks)),
        "exception_stops": np.array([rule[:2] for rule in rules]).reshape(-1, 2),
        "exception_routes": np.full((len(rules), 2), -1),
        "exception_runs": np.array([rule[3:] for rule in rules]).reshape(-1, 2),
        "exception_s": [rule[2] for rule in rules],
    }
    arrays["text_blob"] = np.frombuffer(bytes(blob), np.uint8)
    meta = {"feed_version": "test", "service_date": DATE, "timezone": ZONE, "origin_epoch": ORIGIN, "feeds": []}
    return Timetable(
        meta, {name: np.ascontiguousarray(arrays[name], TIMETABLE_FIELDS[name]) for name in TIMETABLE_FIELDS}
    )


def moved(
    table: Timetable, centre: str, offsets: dict[str, tuple[float, float]], to: tuple[float, float] | None = None
) -> Timetable:
    """The timetable with stops put so many degrees (north, east) from the stop `centre`, or from the point `to`."""
    names = [table.text("stop_id", stop) for stop in range(table.n_stops)]
    lat, lon = table.stop_lat.copy(), table.stop_lon.copy()
    at = to or (float(lat[names.index(centre)]), float(lon[names.index(centre)]))
    for name, (north, east) in offsets.items():
        lat[names.index(name)], lon[names.index(name)] = at[0] + north, at[1] + east
    return Timetable(table.meta, dict(table.arrays) | {"stop_lat": lat, "stop_lon": lon})
