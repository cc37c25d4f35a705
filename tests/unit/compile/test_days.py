"""Service days: what runs when, counted from local noon minus twelve hours."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from feeds.compile.findings import OutsideCalendar, Unusable
from feeds.compile.network import read_network
from tests.fakes.gtfs_text import feed_zip, timetable_of
from tests.fakes.timetable_text import rides, today

if TYPE_CHECKING:
    from pathlib import Path

RIDE = "t: A 08:00, B 08:10"


@pytest.mark.parametrize(
    ("date", "origin"),
    [
        ("2024-03-30", "2024-03-30T00:00+01:00"),
        ("2024-03-31", "2024-03-30T23:00+01:00"),  # clocks go forward: 08:00 stays eight hours after this
        ("2024-04-01", "2024-04-01T00:00+02:00"),
        ("2024-10-27", "2024-10-27T01:00+02:00"),  # clocks go back
        ("2024-10-28", "2024-10-28T00:00+01:00"),
    ],
)
def test_times_count_from_noon_minus_twelve_hours(tmp_path: Path, date: str, origin: str) -> None:
    timetable = timetable_of(feed_zip(tmp_path / "f.zip", rides=RIDE), date)
    assert timetable.meta["origin_epoch"] == int(datetime.fromisoformat(origin).timestamp())
    at_eight = datetime.fromtimestamp(timetable.meta["origin_epoch"] + 8 * 3600, ZoneInfo("Europe/Berlin"))
    assert at_eight.isoformat()[:16] == f"{date}T08:00"
    assert today(timetable)["t"] == "A 08:00, B 08:10"


def test_the_night_of_yesterday_reaches_into_the_day(tmp_path: Path) -> None:
    path = feed_zip(tmp_path / "f.zip", rides="night: A 23:50, B 24:40, C 25:30")
    assert rides(timetable_of(path, "2024-05-15")) == {
        "night": "A 23:50, B 24:40, C 25:30",
        "night-1": "A -00:10, B 00:40, C 01:30",
    }


@pytest.mark.parametrize(
    ("date", "tail"),
    [
        ("2024-03-31", "A 00:50, B 01:40, C 02:30"),  # yesterday began at midnight, today counts from an hour before
        ("2024-04-01", "A -00:10, B 00:40, C 01:30"),  # both days count from 22:00 UTC
        ("2024-10-27", "A -01:10, B -00:20, C 00:30"),  # today counts from one o'clock at night
        ("2024-10-28", "A -00:10, B 00:40, C 01:30"),
    ],
)
def test_tails_are_shifted_by_the_hours_there_really_are_between_two_days(tmp_path: Path, date: str, tail: str) -> None:
    path = feed_zip(tmp_path / "f.zip", rides="night: A 23:50, B 24:40, C 25:30")
    assert rides(timetable_of(path, date))["night-1"] == tail


def test_a_run_stays_if_it_ends_after_six_in_the_evening_before_or_begins_before_six_the_morning_after(
    tmp_path: Path,
) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides="""
            noon:    A 12:00, B 12:30
            evening: A 17:50, B 18:00
            gone:    A 17:50, B 17:59
            dawn:    A 05:59, B 06:30
            late:    A 06:00, B 06:30
        """,
    )
    around = {name for name in rides(timetable_of(path, "2024-05-15")) if name[-2:] in {"-1", "+1"}}
    assert around == {"evening-1", "dawn+1"}


def test_a_train_of_three_days_is_there_on_its_third(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides="sleeper: A 10:00, B 34:00, C 60:00",
        calendar_dates="""
            service_id, date,     exception_type
            daily,      20240513, 1
            daily,      20240520, 1
        """,
    )
    assert rides(timetable_of(path, "2024-05-15")) == {"sleeper-2": "A -38:00, B -14:00, C 12:00"}


def test_weekdays_and_exceptions_decide_what_runs(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides="""
            week: A 08:00, B 08:10
            sun:  A 09:00, B 09:10
            fair: A 10:00, B 10:10
        """,
        trips="""
            trip_id, route_id, service_id
            week,    R,        WEEK
            sun,     R,        SUN
            fair,    R,        FAIR
        """,
        calendar="""
            service_id, monday, tuesday, wednesday, thursday, friday, saturday, sunday, start_date, end_date
            WEEK,       1,      1,       1,         1,        1,      0,        0,      20240101,   20241231
            SUN,        0,      0,       0,         0,        0,      0,        1,      20240101,   20241231
        """,
        calendar_dates="""
            service_id, date,     exception_type
            WEEK,       20240509, 2
            SUN,        20240509, 1
            FAIR,       20240511, 1
        """,
    )
    by_day = {date: set(today(timetable_of(path, f"2024-05-{date}"))) for date in ("08", "09", "10", "11", "12")}
    assert by_day == {"08": {"week"}, "09": {"sun"}, "10": {"week"}, "11": {"fair"}, "12": {"sun"}}


def test_calendar_dates_alone_are_a_calendar(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides=RIDE,
        calendar_dates="""
            service_id, date,     exception_type
            daily,      20240511, 1
            daily,      20240514, 1
        """,
    )
    network = read_network([path])
    assert [day.isoformat() for day in network.span] == ["2024-05-11", "2024-05-14"]
    assert today(timetable_of(path, "2024-05-11")) == {"t": "A 08:00, B 08:10"}


def test_a_day_inside_the_calendar_may_be_empty(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides=RIDE,
        calendar_dates="""
            service_id, date,     exception_type
            daily,      20240511, 1
            daily,      20240514, 1
        """,
    )
    timetable = timetable_of(path, "2024-05-13")
    assert (timetable.n_runs, timetable.n_stops, len(timetable.st_stop)) == (0, 2, 0)


@pytest.mark.parametrize("date", ["2023-12-31", "2027-01-01"])
def test_a_date_outside_the_calendar_is_refused_with_its_first_and_last_day(tmp_path: Path, date: str) -> None:
    path = feed_zip(tmp_path / "f.zip", rides=RIDE)
    with pytest.raises(OutsideCalendar, match=f"{date}.*2024-01-01 to 2026-12-31"):
        timetable_of(path, date)


def test_a_removal_of_every_day_leaves_a_feed_without_service(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides=RIDE,
        calendar="""
            service_id, monday, tuesday, wednesday, thursday, friday, saturday, sunday, start_date, end_date
            daily,      0,      0,       0,         0,        0,      0,        0,      20240101,   20241231
        """,
    )
    with pytest.raises(Unusable, match="no service runs on any day"):
        read_network([path])


def test_since_ever_and_for_ever_are_dates_like_others(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides=RIDE,
        calendar="""
            service_id, monday, tuesday, wednesday, thursday, friday, saturday, sunday, start_date, end_date
            daily,      1,      1,       1,         1,        1,      1,        1,      00010101,   99991231
        """,
    )
    network = read_network([path])
    for day in (*network.span, network.span[0].replace(year=2024)):
        assert today(network.day(day)) == {"t": "A 08:00, B 08:10"}


def test_days_with_the_same_services_around_them_share_their_arrays(tmp_path: Path) -> None:
    network = read_network([feed_zip(tmp_path / "f.zip", rides=RIDE)])
    first, last = network.span
    wednesday, thursday = first.replace(month=5, day=15), first.replace(month=5, day=16)
    assert network.day(wednesday).arrays is network.day(thursday).arrays
    assert network.day(wednesday).meta["service_date"] == "2024-05-15"
    assert set(rides(network.day(first))) == {"t"}
    assert set(rides(network.day(last))) == {"t"}
