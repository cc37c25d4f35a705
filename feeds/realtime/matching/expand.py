"""Delays known at some calls of runs → expected times of all later calls, for all runs at once.

Rules (GTFS-Realtime reference, "Trip Updates": a delay holds until the next call that says otherwise)
- A delay is carried to all later calls of its run, over skipped ones too, until another delay or NO_DATA.
- Calls before the first known one stay as timetabled; but the vehicle has passed them, so never later than it.
- What an operator says outranks what we infer: a time that was said stays as it was said. A carried delay that would
  put a call after the next said time gives way: there, the vehicle is as late as at that next call.
- Times never run backwards within a run: of two said ones the later call is pushed to the earlier one's time, and
  inferred ones lie between the said ones around them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from feeds.realtime.matching.calls import SILENT, UNSET

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chalicelib.transit.data.timetable import Timetable

APART_S = 1 << 40  # keeps runs apart in one cumulative maximum; far beyond any time of day


@dataclass
class KnownDelays:
    """What updates say, one entry a call: index of the stop_time and delays, s (`UNSET`, `SILENT`)."""

    at: list[int] = field(default_factory=list)
    arrive_s: list[int] = field(default_factory=list)
    depart_s: list[int] = field(default_factory=list)
    skipped: list[int] = field(default_factory=list)  # stop_times not served

    def add(self, at: int, arrive_s: int, depart_s: int, skipped: bool) -> None:  # noqa: FBT001 - a placed call's parts
        """Adds a placed call (see `RunUpdate`)."""
        self.at.append(at)
        self.arrive_s.append(arrive_s)
        self.depart_s.append(depart_s)
        if skipped:
            self.skipped.append(at)


@dataclass(frozen=True)
class ExpectedTimes:
    """Changed stop_times, ascending, as `Conditions` wants them."""

    at: NDArray[Any]
    arrives: NDArray[Any]
    departs: NDArray[Any]
    skipped: NDArray[Any]


def expand(timetable: Timetable, runs: list[int], known: KnownDelays) -> ExpectedTimes:
    """Expected times of the runs named (ascending, distinct); only stop_times that differ from the timetable."""
    if not runs:
        none = np.empty(0, "i4")
        return ExpectedTimes(none, none, none, np.empty(0, bool))
    index, row = _stop_times_of(timetable, np.asarray(runs, "i8"))
    planned = np.empty(2 * len(index), "i8")
    planned[0::2] = timetable.st_arrives[index]
    planned[1::2] = timetable.st_departs[index]
    times = expected_times(planned, index, row, known)
    skipped = np.zeros(len(index), bool)
    skipped[np.searchsorted(index, np.asarray(known.skipped, "i8"))] = True
    changed = (times != planned).reshape(-1, 2).any(axis=1) | skipped
    return ExpectedTimes(
        index[changed].astype("i4"),
        times[0::2][changed].astype("i4"),
        times[1::2][changed].astype("i4"),
        skipped[changed],
    )


def expected_times(planned: NDArray[Any], index: NDArray[Any], row: NDArray[Any], known: KnownDelays) -> NDArray[Any]:
    """Expected times (arrival, departure, arrival, …) of the calls at `index`, ascending; `row`: the run of each."""
    rows = np.repeat(row, 2)
    delay = _said_delays(len(planned), index, known)
    said = (delay != UNSET) & (delay != SILENT)
    times = np.where(said, planned + delay, planned)
    apart = rows * APART_S
    # said times first: each at least as late as those said before it in its run
    floor = np.maximum.accumulate(np.where(said, times + apart, apart - APART_S // 2))
    ceiling = np.minimum.accumulate(np.where(said, floor, apart + APART_S // 2)[::-1])[::-1]
    carried, before, following = _carry(delay, rows)
    inferred = planned + carried + apart
    after_next = inferred > ceiling
    inferred = np.where(after_next & ~before, planned + following + apart, inferred)
    inferred = np.minimum(np.maximum(inferred, floor), ceiling)
    found: NDArray[Any] = np.maximum.accumulate(np.where(said, floor, inferred)) - apart
    return found


def _stop_times_of(timetable: Timetable, runs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """All stop_time indices of the runs, and the row (position of the run) of each."""
    first = timetable.run_first[runs].astype("i8")
    count = timetable.run_first[runs + 1] - first
    begins = np.cumsum(count) - count
    row = np.repeat(np.arange(len(runs)), count)
    return np.arange(len(row)) - begins[row] + first[row], row


def _said_delays(size: int, index: NDArray[Any], known: KnownDelays) -> NDArray[Any]:
    """The delay said of each arrival and departure, `UNSET` or `SILENT`."""
    delay = np.full(size, UNSET, "i8")
    at = 2 * np.searchsorted(index, np.asarray(known.at, "i8"))
    for where, value in ((at, np.asarray(known.arrive_s, "i8")), (at + 1, np.asarray(known.depart_s, "i8"))):
        delay[where[value != UNSET]] = value[value != UNSET]
    return delay


def _carry(delay: NDArray[Any], rows: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The delay that holds at each time (0: as timetabled), which lie before the first known, and the next one said."""
    here = np.arange(len(delay))
    begins = np.searchsorted(rows, rows)
    source = np.maximum.accumulate(np.where(delay != UNSET, here, -1))
    before = source < begins
    carried = np.where(before | (delay[source] == SILENT), 0, delay[source])
    said = (delay != UNSET) & (delay != SILENT)
    after = np.minimum.accumulate(np.where(said, here, len(delay))[::-1])[::-1]
    ends = np.searchsorted(rows, rows, "right")
    following = np.where(after < ends, delay[np.minimum(after, len(delay) - 1)], 0)
    return carried, before, following
