"""Several feeds as one: their rows one after the other, and ids made distinct where two feeds use the same one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.compile.tables.part import Calls, FeedPart, Frequencies, Pathways, Routes, Stops, Transfers, Trips

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from feeds.compile.tables.services import Services


def join_feeds(parts: Sequence[FeedPart], names: Sequence[str]) -> FeedPart:
    """One part. An id that an earlier feed has too becomes `name:id`; walking between them is computed later."""
    whole = parts[0]
    for part, name in zip(parts[1:], names[1:], strict=True):
        whole = _pair(whole, part, name)
    return whole


def _distinct_ids(ids: list[str], taken: list[str], name: str) -> list[str]:
    known = set(taken)
    return [f"{name}:{text}" if text in known else text for text in ids]


def _shift(index: NDArray[Any], by: int) -> NDArray[Any]:
    return np.where(index >= 0, index + by, index).astype(index.dtype)


def _concat(a: Any, b: Any) -> NDArray[Any]:
    return np.concatenate([a, b])


def _concat_each(a: Any, b: Any, names: Sequence[str]) -> list[NDArray[Any]]:
    return [_concat(getattr(a, name), getattr(b, name)) for name in names]


def _pair(a: FeedPart, b: FeedPart, name: str) -> FeedPart:
    stops, routes, trips = len(a.stops.ids), len(a.routes.ids), len(a.trips.ids)
    return FeedPart(
        a.zones + b.zones,
        _stops(a.stops, b.stops, name, stops),
        Routes(
            a.routes.ids + _distinct_ids(b.routes.ids, a.routes.ids, name),
            a.routes.names + b.routes.names,
            _concat(a.routes.type, b.routes.type),
            a.routes.phones + b.routes.phones,
        ),
        _trips(a, b, name),
        _calls(a.calls, b.calls, stops),
        _services(a.services, b.services, len(a.zones)),
        Frequencies(
            _concat(a.frequencies.trip, b.frequencies.trip + trips),
            *_concat_each(a.frequencies, b.frequencies, ("start_s", "end_s", "headway_s", "exact")),
        ),
        _transfers(a.transfers, b.transfers, (stops, routes, trips)),
        Pathways(
            _concat(a.pathways.ends, b.pathways.ends + stops),
            *_concat_each(a.pathways, b.pathways, ("s", "m", "both")),
        ),
    )


def _stops(a: Stops, b: Stops, name: str, by: int) -> Stops:
    return Stops(
        a.ids + _distinct_ids(b.ids, a.ids, name),
        a.names + b.names,
        _concat(a.lat, b.lat),
        _concat(a.lon, b.lon),
        _concat(a.kind, b.kind),
        _concat(a.parent, _shift(b.parent, by)),
        _concat(a.station, _shift(b.station, by)),
        _concat(a.placed, b.placed),
    )


def _trips(a: FeedPart, b: FeedPart, name: str) -> Trips:
    x, y = a.trips, b.trips
    blocks = int(x.block.max(initial=-1)) + 1
    return Trips(
        x.ids + _distinct_ids(y.ids, x.ids, name),
        x.headsigns + y.headsigns,
        _concat(x.route, y.route + len(a.routes.ids)),
        _concat(x.service, y.service + a.services.n),
        _concat(x.block, _shift(y.block, blocks)),
        _concat(x.direction, y.direction),
    )


def _calls(a: Calls, b: Calls, stops: int) -> Calls:
    return Calls(
        _concat(a.first[:-1], b.first + a.first[-1]),
        _concat(a.stop, b.stop + stops),
        *_concat_each(a, b, ("arrives", "departs", "sequence", "flags")),
    )


def _services(a: Services, b: Services, zones: int) -> Services:
    same = ("row_first", "row_last", "row_days", "exc_date", "exc_type")
    return replace(
        a,
        n=a.n + b.n,
        zone=_concat(a.zone, b.zone + zones),
        row_service=_concat(a.row_service, b.row_service + a.n),
        exc_service=_concat(a.exc_service, b.exc_service + a.n),
        **{name: _concat(getattr(a, name), getattr(b, name)) for name in same},
    )


def _transfers(a: Transfers, b: Transfers, by: tuple[int, int, int]) -> Transfers:
    ends = zip(("stops", "routes", "trips"), by, strict=True)
    return Transfers(
        _concat(a.type, b.type),
        _concat(a.min_s, b.min_s),
        *(_concat(getattr(a, name), _shift(getattr(b, name), more)) for name, more in ends),
    )
