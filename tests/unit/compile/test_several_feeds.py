"""Several operators as one network, linked by walking."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from feeds.compile.network import read_network
from tests.fakes.gtfs_text import feed_zip, timetable_of
from tests.fakes.timetable_text import changes, continuations, exceptions, footpaths, rides, today

if TYPE_CHECKING:
    from pathlib import Path

    from chalicelib.transit.data.timetable import Timetable

DAY = dt.date(2024, 5, 15)
BUS_STOPS = "stop_id, stop_lat, stop_lon\nA, 50.0, 10\nB, 50.5, 10"
RAIL_STOPS = "stop_id, stop_lat, stop_lon\nB, 50.501, 10\nC, 51.0, 10"


def both(*paths: Path) -> Timetable:
    return read_network(list(paths)).day(DAY)


def test_a_bus_leads_to_a_train_on_foot_and_equal_ids_are_told_apart(tmp_path: Path) -> None:
    bus = feed_zip(tmp_path / "bus.zip", rides="t: A 08:00, B 08:10", stops=BUS_STOPS)
    rail = feed_zip(tmp_path / "rail.zip", rides="t: B 08:20, C 09:00\n u: B 09:20, C 10:00", stops=RAIL_STOPS)
    timetable = both(bus, rail)
    assert today(timetable) == {
        "t": "A 08:00, B 08:10",
        "rail:t": "rail:B 08:20, C 09:00",
        "u": "rail:B 09:20, C 10:00",
    }
    assert footpaths(timetable) == {"B→rail:B": 116, "rail:B→B": 116}
    assert [timetable.text("route_id", route) for route in range(2)] == ["R", "rail:R"]
    assert timetable.run_route.tolist() == [0, 1, 1]


def test_each_feed_keeps_its_own_rules(tmp_path: Path) -> None:
    block = "trip_id, route_id, service_id, block_id\n{0}, R, daily, 1\n{1}, R, daily, 1"
    transfers = (
        "from_stop_id, to_stop_id, transfer_type, min_transfer_time, to_route_id\n{0}, {0}, 2, {1},\n{0}, {0}, 2, 5, R"
    )
    bus = feed_zip(
        tmp_path / "bus.zip",
        rides="a: A 08:00, B 08:10\n b: B 08:20, A 08:30",
        stops=BUS_STOPS,
        trips=block.format("a", "b"),
        transfers=transfers.format("B", 60),
    )
    rail = feed_zip(
        tmp_path / "rail.zip",
        rides="c: B 08:20, C 09:00\n d: C 09:20, B 10:00\n e: B 00:00, C 00:40",
        stops=RAIL_STOPS,
        trips=block.format("c", "d") + "\ne, R, daily,",
        transfers=transfers.format("C", 120),
        frequencies="trip_id, start_time, end_time, headway_secs\ne, 12:00:00, 12:20:00, 600",
    )
    timetable = both(bus, rail)
    assert continuations(timetable) == {"a": "b", "c": "d"}
    assert changes(timetable) == {"B": 60, "C": 120}
    assert exceptions(timetable) == {("B", "B", "*", "[R]", 5), ("C", "C", "*", "[rail:R]", 5)}
    assert {"e@12:00", "e@12:10"} <= set(rides(timetable))


def test_services_of_equal_names_stay_apart(tmp_path: Path) -> None:
    dates = "service_id, date, exception_type\ndaily, {0}, 1"
    bus = feed_zip(tmp_path / "bus.zip", rides="a: A 08:00, B 08:10", calendar_dates=dates.format("20240515"))
    rail = feed_zip(tmp_path / "rail.zip", rides="b: C 08:00, D 08:10", calendar_dates=dates.format("20240517"))
    network = read_network([bus, rail])
    assert set(rides(network.day(dt.date(2024, 5, 15)))) == {"a"}
    assert set(rides(network.day(dt.date(2024, 5, 17)))) == {"b"}
    assert [str(day) for day in network.span] == ["2024-05-15", "2024-05-17"]


def test_times_of_another_zone_count_from_the_first_feeds_day(tmp_path: Path) -> None:
    spain = feed_zip(tmp_path / "es.zip", rides="a: A 08:00, B 08:10", timezone="Europe/Madrid")
    portugal = feed_zip(tmp_path / "pt.zip", rides="b: C 08:00, D 08:10", timezone="Europe/Lisbon")
    timetable = both(spain, portugal)
    assert timetable.meta["timezone"] == "Europe/Madrid"
    assert today(timetable) == {"a": "A 08:00, B 08:10", "b": "C 09:00, D 09:10"}


def test_two_files_of_one_name_and_the_same_feed_twice(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    one = feed_zip(tmp_path / "f.zip", rides="t: A 08:00, B 08:10")
    two = feed_zip(tmp_path / "x" / "f.zip", rides="t: A 08:00, B 08:10")
    assert today(both(one, two)) == {"t": "A 08:00, B 08:10", "f-2:t": "f-2:A 08:00, f-2:B 08:10"}


def test_the_version_depends_on_the_bytes_alone(tmp_path: Path) -> None:
    one = feed_zip(tmp_path / "one.zip", rides="t: A 08:00, B 08:10")
    same = tmp_path / "same.zip"
    same.write_bytes(one.read_bytes())
    other = feed_zip(tmp_path / "other.zip", rides="t: A 08:00, B 08:11")
    versions = [timetable_of(path, "2024-05-15").meta["feed_version"] for path in (one, same, other)]
    assert versions[0] == versions[1] != versions[2]
    assert read_network([one, other]).feed_version not in versions
