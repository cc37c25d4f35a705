"""Where and when somebody can set out: from a stop that they name no later than from its coordinates."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from chalicelib.transit.itinerary import Place, Request
from chalicelib.transit.search.batch import plan_many
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import plan
from tests.fakes.networks import ORIGIN, clock, moved, network

TWO_STREETS = "slow: A 08:00, D 08:50\nquick: B 08:20, D 08:40\nback: D 09:00, B 09:20"
NEAR = {"B": (0.006, 0.0)}  # 867 m on foot from A: further than footpaths between stops, nearer than people walk


def at(time: str) -> datetime:
    return datetime.fromtimestamp(ORIGIN + clock(time), UTC)


def town() -> Network:
    """A and B are 867 m apart, and nothing is said about the walk between them."""
    return Network(moved(network(TWO_STREETS), "A", NEAR))


def test_from_a_named_stop_one_walks_as_far_as_from_its_coordinates() -> None:
    prepared = town()
    stop = prepared.place("A")
    point = replace(stop, stop_id=None)
    (named,), (there,) = (
        plan(Request(origin, prepared.place("D"), at("08:45")), prepared, itineraries_max=1) for origin in (stop, point)
    )
    assert named.leave_at == there.leave_at > at("08:07")
    assert [leg.ride.trip_id for leg in named.legs if leg.ride] == ["quick"]


def test_to_a_named_stop_one_walks_as_far_as_to_its_coordinates() -> None:
    prepared = town()
    (found,) = plan(Request(prepared.place("D"), prepared.place("A"), None, at("08:55")), prepared, itineraries_max=1)
    assert [leg.ride.trip_id for leg in found.legs if leg.ride] == ["back"]
    assert at("09:30") < found.arrive_at < at("09:32")


@pytest.mark.parametrize("minutes", [0, 3, 10])
def test_who_is_minutes_from_the_stop_leaves_so_much_before_the_vehicle(minutes: int) -> None:
    prepared = Network(network("bus: A 08:00, D 08:50"))
    stop = replace(prepared.place("A"), walk_min=minutes)
    (found,) = plan(Request(stop, prepared.place("D"), at("09:00")), prepared, itineraries_max=1)
    assert found.leave_at == at("08:00") - timedelta(minutes=minutes)
    ride = next(leg for leg in found.legs if leg.ride)
    walks = [leg for leg in found.legs if leg.ride is None]
    assert (ride.departs, ride.origin.stop_id) == (at("08:00"), "A")
    assert [(leg.origin.stop_id, leg.destination.stop_id) for leg in walks] == ([(None, "A")] if minutes else [])
    assert sum((leg.arrives - leg.departs for leg in walks), timedelta()) == timedelta(minutes=minutes)


def test_a_batch_knows_the_minutes_to_the_stop() -> None:
    prepared = Network(network("bus: A 08:00, D 08:50"))
    stop = replace(prepared.place("A"), walk_min=3)
    for request in (
        Request(stop, prepared.place("D"), at("09:00")),
        Request(stop, prepared.place("D"), None, at("07:50")),
    ):
        (alone,) = plan(request, prepared, itineraries_max=1)
        assert plan_many([request], prepared).itinerary(0) == alone
        assert alone.leave_at == at("07:57")


def test_who_stands_at_a_stop_all_the_walk_has_to_be_walked_too() -> None:
    prepared = town()
    a, b = prepared.place("A"), prepared.place("B")
    (walk,) = plan(Request(replace(a, walk_min=5), b, None, at("12:00")), prepared, itineraries_max=1)
    (bare,) = plan(Request(a, b, None, at("12:00")), prepared, itineraries_max=1)
    assert walk.arrive_at == bare.arrive_at + timedelta(minutes=5)


def test_nobody_knows_the_way_between_stops_without_a_place() -> None:
    table = network("bus: A 08:00, B 08:10\ntram: C 08:30, D 08:40", places="E")
    table = moved(table, "A", dict.fromkeys("ABCD", (0.0, 0.0)), to=(0.0, 0.0))
    prepared = Network(table)
    for origin in (prepared.place("A"), Place("null", 0.0, 0.0)):
        for destination in (prepared.place("D"), prepared.place("C"), Place("null", 0.0, 0.0)):
            assert plan(Request(origin, destination, at("09:00")), prepared) == ()
            assert plan(Request(origin, destination, None, at("07:00")), prepared) == ()
    assert np.isin(prepared.served.stops, np.arange(table.n_stops)).sum() == 0
