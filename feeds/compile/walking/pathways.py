"""The shortest walks through stations that pathways.txt describes: among platforms, between them and entrances."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.transit.data.timetable import ENTRANCE
from feeds.compile.tables.stops import BOARDING_AREA, PLATFORM
from feeds.compile.walking.footpaths import StopLinks, crow_walk

if TYPE_CHECKING:
    from feeds.compile.tables.part import FeedPart

StationGraph = dict[int, list[tuple[int, int, int]]]  # node → (next node, seconds, metres)


def inside_stations(part: FeedPart) -> StopLinks:
    """Platform to platform, entrance to platform and back, as quick as pathways allow."""
    graph, kind = _graph(part), part.stops.kind
    ends, s, m = [], [], []
    for start in (node for node in graph if kind[node] in {PLATFORM, ENTRANCE}):
        wanted = {PLATFORM} if kind[start] == ENTRANCE else {PLATFORM, ENTRANCE}
        for node, (time, length) in _distances_from(graph, start).items():
            if node != start and kind[node] in wanted:
                ends.append((start, node))
                s.append(time)
                m.append(length)
    return StopLinks.of(ends, s, m)


def _graph(part: FeedPart) -> StationGraph:
    pathways, stops = part.pathways, part.stops
    crow_s, crow_m = crow_walk(stops, pathways.ends[:, 0], pathways.ends[:, 1])
    s, m = np.where(pathways.s >= 0, pathways.s, crow_s), np.where(pathways.m > 0, pathways.m, crow_m)
    graph: StationGraph = {}
    for (a, b), time, length, both in zip(pathways.ends.tolist(), s.tolist(), m.tolist(), pathways.both, strict=True):
        graph.setdefault(a, []).append((b, time, length))
        graph.setdefault(b, [])
        if both:
            graph[b].append((a, time, length))
    for area in [node for node in graph if stops.kind[node] == BOARDING_AREA and stops.parent[node] >= 0]:
        platform = int(stops.parent[area])
        graph.setdefault(platform, []).append((area, 0, 0))
        graph[area].append((platform, 0, 0))
    return graph


def _distances_from(graph: StationGraph, start: int) -> dict[int, tuple[int, int]]:
    """Dijkstra from one node: node → seconds and metres."""
    done: dict[int, tuple[int, int]] = {}
    heap = [(0, 0, start)]
    while heap:
        time, length, node = heapq.heappop(heap)
        if node in done:
            continue
        done[node] = (time, length)
        for after, more_s, more_m in graph[node]:
            if after not in done:
                heapq.heappush(heap, (time + more_s, length + more_m, after))
    return done
