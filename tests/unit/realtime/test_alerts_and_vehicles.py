"""Alerts as plain values, and what vehicle positions add."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from chalicelib.transit.data.alerts import Alert
from feeds.realtime.matching.alerts import read_alerts
from feeds.realtime.matching.index import index_of
from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import expected, message, posix, timetable

TABLE = timetable("one route=R: A 8:00, B 8:10 8:12, C 8:20\nother route=S: A 9:00, B 9:10")


def alerts(**informed: str) -> tuple[list[Alert], Counter[str]]:
    made, ignored = message(""), Counter[str]()
    alert = made.entity.add(id="a").alert
    alert.header_text.translation.add(text="Detour", language="en")
    alert.active_period.add(start=100, end=200)
    alert.active_period.add(start=300)
    selector = alert.informed_entity.add()
    for name, value in informed.items():
        if name == "trip_id":
            selector.trip.trip_id = value
        elif name == "of_trip":
            selector.trip.route_id = value
        else:
            setattr(selector, name, value)
    return read_alerts(made, index_of(TABLE), ignored), ignored


def test_an_alert_says_what_when_and_about_what() -> None:
    (alert,), _ = alerts(route_id="R", stop_id="B")
    assert alert.header == {"en": "Detour"}
    assert [alert.is_active(at) for at in (99, 100, 199, 200, 300, 10**9)] == [False, True, True, False, True, True]
    assert alert.touches("R", "one", frozenset({"A", "B"}))
    assert not alert.touches("R", "one", frozenset({"A", "C"}))
    assert not alert.touches("S", "other", frozenset({"B"}))
    assert Alert.from_json(alert.to_json()) == alert


@pytest.mark.parametrize(
    "about",
    [{}, {"agency_id": "nobody"}, {"route_id": "X"}, {"trip_id": "X"}, {"route_id": "R", "of_trip": "S"}],
)
def test_an_alert_about_nothing_that_we_know_is_counted_and_left_out(about: dict[str, str]) -> None:
    assert alerts(**about) == ([], Counter({"alert_about_nothing": 1}))


def seen(clock: str, lines: str = "", **vehicle: Any) -> tuple[dict[str, str], Counter[str]]:
    made = message(lines, at=clock)
    raw = made.entity.add(id="v").vehicle
    raw.trip.trip_id = vehicle.pop("trip", "one")
    raw.timestamp = posix(clock)
    for name in ("latitude", "longitude"):
        if name in vehicle:
            setattr(raw.position, name, vehicle.pop(name))
    for name, value in vehicle.items():
        setattr(raw, name, value)
    conditions, report = conditions_of([made], TABLE)
    return expected(TABLE, conditions), report.ignored


def test_a_vehicle_standing_at_a_stop_is_observed_there() -> None:
    assert seen("8:15:00", current_stop_sequence=2, current_status=1)[0] == {"one": "B 8:15:00 8:17:00, C 8:25:00"}


def test_a_vehicle_standing_early_waits_for_its_time() -> None:
    assert seen("8:09:00", stop_id="B", current_status=1)[0] == {"one": "B 8:09:00 8:12:00"}


def test_a_vehicle_not_yet_at_a_stop_is_at_least_that_late_there() -> None:
    assert seen("8:14:00", current_stop_sequence=2)[0] == {"one": "B 8:14:00 8:16:00, C 8:24:00"}
    assert seen("8:09:00", current_stop_sequence=2)[1] == {"vehicle_not_late": 1}


def test_a_vehicle_behind_its_own_prediction_corrects_it() -> None:
    assert seen("8:14:00", "one | 2 arr+60", current_stop_sequence=2)[0] == {"one": "B 8:14:00 8:16:00, C 8:24:00"}
    assert seen("8:10:30", "one | 2 arr+60", current_stop_sequence=2)[0] == {"one": "B 8:11:00 8:13:00, C 8:21:00"}


def test_a_vehicle_behind_its_prediction_leaves_what_is_said_of_later_stops_as_it_was_said() -> None:
    late = {"current_stop_sequence": 2}
    assert seen("8:14:00", "one | 2 arr+60; 3 arr=8:40:00", **late)[0] == {"one": "B 8:14:00 8:16:00, C 8:40:00"}
    assert seen("8:14:00", "one | 2 arr+60; 3 SKIPPED", **late)[0] == {"one": "B 8:14:00 8:16:00, C -"}
    assert seen("8:14:00", "one | 2 arr+60; 3 arr+60", **late)[0] == {"one": "B 8:14:00 8:16:00, C 8:24:00"}


@pytest.mark.parametrize(
    ("vehicle", "reason"),
    [
        ({"latitude": 0.0, "longitude": 10.0, "current_stop_sequence": 2}, "vehicle_position_impossible"),
        ({"latitude": 40.0, "longitude": -73.0, "current_stop_sequence": 2}, "vehicle_position_impossible"),
        ({"latitude": 50.1, "longitude": 10.0}, "vehicle_no_stop"),
        ({"stop_id": "nowhere"}, "vehicle_unknown_stop"),
        ({"trip": "nobody", "stop_id": "B"}, "vehicle_unknown_trip"),
        ({"trip": "other", "stop_id": "B", "current_status": 1}, ""),
    ],
)
def test_a_position_that_says_nothing_usable_changes_nothing(vehicle: dict[str, Any], reason: str) -> None:
    told, ignored = seen("8:30:00", **vehicle)
    assert ignored == ({reason: 1} if reason else {})
    assert told == {} or not reason
