"""transfers.txt: what it says about changing wins over every computed walk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feeds.compile.network import read_network
from tests.fakes.gtfs_text import feed_zip, timetable_of
from tests.fakes.timetable_text import changes, continuations, exceptions, footpaths

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2024-05-15"
RIDES = """
    one: A 08:00, B 08:10
    two: C 08:20, D 08:30
"""
# B and C are 111 m apart as the crow flies, which is 116 s on foot; A and D are far from everything
STOPS = """
    stop_id, stop_name, stop_lat, stop_lon
    A,       Alpha,     50.000,   10.0
    B,       Beta,      50.500,   10.0
    C,       Gamma,     50.501,   10.0
    D,       Delta,     51.000,   10.0
"""
STATIONS = """
    stop_id, stop_name, stop_lat, stop_lon, location_type, parent_station
    A,       Alpha,     50.000,   10.0,     0,
    B,       Beta 1,    50.500,   10.0,     0,             Beta
    B2,      Beta 2,    50.500,   10.0,     0,             Beta
    Beta,    Beta,      50.500,   10.0,     1,
    C,       Gamma 1,   50.600,   10.0,     0,             Gamma
    Gamma,   Gamma,     50.600,   10.0,     1,
    D,       Delta,     51.000,   10.0,     0,
"""


def walks(tmp_path: Path, transfers: str | None, stops: str = STOPS) -> dict[str, int]:
    return footpaths(timetable_of(feed_zip(tmp_path / "f.zip", rides=RIDES, stops=stops, transfers=transfers), DAY))


def test_without_transfers_near_stops_are_joined_by_a_walk(tmp_path: Path) -> None:
    assert walks(tmp_path, None) == {"B→C": 116, "C→B": 116}


@pytest.mark.parametrize(
    ("row", "seconds"),
    [
        ("B, C, 0,", 116),  # recommended: the walk as it is
        ("B, C,  ,", 116),  # empty means recommended
        ("B, C, 0, 200", 200),
        ("B, C, 1,", 0),  # the vehicle waits
        ("B, C, 2, 300", 300),
        ("B, C, 2, 20", 20),  # quicker than our walk: it knows better
        ("B, C, 2,", 116),  # no time: as walked
        ("B, C, 2, soon", 116),
        ("B, C, 2, 40000", 40000),
        ("B, C, 3,", None),  # not possible
    ],
)
def test_a_row_decides_for_its_direction_only(tmp_path: Path, row: str, seconds: int | None) -> None:
    found = walks(tmp_path, f"from_stop_id, to_stop_id, transfer_type, min_transfer_time\n{row}")
    assert found.pop("C→B") == 116
    assert found == ({} if seconds is None else {"B→C": seconds})


def test_a_row_joins_stops_that_are_far_apart(tmp_path: Path) -> None:
    found = walks(tmp_path, "from_stop_id, to_stop_id, transfer_type, min_transfer_time\nA, D, 2, 600")
    assert found["A→D"] == 600
    assert "D→A" not in found


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("B, B, 2, 300", {"B": 300}),
        ("B, B, 2, 0", {"B": 0}),
        ("B, B, 1,", {"B": 0}),
        ("B, B, 3,", {"B": -2}),
        ("B, B, 0,", {}),  # says nothing about time: the caller's least time
        ("B, B, 2,", {}),
    ],
)
def test_a_row_from_a_stop_to_itself_is_the_least_time_to_change_there(
    tmp_path: Path, row: str, expected: dict[str, int]
) -> None:
    transfers = f"from_stop_id, to_stop_id, transfer_type, min_transfer_time\n{row}"
    timetable = timetable_of(feed_zip(tmp_path / "f.zip", rides=RIDES, stops=STOPS, transfers=transfers), DAY)
    assert changes(timetable) == expected
    assert footpaths(timetable) == {"B→C": 116, "C→B": 116}


def test_a_row_for_stations_holds_for_all_their_platforms(tmp_path: Path) -> None:
    found = walks(tmp_path, "from_stop_id, to_stop_id, transfer_type, min_transfer_time\nBeta, Gamma, 2, 600", STATIONS)
    assert {pair: s for pair, s in found.items() if pair.startswith("B") and pair.endswith(("→C", "→Gamma"))} == {
        "B→C": 600,
        "B2→C": 600,
        "Beta→C": 600,
        "B→Gamma": 600,
        "B2→Gamma": 600,
        "Beta→Gamma": 600,
    }


def test_a_row_for_one_station_holds_between_its_platforms_and_at_each_of_them(tmp_path: Path) -> None:
    transfers = "from_stop_id, to_stop_id, transfer_type, min_transfer_time\nBeta, Beta, 2, 240"
    timetable = timetable_of(feed_zip(tmp_path / "f.zip", rides=RIDES, stops=STATIONS, transfers=transfers), DAY)
    assert changes(timetable) == {"B": 240, "B2": 240, "Beta": 240}
    assert footpaths(timetable)["B→B2"] == 240


def test_the_row_that_names_its_stops_most_exactly_wins(tmp_path: Path) -> None:
    found = walks(
        tmp_path,
        """
            from_stop_id, to_stop_id, transfer_type, min_transfer_time
            B,            C,          2,             60
            Beta,         Gamma,      2,             600
            B2,           Gamma,      2,             300
        """,
        STATIONS,
    )
    assert (found["B→C"], found["B2→C"]) == (60, 300)


def test_a_station_can_forbid_what_one_pair_of_platforms_allows(tmp_path: Path) -> None:
    found = walks(
        tmp_path,
        """
            from_stop_id, to_stop_id, transfer_type, min_transfer_time
            Beta,         Beta,       3,
            B,            B2,         0,
        """,
        STATIONS,
    )
    assert found == {"B→B2": 0}


def test_of_two_rows_for_one_pair_the_first_counts(tmp_path: Path) -> None:
    found = walks(
        tmp_path,
        """
            from_stop_id, to_stop_id, transfer_type, min_transfer_time
            B,            C,          2,             90
            B,            C,          2,             900
        """,
    )
    assert found["B→C"] == 90


def test_rows_for_routes_and_trips_become_exceptions_and_leave_the_footpath_alone(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides=RIDES,
        stops=STOPS,
        transfers="""
            from_stop_id,to_stop_id,from_route_id,to_route_id,from_trip_id,to_trip_id,transfer_type,min_transfer_time
            B,            C,          R,             ,            ,             ,           2,             700
            B,            C,          ,              ,            one,          two,        3,
            B,            C,          ,              R,           ,             ,           1,
            B,            C,          ,              ,            one,          ,           0,
            A,            A,          R,             R,           ,             ,           0,
            B,            B,          ,              ,            ,             ,           3,
            B,            B,          R,             R,           ,             ,           0,
        """,
    )
    timetable = timetable_of(path, DAY)
    assert exceptions(timetable) == {
        ("B", "C", "[R]", "*", 700),
        ("B", "C", "one", "two", -2),
        ("B", "C", "*", "[R]", 0),
        ("B", "C", "one", "*", 116),
        ("B", "B", "[R]", "[R]", 60),  # allowed again; at A there was nothing to allow
    }
    assert footpaths(timetable) == {"B→C": 116, "C→B": 116}


def test_an_exception_for_stations_holds_for_their_platforms(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides=RIDES,
        stops=STATIONS,
        transfers="""
            from_stop_id, to_stop_id, to_route_id, transfer_type, min_transfer_time
            Gamma,        Gamma,      R,           2,             660
        """,
    )
    pairs = [("C", "C"), ("C", "Gamma"), ("Gamma", "C"), ("Gamma", "Gamma")]
    assert exceptions(timetable_of(path, DAY)) == {(a, b, "*", "[R]", 660) for a, b in pairs}


def test_of_exceptions_the_one_that_names_its_stops_comes_before_the_one_for_stations(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides=RIDES,
        stops=STATIONS,
        transfers="""
            from_stop_id, to_stop_id, to_route_id, transfer_type, min_transfer_time
            Gamma,        Gamma,      R,           2,             660
            C,            C,          R,           2,             30
        """,
    )
    timetable = timetable_of(path, DAY)
    assert timetable.exception_s.tolist() == [30, 660, 660, 660, 660]


@pytest.mark.parametrize(
    "row",
    [
        "B, X, 2, 60, ,",
        ", C, 2, 60, ,",
        "B, C, 7, 60, ,",
        "B, C, 2, 60, nobody,",
        "B, C, 2, 60, , nobody",
        "B, , 3, , ,",
    ],
)
def test_a_row_about_what_does_not_exist_is_left_out_and_reported(tmp_path: Path, row: str) -> None:
    header = "from_stop_id, to_stop_id, transfer_type, min_transfer_time, from_trip_id, to_trip_id"
    path = feed_zip(tmp_path / "f.zip", rides=RIDES, stops=STOPS, transfers=f"{header}\n{row}")
    (finding,) = read_network([path]).findings
    assert (finding.file, finding.row) == ("transfers.txt", 2)
    timetable = timetable_of(path, DAY)
    assert (footpaths(timetable), exceptions(timetable)) == ({"B→C": 116, "C→B": 116}, set())


BLOCK = """
    trip_id, route_id, service_id, block_id
    one,     R,        daily,      {one}
    two,     R,        daily,      {two}
