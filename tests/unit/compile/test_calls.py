"""stop_times.txt: order, empty times, boarding rules, and what makes a trip unusable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feeds.compile.network import read_network
from tests.fakes.gtfs_text import feed_zip, timetable_of
from tests.fakes.timetable_text import today

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2024-05-15"
GOOD = "good: A 08:00, B 08:10"


def compiled(tmp_path: Path, **tables: Any) -> dict[str, str]:
    return today(timetable_of(feed_zip(tmp_path / "f.zip", **tables), DAY))


def told(tmp_path: Path, **tables: Any) -> list[str]:
    return [str(finding) for finding in read_network([feed_zip(tmp_path / "f.zip", **tables)]).findings]


def test_stop_sequence_decides_the_order_whatever_the_order_of_the_lines(tmp_path: Path) -> None:
    found = compiled(
        tmp_path,
        stop_times="""
            trip_id, stop_id, stop_sequence, arrival_time, departure_time
            t,       C,       300,           08:20:00,     08:20:00
            u,       B,       2,             09:10:00,     09:10:00
            t,       A,       7,             08:00:00,     08:00:00
            u,       A,       1,             09:00:00,     09:00:00
            t,       B,       25,            08:10:00,     08:10:00
        """,
    )
    assert found == {"t": "A 08:00, B 08:10, C 08:20", "u": "A 09:00, B 09:10"}


def test_stop_sequence_numbers_are_kept_for_real_time(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        stop_times="""
            trip_id, stop_id, stop_sequence, arrival_time, departure_time
            t,       A,       0,             08:00:00,     08:00:00
            t,       B,       40,            08:10:00,     08:10:00
        """,
    )
    timetable = timetable_of(path, DAY)
    assert timetable.st_sequence[timetable.run_first[0] : timetable.run_first[1]].tolist() == [0, 40]


def test_a_loop_calls_twice_at_one_stop(tmp_path: Path) -> None:
    assert compiled(tmp_path, rides="loop: A 08:00, B 08:10, C 08:20, A 08:30, B 08:40") == {
        "loop": "A 08:00, B 08:10, C 08:20, A 08:30, B 08:40"
    }


def test_a_ride_of_no_duration_stays(tmp_path: Path) -> None:
    assert compiled(tmp_path, rides="t: A 08:00, B 08:00, C 08:00") == {"t": "A 08:00, B 08:00, C 08:00"}


def test_trips_may_overtake_each_other(tmp_path: Path) -> None:
    rides = {"slow": "A 08:00, B 08:30, C 09:00", "fast": "A 08:10, B 08:20, C 08:40"}
    assert compiled(tmp_path, rides="\n".join(f"{trip}: {calls}" for trip, calls in rides.items())) == rides


def test_one_of_two_times_stands_for_both(tmp_path: Path) -> None:
    found = compiled(
        tmp_path,
        stop_times="""
            trip_id, stop_id, stop_sequence, arrival_time, departure_time
            t,       A,       1,             ,             08:00:00
            t,       B,       2,             08:10:00,
            t,       C,       3,             08:20:00,
        """,
    )
    assert found == {"t": "A 08:00, B 08:10, C 08:20"}


# A, B, C and D lie on a line: B 1 km, C 4 km and D 5 km from A
LINE = """
    stop_id, stop_lat, stop_lon
    A,       50.0000,  10.0
    B,       50.0090,  10.0
    C,       50.0360,  10.0
    D,       50.0450,  10.0
