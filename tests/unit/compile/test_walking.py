"""Footpaths that nobody wrote down: near stops, stations, pathways."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.transit.itinerary import Request
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import plan
from feeds.compile.walking.distance import metres
from feeds.compile.walking.footpaths import FOOTPATH_MAX_M, UNPLACED_S
from feeds.compile.walking.nearby import near_pairs
from tests.fakes.gtfs_text import feed_zip, timetable_of
from tests.fakes.timetable_text import footpaths

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2024-05-15"
RIDES = "t: A 08:00, B 08:10, C 08:20"


def walks(tmp_path: Path, stops: str, **tables: Any) -> dict[str, int]:
    return footpaths(timetable_of(feed_zip(tmp_path / "f.zip", rides=RIDES, stops=stops, **tables), DAY))


def test_half_a_kilometre_on_foot_is_near_and_more_is_not(tmp_path: Path) -> None:
    found = walks(
        tmp_path,
        """
            stop_id, stop_lat, stop_lon
            A,       50.0000,  10.0
            B,       50.0034,  10.0
            C,       50.0070,  10.0
        """,
    )  # A to B: 378 m as the crow flies, 491 m on foot; B to C: 400 m, 520 m on foot
    assert found == {"A→B": 394, "B→A": 394}
    assert FOOTPATH_MAX_M == 500


def test_a_stop_without_a_place_is_walked_to_from_nowhere(tmp_path: Path) -> None:
    found = walks(
        tmp_path,
        """
            stop_id, stop_lat, stop_lon
            A,       0,        0
            B,       ,
            C,       0.0001,   0.0001
        """,
    )
    assert found == {}


@pytest.mark.parametrize("nowhere", ["0, 0", ",", '"50,0000", "10,0000"', "91, 10", "north, east"])
def test_stops_without_a_place_are_never_joined_by_a_walk_of_no_time(tmp_path: Path, nowhere: str) -> None:
    found = walks(
        tmp_path,
        f"""
            stop_id, stop_lat, stop_lon
            A,       {nowhere}
            B,       {nowhere}
            C,       50.0, 10.0
        """,
        transfers="""
            from_stop_id, to_stop_id, transfer_type, min_transfer_time
            A,            B,          0,
            B,            C,          2,             90
        """,
    )
    assert found == {"A→B": UNPLACED_S, "B→C": 90}


ENTERED = """
    stop_id, stop_lat, stop_lon, location_type, parent_station
    S,       50.0000,  10.0000,  1,
    A,       50.0005,  10.0000,  0,             S
    E,       50.0000,  10.0005,  2,             S
    B,       50.1,     10.0,     0,
    C,       50.2,     10.0,     0,
"""


@pytest.mark.parametrize("both", [0, 1])
def test_a_platform_is_reached_through_the_entrance_as_pathways_say(tmp_path: Path, both: int) -> None:
    table = timetable_of(
        feed_zip(
            tmp_path / "f.zip",
            rides=RIDES + "\nback: C 08:30, B 08:40, A 08:50",
            stops=ENTERED,
            pathways=f"""
                pathway_id, from_stop_id, to_stop_id, pathway_mode, is_bidirectional, traversal_time
                p,          E,            A,          1,            {both},           300
            """,
        ),
        DAY,
    )
    network = Network(table)
    by, to = datetime(2024, 5, 15, 6, 30, tzinfo=UTC), network.place("C")
    stop = network.place("E")
    for origin in (stop, replace(stop, stop_id=None)):
        (found,) = plan(Request(origin, to, by), network, itineraries_max=1)
        assert (found.legs[0].arrives - found.legs[0].departs).total_seconds() == 300
    (found,) = plan(Request(replace(stop, stop_id=None, lon=10.0015), to, by), network, itineraries_max=1)
    assert 300 + 60 < (found.legs[0].arrives - found.legs[0].departs).total_seconds() < 300 + 90
    (found,) = plan(Request(to, stop, None, by), network, itineraries_max=1)
    assert ((found.legs[-1].arrives - found.legs[-1].departs).total_seconds() == 300) is bool(both)


def test_platforms_of_a_station_are_joined_however_far_apart(tmp_path: Path) -> None:
    found = walks(
        tmp_path,
        """
            stop_id, stop_lat, stop_lon, location_type, parent_station
            A,       50.00,    10.0,     0,             S
            B,       50.01,    10.0,     0,             S
            C,       ,         ,         0,             S
            S,       50.00,    10.0,     1,
        """,
    )
    assert found == {"A→B": 1157, "B→A": 1157, "A→C": 120, "C→A": 120, "B→C": 120, "C→B": 120}


STATION = """
    stop_id, stop_lat, stop_lon, location_type, parent_station
    A,       50.0000,  10.0,     0,             S
    B,       50.0001,  10.0,     0,             S
    C,       51.0000,  10.0,     0,
    S,       50.0000,  10.0,     1,
    hall,    50.0000,  10.0,     3,             S
    edge,    50.0000,  10.0,     4,             B
"""
WAYS = "pathway_id, from_stop_id, to_stop_id, pathway_mode, is_bidirectional, length, traversal_time, stair_count\n"


@pytest.mark.parametrize(
    ("ways", "there", "back"),
    [
        (["1, A, hall, 1, 1, , 40,", "2, hall, B, 1, 1, , 50,"], 90, 90),
        (["1, A, hall, 1, 1, 100, ,", "2, hall, B, 1, 1, 25, ,"], 100, 100),  # 80 s and 20 s
        (["1, A, hall, 2, 1, , , 30", "2, hall, B, 2, 1, , , -12"], 42, 42),  # stairs only
        (["1, A, hall, 4, 0, , 40,", "2, hall, B, 4, 0, , 50,"], 90, 12),  # escalators up: back as the crow walks
        (["1, A, hall, 1, 1, , 40,", "2, hall, edge, 1, 1, , 30,"], 70, 70),  # a boarding area is its platform
        (["1, A, hall, 1, 1, , 40,", "2, hall, B, 1, 1, , 50,", "3, A, B, 5, 1, , 60,"], 60, 60),  # the lift is quicker
        (["1, A, nowhere, 1, 1, , 40,"], 12, 12),
    ],
)
def test_pathways_say_how_long_it_takes_inside_a_station(
    tmp_path: Path, ways: list[str], there: int, back: int
) -> None:
    found = walks(tmp_path, STATION, pathways=WAYS + "\n".join(ways))
    assert (found["A→B"], found["B→A"]) == (there, back)


def test_transfers_win_over_pathways(tmp_path: Path) -> None:
    transfers = "from_stop_id, to_stop_id, transfer_type, min_transfer_time\nA, B, 2, 33\nB, A, 0,"
    found = walks(tmp_path, STATION, pathways=WAYS + "1, A, B, 1, 1, , 90,", transfers=transfers)
    assert (found["A→B"], found["B→A"]) == (33, 90)


POINTS = st.lists(st.tuples(st.floats(-0.02, 0.02), st.floats(-0.02, 0.02)), max_size=30)


@given(POINTS, st.sampled_from([0.0, 47.0, -60.0, 84.0]), st.floats(50, 900))
def test_the_grid_finds_exactly_the_pairs_that_are_near(
    points: list[tuple[float, float]], south: float, radius: float
) -> None:
    lat = np.array([south + y for y, _ in points])
    lon = np.array([10 + x for _, x in points])
    found = sorted(map(tuple, near_pairs(lat, lon, radius).tolist()))
    expected = [
        (a, b)
        for a in range(len(points))
        for b in range(len(points))
        if a != b and metres(lat[a], lon[a], lat[b], lon[b]) <= radius
    ]
    assert found == expected
