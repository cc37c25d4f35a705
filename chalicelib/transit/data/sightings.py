"""A vehicle seen to pass a stop: the only thing that delays are learned from."""

from __future__ import annotations

import re
from typing import NamedTuple

# ids that carry a version stamp ("42801-20160512154122_v40.34") are compared without it: the line stays the line
_STAMP = re.compile(r"[-_.]\d{8,14}(?:[-_.].*)?$")


class Sighting(NamedTuple):
    """One passage. `delay_s` is against the timetable; `at` the passage, POSIX s. No person and no vehicle id."""

    trip: str  # trip_id and service date, to tell one run's passages from another's
    line: str  # route_id without a version stamp
    stop_id: str
    departing: bool
    delay_s: int
    at: int
    hour: int  # local hour of the planned passage, 0 … 23
    run: int = -1  # in the timetable at hand, -1: not in it
    call: int = -1
    calls_left: int = -1  # of the run after this one; -1: not known


def line_of(route_id: str) -> str:
    """The route_id as it is in every version of the feed."""
    return _STAMP.sub("", route_id)
