"""Street times on foot, where the operator gave an OpenStreetMap extract: a `Walking` over a compiled street graph.

Rules of the file `streets.st` (layout as in `timetable`)
- Nodes are crossings and points at most some 60 m apart along a street, ordered by latitude; edges are directed twice.
- Stops hang on the nodes near them (`link_…`, by node). Stops that hang nowhere are far from any street of the extract;
  for them, and for places outside it, the distance as the crow flies counts, as without streets.
- A place reaches its nearest nodes in a straight line; from there on, streets. All in metres; seconds at a calm pace.
"""

from __future__ import annotations

import heapq
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.foundation.distance import DEGREE_M, EARTH_M
from chalicelib.transit.data.timetable import map_arrays, write_arrays
from chalicelib.transit.data.walking import CROW_FLY, Reach, metres

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from chalicelib.transit.data.walking import CrowFly, StopPositions

STREETS_MAGIC = b"LTHST\x00\x00\x01"
STREET_FIELDS: Mapping[str, str] = {
    "node_lat": "f8",  # ascending
    "node_lon": "f8",
    "edge_first": "i4",  # [n_nodes + 1]: node n leads to edge_to[edge_first[n]:edge_first[n+1]]
    "edge_to": "i4",
    "edge_m": "f4",
    "link_first": "i4",  # [n_nodes + 1]: the stops that hang on node n
    "link_stop": "i4",
    "link_m": "f4",
    "hanging": "?",  # [n_stops] whether the stop hangs on any node
}
SNAP_MAX_M = 250.0  # a place further than this from every street is none that the extract knows
SNAP_MORE_M = 60.0  # besides its nearest node a place reaches those that are this much further
SNAP_NODES = 6  # at most so many of them, nearest first
CACHED_PLACES_MAX = 4096  # homes and venues of a day's tickets


