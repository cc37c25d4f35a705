"""The planner: a question in places and instants, answers in places and instants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.transit import access
from chalicelib.transit import options as choosing
from chalicelib.transit.legs import Teller
from chalicelib.transit.network import Network
from chalicelib.transit.ways import Ends

if TYPE_CHECKING:
    from chalicelib.transit.conditions import Conditions
    from chalicelib.transit.timetable import Timetable
    from chalicelib.transit.values import Option, Request


def plan(
    request: Request,
    timetable: Timetable | Network,
    conditions: Conditions | None = None,
    *,
    options: int = 4,
    change_s: int = 60,
    walking: access.Walking = access.DEFAULT,
) -> tuple[Option, ...]:
    """At most `options` ways to come; () when there is none.

    Arrive by: best first, as priced in `prices`; with one option exactly the latest departure. Depart at: earliest
    arrival first. A `Network` (already under its conditions) saves preparing the timetable for each question; its
    own `change_s` counts then. Raises `access.UnknownStop`, `running.OtherTimetable`.
    """
    network = timetable if isinstance(timetable, Network) else Network(timetable, change_s)
    network = network.under(conditions)
    teller = Teller(network)
    instant = request.arrive_by or request.depart_at
    if instant is None:
        raise AssertionError("Request checks that it has one")
    ways = choosing.ranked(
        network,
        ends(network, request, walking),
        teller.seconds(instant),
        arrive_by=request.arrive_by is not None,
        options=options,
    )
    return tuple(teller.option(way, request) for way in ways)


def ends(network: Network, request: Request, walking: access.Walking) -> Ends:
    """The walks at both ends of a question."""
    return Ends(
        access.reach(network, request.origin, walking, outward=True),
        access.reach(network, request.destination, walking, outward=False),
        access.walk_all_the_way(network, request.origin, request.destination, walking),
    )
