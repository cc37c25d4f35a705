"""Which calls an update means, at which platform, and how late is too late to be believed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from chalicelib.transit.data.conditions_file import dump_conditions, parse_conditions
from chalicelib.transit.search.network import Network
from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import expected, message, timetable

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable
    from feeds.realtime.report import MatchReport

LOOPS = timetable("""
    loop:  A 8:00, B 8:05, A 8:10, C 8:15
    ring:  A 9:00, B 9:10, C 9:20, A 9:30
    train: A 10:00, B 10:30, C 11:00, D 11:30
""")


def read(lines: str, at: str = "8:07:00", table: Timetable = LOOPS) -> tuple[dict[str, str], Any, MatchReport]:
    conditions, report = conditions_of([message(lines, at)], table)
    return expected(table, conditions), conditions, report


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        ("loop | A arr=8:14:00; C arr=8:19:00", "A 8:14:00, C 8:19:00"),
        ("loop | A dep=8:01:00; B arr=8:06:00", "A 8:00:00 8:01:00, B 8:06:00, A 8:11:00, C 8:16:00"),
        ("loop | A dep=8:09:00; B arr=8:14:00; A arr=8:19:00", "A 8:00:00 8:09:00, B 8:14:00, A 8:19:00, C 8:24:00"),
        ("loop | B arr=8:07:00; A arr=8:12:00; C arr=8:17:00", "B 8:07:00, A 8:12:00, C 8:17:00"),
        ("ring | A arr=9:33:00", "A 9:33:00"),
        ("ring | A arr=9:02:00 dep=9:02:00", "A 9:02:00, B 9:12:00, C 9:22:00, A 9:32:00"),
        ("ring | C dep+60; A arr+120", "C 9:20:00 9:21:00, A 9:32:00"),
    ],
)
def test_of_several_visits_those_are_meant_that_fit_order_and_times(lines: str, times: str) -> None:
    assert read(lines)[0] == {lines.split(maxsplit=1)[0]: times}


def platforms() -> Timetable:
    """S is a station with platforms P1 and P2; Q is a stop by itself."""
    table = timetable("one: A 8:00, P1 8:10, B 8:20\ntwo: P2 9:00, S 9:05, Q 9:10, B 9:20")
    ids = [table.text("stop_id", stop) for stop in range(table.n_stops)]
    parents = np.array([ids.index("S") if name in {"P1", "P2"} else -1 for name in ids], "i4")
    return replace(table, arrays={**table.arrays, "stop_parent": parents})


PLATFORMS = platforms()


def stop_of(conditions: Any, call: int) -> str:
    return PLATFORMS.text("stop_id", int(Network(PLATFORMS).under(conditions).running.stop[call]))


@pytest.mark.parametrize(
    ("call", "platform"),
    [("P2 arr+60", "P2"), ("2@P2 arr+60", "P2"), ("S arr+60", "P1"), ("P1 arr+60", "P1"), ("2@Q arr+60", "P1")],
)
def test_a_stop_of_the_same_station_is_another_platform_and_the_delay_holds(call: str, platform: str) -> None:
    told, conditions, report = read(f"one | {call}", "8:00:00", PLATFORMS)
    assert told == {"one": "P1 8:11:00, B 8:21:00"}
    assert stop_of(conditions, 1) == platform
    assert not report.ignored
    again, _ = parse_conditions(dump_conditions(conditions, {}))
    assert stop_of(again, 1) == platform


@pytest.mark.parametrize("call", ["2 arr+60", "P1 arr+60", "2@P1 arr+60"])
def test_an_assigned_stop_is_where_the_vehicle_calls(call: str) -> None:
    made = message(f"one | {call}")
    made.entity[0].trip_update.stop_time_update[0].stop_time_properties.assigned_stop_id = "P2"
    conditions, _ = conditions_of([made], PLATFORMS)
    assert expected(PLATFORMS, conditions) == {"one": "P1 8:11:00, B 8:21:00"}
    assert stop_of(conditions, 1) == "P2"


def test_conditions_written_before_platforms_were_known_are_read() -> None:
    conditions = read("one | P2 arr+60", "8:00:00", PLATFORMS)[1]
    blob = dump_conditions(conditions, {})
    before = blob.replace(b'"moved"', b'"older"')
    assert before != blob
    assert len(parse_conditions(before)[0].moved) == 0


LATE = "train stamp=10:25:00 | "


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        (f"{LATE}2 arr+8580; 3 arr+8580; 4 arr+8580", "B 12:53:00, C 13:23:00, D 13:53:00"),
        (f"{LATE}2 arr=12:53:00; 3 arr=13:20:00; 4 arr=13:48:00", "B 12:53:00, C 13:20:00, D 13:48:00"),
        (f"{LATE}2 arr+7199", "B 12:29:59, C 12:59:59, D 13:29:59"),
        (f"{LATE}2 arr+7200; 3 arr+7190", "B 12:30:00, C 12:59:50, D 13:29:50"),
        (f"{LATE}1 dep+0; 2 arr+8580; 3 arr+8580", "B 12:53:00, C 13:23:00, D 13:53:00"),
    ],
)
def test_a_train_is_hours_late_if_several_calls_say_so_just_now(lines: str, times: str) -> None:
    told, conditions, _ = read(lines, "10:26:00")
    assert told == {"train": times}
    assert conditions.live.tolist() == [2]


@pytest.mark.parametrize(
    "lines",
    [
        "train | 2 arr+8580; 3 arr+8580",  # nobody says when that was said
        "train stamp=9:00:00 | 2 arr+8580; 3 arr+8580",  # long ago
        f"{LATE}2 arr+8580",  # one call
        f"{LATE}2 arr+7200; 3 arr+20000",  # that contradict each other
        f"{LATE}2 arr-8580; 3 arr-8580",  # hours early
        f"{LATE}2 arr+43300; 3 arr+43300",  # half a day
        f"{LATE}1 dep+0; 2 arr+8580",  # on time at A says nothing of B
        f"{LATE}2 arr+7200 dep+7200",
    ],
)
def test_what_is_not_believed_is_unknown_and_never_on_time(lines: str) -> None:
    told, conditions, report = read(lines, "10:26:00")
    assert told == {}
    assert conditions.live.tolist() == []
    assert report.ignored["absurd_delay"]


def test_after_an_unbelieved_delay_nothing_is_carried_on_until_something_else_is_said() -> None:
    told, conditions, _ = read(f"{LATE}1 dep+60; 2 arr+90000; 4 arr+120", "10:26:00")
    assert told == {"train": "A 10:00:00 10:01:00, D 11:32:00"}
    assert conditions.live.tolist() == [2]
