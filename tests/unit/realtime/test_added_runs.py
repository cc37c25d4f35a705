"""Runs that the timetable lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.transit.search.network import Network
from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import clock, message, timetable

if TYPE_CHECKING:
    from feeds.realtime.report import MatchReport

TABLE = timetable("""
    one route=R: A 8:00, B 8:10 8:12, C 8:20
    freq route=F starts=7:00,7:10: A 0:00, B 0:05
""")


def added(lines: str) -> tuple[dict[str, str], Any, MatchReport]:
    conditions, report = conditions_of([message(lines)], TABLE)
    told = {
        run.trip_id: ", ".join(
            f"{TABLE.text('stop_id', stop)} {clock(arrives)} {clock(departs)}"
            for stop, arrives, departs in zip(run.stop, run.arrives, run.departs, strict=True)
        )
        for run in conditions.added
    }
    return told, conditions, report


def test_an_added_trip_is_made_of_its_calls_with_known_stops_and_times() -> None:
    told, conditions, report = added("extra route=R relation=ADDED | 1@A dep=9:00:00; 2@Z arr=9:05:00; 3@C arr=9:12:00")
    assert told == {"extra": "A 9:00:00 9:00:00, C 9:12:00 9:12:00"}
    assert conditions.added[0].route == 0
    assert report.ignored == {"added_call_unusable": 1}


def test_new_and_unscheduled_trips_are_added_trips() -> None:
    assert added("x relation=NEW | A dep=9:00:00; B arr=9:05:00")[0].keys() == {"x"}
    assert added("y relation=UNSCHEDULED | A dep=9:00:00; B arr=9:05:00")[0].keys() == {"y"}


def test_times_of_an_added_trip_never_run_backwards() -> None:
    assert added("x relation=ADDED | A dep=9:00:00; B arr=8:50:00 dep=8:55:00; C arr=9:10:00")[0] == {
        "x": "A 9:00:00 9:00:00, B 9:00:00 9:00:00, C 9:10:00 9:10:00"
    }


def test_an_added_trip_of_another_day_is_left_out() -> None:
    told, _, report = added("x relation=ADDED | A dep=60:00:00; B arr=60:10:00")
    assert told == {}
    assert report.other_day == 1


def test_a_replacement_cancels_the_trip_and_runs_instead() -> None:
    told, conditions, _ = added("one route=R relation=REPLACEMENT | A dep=8:05:00; C arr=8:30:00")
    assert told == {"one": "A 8:05:00 8:05:00, C 8:30:00 8:30:00"}
    assert conditions.cancelled.tolist() == [0]


def test_a_duplicated_trip_runs_again_at_its_new_start_with_its_delays() -> None:
    properties = "new_id=again new_date=20240610 new_time=10:00:00"
    told, conditions, _ = added(f"one relation=DUPLICATED {properties} | 2 arr+60")
    assert told == {"again": "A 10:00:00 10:00:00, B 10:11:00 10:13:00, C 10:21:00 10:21:00"}
    assert not len(conditions.at)


def test_a_frequency_run_that_is_unscheduled_is_the_one_of_the_timetable() -> None:
    told, conditions, _ = added("freq time=07:10:00 start=20240610 relation=UNSCHEDULED | 2 arr+60")
    assert told == {}
    assert conditions.live.tolist() == [2]


@pytest.mark.parametrize("relation", ["NEW", "ADDED", "UNSCHEDULED", "REPLACEMENT"])
@pytest.mark.parametrize("time", [1, 2**31, 2**32, 2**62, 2**63 - 1, -1, -(2**63)])
@pytest.mark.parametrize("others", ["A dep=9:00:00; B arr=9:05:00", "A dep=9:00:00"])
def test_an_added_trip_with_an_impossible_time_is_rejected_and_harms_no_other(
    relation: str, time: int, others: str
) -> None:
    trip = "one" if relation == "REPLACEMENT" else "extra"
    sent = message(f"{trip} relation={relation} | {others}; C dep+0\nfreq start=20240610 time=07:10:00 | 2 arr+60")
    departure = sent.entity[0].trip_update.stop_time_update[-1].departure
    departure.time = time
    conditions, report = conditions_of([sent], TABLE)
    if time > 0:
        assert report.rejected == {"impossible_time": 1}
        assert not conditions.added
    else:
        assert report.ignored["added_call_unusable"] == 1
    assert conditions.live.tolist() == [2]
    assert Network(TABLE).under(conditions)


@pytest.mark.parametrize("date", ["00010101", "99991231", "20500101"])
def test_a_duplicate_years_away_is_rejected(date: str) -> None:
    _, conditions, report = added(f"one relation=DUPLICATED new_id=again new_date={date} new_time=10:00:00")
    assert not conditions.added
    assert report.rejected == {"impossible_time": 1}


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("relation", ["NEW", "ADDED"])
def test_an_added_trip_that_is_cancelled_does_not_run(relation: str, order: int) -> None:
    lines = [f"x id=1 relation={relation} | A dep=9:00:00; B arr=9:05:00", "x id=2 relation=CANCELED | A; B"]
    told, _, report = added("\n".join(lines[::order]))
    assert told == {}
    assert not report.rejected


def test_an_added_trip_that_was_cancelled_before_it_was_said_again_runs() -> None:
    told, _, _ = added("x stamp=7:00:00 relation=CANCELED\nx stamp=7:30:00 relation=NEW | A dep=9:00:00; B arr=9:05:00")
    assert told.keys() == {"x"}


def test_a_message_may_cancel_what_another_added() -> None:
    first = message("x relation=NEW | A dep=9:00:00; B arr=9:05:00")
    second = message("x relation=CANCELED")
    for messages in ([first, second], [second, first]):
        assert conditions_of(messages, TABLE)[0].added == ()


def test_an_added_trip_far_from_the_timetabled_one_of_its_id_runs_beside_it() -> None:
    told, conditions, _ = added("one relation=ADDED | A dep=9:00:00; C arr=9:20:00")
    assert told == {"one": "A 9:00:00 9:00:00, C 9:20:00 9:20:00"}
    assert not len(conditions.cancelled)
    assert not len(conditions.at)


DUPLICATE = "one relation=DUPLICATED new_id=again new_date=20240610 new_time=10:00:00"


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("update", ["again | 2 arr+60", "again | B arr=10:11:00"])
def test_a_duplicated_trip_is_updated_by_its_new_id(update: str, order: int) -> None:
    told, _, report = added("\n".join([DUPLICATE, update][::order]))
    assert told == {"again": "A 10:00:00 10:00:00, B 10:11:00 10:13:00, C 10:21:00 10:21:00"}
    assert report.matched == 2
    assert not report.rejected


def test_times_of_a_duplicated_trip_are_its_own() -> None:
    told, _, _ = added(f"{DUPLICATE} | 2 arr=10:11:00; 3 arr=10:30:00")
    assert told == {"again": "A 10:00:00 10:00:00, B 10:11:00 10:13:00, C 10:30:00 10:30:00"}


def test_a_duplicated_trip_is_cancelled_by_its_new_id_and_the_original_runs() -> None:
    told, conditions, _ = added(f"{DUPLICATE}\nagain relation=CANCELED | A")
    assert told == {}
    assert not len(conditions.cancelled)


def test_a_stop_that_a_duplicated_trip_skips_is_not_served() -> None:
    _, conditions, _ = added(f"{DUPLICATE}\nagain | 2 SKIPPED")
    assert conditions.added[0].flags.tolist() == [1, 0, 2]
