"""The planner: a question in places and instants, answers in places and instants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.transit.data import walking
from chalicelib.transit.itinerary import Request
from chalicelib.transit.search import access, paths
from chalicelib.transit.search import ranking as choosing
from chalicelib.transit.search.legs import ItineraryBuilder
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.paths import EndWalks

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.data.conditions import Conditions
    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.itinerary import Itinerary, Place


def plan(
    request: Request,
    timetable: Timetable | Network,
    conditions: Conditions | None = None,
    *,
    itineraries_max: int = 4,
    change_s: int = 60,
    walking: walking.Walking = walking.CROW_FLY,
) -> tuple[Itinerary, ...]:
    """At most `itineraries_max` ways to come; () when there is none.

    Arrive by: best first, as priced in `prices`; with one option exactly the latest departure. Depart at: earliest
    arrival first. A `Network` (already under its conditions) saves preparing the timetable for each question; its
    own `change_s` counts then. Raises `on_foot.UnknownStop`, `running.OtherTimetable`.
    """
    network = timetable if isinstance(timetable, Network) else Network(timetable, change_s)
    network = network.under(conditions)
    teller = ItineraryBuilder(network)
    instant = request.arrive_by or request.depart_at
    if instant is None:
        raise AssertionError("Request checks that it has one")
    ranked = choosing.rank_paths(
        network,
        end_walks(network, request, walking),
        teller.seconds(instant),
        arrive_by=request.arrive_by is not None,
        itineraries_max=itineraries_max,
    )
    return tuple(teller.itinerary(path, request) for path in ranked)


def plan_from_ride(
    trip_id: str,
    sequence: int,
    destination: Place,
    timetable: Timetable | Network,
    conditions: Conditions | None = None,
    *,
    start_s: int | None = None,
    itineraries_max: int = 4,
    change_s: int = 60,
    walking: walking.Walking = walking.CROW_FLY,
) -> tuple[Itinerary, ...]:
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
    found = paths.scan_from_ride(network, call, goals, slack=choosing.FEWER_RIDES_SLACK_S if itineraries_max > 1 else 0)
    leave = int(network.running.departs[call])
    teller = ItineraryBuilder(network)
    origin = teller.place(int(network.running.stop[call]))
    request = Request(origin, destination, None, teller.instant(leave))
    told = [teller.itinerary(paths.Path(leave, each.time, each.calls), request) for each in reversed(found)]
    return tuple(told[:itineraries_max])


def earliest_arrival(
    request: Request, network: Network, *, walking: walking.Walking = walking.CROW_FLY
) -> datetime | None:
    """The earliest arrival of whoever sets out at `request.depart_at`, one scan; None: no way.

    Raises `on_foot.UnknownStop`.
    """
    assert request.depart_at is not None
    found, teller = end_walks(network, request, walking), ItineraryBuilder(network)
    leave = teller.seconds(request.depart_at)
    arrivals = [one.time for one in paths.scan_forward(network, found, leave)]
    if found.walk_s is not None:
        arrivals.append(leave + found.walk_s)
    return teller.instant(min(arrivals)) if arrivals else None


def end_walks(network: Network, request: Request, walking: walking.Walking) -> EndWalks:
    """The walks at both ends of a question."""
    return EndWalks(
        access.reach(network, request.origin, walking, outward=True),
        access.reach(network, request.destination, walking, outward=False),
        access.walk_all_the_way(network, request.origin, request.destination, walking),
    )
