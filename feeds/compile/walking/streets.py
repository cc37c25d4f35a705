"""Pedestrian networks from OpenStreetMap: footpaths between stops, and the graph for walks at both ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.foundation.distance import EARTH_M
from chalicelib.transit.data.streets import STREET_FIELDS, Graph
from feeds.compile.findings import Unusable
from feeds.compile.tables.transfers import WALKING_M_PER_S
from feeds.compile.walking.distance import metres
from feeds.compile.walking.footpaths import FOOTPATH_MAX_M, StopLinks, stops_for_vehicles
from feeds.compile.walking.osm import Ways

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from feeds.compile.tables.part import FeedPart, Stops

SPACING_M = 60.0  # points along a street; a place meets the streets at one of them
ISLAND_MAX = 20  # nodes; a piece of the graph as small as this leads nowhere, unless nothing is larger
AROUND_M = 6000.0  # streets further than this from every stop serve nobody: a ride's walk at most, and its detour


@dataclass(frozen=True, slots=True)
class Edges:
    """A graph before it is packed: nodes and undirected edges."""

    lat: NDArray[Any]
    lon: NDArray[Any]
    ends: NDArray[Any]  # i8 [n, 2]
    m: NDArray[Any]


def street_arrays(ways: Ways, stops: Stops) -> dict[str, NDArray[Any]]:
    """The arrays of `chalicelib.transit.data.streets.STREET_FIELDS`."""
    edges = _drop_islands(_split_long(_thin(_around(ways, stops))))
    arrays = _pack(edges)
    none = np.zeros(len(edges.lat) + 1, np.int32)
    empty = {"link_first": none, "link_stop": none[:0], "link_m": none[:0].astype("f4"), "hanging": none[:0]}
    return arrays | _hang_stops(Graph(_cast(arrays | empty)), stops)


def _around(ways: Ways, stops: Stops) -> Ways:
    """The ways with a point within some `AROUND_M` of a stop. Raises `Unusable` when the extract is of elsewhere."""
    size = np.degrees(AROUND_M / EARTH_M)

    def cells(lat: NDArray[Any], lon: NDArray[Any], right: int = 0) -> NDArray[Any]:
        row = np.floor(lat / size)
        wide = size / np.maximum(np.cos(np.radians(row * size)), 0.01)  # cells of one row are equally wide
        return np.asarray(row * 1e7 + np.floor(lon / wide) + right).astype(np.int64)

    lat, lon = stops.lat[stops.placed], stops.lon[stops.placed]
    around = [cells(lat + down * size, lon, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    near = np.isin(cells(ways.lat, ways.lon), np.concatenate(around))
    way = np.repeat(np.arange(len(ways.first) - 1), np.diff(ways.first))
    chosen = np.bincount(way[near], minlength=len(ways.first) - 1) > 0
    if not chosen.any():
        raise Unusable("the OpenStreetMap extract holds no street near any stop of the feed; is it of another region?")
    points = chosen[way]
    first = np.concatenate([[0], np.cumsum(np.diff(ways.first)[chosen])])
    return Ways(first, ways.node[points], ways.lat[points], ways.lon[points])


def _cast(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {name: np.ascontiguousarray(arrays[name], STREET_FIELDS[name]) for name in STREET_FIELDS}


def _thin(ways: Ways) -> Edges:
    """Crossings, ends of ways and one point every `SPACING_M`; lengths follow every bend."""
    nodes, of, count = np.unique(ways.node, return_inverse=True, return_counts=True)
    inner = np.ones(len(of), bool)
    inner[ways.first[:-1][np.diff(ways.first) > 0]] = False  # begins a way
    step = np.zeros(len(of))
    step[1:] = metres(ways.lat[:-1], ways.lon[:-1], ways.lat[1:], ways.lon[1:])
    step[~inner] = 0
    along = np.cumsum(step)
    last = ways.first[1:][np.diff(ways.first) > 0] - 1
    kept = ~inner | (count[of] > 1)
    kept[last] = True
    slot = np.floor(along / SPACING_M)
    kept[1:] |= slot[1:] != slot[:-1]
    at = np.flatnonzero(kept)
    pair = np.stack([at[:-1], at[1:]], axis=1)
    way = np.searchsorted(ways.first, at, side="right")
    pair = pair[(way[:-1] == way[1:]) & (of[at[:-1]] != of[at[1:]])]
    used, ends = np.unique(of[pair], return_inverse=True)
    where = np.zeros(len(nodes), np.int64)
    where[of] = np.arange(len(of))
    return Edges(
        ways.lat[where[used]], ways.lon[where[used]], ends.reshape(-1, 2), along[pair[:, 1]] - along[pair[:, 0]]
    )


def _split_long(edges: Edges) -> Edges:
    """Long straight edges get points in between."""
    pieces = np.maximum(np.ceil(edges.m / (1.5 * SPACING_M)), 1).astype(np.int64)
    edge = np.repeat(np.arange(len(pieces)), pieces)
    k = np.arange(len(edge)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    inside = k > 0
    fraction = k / pieces[edge]
    a, b = edges.ends[edge, 0], edges.ends[edge, 1]
    number = np.cumsum(inside) - 1 + len(edges.lat)
    begin = np.where(inside, number, a)
    end = np.where(k == pieces[edge] - 1, b, np.append(number[1:], 0))
    lat = (edges.lat[a] + (edges.lat[b] - edges.lat[a]) * fraction)[inside]
    lon = (edges.lon[a] + (edges.lon[b] - edges.lon[a]) * fraction)[inside]
    return Edges(
        np.concatenate([edges.lat, lat]),
        np.concatenate([edges.lon, lon]),
        np.stack([begin, end], axis=1),
        (edges.m / pieces)[edge],
    )


def _drop_islands(edges: Edges) -> Edges:
    """Drops pieces of the graph that lead nowhere: stops hung on them could not be left."""
    piece = _pieces(edges)
    size = np.bincount(piece, minlength=len(edges.lat))
    kept = size[piece] > min(ISLAND_MAX, int(size.max(initial=1)) - 1)
    number = np.cumsum(kept) - 1
    stays = kept[edges.ends[:, 0]]
    return Edges(edges.lat[kept], edges.lon[kept], number[edges.ends[stays]], edges.m[stays])


def _pieces(edges: Edges) -> NDArray[Any]:
    """The number of each node's connected piece: the lowest node in it, found by halving pointers."""
    label = np.arange(len(edges.lat))
    while True:
        low = np.minimum(label[edges.ends[:, 0]], label[edges.ends[:, 1]])
        new = label.copy()
        np.minimum.at(new, edges.ends[:, 0], low)
        np.minimum.at(new, edges.ends[:, 1], low)
        np.minimum.at(new, label, new)
        new = new[new]
        if (new == label).all():
            return label
        label = new


