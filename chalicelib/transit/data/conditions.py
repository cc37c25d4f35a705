"""What is different from one timetable now; made by `feeds/realtime`, applied before any search.

The values are arrays that point into the timetable they were matched against (`feed_version`, `service_date`), so
that applying them is linear and needs no ids.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _empty(dtype: str) -> NDArray[Any]:
    return np.empty(0, dtype)


@dataclass(frozen=True)
class AddedRun:
    """A run the timetable lacks (ADDED, NEW, DUPLICATED). Arrays: an entry per stop, seconds from origin."""

    trip_id: str
    route: int  # index in the timetable's routes, -1: unknown
    headsign: str
    stop: NDArray[Any]  # int32 stop indices
    arrives: NDArray[Any]  # int32
    departs: NDArray[Any]  # int32
    flags: NDArray[Any]  # uint8, as st_flags


@dataclass(frozen=True)
class Conditions:
    """Everything live about one timetable at one moment; the empty value means: as timetabled."""

    feed_version: str
    service_date: str
    observed_at: int = 0  # POSIX seconds of the youngest message used; 0: no live data
    at: NDArray[Any] = field(default_factory=lambda: _empty("i4"))  # changed stop_times: indices, ascending
    arrives: NDArray[Any] = field(default_factory=lambda: _empty("i4"))  # their expected times, s from origin
    departs: NDArray[Any] = field(default_factory=lambda: _empty("i4"))
    skipped: NDArray[Any] = field(default_factory=lambda: _empty("?"))  # neither boarding nor alighting there
    cancelled: NDArray[Any] = field(default_factory=lambda: _empty("i4"))  # runs that do not run
    live: NDArray[Any] = field(default_factory=lambda: _empty("i4"))  # runs whose times are observed or predicted
    added: tuple[AddedRun, ...] = ()
    # last passages seen and believed, [n, 4]: run, stop_time, 1 for a departure, delay in s; what forecasts start from
    passed: NDArray[Any] = field(default_factory=lambda: _empty("i4").reshape(0, 4))
    # stop_times at another platform, [n, 2]: stop_time, stop
    moved: NDArray[Any] = field(default_factory=lambda: _empty("i4").reshape(0, 2))
    predicted: NDArray[Any] = field(default_factory=lambda: _empty("i4"))  # runs of which the operator predicts times