"""


@pytest.mark.parametrize(
    ("distances", "stops", "expected"),
    [
        (("0", "10", "90", "100"), LINE, "A 08:00, B 08:05 about, C 08:45 about, D 08:50"),
        (("", "", "", ""), LINE, "A 08:00, B 08:10 about, C 08:40 about, D 08:50"),
        (("0", "", "90", "100"), LINE, "A 08:00, B 08:10 about, C 08:40 about, D 08:50"),
        (("0", "90", "10", "100"), LINE, "A 08:00, B 08:10 about, C 08:40 about, D 08:50"),
        (
            ("", "", "", ""),
            LINE.replace("50.0090,  10.0", ",").replace("50.0000,  10.0", ","),
            "A 08:00, B 08:16:40 about, C 08:33:20 about, D 08:50",
        ),
    ],
)
def test_empty_times_follow_the_distance_then_the_map_then_the_count_of_stops(
    tmp_path: Path, distances: tuple[str, ...], stops: str, expected: str
) -> None:
    a, b, c, d = distances
    found = compiled(
        tmp_path,
        stops=stops,
        stop_times=f"""
            trip_id, stop_id, stop_sequence, arrival_time, departure_time, shape_dist_traveled
            t,       A,       1,             08:00:00,     08:00:00,       {a}
            t,       B,       2,             ,             ,               {b}
            t,       C,       3,             ,             ,               {c}
            t,       D,       4,             08:50:00,     08:50:00,       {d}
        """,
    )
    assert found == {"t": expected}


def test_interpolation_starts_at_the_departure_and_ends_at_the_arrival(tmp_path: Path) -> None:
    found = compiled(tmp_path, rides="t: A 07:50 08:00, B, C 08:20 08:30, B, A 08:50")
    assert found == {"t": "A 07:50 08:00, B 08:10 about, C 08:20 08:30, B 08:40 about, A 08:50"}


def test_times_that_the_feed_calls_approximate_are_marked(tmp_path: Path) -> None:
    found = compiled(
        tmp_path,
        stop_times="""
            trip_id, stop_id, stop_sequence, arrival_time, departure_time, timepoint
            t,       A,       1,             08:00:00,     08:00:00,       1
            t,       B,       2,             08:10:00,     08:10:00,       0
            t,       C,       3,             08:20:00,     08:20:00,
        """,
    )
    assert found == {"t": "A 08:00, B 08:10 about, C 08:20"}


@pytest.mark.parametrize(
    ("pickup", "drop_off", "marks"),
    [
        ("0", "0", ""),
        ("", "", ""),
        ("1", "0", " no-board"),
        ("0", "1", " no-alight"),
        ("1", "1", " no-board no-alight"),
        ("2", "0", " on-request"),
        ("0", "3", " on-request"),
        ("1", "3", " no-board on-request"),
        ("9", "x", ""),
    ],
)
def test_pickup_and_drop_off_types(tmp_path: Path, pickup: str, drop_off: str, marks: str) -> None:
    found = compiled(
        tmp_path,
        stop_times=f"""
            trip_id, stop_id, stop_sequence, arrival_time, departure_time, pickup_type, drop_off_type
            t,       A,       1,             08:00:00,     08:00:00,       0,           0
            t,       B,       2,             08:10:00,     08:10:00,       {pickup},    {drop_off}
            t,       C,       3,             08:20:00,     08:20:00,       0,           0
        """,
    )
    assert found == {"t": f"A 08:00, B 08:10{marks}, C 08:20"}


@pytest.mark.parametrize(
    ("ride", "what"),
    [
        ("bad: A, B 08:10, C 08:20", "no time at its first or last stop"),
        ("bad: A 08:00, B 08:10, C", "no time at its first or last stop"),
        ("bad: A 08:20, B 08:10, C 08:30", "runs backwards in time"),
        ("bad: A 08:00, B 08:10 08:05, C 08:30", "runs backwards in time"),
        ("bad: A 08:00", "a single usable call"),
        ("bad: A later, B 08:10", "no time at its first or last stop"),
        ("bad: A 08:61, B 09:10", "no time at its first or last stop"),
    ],
)
def test_a_trip_that_makes_no_sense_is_left_out_alone(tmp_path: Path, ride: str, what: str) -> None:
    rides = f"{GOOD}\n{ride}"
    assert compiled(tmp_path, rides=rides) == {"good": "A 08:00, B 08:10"}
    assert any("'bad'" in line and what in line and "left out" in line for line in told(tmp_path, rides=rides))


def test_an_unreadable_time_in_the_middle_is_interpolated_and_reported(tmp_path: Path) -> None:
    rides = "t: A 08:00, B 8.10, C 08:20"
    assert compiled(tmp_path, rides=rides) == {"t": "A 08:00, B 08:10 about, C 08:20"}
    assert any("stop_times.txt:3: arrival_time '8.10'" in line for line in told(tmp_path, rides=rides))


@pytest.mark.parametrize("time", ["7:05:00", "07:05:00", "007:05:00", " 7:05:00 ", "7:5:0"])
def test_times_in_every_honest_spelling(tmp_path: Path, time: str) -> None:
    assert compiled(tmp_path, rides=f"t: A {time.strip()}, B 08:00") == {"t": "A 07:05, B 08:00"}


def test_a_call_at_an_unknown_stop_costs_that_call_only(tmp_path: Path) -> None:
    tables = {"rides": "t: A 08:00, B 08:10, C 08:20", "stops": "stop_id, stop_lat, stop_lon\nA, 50, 10\nC, 51, 10"}
    assert compiled(tmp_path, **tables) == {"t": "A 08:00, C 08:20"}
    assert any("stop_times.txt:3: stop_id 'B'" in line for line in told(tmp_path, **tables))


def test_a_sequence_number_that_is_there_twice_keeps_its_first_line(tmp_path: Path) -> None:
    times = """
        trip_id, stop_id, stop_sequence, arrival_time, departure_time
        t,       A,       1,             08:00:00,     08:00:00
        t,       A,       1,             08:00:00,     08:00:00
        t,       B,       2,             08:10:00,     08:10:00
        t,       C,       x,             08:20:00,     08:20:00
    """
    assert compiled(tmp_path, stop_times=times) == {"t": "A 08:00, B 08:10"}
    assert [line.partition(":")[2][:1] for line in told(tmp_path, stop_times=times) if "stop_times" in line] == [
        "5",
        "3",
    ]


def test_without_sequence_numbers_the_order_of_the_lines_counts(tmp_path: Path) -> None:
    times = """
        trip_id, stop_id, arrival_time, departure_time
        t,       B,       08:00:00,     08:00:00
        t,       A,       08:10:00,     08:10:00
    """
    assert compiled(tmp_path, stop_times=times) == {"t": "B 08:00, A 08:10"}


def test_trips_of_unknown_routes_and_services_never_run(tmp_path: Path) -> None:
    tables = {
        "rides": "good: A 08:00, B 08:10\n lost: A 09:00, B 09:10\n never: A 10:00, B 10:10\n ghost: A 11:00, B 11:10",
        "routes": "route_id, route_type\nR, 3",
        "trips": "trip_id, route_id, service_id\ngood, R, daily\nlost, X, daily\nnever, R, Y\nidle, R, daily",
    }
    assert set(compiled(tmp_path, **tables)) == {"good"}
    lines = "\n".join(told(tmp_path, **tables))
    for sign in (
        "'lost' has the route_id 'X'",
        "'never' has the service_id 'Y'",
        "'ghost' is no usable",
        "'idle' has no",
    ):
        assert sign in lines


def test_headsigns_route_names_and_types_reach_the_timetable(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides="t: A 08:00, B 08:10\n u: A 09:00, B 09:10\n v: A 10:00, B 10:10",
        routes="""
            route_id, route_short_name, route_long_name, route_type
            one,      1,                First Line,      0
            two,      ,                 Second Line,     109
            three,    ,                 ,                what
        """,
        trips="""
            trip_id, route_id, service_id, trip_headsign, direction_id
            t,       one,      daily,      Harbour → Zoo, 0
            u,       two,      daily,      ,              1
            v,       three,    daily,      Göteborg,
        """,
    )
    timetable = timetable_of(path, DAY)
    today_runs = [run for run in range(timetable.n_runs) if timetable.run_day[run] == 0]
    told_of = [
        (
            timetable.text("run_headsign", run),
            timetable.text("route_name", timetable.run_route[run]),
            int(timetable.route_type[timetable.run_route[run]]),
        )
        for run in today_runs
    ]
    assert timetable.run_direction[today_runs].tolist() == [0, 1, -1]
    assert told_of == [("Harbour → Zoo", "1", 0), ("", "Second Line", 109), ("Göteborg", "three", -1)]


def test_a_million_and_a_half_stop_times_are_read_and_checked(tmp_path: Path) -> None:
    n_trips, n_stops = 50_000, 30
    lines = ["trip_id,stop_id,stop_sequence,arrival_time,departure_time"]
    for trip in range(n_trips):
        start = 4 * 60 + trip % 1000
        for k in range(n_stops):
            time = f"{(start + k) // 60}:{(start + k) % 60:02}"
            lines.append(f"{trip},S{(trip + k) % 500},{k},{time}:00,{time}:30")
    stops = ["stop_id,stop_lat,stop_lon"] + [f"S{k},{50 + k / 50:.4f},10" for k in range(500)]
    trips = ["trip_id,route_id,service_id"] + [f"{trip},R,daily" for trip in range(n_trips)]
    path = feed_zip(
        tmp_path / "f.zip",
        routes="route_id, route_type\nR, 3",
        trips="\n".join(trips),
        stops="\n".join(stops),
        stop_times=None,
        raw={"stop_times.txt": "\n".join(lines).encode()},
    )
    timetable = timetable_of(path, DAY)
    assert (timetable.run_day == 0).sum() == n_trips
    assert len(timetable.st_stop) >= n_trips * n_stops
