"""Which run of which day an update means."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import clock, expected, message, timetable

if TYPE_CHECKING:
    from feeds.realtime.report import MatchReport

# the same trip yesterday, today and tomorrow, as a day's timetable holds them
NIGHTS = timetable("""
    owl day=-1: A 24:05, B 24:15, C 24:25
    owl day=0:  A 24:05, B 24:15, C 24:25
    day day=0:  A 12:00, B 12:10
    freq route=F starts=7:00,7:10,7:20: A 0:00, B 0:05
    noon route=N: A 12:00, B 12:10
    back route=N: B 12:00, A 12:10
    line route=L: A 13:00, B 13:10
    away route=L: C 13:00, A 13:10
""")


def read(lines: str, at: str | None = "8:00:00", now: int | None = None) -> tuple[dict[str, str], MatchReport]:
    conditions, report = conditions_of([message(lines, at)], NIGHTS, now)
    return expected(NIGHTS, conditions), report


def test_without_start_date_the_run_nearest_in_time_is_meant_not_that_of_today() -> None:
    assert read("owl | 3 arr+60", at="0:10:00")[0] == {"owl": "C 0:26:00"}
    assert read("owl | 3 arr+60", at="23:50:00")[0] == {"owl": "C 24:26:00"}


def test_times_in_the_update_say_more_than_the_header() -> None:
    assert read("owl | 3 arr=24:26:00", at="11:00:00")[0] == {"owl": "C 24:26:00"}


def test_with_start_date_the_run_of_that_day_is_meant() -> None:
    assert read("owl start=20240609 | 3 arr+60", at="12:00:00")[0] == {"owl": "C 0:26:00"}
    assert read("owl start=20240610 | 3 arr+60", at="12:00:00")[0] == {"owl": "C 24:26:00"}


def test_a_delay_of_minus_a_day_is_the_neighbouring_service_day() -> None:
    """The feed counted a trip of yesterday's service day from today's: 24:05 plus a minute less a day is 0:06."""
    assert read("owl | 3 arr-86340", at="0:26:00")[0] == {"owl": "C 0:26:00"}
    assert read("owl start=20240610 | 3 arr-86340", at="0:26:00")[0] == {"owl": "C 0:26:00"}


def test_a_delay_of_minus_a_day_beside_a_right_time_is_the_neighbouring_service_day() -> None:
    assert read("owl | 3 arr=0:26:00 arr-86340", at="0:26:30")[0] == {"owl": "C 0:26:00"}
    assert read("owl start=20240610 | 3 arr=0:26:00 arr-86340", at="0:26:30")[0] == {"owl": "C 0:26:00"}


def test_a_trip_of_another_day_is_no_fault_and_no_match() -> None:
    told, report = read("day start=20240611 | 2 arr+60")
    assert told == {}
    assert (report.matched, report.other_day, report.unknown) == (0, 1, 0)
    assert read("day | 2 arr+60", at="40:00:00")[0] == {}


def test_a_frequency_run_is_found_by_its_start() -> None:
    assert read("freq start=20240610 time=07:10:00 | 2 arr+60")[0] == {"freq": "B 7:16:00"}


def test_a_frequency_run_off_the_grid_is_the_nearest_one() -> None:
    assert read("freq time=07:12:00 relation=UNSCHEDULED | 2 arr+60", at="7:12:00")[0] == {"freq": "B 7:16:00"}


def test_without_trip_id_route_and_start_and_stops_name_the_run() -> None:
    assert read("- route=N time=12:00:00 | A dep+60")[1].rejected == {"ambiguous": 1}
    assert read("- route=L time=13:00:00 | 2@B arr+60")[0] == {"line": "B 13:11:00"}
    assert read("- route=L time=13:00:00 start=20240611 | 2@B arr+60")[1].other_day == 1
    assert read("- route=L time=13:07:00 | 2@B arr+60")[1].other_day == 1


def test_a_header_without_time_falls_back_to_the_updates_then_to_now() -> None:
    now = int(NIGHTS.meta["origin_epoch"]) + 600
    assert read("owl stamp=0:10:00 | 3 arr+60", at=None)[0] == {"owl": "C 0:26:00"}
    assert read("owl | 3 arr+60", at=None, now=now)[0] == {"owl": "C 0:26:00"}


def test_news_of_tomorrow_does_not_make_a_message_a_strangers() -> None:
    strike = "\n".join(f"monday{n} start=20240611 relation=CANCELED" for n in range(34))
    told, report = read(strike + "\nday | 2 arr+60", at="12:00:00")
    assert told == {"day": "B 12:11:00"}
    assert (report.matched, report.other_day, report.unknown, report.wrong_feed) == (1, 34, 0, False)


def test_a_strangers_message_of_today_is_still_a_strangers() -> None:
    strangers = "\n".join(f"s{n} start=20240610 relation=CANCELED" for n in range(34))
    told, report = read(strangers + "\nday | 2 arr+60", at="12:00:00")
    assert told == {}
    assert report.messages_rejected == {"wrong_feed": 1}


HOURLY = timetable("freq route=F starts=7:00,8:00: A 0:00, B 0:05\nother: A 9:00, B 9:10")


def starts(lines: str, at: str) -> tuple[dict[str, str], list[str], MatchReport]:
    """What changed in the timetable, and the departures of added runs from A and B."""
    conditions, report = conditions_of([message(lines, at)], HOURLY)
    runs = [f"{run.trip_id} {clock(int(run.departs[0]))} {clock(int(run.arrives[1]))}" for run in conditions.added]
    return expected(HOURLY, conditions), runs, report


def test_a_start_between_two_of_the_grid_is_a_live_bus() -> None:
    told, runs, report = starts("freq time=07:20:00 | 2 arr+60", "7:21:00")
    assert (told, runs) == ({}, ["freq 7:20:00 7:26:00"])
    assert (report.matched, report.other_day) == (1, 0)
    assert starts("freq time=07:20:00 | 2 arr=7:27:00", "7:21:00")[1] == ["freq 7:20:00 7:27:00"]


def test_two_bunched_starts_are_two_buses() -> None:
    lines = "freq time=07:02:00 | 2 arr=7:08:00\nfreq time=07:04:00 | 2 arr=7:09:00"
    told, runs, _ = starts(lines, "7:05:00")
    assert told == {"freq": "B 7:08:00"}
    assert runs == ["freq 7:04:00 7:09:00"]
    lines = "freq time=07:20:00 | 2 arr+0\nfreq time=07:21:00 | 2 arr+0"
    assert starts(lines, "7:22:00")[1] == ["freq 7:20:00 7:25:00", "freq 7:21:00 7:26:00"]


def test_a_start_off_the_grid_of_exact_times_is_of_another_day() -> None:
    exact = replace(HOURLY, meta={**HOURLY.meta, "headway_trips": {}})
    conditions, report = conditions_of([message("freq time=07:20:00 | 2 arr+60", "7:21:00")], exact)
    assert conditions.added == ()
    assert report.other_day == 1