"""
SAME_STOP = """
    one: A 08:00, B 08:10
    two: B 08:20, C 08:30
"""


def continued(tmp_path: Path, rides: str = SAME_STOP, one: str = "7", two: str = "7", **tables: Any) -> dict[str, str]:
    path = feed_zip(tmp_path / "f.zip", rides=rides, trips=BLOCK.format(one=one, two=two), **tables)
    return continuations(timetable_of(path, DAY))


def test_the_next_trip_of_a_block_continues_in_the_same_vehicle(tmp_path: Path) -> None:
    assert continued(tmp_path) == {"one": "two"}
    assert continued(tmp_path, two="8") == {}
    assert continued(tmp_path, one="", two="") == {}


def test_it_may_leave_the_moment_the_last_one_arrives_but_not_before(tmp_path: Path) -> None:
    assert continued(tmp_path, "one: A 08:00, B 08:10\n two: B 08:10, C 08:30") == {"one": "two"}
    assert continued(tmp_path, "one: A 08:00, B 08:10\n two: B 08:09, C 08:30") == {}


def test_a_vehicle_that_drives_empty_to_another_stop_takes_nobody_along(tmp_path: Path) -> None:
    assert continued(tmp_path, "one: A 08:00, B 08:10\n two: C 08:20, D 08:30") == {}


def test_another_platform_of_the_same_station_is_the_same_place(tmp_path: Path) -> None:
    assert continued(tmp_path, "one: A 08:00, B 08:10\n two: B2 08:20, C 08:30", stops=STATIONS) == {"one": "two"}


def test_the_night_continues_on_its_own_service_date(tmp_path: Path) -> None:
    found = continued(tmp_path, "one: A 23:30, B 24:10\n two: B 24:15, C 24:30")
    assert found == {"one": "two", "one-1": "two-1"}


def test_two_trips_of_a_block_at_once_are_ambiguous(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides="""
            one:   A 08:00, B 08:10
            two:   B 08:20, C 08:30
            three: B 08:20, D 08:40
        """,
        trips="""
            trip_id, route_id, service_id, block_id
            one,     R,        daily,      7
            two,     R,        daily,      7
            three,   R,        daily,      7
        """,
    )
    assert continuations(timetable_of(path, DAY)) == {}


@pytest.mark.parametrize(("kind", "expected"), [("4", {"one": "two"}), ("5", {}), ("3", {"one": "two"})])
def test_in_seat_rows_decide_over_blocks(tmp_path: Path, kind: str, expected: dict[str, str]) -> None:
    row = f"from_stop_id, to_stop_id, from_trip_id, to_trip_id, transfer_type\nB, B, one, two, {kind}"
    assert continued(tmp_path, transfers=row) == expected


def test_an_in_seat_row_needs_no_block_and_no_stops(tmp_path: Path) -> None:
    row = "from_stop_id, to_stop_id, from_trip_id, to_trip_id, transfer_type\n, , one, two, 4"
    assert continued(tmp_path, one="", two="", transfers=row) == {"one": "two"}
