"""Any calendar, any times, either side of a clock change: the compiled day holds exactly the events that it should.

The expectation is worked out with aware datetimes, trip by trip and date by date, which the compiler never does.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.transit.data.timetable import FROM_S, UPTO_S
from feeds.compile.network import read_network
from tests.fakes.gtfs_text import feed_zip

MINUTE, HOUR = 60, 3600
WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]
CHANGES = [dt.date(2024, 3, 31), dt.date(2024, 10, 27), dt.date(2024, 3, 10), dt.date(2024, 11, 3), dt.date(2024, 4, 7)]


@dataclass(frozen=True)
class Trip:
    """A trip of two calls, on some weekdays of a span, with exceptions, perhaps by headway."""

    departs_s: int
    takes_s: int
    weekdays: tuple[bool, ...]
    first: int  # days before or after the day asked for
    last: int
    added: frozenset[int]
    removed: frozenset[int]
    headway: tuple[int, int, int] | None  # start, length, headway


trips = st.builds(
    Trip,
    departs_s=st.integers(0, 50 * HOUR // MINUTE).map(lambda minutes: minutes * MINUTE),
    takes_s=st.integers(0, 10 * HOUR // MINUTE).map(lambda minutes: minutes * MINUTE),
    weekdays=st.tuples(*[st.booleans()] * 7),
    first=st.integers(-4, 1),
    last=st.integers(-2, 4),
    added=st.frozensets(st.integers(-4, 3), max_size=3),
    removed=st.frozensets(st.integers(-4, 3), max_size=3),
    headway=st.none()
    | st.tuples(st.integers(0, 30 * HOUR), st.integers(0, 2 * HOUR), st.integers(10 * MINUTE, 3 * HOUR)),
)


def clock(seconds: int) -> str:
    return f"{seconds // HOUR}:{seconds // MINUTE % 60:02}:{seconds % 60:02}"


def runs_on(trip: Trip, day: dt.date, relative: int) -> bool:
    if relative in trip.removed:
        return False
    weekday = (day + dt.timedelta(days=relative)).weekday()
    return relative in trip.added or (trip.first <= relative <= trip.last and trip.weekdays[weekday])


def starts(trip: Trip) -> list[int]:
    if trip.headway is None:
        return [trip.departs_s]
    start, length, headway = trip.headway
    return list(range(start, start + length, headway))


def expected(network: list[Trip], day: dt.date, zone: str) -> list[tuple[str, int, int]]:
    """Trip, first departure and last arrival (POSIX seconds) of everything that touches the window."""

    def noon(date: dt.date) -> int:
        return int(dt.datetime.combine(date, dt.time(12), ZoneInfo(zone)).timestamp())

    begin = noon(day) - 12 * HOUR
    found = []
    for number, trip in enumerate(network):
        for relative in range(-5, 3):
            if runs_on(trip, day, relative):
                base = noon(day + dt.timedelta(days=relative)) - 12 * HOUR
                found += [(str(number), base + at, base + at + trip.takes_s) for at in starts(trip)]
    return sorted(run for run in found if run[2] >= begin + FROM_S and run[1] < begin + UPTO_S)


def feed(folder: Path, network: list[Trip], day: dt.date, zone: str) -> Path:
    """The same as GTFS files; a service that never ends and never runs keeps the day inside the calendar."""

    def ymd(relative: int) -> str:
        return (day + dt.timedelta(days=relative)).strftime("%Y%m%d")

    calendar = [f"service_id,{','.join(WEEKDAYS)},start_date,end_date"]
    dates, frequencies = ["service_id,date,exception_type"], ["trip_id,start_time,end_time,headway_secs"]
    rides = ["guard: A 80:00, B 80:01"]
    table = ["trip_id,route_id,service_id", "guard,R,guard"]
    dates += [f"guard,{ymd(-30)},1", f"guard,{ymd(30)},1"]
    for number, trip in enumerate(network):
        flags = ",".join("1" if runs else "0" for runs in trip.weekdays)
        calendar.append(f"s{number},{flags},{ymd(trip.first)},{ymd(trip.last)}")
        dates += [f"s{number},{ymd(relative)},1" for relative in sorted(trip.added - trip.removed)]
        dates += [f"s{number},{ymd(relative)},2" for relative in sorted(trip.removed)]
        table.append(f"{number},R,s{number}")
        rides.append(f"{number}: A {clock(trip.departs_s)}, B {clock(trip.departs_s + trip.takes_s)}")
        if trip.headway:
            start, length, headway = trip.headway
            frequencies.append(f"{number},{clock(start)},{clock(start + length)},{headway}")
    return feed_zip(
        folder / "f.zip",
        timezone=zone,
        rides="\n".join(rides),
        trips="\n".join(table),
        calendar="\n".join(calendar),
        calendar_dates="\n".join(dates),
        frequencies="\n".join(frequencies),
    )


@settings(deadline=None)
@given(st.lists(trips, max_size=4), st.sampled_from(CHANGES), st.integers(-2, 2), st.sampled_from(ZONES))
def test_a_day_holds_exactly_what_touches_it(network: list[Trip], change: dt.date, off: int, zone: str) -> None:
    day = change + dt.timedelta(days=off)
    with TemporaryDirectory() as folder:
        timetable = read_network([feed(Path(folder), network, day, zone)]).day(day)
    origin = timetable.meta["origin_epoch"]
    first = timetable.run_first
    found = sorted(
        (
            timetable.text("run_trip_id", run),
            origin + int(timetable.st_departs[first[run]]),
            origin + int(timetable.st_arrives[first[run + 1] - 1]),
        )
        for run in range(timetable.n_runs)
    )
    assert found == expected(network, day, zone)
