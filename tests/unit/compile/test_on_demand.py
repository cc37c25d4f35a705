"""Rides that run only for those who phone before: never taken for others, with the number where the feed has it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from feeds.__main__ import main
from feeds.compile.network import read_network
from tests.fakes.gtfs_text import feed_zip

if TYPE_CHECKING:
    from pathlib import Path

AGENCY = """
    agency_id, agency_name, agency_url, agency_timezone, agency_phone
    T,         Test,        https://t,  Europe/Berlin,   {phone}
"""
STOP_TIMES = """
    trip_id, stop_id, stop_sequence, arrival_time, departure_time, pickup_type, drop_off_type, pickup_booking_rule_id
    call,    A,       1,             09:30:00,     09:30:00,       {pickup},    0,             {rule}
    call,    B,       2,             09:50:00,     09:50:00,       0,           {drop},        {rule}
    bus,     A,       1,             09:10:00,     09:10:00,       0,           0,
    bus,     B,       2,             09:40:00,     09:40:00,       0,           0,
"""
TRIPS = "trip_id, route_id, service_id\ncall, RC, daily\nbus, RB, daily"
ROUTES = "route_id, agency_id, route_short_name, route_type\nRC, T, Call bus, 3\nRB, T, 12, 3"
STOPS = "stop_id, stop_name, stop_lat, stop_lon\nA, A, 50, 10\nB, B, 50.1, 10"
RULES = "booking_rule_id, booking_type, phone_number\nr1, 1, +49 30 222"


def asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str, phone: str = "+49 30 111", **said: Any
) -> tuple[list[dict[str, Any]], str]:
    """The options for 10:00, and the answer as text."""
    said = {"pickup": 2, "drop": 0, "rule": ""} | said
    feed = feed_zip(
        tmp_path / "f.zip",
        stop_times=STOP_TIMES.format(**said),
        agency=AGENCY.format(phone=phone),
        trips=TRIPS,
        routes=ROUTES,
        booking_rules=RULES,
    )
    out = str(tmp_path / "out")
    assert main(["compile", str(feed), "--date", "2025-03-11", "--out", out]) == 0
    command = ["plan", out, "--from", "stop:A", "--to", "stop:B", "--arrive-by", "2025-03-11T10:00", *words]
    capsys.readouterr()
    assert main([*command, "--json"]) == 0
    options = json.loads(capsys.readouterr().out)["options"]
    assert main(command) == 0
    return options, capsys.readouterr().out


def orders(options: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(leg["trip_id"], leg.get("order")) for one in options for leg in one["legs"] if "trip_id" in leg]


@pytest.mark.parametrize(("pickup", "drop"), [(2, 0), (0, 2)])
def test_what_has_to_be_phoned_for_is_not_first_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pickup: int, drop: int
) -> None:
    options, text = asked(tmp_path, capsys, pickup=pickup, drop=drop)
    assert orders(options) == [("bus", None), ("call", "+49 30 111")]
    assert "Call bus (on demand only: phone +49 30 111 before)" in text


def test_the_booking_rules_number_wins_over_the_agencys(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ("call", "+49 30 222") in orders(asked(tmp_path, capsys, rule="r1")[0])
    options, text = asked(tmp_path, capsys, phone="")
    assert ("call", "") in orders(options)
    assert "phone the operator before" in text


@pytest.mark.parametrize("pickup", [0, 3])
def test_who_only_waves_to_the_driver_need_not_phone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], pickup: int
) -> None:
    assert orders(asked(tmp_path, capsys, pickup=pickup)[0])[0] == ("call", None)


def test_areas_served_on_demand_are_named_as_that(tmp_path: Path) -> None:
    flex = """
        trip_id, stop_id, location_id, stop_sequence, arrival_time, departure_time, pickup_type
        call,    ,        zone,        1,             ,             ,               2
        call,    ,        zone,        2,             ,             ,               2
        bus,     A,       ,            1,             09:10:00,     09:10:00,       0
        bus,     B,       ,            2,             09:40:00,     09:40:00,       0
    """
    found = read_network([feed_zip(tmp_path / "f.zip", stop_times=flex, trips=TRIPS, routes=ROUTES, stops=STOPS)])
    named = [str(one) for one in found.findings if "on demand" in one.what]
    assert len(named) == 1
    assert "trip 'call' runs on demand in an area" in named[0]
    assert not any("stop_id ''" in one.what for one in found.findings)
