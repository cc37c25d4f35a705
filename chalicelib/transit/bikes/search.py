"""Shared bikes from door to door: walk to a bike that is free now, ride, give it back near the goal, walk. Pure.

Rules
- A bike is taken at a station that rents and has `SPARE` vehicles at least (the last one may be gone by the time one
  is there), or where one stands by itself. It is given back at a station that takes it and has as many free docks.
- A fleet without stations to give back at, whose bikes may be left, is left only where another of it stands already:
  no-parking zones are not known here, and what stands there was let stand there.
- Who takes a bike of one fleet gives it back to the same fleet.
- The shortest time from door to door wins; of equals the one with more bikes, then the first station.
- Nobody walks further than `WALK_TO_BIKE_MAX_M` at an end, rides longer than `RIDE_MAX_S`, or rides where it is as fast
  on foot.

Sources of the numbers: cyclists in cities keep 4 m/s (14 km/h) over a trip with its crossings; taking a bike out and
giving it back takes a minute and half a minute, which is what OpenTripPlanner, too, counts for rentals. Distances are
as the crow flies times DETOUR, as for walks; walks follow streets where the feed knows them (`walking.Walking`). A
street graph for people on foot says little about where one may cycle.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chalicelib.foundation.distance import DETOUR
from chalicelib.transit.data.walking import CROW_FLY, metres
from chalicelib.transit.itinerary import Itinerary, Leg, Place, Rental

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from chalicelib.transit.data.walking import Walking

    Floats = NDArray[Any]

VEHICLE_MODES = ("bike", "scooter")  # of fleets, in the order in which they are offered
SPARE = 2  # vehicles, or free docks
WALK_TO_BIKE_MAX_M = 600  # at each end; further away one takes the bus
RIDE_MAX_S = 45 * 60  # longer than people ride to an appointment
METRES_PER_S = 4.0
WALK_METRES_PER_S = CROW_FLY.metres_per_s  # turns seconds on foot into metres
TAKE_S, GIVE_BACK_S = 60, 30
# no itinerary by bike takes longer
LONGEST_BY_BIKE_S = RIDE_MAX_S + TAKE_S + GIVE_BACK_S + 2 * int(WALK_TO_BIKE_MAX_M / WALK_METRES_PER_S)
NEAR_MAX = 60  # spots tried per end and fleet, nearest first
UNLIMITED_DOCKS = 1000  # docks of a place that never fills up
FAR_M = 10**6  # as good as no limit


class Point(NamedTuple):
    """WGS 84 degrees."""

    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Station:
    """Where bikes of a fleet are taken and given back. 0: none can be, for whatever reason."""

    station_id: str
    name: str
    lat: float
    lon: float
    vehicles: int
    docks: int


@dataclass(frozen=True)
class Fleet:
    """The vehicles of one kind of one operator, as they were counted at `observed_at` (POSIX s).

    `standing`: those that stand by themselves, (latitude, longitude, metres that they can go yet). `may_be_left`:
    they need no station at the end.
    """

    system: str
    mode: str  # one of VEHICLE_MODES
    observed_at: int
    stations: tuple[Station, ...] = ()
    standing: tuple[tuple[float, float, float], ...] = ()
    may_be_left: bool = False
    url: str = ""

    @cached_property
    def sources(self) -> Spots:
        """Where one may be taken: stations, then those that stand by themselves."""
        taken = [(s.lat, s.lon, FAR_M, s.vehicles, k) for k, s in enumerate(self.stations) if s.vehicles >= SPARE]
        return Spots([*taken, *((lat, lon, range_m, 1, -1) for lat, lon, range_m in self.standing)])

    @cached_property
    def goals(self) -> Spots:
        """Where one may be given back."""
        docks = [(s.lat, s.lon, 0.0, s.docks, k) for k, s in enumerate(self.stations) if s.docks >= SPARE]
        left = [(lat, lon, 0.0, -1, -1) for lat, lon, _ in self.standing] if self.may_be_left else []
        return Spots([*docks, *left])


class Spots:
    """Columns of spots: position, range in metres, how many are free, which station (-1: none)."""

    def __init__(self, rows: Sequence[tuple[float, float, float, int, int]]) -> None:
        table = np.array(rows, np.float64).reshape(-1, 5)
        self.lat, self.lon, self.range_m = table[:, 0], table[:, 1], table[:, 2]
        self.free, self.station = table[:, 3].astype(np.int64), table[:, 4].astype(np.int64)

    def near(self, here: Point, walking: Walking) -> tuple[NDArray[Any], NDArray[Any]]:
        """Which of them are within a walk from here, and the seconds it takes."""
        away = metres(here.lat, here.lon, self.lat, self.lon)
        close = np.flatnonzero(away <= WALK_TO_BIKE_MAX_M)
        close = close[np.argsort(away[close], kind="stable")]
        walks = [
            (at, walking.all_the_way(here.lat, here.lon, float(self.lat[at]), float(self.lon[at])))
            for at in close[:NEAR_MAX].tolist()
        ]
        kept = [
            (at, walk_s)
            for at, walk_s in walks
            if walk_s is not None and walk_s * WALK_METRES_PER_S <= WALK_TO_BIKE_MAX_M
        ]
        return np.array([at for at, _ in kept], np.int64), np.array([walk_s for _, walk_s in kept], np.int64)


@dataclass(frozen=True, slots=True)
class RideEnd:
    """One end of a ride. `station` None: a vehicle by itself."""

    point: Point
    walk_s: int
    free: int  # vehicles, or docks; -1: none are needed
    station: Station | None

    @property
    def place(self) -> Place:
        """Its name and position; what stands by itself has no name."""
        return Place(self.station.name if self.station else "", *self.point)

    @property
    def station_id(self) -> str | None:
        """The operator's."""
        return self.station.station_id if self.station else None


