"""Delays known at some calls of runs → expected times of all later calls, for all runs at once.

Rules (GTFS-Realtime reference, "Trip Updates": a delay holds until the next call that says otherwise)
- A delay is carried to all later calls of its run, over skipped ones too, until another delay or NO_DATA.
- Calls before the first known one stay as timetabled; but the vehicle has passed them, so never later than it.
- Times never run backwards within a run: a later call is pushed to the earlier one's time.
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
    index, row, first = _stop_times_of(timetable, np.asarray(runs, "i8"))
    planned = np.empty(2 * len(index), "i8")
    planned[0::2] = timetable.st_arrives[index]
    planned[1::2] = timetable.st_departs[index]
    times, before = _carry_delays(planned, index, np.repeat(row, 2), 2 * first, known)
    times = _never_backwards(times, np.repeat(row, 2), before)
    skipped = np.zeros(len(index), bool)
    skipped[np.searchsorted(index, np.asarray(known.skipped, "i8"))] = True
    changed = (times != planned).reshape(-1, 2).any(axis=1) | skipped
    return ExpectedTimes(
        index[changed].astype("i4"),
        times[0::2][changed].astype("i4"),
        times[1::2][changed].astype("i4"),
        skipped[changed],
    )


def _stop_times_of(timetable: Timetable, runs: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """All stop_time indices of the runs, the row (position of the run) of each, and where each row begins."""
    first = timetable.run_first[runs].astype("i8")
    count = timetable.run_first[runs + 1] - first
    begins = np.cumsum(count) - count
    row = np.repeat(np.arange(len(runs)), count)
    return np.arange(len(row)) - begins[row] + first[row], row, begins


def _carry_delays(
    planned: NDArray[Any], index: NDArray[Any], row: NDArray[Any], begins: NDArray[Any], known: KnownDelays
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Times (arrival, departure, arrival, …) with every delay carried on, and which lie before the first known."""
    delay = np.full(len(planned), UNSET, "i8")
    at = 2 * np.searchsorted(index, np.asarray(known.at, "i8"))
    arrive, depart = np.asarray(known.arrive_s, "i8"), np.asarray(known.depart_s, "i8")
    for where, value in ((at, arrive), (at + 1, depart)):
        delay[where[value != UNSET]] = value[value != UNSET]
    here = np.arange(len(planned))
    source = np.maximum.accumulate(np.where(delay != UNSET, here, -1))
    before = source < begins[row]
    carried = np.where(before, UNSET, delay[source])
    times = np.where((carried == UNSET) | (carried == SILENT), planned, planned + carried)
    alone = at[(arrive == UNSET) & (depart != UNSET) & (depart != SILENT)]
    times[alone] = np.minimum(times[alone], times[alone + 1])  # who left early had come before that
    return times, before


def _never_backwards(times: NDArray[Any], row: NDArray[Any], before: NDArray[Any]) -> NDArray[Any]:
    apart = row * APART_S
    lifted = np.where(before, np.iinfo("i8").max, times + apart)
    soonest = np.minimum.accumulate(lifted[::-1])[::-1]  # the first known time after each call not yet known
    backwards = np.where(before, np.minimum(times + apart, soonest), times + apart)
    found: NDArray[Any] = np.maximum.accumulate(backwards) - apart
    return found
