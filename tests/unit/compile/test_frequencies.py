"""frequencies.txt: one pattern, many departures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fakes.gtfs_text import feed_zip, timetable_of
from tests.fakes.timetable_text import rides, today

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2024-05-15"


def frequent(tmp_path: Path, frequencies: str, ride: str = "t: A 00:00, B 00:10 00:12, C 00:20") -> Path:
    return feed_zip(tmp_path / "f.zip", rides=ride, frequencies=frequencies)


@pytest.mark.parametrize("exact", ["0", "1", ""])
def test_departures_are_every_headway_from_the_start_and_before_the_end(tmp_path: Path, exact: str) -> None:
    path = frequent(
        tmp_path,
        f"""
            trip_id, start_time, end_time, headway_secs, exact_times
            t,       08:00:00,   08:30:00, 900,          {exact}
        """,
    )
    timetable = timetable_of(path, DAY)
    assert today(timetable) == {
        "t@08:00": "A 08:00, B 08:10 08:12, C 08:20",
        "t@08:15": "A 08:15, B 08:25 08:27, C 08:35",
    }
    assert timetable.meta["headway_trips"] == ({} if exact == "1" else {"t": 900})


def test_the_pattern_counts_from_its_own_first_departure(tmp_path: Path) -> None:
    path = frequent(
        tmp_path,
        """
            trip_id, start_time, end_time, headway_secs
            t,       08:00:00,   08:01:00, 900
        """,
        "t: A 05:58 06:00, B 06:10",
    )
    assert today(timetable_of(path, DAY)) == {"t@08:00": "A 07:58 08:00, B 08:10"}


def test_rows_of_one_trip_follow_each_other_and_no_departure_is_there_twice(tmp_path: Path) -> None:
    path = frequent(
        tmp_path,
        """
            trip_id, start_time, end_time, headway_secs
            t,       08:00:00,   08:20:00, 600
            t,       08:10:00,   08:50:00, 1200
        """,
    )
    assert list(today(timetable_of(path, DAY))) == ["t@08:00", "t@08:10", "t@08:30"]


def test_departures_after_midnight_belong_to_the_day_before_too(tmp_path: Path) -> None:
    path = frequent(
        tmp_path,
        """
            trip_id, start_time, end_time, headway_secs
            t,       23:45:00,   24:20:00, 1800
        """,
    )
    assert rides(timetable_of(path, DAY)) == {
        "t@23:45": "A 23:45, B 23:55 23:57, C 24:05",
        "t@24:15": "A 24:15, B 24:25 24:27, C 24:35",
        "t@23:45-1": "A -00:15, B -00:05 -00:03, C 00:05",
        "t@24:15-1": "A 00:15, B 00:25 00:27, C 00:35",
    }


@pytest.mark.parametrize(
    "row",
    [
        "t, 08:00:00, 08:00:00, 900",  # ends when it begins
        "t, 08:00:00, 07:00:00, 900",
        "t, 08:00:00, 09:00:00, 0",  # would never end
        "t, 08:00:00, 09:00:00, -5",
        "t, 8 o'clock, 09:00:00, 900",
        "t, 8 o'clock, 9 o'clock, 900",
        "x, 08:00:00, 09:00:00, 900",
    ],
)
def test_a_row_without_sense_makes_no_departure_and_harms_no_other(tmp_path: Path, row: str) -> None:
    path = frequent(
        tmp_path,
        f"""
            trip_id, start_time, end_time, headway_secs
            {row}
            t,       10:00:00,   10:01:00, 60
        """,
    )
    assert list(today(timetable_of(path, DAY))) == ["t@10:00"]


def test_a_headway_of_ten_hours_is_read_as_such(tmp_path: Path) -> None:
    path = frequent(
        tmp_path,
        """
            trip_id, start_time, end_time, headway_secs
            t,       06:00:00,   20:00:00, 36000
        """,
    )
    assert list(today(timetable_of(path, DAY))) == ["t@06:00", "t@16:00"]


def test_frequency_runs_of_a_block_continue_nothing(tmp_path: Path) -> None:
    path = feed_zip(
        tmp_path / "f.zip",
        rides="""
            t: A 00:00, B 00:10
            u: B 08:15, C 08:30
        """,
        trips="""
            trip_id, route_id, service_id, block_id
            t,       R,        daily,      1
            u,       R,        daily,      1
        """,
        frequencies="""
            trip_id, start_time, end_time, headway_secs
            t,       08:00:00,   08:10:00, 600
        """,
    )
    assert (timetable_of(path, DAY).run_next == -1).all()


def test_a_window_that_ends_before_it_begins_goes_over_midnight(tmp_path: Path) -> None:
    path = frequent(
        tmp_path,
        """
            trip_id, start_time, end_time, headway_secs
            t,       23:30:00,   00:30:00, 1800
            t,       09:00:00,   08:00:00, 1800
        """,
    )
    assert today(timetable_of(path, DAY)).keys() == {"t@23:30", "t@24:00"}


def test_numbers_as_pandas_writes_them_are_read(tmp_path: Path) -> None:
    path = frequent(
        tmp_path,
        """
            trip_id, start_time, end_time, headway_secs, exact_times
            t,       08:00:00,   08:20:00, 600.0,        1.0
        """,
    )
    timetable = timetable_of(path, DAY)
    assert today(timetable).keys() == {"t@08:00", "t@08:10"}
    assert timetable.meta["headway_trips"] == {}
