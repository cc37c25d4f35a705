"""Every kind of dirty trip update, as a line of text, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import expected, message, timetable

if TYPE_CHECKING:
    from feeds.realtime.report import MatchReport

TABLE = timetable("""
    one:   A 8:00, B 8:10, C 8:20 8:22, D 8:30
    other: A 9:00, B 9:10, C 9:20 9:22, D 9:30
    loop:  A 8:00, B 8:10, A 8:20, B 8:30
    gaps:  A 8:00, B ~8:05, C ~8:15, D 8:20
    freq route=F starts=7:00,7:10,7:20: A 0:00, B 0:05
    owl day=-1: A 24:05, B 24:15, C 24:25
    noon route=N: A 12:00, B 12:10
    back route=N: B 12:00, A 12:10
""")


def read(lines: str, at: str | None = "8:00:00") -> tuple[dict[str, str], Any, MatchReport]:
    conditions, report = conditions_of([message(lines, at)], TABLE)
    return expected(TABLE, conditions), conditions, report


APPLIED = {
    "a delay is carried to all later calls": ("one | 2 arr+60", "B 8:11:00, C 8:21:00 8:23:00, D 8:31:00"),
    "a delay before the bar of the first call reaches every call": (
        "one | 1 dep+60",
        "A 8:00:00 8:01:00, B 8:11:00, C 8:21:00 8:23:00, D 8:31:00",
    ),
    "only the last passed stop is known": ("one | 3 dep+120", "C 8:20:00 8:24:00, D 8:32:00"),
    "only a time is given": ("one | 2 arr=8:12:00", "B 8:12:00, C 8:22:00 8:24:00, D 8:32:00"),
    "time wins over a delay that disagrees": ("one | 4 arr=8:33:00 arr+900", "D 8:33:00"),
    "a time of zero is no time": ("one | 4 arr+60 dep+60", "D 8:31:00"),
    "stop_id alone names the call": ("one | D arr+60", "D 8:31:00"),
    "stop_id alone in a loop names the next of its calls": (
        "loop | A dep+60; A dep+120",
        "A 8:00:00 8:01:00, B 8:11:00, A 8:21:00 8:22:00, B 8:32:00",
    ),
    "in a loop stop_sequence decides": ("loop | 3@A arr+60", "A 8:21:00, B 8:31:00"),
    "numbers from another base: the stop wins": ("one | 3@D arr+60", "D 8:31:00"),
    "an unknown platform: the number is used": ("one | 4@D-platform-9 arr+60", "D 8:31:00"),
    "unsorted calls are sorted": ("one | 4 arr+60; 2 arr+30", "B 8:10:30, C 8:20:30 8:22:30, D 8:31:00"),
    "the later of two words on one call stands": ("one | 4 arr+60; 4 arr+90", "D 8:31:30"),
    "a skipped call is not served and delays pass over it": (
        "one | 2 arr+60; 3 SKIPPED",
        "B 8:11:00, C -, D 8:31:00",
    ),
    "no data means: as timetabled from there": ("one | 2 arr+60; 3 NO_DATA", "B 8:11:00"),
    "no data never lets a vehicle overtake itself": (
        "one | 2 arr+1500; 3 NO_DATA",
        "B 8:35:00, C 8:35:00, D 8:35:00",
    ),
    "who left early had come before that": (
        "one | 3 dep-180",
        "C 8:19:00, D 8:27:00",
    ),
    "who is early at a later stop has passed the earlier ones": (
        "one | 3 arr-900 dep-900",
        "B 8:05:00, C 8:05:00 8:07:00, D 8:15:00",
    ),
    "times that run backwards are pushed on": (
        "one | 2 arr=8:20:00 dep=8:15:00; 3 arr=8:12:00 dep=8:25:00",
        "B 8:20:00, C 8:20:00 8:25:00, D 8:33:00",
    ),
    "an absurd delay is ignored, the others are not": ("one | 2 arr+7200; 4 arr+60", "D 8:31:00"),
    "a trip-wide delay without calls holds for all": (
        "one delay=60",
        "A 8:01:00, B 8:11:00, C 8:21:00 8:23:00, D 8:31:00",
    ),
    "the date and the start are said": ("one start=20240610 time=08:00:00 | 4@D arr+60", "D 8:31:00"),
    "a wrong route is a warning only": ("one route=X | 4 arr+60", "D 8:31:00"),
    "a time given at a stop that the timetable only guesses is used": ("gaps | 3 arr=8:16:00", "C 8:16:00, D 8:21:00"),
    "a call that says nothing is left out, a delay after it stands": (
        "one | 1; 2 arr+60",
        "B 8:11:00, C 8:21:00 8:23:00, D 8:31:00",
    ),
    "a call that says nothing is left out, what was said before it stands": (
        "one | 2 arr=8:11:00; 3 dep?; 4",
        "B 8:11:00, C 8:21:00 8:23:00, D 8:31:00",
    ),
    "a feed may call a known trip added, with times": ("one relation=ADDED | 4 arr=8:31:00", "D 8:31:00"),
    "a feed may call a known trip added": ("one relation=ADDED | 4 arr+60", "D 8:31:00"),
}


@pytest.mark.parametrize("case", APPLIED)
def test_an_update_is_applied(case: str) -> None:
    lines, told = APPLIED[case]
    trip = lines.split()[0]
    assert read(lines)[0] == {trip: told}


IGNORED = {
    "an unknown trip": ("nobody | 1 dep+60", "unknown_trip"),
    "a start_time that is none": ("one time=AA:BB:CC | 1 dep+60", "bad_start_time"),
    "a start_time of a thousand hours": ("one time=1000:00:00 | 1 dep+60", "bad_start_time"),
    "a start_date that is none": ("one start=20241340 | 1 dep+60", "bad_start_date"),
    "a start_date with dashes": ("one start=2024-06-10 | 1 dep+60", "bad_start_date"),
    "a call that names no stop": ("one | 1 dep+60; - arr+60", "call_without_stop"),
    "bare times after a call without arrival and departure": ("one | 1; 2 arr=8:11:00", "call_without_time"),
    "an event without time and delay": ("one | 1 dep?; 2 arr?", "call_without_time"),
    "delays where the timetable has no times": ("gaps | 2 arr+60; 3 dep+60", "delay_without_planned_time"),
    "a frequency trip without a start": ("freq | 1 dep+60", "frequency_without_start"),
    "neither trip nor route": ("- | 1 dep+60", "no_trip_id"),
    "an unknown route": ("- route=X time=12:00:00 | 1 dep+60", "unknown_route"),
    "a route and start that fit two trips": ("- route=N time=12:00:00", "ambiguous"),
    "an added trip without times": ("extra relation=ADDED | A dep+60; B arr+60", "added_without_times"),
    "a duplicate that does not say of what": ("one relation=DUPLICATED", "duplicated_without_properties"),
}


@pytest.mark.parametrize("case", IGNORED)
def test_an_entity_is_rejected_with_its_reason_and_harms_no_other(case: str) -> None:
    lines, reason = IGNORED[case]
    told, conditions, report = read(lines + "\nother | 4 arr+60")
    assert told == {"other": "D 9:31:00"}
    assert report.rejected == {reason: 1}
    assert not conditions.added


@pytest.mark.parametrize(
    ("lines", "counter", "reason"),
    [
        ("one | 2 arr+7200; 4 arr-7200", "ignored", "absurd_delay"),
        ("one | Z arr+60", "ignored", "unknown_stop"),
        ("one id=7 | 4 arr+60\nother id=7 | 4 arr+60", "warnings", "duplicate_entity_id"),
        ("one route=X | 4 arr+60", "warnings", "route_disagrees"),
        ("owl | 1 dep-86340", "warnings", "delay_off_by_a_day"),
    ],
)
def test_what_is_odd_is_counted(lines: str, counter: str, reason: str) -> None:
    assert getattr(read(lines)[2], counter)[reason] >= 1


def test_blanks_inside_the_message_are_stripped() -> None:
    made = message("one | 4@D arr+60")
    made.entity[0].trip_update.trip.trip_id = " one "
    made.entity[0].trip_update.stop_time_update[0].stop_id = "D "
    assert expected(TABLE, conditions_of([made], TABLE)[0]) == {"one": "D 8:31:00"}


def test_a_cancelled_trip_needs_no_stops() -> None:
    _, conditions, _ = read("one relation=CANCELED\nother relation=DELETED")
    assert conditions.cancelled.tolist() == [0, 1]


@pytest.mark.parametrize("calls", ["A; B; C", "1; 2; 3; 4", "2 arr+60; 3", "A arr?; B dep?", "Z; -", "1 SKIPPED"])
@pytest.mark.parametrize("relation", ["CANCELED", "DELETED"])
def test_a_cancelled_trip_may_list_its_stops(relation: str, calls: str) -> None:
    told, conditions, report = read(f"one relation={relation} | {calls}")
    assert conditions.cancelled.tolist() == [0]
    assert (told, report.matched, +report.rejected) == ({}, 1, {})


def test_a_cancelled_trip_without_id_is_found_by_route_start_and_stops() -> None:
    assert read("- route=N time=12:00:00 relation=CANCELED | A; B")[2].rejected == {"ambiguous": 1}
    _, conditions, _ = read("- route=F time=07:10:00 relation=CANCELED | A; B")
    assert len(conditions.cancelled) == 1


def test_the_younger_word_about_a_trip_stands_even_under_another_entity() -> None:
    told, conditions, _ = read("one stamp=7:59:00 | 4 arr+60\none stamp=7:58:00 relation=CANCELED", at="8:00:00")
    assert told == {"one": "D 8:31:00"}
    assert not len(conditions.cancelled)


def test_a_message_of_nothing_is_as_timetabled() -> None:
    told, conditions, report = read("")
    assert told == {}
    assert len(conditions.live) == 0
    assert report.match_rate is None


def test_reading_a_message_twice_changes_nothing() -> None:
    made = message("one | 2 arr+60\nowl | 1 dep-86340")
    assert expected(TABLE, conditions_of([made], TABLE)[0]) == expected(TABLE, conditions_of([made, made], TABLE)[0])
