"""One service day of a network as the arrays of a timetable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.compile.exceptions import exceptions
from feeds.compile.findings import Unusable
from feeds.compile.runs import continuations
from feeds.compile.text import TextPool

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from feeds.compile.runs import Runs
    from feeds.compile.tables.part import FeedPart
    from feeds.compile.walking.footpaths import Footpaths

CALLS_MAX = 30_000_000
"""stop_times of one day, frequencies expanded; ten times the largest network that we know of."""


def arrays_of(part: FeedPart, runs: Runs, footpaths: Footpaths) -> dict[str, NDArray[Any]]:
    """Every array of `timetable.TIMETABLE_FIELDS` and `MORE_FIELDS`.

    Raises `Unusable` if the day is larger than any real one.
    """
    texts = TextPool()
    arrays = _stops(part, footpaths, texts) | _routes(part, texts)
    arrays |= _runs(part, runs, texts) | _calls(part, runs)
    arrays |= exceptions(part, runs, footpaths)
    return arrays | {"text_blob": texts.blob()}


def _stops(part: FeedPart, footpaths: Footpaths, texts: TextPool) -> dict[str, NDArray[Any]]:
    stops = part.stops
    return {
        "stop_id_text": texts.places(stops.ids),
        "stop_name_text": texts.places(stops.names),
        "stop_lat": stops.lat,
        "stop_lon": stops.lon,
        "stop_parent": stops.station,
        "stop_kind": stops.kind,
        "stop_change_s": footpaths.change_s,
        "path_first": footpaths.first,
        "path_to": footpaths.to,
        "path_s": footpaths.s,
        "path_m": footpaths.m,
    }


def _routes(part: FeedPart, texts: TextPool) -> dict[str, NDArray[Any]]:
    return {
        "route_id_text": texts.places(part.routes.ids),
        "route_name_text": texts.places(part.routes.names),
        "route_type": part.routes.type,
        "route_phone_text": texts.places(part.routes.phones),
    }


def _runs(part: FeedPart, runs: Runs, texts: TextPool) -> dict[str, NDArray[Any]]:
    trips, back = np.unique(runs.trip, return_inverse=True)
    first = np.zeros(len(runs.trip) + 1, np.int64)
    np.cumsum(np.diff(part.calls.first)[runs.trip], out=first[1:])
    if first[-1] > CALLS_MAX:
        raise Unusable(
            f"{first[-1]} stop_times on one day: more than any real network; the publisher has to check frequencies.txt"
        )
    return {
        "run_trip_id_text": texts.places(part.trips.ids[trip] for trip in trips)[back],
        "run_headsign_text": texts.places(part.trips.headsigns[trip] for trip in trips)[back],
        "run_route": part.trips.route[runs.trip],
        "run_direction": part.trips.direction[runs.trip],
        "run_day": runs.day,
        "run_start_s": runs.start_s,
        "run_next": continuations(part, runs),
        "run_first": first,
    }


def _calls(part: FeedPart, runs: Runs) -> dict[str, NDArray[Any]]:
    calls = part.calls
    count = np.diff(calls.first)[runs.trip]
    begin = np.cumsum(count) - count
    at = np.arange(count.sum()) + np.repeat(calls.first[runs.trip] - begin, count)
    offset = np.repeat(runs.offset_s, count)
    return {
        "st_stop": calls.stop[at],
        "st_arrives": (calls.arrives[at] + offset).astype(np.int32),
        "st_departs": (calls.departs[at] + offset).astype(np.int32),
        "st_sequence": calls.sequence[at],
        "st_flags": calls.flags[at],
    }
