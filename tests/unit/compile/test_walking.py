"""Footpaths that nobody wrote down: near stops, stations, pathways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.compile.walking.distance import metres
from feeds.compile.walking.footpaths import FOOTPATH_MAX_M
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
