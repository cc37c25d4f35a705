"""Walks at both ends: from a place to the stops one can reach on foot, and all the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.walking import Reach
from chalicelib.transit.search.prices import AT_STOP_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.data.walking import Walking
    from chalicelib.transit.itinerary import Place
    from chalicelib.transit.search.network import Network

    Ints = NDArray[Any]


def reach(network: Network, place: Place, walking: Walking, *, outward: bool) -> Reach:
    """The stops from which one leaves (outward) or at which one arrives for a place. Raises `UnknownStop`."""
    if place.stop_id is not None:
        platforms = network.platforms(place.stop_id)
        near = _on_the_table(network, platforms, outward=outward)
        if np.isin(near.stops, network.served.stops).any():
            return near
    walked = walking.to_stops(place.lat, place.lon, network.served)
    here, _ = network.everywhere.within(place.lat, place.lon, AT_STOP_M)
    return _lesser(_on_the_table(network, here, outward=outward), walked) if len(here) else walked


def walk_all_the_way(network: Network, origin: Place, destination: Place, walking: Walking) -> int | None:
    """Seconds on foot from door to door, None where that is too far. The change table wins between two stops."""
    if origin.stop_id is not None and destination.stop_id is not None:
        goals = network.platforms(destination.stop_id)
        near = _on_the_table(network, network.platforms(origin.stop_id), outward=True)
        known = near.seconds[np.isin(near.stops, goals)]
        if len(known):
            return int(known.min())
    return walking.all_the_way(origin.lat, origin.lon, destination.lat, destination.lon)


def _on_the_table(network: Network, stops: Ints, *, outward: bool) -> Reach:
    """The stops themselves and where one footpath leads from (or to) them."""
    paths = network.footpaths(outward=outward)
    found = [Reach(stops, np.zeros(len(stops), np.int32))]
    for stop in stops:
        begin, end = paths.first[stop], paths.first[stop + 1]
        found.append(Reach(paths.to[begin:end], paths.seconds[begin:end]))
    return _lesser(*found, first_wins=False)


def _lesser(*reaches: Reach, first_wins: bool = True) -> Reach:
    """All stops of all; of a stop that is in several, the first's word, or the least time."""
    stops = np.concatenate([each.stops for each in reaches])
    seconds = np.concatenate([each.seconds for each in reaches])
    sort = np.argsort(stops, kind="stable") if first_wins else np.lexsort((seconds, stops))
    stops, seconds = stops[sort], seconds[sort]
    fresh = np.ones(len(stops), bool)
    fresh[1:] = stops[1:] != stops[:-1]
    return Reach(stops[fresh].astype(np.int32), seconds[fresh].astype(np.int32))
