"""Footpaths between stops: what can be walked by itself, what stations join, and what transfers.txt says about it.

Later layers win over earlier ones, pair by pair and direction by direction:
1. near stops, as the crow flies times a detour;
2. platforms of one station, however far apart;
3. pathways.txt inside a station;
4. transfers.txt for stations, then for a station and a stop, then for two stops: a time, or "not possible".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.foundation.distance import DETOUR
from feeds.compile.tables.stops import PLATFORM, STATION
from feeds.compile.tables.transfers import IMPOSSIBLE, TIMED, WALKING_M_PER_S
from feeds.compile.walking.distance import metres
from feeds.compile.walking.nearby import near_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from feeds.compile.tables.part import FeedPart, Stops, Transfers

FOOTPATH_MAX_M = 500.0  # metres on foot between two stops that nothing else joins
UNPLACED_S = 120  # between two stops that are joined (by a station, a row of a table) when nobody knows where they are

NO_CHANGE = -2  # not possible
AS_WALKED = -3  # possible, in the time that lower layers know


@dataclass(frozen=True, slots=True)
class StopLinks:
    """Directed pairs of stops with the seconds and metres between them."""

    ends: NDArray[Any]  # i4 [n, 2]
    s: NDArray[Any]  # i4
    m: NDArray[Any]  # i4

    @classmethod
    def of(cls, ends: Any, s: Any, m: Any) -> StopLinks:
        """Links from anything that arrays are made from; empty lists too."""
        pairs = np.asarray(ends, np.int32).reshape(-1, 2)
        return cls(pairs, np.asarray(s, np.int32).reshape(-1), np.asarray(m, np.int32).reshape(-1))

    def over(self, below: StopLinks, n_stops: int) -> StopLinks:
        """Both, this one winning where they join the same two stops."""
        ends = np.concatenate([self.ends, below.ends])
        key = ends[:, 0].astype(np.int64) * n_stops + ends[:, 1]
        at = np.unique(key, return_index=True)[1]
        return StopLinks(ends[at], np.concatenate([self.s, below.s])[at], np.concatenate([self.m, below.m])[at])


@dataclass(frozen=True, slots=True)
class Footpaths:
    """What a timetable holds about changing: footpaths by rows of stops, and least times at one stop."""

    first: NDArray[Any]  # i4 [n_stops + 1]
    to: NDArray[Any]
    s: NDArray[Any]
    m: NDArray[Any]
    change_s: NDArray[Any]  # i4 [n_stops]


def crow_walk(stops: Stops, a: NDArray[Any], b: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Seconds and metres on foot between stops a and b, elementwise; `UNPLACED_S`, 0 m where a place is missing."""
    known = stops.placed[a] & stops.placed[b]
    m = np.where(known, metres(stops.lat[a], stops.lon[a], stops.lat[b], stops.lon[b]) * DETOUR, 0.0)
    s = np.where(known | (a == b), np.ceil(m / WALKING_M_PER_S), UNPLACED_S)
    return s.astype(np.int32), np.ceil(m).astype(np.int32)


def nearby_links(part: FeedPart) -> StopLinks:
    """Layer 1: stops that vehicles can call at, within `FOOTPATH_MAX_M` of each other on foot."""
    stops = part.stops
    at = np.flatnonzero(stops_for_vehicles(part) & stops.placed)
    pairs = at[near_pairs(stops.lat[at], stops.lon[at], FOOTPATH_MAX_M / DETOUR)]
    s, m = crow_walk(stops, pairs[:, 0], pairs[:, 1])
    return StopLinks.of(pairs, s, m)


def stops_for_vehicles(part: FeedPart) -> NDArray[Any]:
    """A mask of the stops that vehicles can call at."""
    mask: NDArray[Any] = part.stops.kind == PLATFORM
    mask[part.calls.stop] = True
    return mask


def sibling_links(stops: Stops) -> StopLinks:
    """Layer 2: every platform of a station with every other."""
    children = platforms_of_stations(stops)
    pairs = [(a, b) for group in children.values() for a in group for b in group if a != b]
    ends = np.array(pairs, np.int32).reshape(-1, 2)
    s, m = crow_walk(stops, ends[:, 0], ends[:, 1])
    return StopLinks.of(ends, s, m)


def platforms_of_stations(stops: Stops) -> dict[int, list[int]]:
    """Station → its platforms."""
    children: dict[int, list[int]] = {}
    for stop in np.flatnonzero((stops.kind == PLATFORM) & (stops.station >= 0)):
        children.setdefault(int(stops.station[stop]), []).append(int(stop))
    return children


