"""How people walk: distances, which stops are near, how long it takes.

`Walking` is the seam: `CrowFly` guesses from distances; street times can stand in its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from chalicelib.foundation.distance import DETOUR, EARTH_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[Any]


class UnknownStop(ValueError):
    """The feed has no stop of this id; the caller has to name another."""


class Reach(NamedTuple):
    """Stops and the seconds of walking to (or from) them, one entry per stop."""

    stops: Ints
    seconds: Ints


class StopPositions:
    """Where some stops (those with calls) are, sorted by latitude, so that a neighbourhood is a slice.

    Stops at 0, 0 are left out: nobody knows where they are.
    """

    def __init__(self, stops: Ints, lat: Ints, lon: Ints) -> None:
        stops = stops[(lat[stops] != 0) | (lon[stops] != 0)]
        sort = np.argsort(lat[stops], kind="stable")
        self.stops = stops[sort].astype(np.int32)
        self.lat, self.lon = lat[self.stops], lon[self.stops]

    def within(self, lat: float, lon: float, radius_m: float) -> tuple[Ints, Ints]:
        """Indices of the stops in the circle and their distances in metres."""
        reach = np.degrees(radius_m / EARTH_M)
        begin, end = np.searchsorted(self.lat, (lat - reach, lat + reach))
        away = metres(lat, lon, self.lat[begin:end], self.lon[begin:end])
        near = np.flatnonzero(away <= radius_m)
        return self.stops[begin + near], away[near]


class Walking(Protocol):
    """How long people walk. All times in whole seconds, rounded up."""

    def to_stops(self, lat: float, lon: float, served: StopPositions) -> Reach:
        """The stops that one would walk to from here (the same is assumed for walking from them)."""
        ...

    def all_the_way(self, lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> int | None:
        """Seconds from a to b on foot; None: nobody would walk that far."""
        ...


@dataclass(frozen=True, slots=True)
class CrowFly:
    """The distance as the crow flies, times a detour, at a calm pace."""

    metres_per_s: float = 1.25
    detour: float = DETOUR
    reach_m: float = 1500.0  # walked metres to or from a stop
    all_the_way_m: float = 4500.0  # walked metres instead of riding: an hour

    def to_stops(self, lat: float, lon: float, served: StopPositions) -> Reach:
        """See `Walking`."""
        stops, away = served.within(lat, lon, self.reach_m / self.detour)
        return Reach(stops, self._seconds(away))

    def all_the_way(self, lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> int | None:
        """See `Walking`."""
        away = metres(lat_a, lon_a, np.array([lat_b]), np.array([lon_b]))
        return int(self._seconds(away)[0]) if away[0] * self.detour <= self.all_the_way_m else None

    def _seconds(self, away: Ints) -> Ints:
        return np.ceil(away * (self.detour / self.metres_per_s)).astype(np.int32)


CROW_FLY = CrowFly()


def metres(lat: Any, lon: Any, lats: Any, lons: Any) -> Ints:
    """Distances that are right to a thousandth within the 100 km that matter here, also across the date line."""
    east = (np.asarray(lons) - lon + 180) % 360 - 180
    x = np.radians(east) * np.cos(np.radians((np.asarray(lats) + lat) / 2))
    y = np.radians(np.asarray(lats) - lat)
    away: Ints = EARTH_M * np.hypot(x, y)
    return away