@dataclass(frozen=True, slots=True)
class ByBike:
    """Door to door by a fleet's vehicle. `ride_s` includes taking it and giving it back."""

    fleet: Fleet
    start: RideEnd
    end: RideEnd
    ride_s: int

    @property
    def total_s(self) -> int:
        """From door to door."""
        return self.start.walk_s + self.ride_s + self.end.walk_s

    def itinerary(self, origin: Place, destination: Place, leave_at: datetime) -> Itinerary:
        """From door to door. `leave_at` is aware; its zone is that of all instants."""
        take_at = add_seconds(leave_at, origin.walk_s + self.start.walk_s)
        give_at = add_seconds(take_at, self.ride_s)
        arrive_at = add_seconds(give_at, self.end.walk_s)
        start, end = self.start.place, self.end.place
        legs = (
            Leg("walk", origin.doorstep, start, leave_at, take_at),
            Leg(self.fleet.mode, start, end, take_at, give_at, rental=self._rental(leave_at)),
            Leg("walk", end, destination, give_at, arrive_at),
        )
        return Itinerary(leave_at, arrive_at, 0, legs)

    def _rental(self, instant: datetime) -> Rental:
        return Rental(
            self.fleet.system,
            self.start.free,
            None if self.end.free < 0 else self.end.free,
            datetime.fromtimestamp(self.fleet.observed_at, instant.tzinfo),
            self.start.station_id,
            self.end.station_id,
            self.fleet.url,
        )


def best_by_bike(
    fleets: Iterable[Fleet], origin: Point, destination: Point, walking: Walking = CROW_FLY
) -> ByBike | None:
    """The fastest by a shared bike; by another kind of vehicle only where none can be taken. None: neither can."""
    on_foot_s = walking.all_the_way(*origin, *destination)
    known = list(fleets)
    for mode in VEHICLE_MODES:
        found = [
            candidate
            for fleet in known
            if fleet.mode == mode and (candidate := _best_of_fleet(fleet, origin, destination, walking))
        ]
        best = min(found, key=lambda candidate: candidate.total_s, default=None)
        if best and (on_foot_s is None or best.total_s < on_foot_s):
            return best
    return None


def add_seconds(instant: datetime, seconds: float) -> datetime:
    """Elapsed seconds later; adding in a zone with summer time would count wall-clock hours."""
    return (instant.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(instant.tzinfo)


def ride_s(away_m: Floats) -> NDArray[Any]:
    """Seconds of a ride over these distances as the crow flies, with taking the bike and giving it back."""
    rolling: NDArray[Any] = np.ceil(away_m * (DETOUR / METRES_PER_S)).astype(np.int64)
    return rolling + TAKE_S + GIVE_BACK_S


def _best_of_fleet(fleet: Fleet, origin: Point, destination: Point, walking: Walking) -> ByBike | None:
    sources, goals = fleet.sources, fleet.goals
    starts, to_start_s = sources.near(origin, walking)
    ends, from_end_s = goals.near(destination, walking)
    if not len(starts) or not len(ends):
        return None
    away = metres(sources.lat[starts, None], sources.lon[starts, None], goals.lat[ends], goals.lon[ends])
    riding = ride_s(away)
    total = to_start_s[:, None] + riding + from_end_s
    wrong = (riding - TAKE_S - GIVE_BACK_S > RIDE_MAX_S) | (away * DETOUR > sources.range_m[starts, None]) | (away < 1)
    total = np.where(wrong, np.iinfo(np.int64).max, total)
    row, column = divmod(int(_first_of_equals(total, sources.free[starts])), len(ends))
    if wrong[row, column]:
        return None
    start, end = int(starts[row]), int(ends[column])
    return ByBike(
        fleet,
        spot_end(fleet, sources, start, int(to_start_s[row])),
        spot_end(fleet, goals, end, int(from_end_s[column])),
        int(riding[row, column]),
    )


def _first_of_equals(total: NDArray[Any], vehicles: NDArray[Any]) -> int:
    """The flat index of the least total; of equals that with most vehicles, then the nearest spots."""
    equal = np.flatnonzero(total == total.min())
    return int(equal[np.argmax(vehicles[equal // total.shape[1]])])


def spot_end(fleet: Fleet, spots: Spots, at: int, walk_s: int) -> RideEnd:
    """One of a fleet's spots as an end of a ride."""
    number = int(spots.station[at])
    station = fleet.stations[number] if number >= 0 else None
    return RideEnd(Point(float(spots.lat[at]), float(spots.lon[at])), walk_s, int(spots.free[at]), station)
