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
    """The stops from which one sets out (outward) or at which one arrives for a place, with the seconds on foot.

    This alone knows where somebody can set out, and how long before: whoever names a stop reaches all that its
    coordinates reach, and first needs `place.walk_min` to be there. Raises `UnknownStop`.
    """
    found = _near(network, place, walking, outward=outward)
    return Reach(found.stops, found.seconds + place.walk_s) if outward and place.walk_min else found


def _near(network: Network, place: Place, walking: Walking, *, outward: bool) -> Reach:
    point = _near_point(network, place, walking, outward=outward)
    if place.stop_id is None:
        return point
    platforms = network.platforms(place.stop_id)
    return _lesser(_on_the_table(network, platforms, outward=outward), point, first_wins=False)


def walk_all_the_way(network: Network, origin: Place, destination: Place, walking: Walking) -> int | None:
    """Seconds on foot from door to door, None where that is too far; between two stops a footpath counts, too."""
    known: list[int | None] = []
    if origin.has_position and destination.has_position:
        known.append(walking.all_the_way(origin.lat, origin.lon, destination.lat, destination.lon))
    if origin.stop_id is not None and destination.stop_id is not None:
        goals = network.platforms(destination.stop_id)
        near = _on_the_table(network, network.platforms(origin.stop_id), outward=True)
        known += near.seconds[np.isin(near.stops, goals)].tolist()
    least = min((seconds for seconds in known if seconds is not None), default=None)
    return None if least is None else least + origin.walk_s


def _near_point(network: Network, place: Place, walking: Walking, *, outward: bool) -> Reach:
    """What one reaches from the coordinates alone; at a stop, what the change table says of it wins."""
    if not place.has_position:
        return Reach(np.empty(0, np.int32), np.empty(0, np.int32))
    walked = _through_entrances(network, place, walking, outward=outward)
    here, _ = network.everywhere.within(place.lat, place.lon, AT_STOP_M)
    return _lesser(_on_the_table(network, here, outward=outward), walked) if len(here) else walked


def _through_entrances(network: Network, place: Place, walking: Walking, *, outward: bool) -> Reach:
    """Walks from (or to) a point, where what lies behind the entrances of a station is reached through them."""
    walked = walking.to_stops(place.lat, place.lon, network.served)
    if not len(network.entrances.stops):
        return walked
    paths, near = network.footpaths(outward=outward), walking.to_stops(place.lat, place.lon, network.entrances)
    inside = [
        Reach(
            paths.to[paths.first[stop] : paths.first[stop + 1]],
            paths.seconds[paths.first[stop] : paths.first[stop + 1]] + s,
        )
        for stop, s in zip(near.stops.tolist(), near.seconds.tolist(), strict=True)
    ]
    if not inside:
        return walked
    through = _lesser(*inside, first_wins=False)
    outside = ~np.isin(walked.stops, through.stops)
    return _lesser(through, Reach(walked.stops[outside], walked.seconds[outside]))


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