def save_streets(path: Path, meta: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
    """Writes a street graph so that no reader ever sees half of it."""
    write_arrays(
        path,
        STREETS_MAGIC,
        meta,
        {name: np.ascontiguousarray(arrays[name], STREET_FIELDS[name]) for name in STREET_FIELDS},
    )


def load_streets(path: Path) -> Streets:
    """Opens a street graph. Raises `BadTimetable`, `FileNotFoundError`."""
    return Streets(Graph(map_arrays(path, STREETS_MAGIC)[1]))


class Graph:
    """The street graph and the two searches that it is for."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.arrays = arrays
        self.lat, self.lon = arrays["node_lat"], arrays["node_lon"]
        self.first, self.to, self.m = (arrays[name].data for name in ("edge_first", "edge_to", "edge_m"))
        self.link_first, self.link_stop, self.link_m = (
            arrays[name].data for name in ("link_first", "link_stop", "link_m")
        )

    def nearest(self, lat: float, lon: float) -> list[tuple[int, float]]:
        """The nodes at which a place meets the streets, and the straight metres to them; none: too far away."""
        reach = math.degrees(SNAP_MAX_M / EARTH_M)
        begin, end = np.searchsorted(self.lat, (lat - reach, lat + reach))
        away = metres(lat, lon, self.lat[begin:end], self.lon[begin:end])
        order = np.argsort(away, kind="stable")[:SNAP_NODES]
        if not len(order) or away[order[0]] > SNAP_MAX_M:
            return []
        limit = min(SNAP_MAX_M, float(away[order[0]]) + SNAP_MORE_M)
        return [(int(begin + at), float(away[at])) for at in order if away[at] <= limit]

    def nodes_within(self, starts: Iterable[tuple[int, float]], limit_m: float) -> dict[int, float]:
        """Dijkstra: the nodes within `limit_m` of the starts, and how far they are."""
        done: dict[int, float] = {}
        heap = [(away, node) for node, away in starts]
        heapq.heapify(heap)
        first, to, m = self.first, self.to, self.m
        while heap:
            away, node = heapq.heappop(heap)
            if node in done:
                continue
            done[node] = away
            for edge in range(first[node], first[node + 1]):
                further = away + m[edge]
                if further <= limit_m and to[edge] not in done:
                    heapq.heappush(heap, (further, to[edge]))
        return done

    def stops_within(self, starts: Iterable[tuple[int, float]], limit_m: float) -> dict[int, float]:
        """The stops within `limit_m` on foot, and how far they are."""
        found: dict[int, float] = {}
        for node, away in self.nodes_within(starts, limit_m).items():
            for link in range(self.link_first[node], self.link_first[node + 1]):
                stop, whole = self.link_stop[link], away + self.link_m[link]
                if whole <= min(limit_m, found.get(stop, math.inf)):
                    found[stop] = whole
        return found

    def between(
        self, starts: list[tuple[int, float]], goals: dict[int, float], away: Callable[[int], float], limit_m: float
    ) -> float | None:
        """A*: metres to the goals (node → metres from there on); `away` never overestimates. None: over `limit_m`."""
        best, done = math.inf, set()
        heap = [(so_far + away(node), so_far, node) for node, so_far in starts]
        heapq.heapify(heap)
        while heap:
            guess, so_far, node = heapq.heappop(heap)
            if guess > min(best, limit_m):
                break
            if node in done:
                continue
            done.add(node)
            best = min(best, so_far + goals.get(node, math.inf))
            for edge in range(self.first[node], self.first[node + 1]):
                if self.to[edge] not in done:
                    further = so_far + self.m[edge]
                    heapq.heappush(heap, (further + away(self.to[edge]), further, self.to[edge]))
        return best if best <= limit_m else None


class Streets:
    """See `walking.Walking`. Remembers the places it was asked for: tickets are planned again and again."""

    def __init__(self, graph: Graph, crow: CrowFly = CROW_FLY) -> None:
        self._graph, self._crow = graph, crow
        self._stops = lru_cache(CACHED_PLACES_MAX)(self._stops_near)
        self._walk_m = lru_cache(CACHED_PLACES_MAX)(self._metres_between)

    def to_stops(self, lat: float, lon: float, served: StopPositions) -> Reach:
        """Stops along streets; as the crow flies those that hang on none, and all of them without streets here."""
        guessed = self._crow.to_stops(lat, lon, served)
        known = self._stops(lat, lon)
        if known is None:
            return guessed
        stops, seconds = known
        here = np.isin(stops, served.stops)
        off = ~self._graph.arrays["hanging"][guessed.stops]
        return Reach(
            np.concatenate([stops[here], guessed.stops[off]]).astype(np.int32),
            np.concatenate([seconds[here], guessed.seconds[off]]).astype(np.int32),
        )

    def all_the_way(self, lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> int | None:
        """Seconds along streets, None where that is too far; as the crow flies where no streets are known."""
        if metres(lat_a, lon_a, np.array([lat_b]), np.array([lon_b]))[0] > self._crow.all_the_way_m:
            return None
        walk_m = self._walk_m(lat_a, lon_a, lat_b, lon_b)
        if walk_m is None:
            return self._crow.all_the_way(lat_a, lon_a, lat_b, lon_b)
        return None if math.isinf(walk_m) else self._seconds(walk_m)

    def _seconds(self, walk_m: float) -> int:
        return math.ceil(walk_m / self._crow.metres_per_s)

    def _stops_near(self, lat: float, lon: float) -> tuple[NDArray[Any], NDArray[Any]] | None:
        starts = self._graph.nearest(lat, lon)
        if not starts:
            return None
        found = self._graph.stops_within(starts, self._crow.reach_m)
        seconds = [self._seconds(walk_m) for walk_m in found.values()]
        return np.fromiter(found, np.int32, len(found)), np.array(seconds, np.int32)

    def _metres_between(self, lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float | None:
        """Metres, infinity: too far; None: one of the places is near no street."""
        starts, goals = self._graph.nearest(lat_a, lon_a), self._graph.nearest(lat_b, lon_b)
        if not starts or not goals:
            return None
        direct = float(metres(lat_a, lon_a, np.array([lat_b]), np.array([lon_b]))[0])
        if direct <= SNAP_MORE_M:
            return direct * self._crow.detour
        lat, lon = self._graph.lat.data, self._graph.lon.data
        scale = 0.999 * DEGREE_M  # a little under the truth, so that A* stays exact
        east = math.cos(math.radians(max(abs(lat_a), abs(lat_b)) + 0.1)) * scale

        def away(node: int) -> float:
            return math.hypot((lat[node] - lat_b) * scale, ((lon[node] - lon_b + 180) % 360 - 180) * east)

        walk_m = self._graph.between(starts, dict(goals), away, self._crow.all_the_way_m)
        return math.inf if walk_m is None else walk_m
