"""Does an itinerary by a shared bike still hold? Its bike and docks are counted again; walks and ride stay as promised.

Rules
- A promised itinerary is kept to its last bike and its last dock: before it was promised there was still a choice.
- Until it is taken, a bike must be there; once it was taken, only where it is given back matters.
- Where that has filled up, it is given back at the next best place; the itinerary then leads there. Where all is full,
  nobody sets out on it; who rides already finds a dock, or waits for one, better than we could advise.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from chalicelib.transit.bikes.search import Point, add_seconds, ride_s, spot_end
from chalicelib.transit.data.walking import CROW_FLY, metres

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalicelib.transit.bikes.search import Fleet, RideEnd
    from chalicelib.transit.data.walking import Walking
    from chalicelib.transit.itinerary import Itinerary, Leg, Place, Rental

SAME_SPOT_M = 30  # positions of what stands by itself waver


def rental_leg(itinerary: Itinerary) -> Leg | None:
    """The leg by a shared vehicle; None: there is none."""
    return next((leg for leg in itinerary.legs if leg.rental), None)


def recount(
    itinerary: Itinerary, fleets: Sequence[Fleet], set_out: datetime, now: datetime, walking: Walking = CROW_FLY
) -> tuple[Itinerary, bool]:
    """The itinerary as it is now for somebody who leaves at `set_out`, and whether it can be followed.

    `fleets` are those of its system that are fresh, one at least.
    """
    moved = _start_at(itinerary, set_out)
    leg = rental_leg(moved)
    assert leg is not None
    assert leg.rental is not None
    number = moved.legs.index(leg)
    vehicles = _vehicles(leg, fleets)
    if not vehicles and now < leg.departs:
        return moved, False
    observed_at = datetime.fromtimestamp(min(fleet.observed_at for fleet in fleets), leg.departs.tzinfo)
    seen = replace(leg.rental, vehicles=vehicles, observed_at=observed_at)
    docks = _docks(leg, fleets)
    if docks != 0:
        counted = replace(leg, rental=replace(seen, docks=docks))
        return replace(moved, legs=(*moved.legs[:number], counted, *moved.legs[number + 1 :])), True
    elsewhere = _other_end(leg, moved.legs[-1].destination, fleets, walking)
    if elsewhere:
        return _end_at(moved, number, seen, *elsewhere), True
    return moved, now >= leg.departs


def _start_at(itinerary: Itinerary, set_out: datetime) -> Itinerary:
    """The same, begun at another time."""
    shift = (set_out - itinerary.leave_at).total_seconds()
    if not shift:
        return itinerary
    legs = tuple(
        replace(one, departs=add_seconds(one.departs, shift), arrives=add_seconds(one.arrives, shift))
        for one in itinerary.legs
    )
    return replace(itinerary, leave_at=legs[0].departs, arrive_at=legs[-1].arrives, legs=legs)


def _vehicles(leg: Leg, fleets: Sequence[Fleet]) -> int:
    assert leg.rental is not None
    if leg.rental.taken_at is not None:
        found = (one.vehicles for fleet in fleets for one in fleet.stations if one.station_id == leg.rental.taken_at)
        return max(found, default=0)
    return int(any(_is_near(leg.origin, fleet) for fleet in fleets))


def _docks(leg: Leg, fleets: Sequence[Fleet]) -> int | None:
    """Free docks where it is given back; None: none are needed, others stand there."""
    assert leg.rental is not None
    if leg.rental.given_back_at is not None:
        found = (one.docks for fleet in fleets for one in fleet.stations if one.station_id == leg.rental.given_back_at)
        return max(found, default=0)
    return None


def _is_near(place: Place, fleet: Fleet) -> bool:
    spots = np.array(fleet.standing, np.float64).reshape(-1, 3)
    return bool((metres(place.lat, place.lon, spots[:, 0], spots[:, 1]) <= SAME_SPOT_M).any())


def _other_end(leg: Leg, venue: Place, fleets: Sequence[Fleet], walking: Walking) -> tuple[RideEnd, int] | None:
    """The dock near the venue that it can be given back at instead, and the seconds of riding there; None: nowhere."""
    found = []
    for fleet in fleets:
        near, walks_s = fleet.goals.near(Point(venue.lat, venue.lon), walking)
        away = metres(leg.origin.lat, leg.origin.lon, fleet.goals.lat[near], fleet.goals.lon[near])
        rides = ride_s(away).tolist()
        found += [
            (spot_end(fleet, fleet.goals, int(at), int(walk_s)), riding)
            for at, walk_s, riding in zip(near, walks_s, rides, strict=True)
            if fleet.goals.station[at] >= 0
        ]
    return min(found, key=lambda end: end[0].walk_s + end[1], default=None)


def _end_at(itinerary: Itinerary, number: int, rental: Rental, end: RideEnd, riding_s: int) -> Itinerary:
    leg, last = itinerary.legs[number], itinerary.legs[-1]
    given = replace(rental, docks=None if end.free < 0 else end.free, given_back_at=end.station_id)
    arrives = add_seconds(leg.departs, riding_s)
    ride = replace(leg, destination=end.place, arrives=arrives, rental=given)
    walk = replace(last, origin=end.place, departs=arrives, arrives=add_seconds(arrives, end.walk_s))
    return replace(itinerary, arrive_at=walk.arrives, legs=(*itinerary.legs[:number], ride, walk))
