"""Walks at both ends, the file beside memory, and a real city beside another planner."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chalicelib.transit.data import timetable as file
from chalicelib.transit.data.walking import CrowFly
from chalicelib.transit.itinerary import Place, Request
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import plan
from tests.fakes.networks import ORIGIN, clock, network

FEED = Path(__file__).resolve().parents[4] / "shared" / "data" / "gtfs" / "vilnius.zip"
TOWN = "bus: A 08:00, B 08:10\nlate: A 08:20, B 08:40"


def at(time: str) -> datetime:
    return datetime.fromtimestamp(ORIGIN + clock(time), UTC)


def place(lat: float, lon: float = 10.0) -> Place:
    return Place("here", lat, lon)


def test_one_walks_to_a_stop_at_a_calm_pace_with_a_detour() -> None:
    (itinerary,) = plan(Request(place(50.001), place(50.1), at("08:15")), Network(network(TOWN)), itineraries_max=1)
    walk = itinerary.legs[0]
    assert (walk.mode, walk.destination.stop_id) == ("walk", "A")
    assert (walk.arrives - walk.departs).total_seconds() == 116  # 111.2 m · 1.3 / 1.25 m/s, rounded up
    assert itinerary.legs[-1].mode == "walk"


def test_too_far_from_any_stop_there_is_no_itinerary() -> None:
    assert plan(Request(place(50.05), place(50.1), at("08:15")), Network(network(TOWN))) == ()


def test_the_walk_all_the_way_is_offered_where_it_is_short() -> None:
    (itinerary,) = plan(Request(place(60.0), place(60.01), at("08:15")), Network(network(TOWN)))
    assert [leg.mode for leg in itinerary.legs] == ["walk"]
    assert itinerary.arrive_at == at("08:15")


def test_who_stands_at_a_stop_walks_as_its_footpaths_say() -> None:
    table = network("bus: B 08:10, C 08:30", paths="A B 600")
    near = dict(table.arrays) | {"stop_lat": table.stop_lat.copy()}
    table = dataclasses.replace(table, arrays=near)
    a, b = 2, 0
    table.stop_lat[a] = table.stop_lat[b] + 0.0001  # 11 m: a computed walk would take seconds
    (itinerary,) = plan(
        Request(place(float(table.stop_lat[a])), place(50.1), at("09:00")), Network(table), itineraries_max=1
    )
    assert itinerary.leave_at == at("08:00")


def test_a_walking_of_ones_own_can_be_given() -> None:
    slow = CrowFly(metres_per_s=0.5)
    (itinerary,) = plan(
        Request(place(50.001), place(50.1), at("08:15")), Network(network(TOWN)), itineraries_max=1, walking=slow
    )
    assert (itinerary.legs[0].arrives - itinerary.legs[0].departs).total_seconds() == 290


def test_the_file_gives_the_same_answers_as_memory(tmp_path: Path) -> None:
    table = network(TOWN, paths="B C 60")
    file.save_timetable(tmp_path / "day.tt", table.meta, table.arrays)
    loaded = file.load_timetable(tmp_path / "day.tt")
    for request in (Request(place(50.001), place(50.1), at("09:00")), Request(place(50.0), place(50.2), at("09:00"))):
        assert plan(request, Network(table)) == plan(request, Network(loaded))


def test_the_itineraries_are_distinct_and_the_best_comes_first() -> None:
    table = network("direct: A 08:00, C 08:40\none: A 08:01, B 08:10\ntwo: B 08:12, C 08:38\nearly: A 07:40, C 08:20")
    prepared = Network(table)
    itineraries = plan(Request(prepared.place("A"), prepared.place("C"), at("08:45")), prepared)
    rides = [[leg.ride.trip_id for leg in itinerary.legs if leg.ride] for itinerary in itineraries]
    assert rides[0] == ["direct"]  # a minute later is not worth a tight change
    assert sorted(rides) == sorted({tuple(each): each for each in rides}.values())
    assert ["early"] in rides


@pytest.mark.recordings
@pytest.mark.skipif(not FEED.exists(), reason="../shared/data/gtfs/vilnius.zip is not there: a real city")
def test_on_a_real_city_another_planner_never_leaves_later_without_a_reason(tmp_path: Path) -> None:
    from tests.benchmarks.compare_nigiri import compare, parser  # noqa: PLC0415 - loads a planner of another project

    classes = compare(parser().parse_args([str(FEED), "2015-09-03", "--questions", "40"]), tmp_path)
    assert classes["as timetabled"]["earlier, unexplained"] == 0
    assert classes["as timetabled"]["the same"] > 20
    assert classes["under one update"]["earlier, unexplained"] == 0
