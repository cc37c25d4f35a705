"""A timetable by its ids, for matching: from ids to runs and stops. Built once per timetable, in a few ms."""

from __future__ import annotations

import weakref
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from chalicelib.transit.data.sightings import line_of
from feeds.compile.tables.times import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalicelib.transit.data.timetable import Timetable

_BUILT: dict[int, tuple[weakref.ref[Timetable], TimetableIndex]] = {}


@dataclass(frozen=True)
class TimetableIndex:
    """Ids are stripped of blanks on both sides: feeds disagree with themselves about them."""

    timetable: Timetable
    runs_of_trip: dict[str, list[int]]
    runs_of_route: dict[str, list[int]]
    route_of: dict[str, int]
    stop_of: dict[str, int]
    trip_of: list[str]  # of each run
    stop_id: list[str]
    line_of: list[str]  # of each route: its id without a version stamp
    route: memoryview  # run_route
    first: memoryview  # run_first
    day: memoryview
    start_s: memoryview
    stop: memoryview  # st_stop
    station: memoryview  # stop_parent
    sequence: memoryview
    arrives: memoryview
    departs: memoryview
    flags: memoryview
    direction: memoryview | None  # direction_id of runs, -1: unknown; None: this timetable does not say
    service_date: date
    origin_epoch: int
    bounds: tuple[float, float, float, float]  # south, west, north, east of all stops

    def span(self, run: int) -> tuple[int, int]:
        """First departure and last arrival of a run, seconds from origin."""
        return self.departs[self.first[run]], self.arrives[self.first[run + 1] - 1]

    def own_start_s(self, run: int) -> int:
        """A run's start as feeds write it: seconds of its own service day."""
        if self.start_s[run] >= 0:
            return int(self.start_s[run])
        return int(self.departs[self.first[run]]) - self.day[run] * DAY_S

    def is_in_direction(self, run: int, direction: int | None) -> bool:
        """Whether a run may go in this direction; None: any."""
        return direction is None or self.direction is None or self.direction[run] in {direction, -1}

    def is_calling_at(self, run: int, stop_ids: Iterable[str]) -> bool:
        """Whether a run calls at all of these stops."""
        called = set(self.stop[self.first[run] : self.first[run + 1]])
        return all(self.stop_of.get(stop_id) in called for stop_id in stop_ids)


def index_of(timetable: Timetable) -> TimetableIndex:
    """The index of this timetable, built at the first call and kept as long as the timetable lives."""
    known = _BUILT.get(id(timetable))
    if known and known[0]() is timetable:
        return known[1]
    for key in [key for key, (alive, _) in _BUILT.items() if alive() is None]:
        del _BUILT[key]
    index = _build(timetable)
    _BUILT[id(timetable)] = (weakref.ref(timetable), index)
    return index


def _build(timetable: Timetable) -> TimetableIndex:
    blob = timetable.text_blob.tobytes()
    routes, trips, stops = (
        [blob[at : at + length].decode().strip() for at, length in timetable.arrays[field].tolist()]
        for field in ("route_id_text", "run_trip_id_text", "stop_id_text")
    )
    direction = timetable.arrays.get("run_direction")
    return TimetableIndex(
        timetable=weakref.proxy(timetable),
        runs_of_trip=_positions(trips),
        runs_of_route=_positions([routes[route] if route >= 0 else "" for route in timetable.run_route.tolist()]),
        route_of={name: at for at, name in enumerate(routes)},
        stop_of={name: at for at, name in enumerate(stops)},
        trip_of=trips,
        stop_id=stops,
        line_of=[line_of(route) for route in routes],
        route=timetable.run_route.data,
        first=timetable.run_first.data,
        day=timetable.run_day.data,
        start_s=timetable.run_start_s.data,
        stop=timetable.st_stop.data,
        station=timetable.stop_parent.data,
        sequence=timetable.st_sequence.data,
        arrives=timetable.st_arrives.data,
        departs=timetable.st_departs.data,
        flags=timetable.st_flags.data,
        direction=None if direction is None else direction.data,
        service_date=date.fromisoformat(timetable.meta["service_date"]),
        origin_epoch=int(timetable.meta["origin_epoch"]),
        bounds=_bounds(timetable),
    )


def _bounds(timetable: Timetable) -> tuple[float, float, float, float]:
    if not timetable.n_stops:
        return 0.0, 0.0, 0.0, 0.0
    lat, lon = timetable.stop_lat, timetable.stop_lon
    return float(lat.min()), float(lon.min()), float(lat.max()), float(lon.max())


def _positions(ids: list[str]) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    for at, name in enumerate(ids):
        found[name].append(at)
    return dict(found)