def transfer_s(kind: int, least_s: int) -> int:
    """What one row of transfers.txt says: seconds, `NO_CHANGE` or `AS_WALKED`."""
    if kind == IMPOSSIBLE:
        return NO_CHANGE
    if kind == TIMED:
        return 0
    return least_s if least_s >= 0 else AS_WALKED


def transfer_links(part: FeedPart) -> StopLinks:
    """Layer 4: rows of transfers.txt that hold for every route and trip; `s` may be NO_CHANGE or AS_WALKED.

    Rows for stations hold for all their platforms; the more exactly a row names its stops, the more it counts, and of
    equals the first.
    """
    rows = part.transfers
    general = (rows.routes < 0).all(1) & (rows.trips < 0).all(1) & (rows.type <= IMPOSSIBLE)
    ranked: dict[int, StopLinks] = {rank: StopLinks.of([], [], []) for rank in range(3)}
    ranks = (part.stops.kind[rows.stops] != STATION).sum(1)
    children = platforms_of_stations(part.stops)
    for rank in ranked:
        at = np.flatnonzero(general & (ranks == rank))
        ranked[rank] = _expand_stations(rows, at, children) if rank < 2 else _stop_rows(rows, at)  # noqa: PLR2004 - both are stops
    n = len(part.stops.ids)
    return ranked[2].over(ranked[1], n).over(ranked[0], n)


def _stop_rows(rows: Transfers, at: NDArray[Any]) -> StopLinks:
    kind, least = rows.type[at], rows.min_s[at]
    s = np.where(least >= 0, least, AS_WALKED)
    s = np.select([kind == IMPOSSIBLE, kind == TIMED], [NO_CHANGE, 0], s)
    return StopLinks.of(rows.stops[at], s, np.zeros(len(at)))


def _expand_stations(rows: Transfers, at: NDArray[Any], children: dict[int, list[int]]) -> StopLinks:
    pairs, s = [], []
    for row in at:
        for pair in stop_pairs(rows.stops[row], children):
            pairs.append(pair)
            s.append(transfer_s(int(rows.type[row]), int(rows.min_s[row])))
    return StopLinks.of(pairs, s, np.zeros(len(s)))


def stop_pairs(ends: NDArray[Any], children: dict[int, list[int]]) -> list[tuple[int, int]]:
    """The pairs of stops that a row of transfers.txt speaks of: a station stands for itself and all its platforms."""
    a, b = int(ends[0]), int(ends[1])
    return [(x, y) for x in [a, *children.get(a, ())] for y in [b, *children.get(b, ())]]


def fill_in_walks(words: StopLinks, walked: StopLinks, stops: Stops) -> StopLinks:
    """The rows of transfers.txt; AS_WALKED and all metres filled in from the lower layers, else as the crow flies."""
    n = len(stops.ids)
    s, m = crow_walk(stops, words.ends[:, 0], words.ends[:, 1])
    key = walked.ends[:, 0].astype(np.int64) * n + walked.ends[:, 1]
    order = np.argsort(key)
    wanted = words.ends[:, 0].astype(np.int64) * n + words.ends[:, 1]
    if len(key):
        at = order[np.minimum(np.searchsorted(key, wanted, sorter=order), len(key) - 1)]
        s, m = np.where(key[at] == wanted, walked.s[at], s), np.where(key[at] == wanted, walked.m[at], m)
    same = words.ends[:, 0] == words.ends[:, 1]
    s = np.where(same, -1, s)  # at one stop, "recommended" leaves the least time to the caller
    return StopLinks(words.ends, np.where(words.s == AS_WALKED, s, words.s), m)


def footpaths_of(part: FeedPart, base: StopLinks, inside: StopLinks) -> Footpaths:
    """All layers together. `base` is layer 1 (or streets that were measured), `inside` layer 3."""
    n = len(part.stops.ids)
    walked = inside.over(sibling_links(part.stops).over(base, n), n)
    words = fill_in_walks(transfer_links(part), walked, part.stops)
    links = words.over(walked, n)
    same = links.ends[:, 0] == links.ends[:, 1]
    change_s = np.full(n, -1, np.int32)
    change_s[links.ends[same, 0]] = links.s[same]
    path = ~same & (links.s >= 0)
    ends = links.ends[path]  # ordered by (from, to), as `over` leaves them
    first = np.zeros(n + 1, np.int32)
    np.cumsum(np.bincount(ends[:, 0], minlength=n), out=first[1:])
    return Footpaths(first, ends[:, 1], links.s[path], links.m[path], change_s)
