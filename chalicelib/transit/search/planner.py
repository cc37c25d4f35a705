"""The planner: a question in places and instants, answers in places and instants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.transit.data import walking
from chalicelib.transit.itinerary import Request
from chalicelib.transit.search import access, paths
from chalicelib.transit.search import ranking as choosing
from chalicelib.transit.search.legs import Teller
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.paths import Ends

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Option, Place


def plan(
    request: Request,
    timetable: Timetable | Network,
    conditions: Conditions | None = None,
    *,
    options: int = 4,
    change_s: int = 60,
    walking: walking.Walking = walking.DEFAULT,
) -> tuple[Option, ...]:
    """At most `options` ways to come; () when there is none.

    Arrive by: best first, as priced in `prices`; with one option exactly the latest departure. Depart at: earliest
    arrival first. A `Network` (already under its conditions) saves preparing the timetable for each question; its
    own `change_s` counts then. Raises `on_foot.UnknownStop`, `running.OtherTimetable`.
    """
    network = timetable if isinstance(timetable, Network) else Network(timetable, change_s)
    network = network.under(conditions)
    teller = Teller(network)
    instant = request.arrive_by or request.depart_at
    if instant is None:
        raise AssertionError("Request checks that it has one")
    ranked = choosing.ranked(
        network,
        ends(network, request, walking),
        teller.seconds(instant),
        arrive_by=request.arrive_by is not None,
        options=options,
    )
    return tuple(teller.option(way, request) for way in ranked)


def from_ride(
    trip_id: str,
    sequence: int,
    destination: Place,
    timetable: Timetable | Network,
    conditions: Conditions | None = None,
    *,
    start_s: int | None = None,
    options: int = 4,
    change_s: int = 60,
    walking: walking.Walking = walking.DEFAULT,
) -> tuple[Option, ...]:
    """Ways on for somebody aboard a trip of the timetable's day, earliest arrival first, then with fewer changes.

    The first leg of each is the rest of that ride, from the call with this stop_sequence (the one at which she
    boarded, or which the trip left last). `start_s` names the run of a trip with frequencies: its start time in seconds
    of its service date. () when the trip does not run, ends there, or leads nowhere in time.
    """
    network = timetable if isinstance(timetable, Network) else Network(timetable, change_s)
    network = network.under(conditions)
    call = network.call_of(trip_id, sequence, start_s)
    if call is None:
        return ()
    goals = access.reach(network, destination, walking, outward=False)
    found = paths.scan_from_ride(network, call, goals, slack=choosing.FEWER_RIDES_S if options > 1 else 0)
    leave = int(network.running.departs[call])
    teller = Teller(network)
    origin = teller.place(int(network.running.stop[call]))
    request = Request(origin, destination, None, teller.instant(leave))
    told = [teller.option(paths.Way(leave, each.time, each.calls), request) for each in reversed(found)]
    return tuple(told[:options])


def soonest(request: Request, network: Network, *, walking: walking.Walking = walking.DEFAULT) -> datetime | None:
    """The earliest arrival of whoever sets out at `request.depart_at`, one scan; None: no way.

    Raises `on_foot.UnknownStop`.
    """
    assert request.depart_at is not None
    found, teller = ends(network, request, walking), Teller(network)
    leave = teller.seconds(request.depart_at)
    arrivals = [one.time for one in paths.scan_forward(network, found, leave)]
    if found.walk_s is not None:
        arrivals.append(leave + found.walk_s)
    return teller.instant(min(arrivals)) if arrivals else None


def ends(network: Network, request: Request, walking: walking.Walking) -> Ends:
    """The walks at both ends of a question."""
    return Ends(
        access.reach(network, request.origin, walking, outward=True),
        access.reach(network, request.destination, walking, outward=False),
        access.walk_all_the_way(network, request.origin, request.destination, walking),
    )
