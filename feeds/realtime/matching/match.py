"""A TripDescriptor → the run of the timetable that it means.

Rules
- `trip_id` decides; stray blanks do not matter; a route that disagrees is a warning.
- A frequency trip is many runs: without `start_time` nobody knows which, and the entity is rejected.
- No `start_date`: the run whose time span lies nearest to the instant at hand (the update's own times, else its
  timestamp, else the header's), never "today": at 00:30 a trip of yesterday's service day is meant. More than
  half a day away it is the same trip on a day that this timetable does not hold.
- A delay near ±86,400 s is a service day gone wrong, not a late bus: the run of the neighbouring day is meant.
- No `trip_id`: route + start (+ direction where the timetable knows it), and the stops named must fit one run only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from feeds.compile.tables.times import DAY_S

if TYPE_CHECKING:
    from collections.abc import Iterable

    from feeds.realtime.matching.index import TimetableIndex

OTHER_DAY_BEYOND_S = DAY_S // 2  # further than this from the instant at hand, the run of another day is nearer
NEAR_START_S = 900  # a frequency trip that does not start on the grid belongs to the run that starts within this
_TIME = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)")
HOURS_MAX = 72  # of a start_time; a service day three days long is a mistake


class RejectedEntity(ValueError):
    """The entity cannot be used; the word is the reason that operators see counted."""

    @property
    def reason(self) -> str:
        """One word for counters."""
        return str(self.args[0])


class OtherDay(Exception):
    """The trip is known, but the run meant is not in this timetable's day; nobody's fault."""


@dataclass(frozen=True, slots=True)
class WantedRun:
    """A TripDescriptor read and checked. `day` is relative to the timetable's service date, None: not said."""

    trip_id: str
    route_id: str
    direction: int | None
    start_s: int | None
    day: int | None


def read_descriptor(trip: Any, index: TimetableIndex) -> WantedRun:
    """Reads a TripDescriptor. Raises `RejectedEntity` for malformed dates and times and for text that is no UTF-8."""
    start_time, start_date = clean_text(trip.start_time), clean_text(trip.start_date)
    return WantedRun(
        clean_text(trip.trip_id),
        clean_text(trip.route_id),
        trip.direction_id if trip.HasField("direction_id") else None,
        clock_s(start_time) if start_time else None,
        day_of(start_date, index) if start_date else None,
    )


def clean_text(value: str | bytes) -> str:
    """A string field without stray blanks. Raises `RejectedEntity`.

    Protobuf hands out bytes that are no UTF-8 as bytes.
    """
    if isinstance(value, bytes):
        raise RejectedEntity("invalid_utf8")
    return value.strip()


def clock_s(written: str) -> int:
    """H:MM:SS (hours may pass 24) as seconds of the service day. Raises `RejectedEntity`."""
    found = _TIME.fullmatch(written)
    if not found or int(found[1]) > HOURS_MAX:
        raise RejectedEntity("bad_start_time")
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])


def day_of(written: str, index: TimetableIndex) -> int:
    """YYYYMMDD relative to the timetable's service date, in days. Raises `RejectedEntity`."""
    return _days_between(written, index.service_date)


@lru_cache(maxsize=64)
def _days_between(written: str, service_date: date) -> int:
    if len(written) != len("YYYYMMDD"):
        raise RejectedEntity("bad_start_date")
    try:
        return (date(int(written[:4]), int(written[4:6]), int(written[6:])) - service_date).days
    except ValueError as reason:
        raise RejectedEntity("bad_start_date") from reason


def runs_by_itself(want: WantedRun, index: TimetableIndex) -> bool:
    """Whether a start of a frequency trip is none of its grid's, and need not be: without exact times any is a bus."""
    runs = index.runs_of_trip.get(want.trip_id, [])
    if want.start_s is None or not runs or index.start_s[runs[0]] < 0 or not is_inexact(want, index):
        return False
    return min(abs(index.start_s[run] - want.start_s) for run in runs) > NEAR_START_S


def is_inexact(want: WantedRun, index: TimetableIndex) -> bool:
    """Whether a frequency trip keeps to no grid, as far as its timetable says (exact_times 0)."""
    return want.trip_id in index.timetable.meta.get("headway_trips", (want.trip_id,))


def unknown_trip(want: WantedRun) -> RejectedEntity | OtherDay:
    """What a trip is that is not here: of another day's timetable if it is said to be, else nobody knows."""
    return OtherDay() if want.day else RejectedEntity("unknown_trip")


def find_run(want: WantedRun, index: TimetableIndex, instant_s: int, stops: Iterable[str], day_off: int = 0) -> int:
    """The run meant. `instant_s`: the time at hand, from origin; `day_off`: days by which the delays are wrong.

    Raises `OtherDay`, and `RejectedEntity` with unknown_trip, unknown_route, frequency_without_start, ambiguous,
    no_trip_id.
    """
    runs = _of_trip(want, index) if want.trip_id else _of_route(want, index, [stop for stop in stops if stop])
    if want.day is not None:
        runs = [run for run in runs if index.day[run] == want.day + day_off]
        if not runs:
            raise OtherDay
    run = runs[0] if len(runs) == 1 else min(runs, key=lambda run: _away_s(index, run, instant_s))
    if want.day is None and _away_s(index, run, instant_s) > OTHER_DAY_BEYOND_S:
        raise OtherDay
    return run


def _away_s(index: TimetableIndex, run: int, instant_s: int) -> int:
    first, last = index.span(run)
    return max(first - instant_s, instant_s - last, 0)


def _of_trip(want: WantedRun, index: TimetableIndex) -> list[int]:
    runs = index.runs_of_trip.get(want.trip_id)
    if not runs:
        raise unknown_trip(want)
    if index.start_s[runs[0]] < 0:
        return runs
    if want.start_s is None:
        raise RejectedEntity("frequency_without_start")
    off = {run: abs(index.start_s[run] - want.start_s) for run in runs}
    least = min(off.values())
    if least > NEAR_START_S:
        raise OtherDay
    return [run for run in runs if off[run] == least]


def _of_route(want: WantedRun, index: TimetableIndex, stops: list[str]) -> list[int]:
    if not want.route_id or want.start_s is None:
        raise RejectedEntity("no_trip_id")
    of_route = index.runs_of_route.get(want.route_id)
    if not of_route:
        raise RejectedEntity("unknown_route")
    runs = [run for run in of_route if index.own_start_s(run) == want.start_s]
    runs = [run for run in runs if index.is_in_direction(run, want.direction)]
    if not runs:
        raise OtherDay
    runs = [run for run in runs if index.is_calling_at(run, stops)]
    days = [index.day[run] for run in runs]
    if not runs or len(set(days)) < len(days):
        raise RejectedEntity("ambiguous")
    return runs