def _pack(edges: Edges) -> dict[str, NDArray[Any]]:
    """Nodes by latitude, edges by node, each in both directions."""
    order = np.argsort(edges.lat, kind="stable")
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    ends = np.concatenate([number[edges.ends], number[edges.ends][:, ::-1]])
    m = np.concatenate([edges.m, edges.m])
    by_node = np.lexsort((ends[:, 1], ends[:, 0]))
    first = np.zeros(len(order) + 1, np.int64)
    np.cumsum(np.bincount(ends[:, 0], minlength=len(order)), out=first[1:])
    return {
        "node_lat": edges.lat[order],
        "node_lon": edges.lon[order],
        "edge_first": first,
        "edge_to": ends[by_node, 1],
        "edge_m": m[by_node],
    }


def _hang_stops(graph: Graph, stops: Stops) -> dict[str, NDArray[Any]]:
    """Which stops hang on which nodes, by node."""
    found: list[tuple[int, int, float]] = []
    for at in np.flatnonzero(stops.placed).tolist():
        found += [(node, at, m) for node, m in graph.nearest(float(stops.lat[at]), float(stops.lon[at]))]
    found.sort()
    node, stop = (np.array([link[end] for link in found], np.int64) for end in (0, 1))
    first = np.zeros(len(graph.lat) + 1, np.int64)
    np.cumsum(np.bincount(node, minlength=len(graph.lat)), out=first[1:])
    hanging = np.zeros(len(stops.ids), bool)
    hanging[stop] = True
    m = np.array([link[2] for link in found], np.float64)
    return {"link_first": first, "link_stop": stop, "link_m": m, "hanging": hanging}


def street_links(arrays: dict[str, NDArray[Any]], crow: StopLinks, part: FeedPart) -> StopLinks:
    """Footpaths along streets between stops at most `FOOTPATH_MAX_M` apart on foot.

    `crow` is what distances alone would link: it stays for pairs of which one stop hangs on no street.
    """
    graph, stops = Graph(_cast(arrays)), part.stops
    hanging, called = graph.arrays["hanging"], stops_for_vehicles(part)
    ends, m = [], []
    for stop in np.flatnonzero(hanging & called).tolist():
        starts = graph.nearest(float(stops.lat[stop]), float(stops.lon[stop]))
        for other, way_m in graph.stops_within(starts, FOOTPATH_MAX_M).items():
            if other != stop and called[other]:
                ends.append((stop, other))
                m.append(way_m)
    along = StopLinks.of(ends, np.ceil(np.array(m) / WALKING_M_PER_S), np.ceil(np.array(m)))
    off = ~(hanging[crow.ends[:, 0]] & hanging[crow.ends[:, 1]])
    return along.over(StopLinks(crow.ends[off], crow.s[off], crow.m[off]), len(stops.ids))
