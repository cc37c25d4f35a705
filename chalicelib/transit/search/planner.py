"""The planner: a question in places and instants, answers in places and instants.

A network is a timetable with a least time to change, under its conditions: `Network(timetable).under(conditions)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from chalicelib.transit.data import walking
from chalicelib.transit.itinerary import Request
from chalicelib.transit.search import access, paths
from chalicelib.transit.search.itinerary_builder import ItineraryBuilder
from chalicelib.transit.search.paths import EndWalks
from chalicelib.transit.search.prices import EARLY_MAX_S, FEWER_RIDES_SLACK_S, ITINERARIES_MAX
from chalicelib.transit.search.ranking import PathQuestion, rank_paths

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.itinerary import Itinerary, Place
    from chalicelib.transit.search.network import Network


class RideAboard(NamedTuple):
    """The ride that somebody sits in: a trip of the timetable's day, and a call of it by its stop_sequence.

    It is the call at which they boarded, or which the trip left last. `start_s` names the run of a trip with
    frequencies: its start time in seconds of its service date.
    """

    trip_id: str
    sequence: int
    start_s: int | None = None


def plan(
    request: Request,
    network: Network,
    *,
    itineraries_max: int = ITINERARIES_MAX,
    walking: walking.Walking = walking.CROW_FLY,
    early_max_s: int = EARLY_MAX_S,
) -> tuple[Itinerary, ...]:
    """At most `itineraries_max` itineraries; () when there is none.

    Arrive by: best first, as priced in `prices`; with one itinerary exactly the latest departure; none that is there
    more than `early_max_s` early. Depart at: earliest arrival first. Raises `walking.UnknownStop`.
    """
    builder = ItineraryBuilder(network)
    time = builder.seconds(request.instant)
    ends, arrive_by = end_walks(network, request, walking), request.arrive_by is not None
    question = PathQuestion(network, ends, time, arrive_by, early_max_s)
    return tuple(builder.itinerary(path, request) for path in rank_paths(question, itineraries_max))


def plan_from_ride(
    ride: RideAboard,
    destination: Place,
    network: Network,
    *,
    itineraries_max: int = ITINERARIES_MAX,
    walking: walking.Walking = walking.CROW_FLY,
) -> tuple[Itinerary, ...]:
    """Itineraries for somebody aboard a ride, earliest arrival first, then with fewer changes.

    The first leg of each is the rest of that ride. () when the trip does not run, ends there, or leads nowhere in time.
    Raises `walking.UnknownStop`.
    """
    call = network.call_of(ride.trip_id, ride.sequence, ride.start_s)
    if call is None:
        return ()
    goals = access.reach(network, destination, walking, outward=False)
    found = paths.scan_from_ride(network, call, goals, slack=FEWER_RIDES_SLACK_S if itineraries_max > 1 else 0)
    leave = int(network.running.departs[call])
    builder = ItineraryBuilder(network)
    origin = builder.place(int(network.running.stop[call]))
    request = Request(origin, destination, None, builder.instant(leave))
    fastest = [paths.Path(leave, each.time, each.calls) for each in reversed(found)][:itineraries_max]
    return tuple(builder.itinerary(path, request) for path in fastest)


def earliest_arrival(
    request: Request, network: Network, *, walking: walking.Walking = walking.CROW_FLY
) -> datetime | None:
    """The earliest arrival of whoever sets out at `request.depart_at`, one scan; None: nothing leads there.

    Raises `walking.UnknownStop`.
    """
    assert request.depart_at is not None
    ends, builder = end_walks(network, request, walking), ItineraryBuilder(network)
    leave = builder.seconds(request.depart_at)
    arrivals = [one.time for one in paths.scan_forward(network, ends, leave)]
    if ends.walk_s is not None:
        arrivals.append(leave + ends.walk_s)
    return builder.instant(min(arrivals)) if arrivals else None


def end_walks(network: Network, request: Request, walking: walking.Walking) -> EndWalks:
    """The walks at both ends of a question. Raises `walking.UnknownStop`."""
    return EndWalks(
        access.reach(network, request.origin, walking, outward=True),
        access.reach(network, request.destination, walking, outward=False),
        access.walk_all_the_way(network, request.origin, request.destination, walking),
    )
