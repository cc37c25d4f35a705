"""Detours (TripModifications): stops that are left out, those that are served instead, and how late the rest is.

- The stops of a modification, from its start to its end, are not served.
- A run with stops instead becomes a run of its own: the calls that stay, with what is known of their times, and the
  others, so long after the arrival at the call before the detour (the first one where nothing is before it) as it says.
- What a detour costs is added to the delay behind it, unless the trip's own update says times there: it knows better.
- Other shapes are not drawn, so nothing is lost with them. What cannot be applied is counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from chalicelib.transit.data.conditions import AddedRun
from chalicelib.transit.data.timetable import CAN_ALIGHT, CAN_BOARD
from feeds.realtime.matching.added import HEADSIGN_MAX, LONGEST_S
from feeds.realtime.matching.calls import SILENT, UNSET, Call, is_believed
from feeds.realtime.matching.match import RejectedEntity, clean_text, day_of
from feeds.realtime.matching.placing import find_call

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Mapping, Sequence

    from chalicelib.transit.data.timetable import Timetable
    from feeds.realtime.matching.expand import ExpectedTimes
    from feeds.realtime.matching.index import TimetableIndex
    from feeds.realtime.matching.placing import Placed


@dataclass(frozen=True, slots=True)
class Detour:
    """What one modification makes of one run: its calls from `first` to `last` (stop_times) are left out."""

    run: int
    first: int
    last: int
    instead: tuple[tuple[int, int], ...] = ()  # stops, and s after the arrival at the call before the detour
    later_s: int = 0  # that all calls behind it are later


def detours_of(raw: Any, index: TimetableIndex, ignored: Counter[str]) -> list[Detour]:
    """The detours of the runs that are meant. Raises `RejectedEntity`."""
    days = {day_of(clean_text(date), index) for date in raw.service_dates}
    trips = {clean_text(trip_id) for selected in raw.selected_trips for trip_id in selected.trip_ids}
    runs = [run for trip_id in sorted(trips) for run in index.runs_of_trip.get(trip_id, ())]
    if trips and not runs:
        raise RejectedEntity("modified_trips_unknown")
    found = []
    for change in raw.modifications:
        instead, later_s = _instead(change, index, ignored), change.propagated_modification_delay
        if later_s and not is_believed(later_s):
            ignored["modification_delay_not_applied"] += 1
            later_s = 0
        for run in (run for run in runs if not days or index.day[run] in days):
            first, last = (
                find_call(Call(one.stop_sequence or None, clean_text(one.stop_id)), index, run, index.first[run])
                for one in (change.start_stop_selector, change.end_stop_selector)
            )
            if not change.HasField("end_stop_selector"):
                last = first
            if first is None or last is None:
                ignored["modified_stop_unknown"] += 1
                continue
            found.append(Detour(run, first, last, instead, later_s))
    return found


def _instead(change: Any, index: TimetableIndex, ignored: Counter[str]) -> tuple[tuple[int, int], ...]:
    """The replacement stops that are known, in order; with one that is not, or that goes back in time, none of them."""
    found = []
    for one in change.replacement_stops:
        stop = index.stop_of.get(clean_text(one.stop_id))
        if stop is None or not one.HasField("travel_time_to_stop") or abs(one.travel_time_to_stop) > LONGEST_S:
            ignored["replacement_stop_not_applied"] += len(change.replacement_stops)
            return ()
        found.append((stop, one.travel_time_to_stop))
    if any(before > after for (_, before), (_, after) in pairwise(found)):
        ignored["replacement_stop_not_applied"] += len(found)
        return ()
    return tuple(found)


def delay_behind(detour: Detour, calls: Sequence[Placed], carried_s: int | None) -> int | None:
    """How late a run is behind a detour, s; None where it costs nothing, or the run's own update says times there.

    `carried_s`: how late it is behind the detour before, where that is known.
    """
    said = [
        (one.at, next((late for late in (one.depart_s, one.arrive_s) if late not in {UNSET, SILENT}), None))
        for one in calls
    ]
    known = [(at, late) for at, late in said if late is not None]
    if not detour.later_s or any(at > detour.last for at, _ in known):
        return None
    before = known[-1][1] if known else 0
    return (before if carried_s is None else carried_s) + detour.later_s


def detoured_run(
    detours: Sequence[Detour], timetable: Timetable, expected: ExpectedTimes, moved: Mapping[int, int]
) -> AddedRun | None:
    """One run with what it serves instead, at the times now expected; None where that makes no run.

    `moved`: stop_times at another platform.
    """
    run = detours[0].run
    first, end = int(timetable.run_first[run]), int(timetable.run_first[run + 1])
    arrives, departs, flags = (
        np.array(of_all[first:end]) for of_all in (timetable.st_arrives, timetable.st_departs, timetable.st_flags)
    )
    own = (expected.at >= first) & (expected.at < end)
    at = expected.at[own] - first
    arrives[at], departs[at] = expected.arrives[own], expected.departs[own]
    flags[at[expected.skipped[own]]] = 0
    closed = {call for one in detours for call in range(one.first, one.last + 1)}
    calls: list[tuple[int, int, int, int]] = []
    for call in range(first, end):
        for one in detours:
            since = int(arrives[max(one.first - 1, first) - first])
            served = [(stop, since + after_s) for stop, after_s in one.instead] if one.first == call else []
            calls += [(stop, when, when, CAN_BOARD | CAN_ALIGHT) for stop, when in served]
        if call not in closed:
            here = call - first
            stop = moved.get(call, int(timetable.st_stop[call]))
            calls.append((stop, int(arrives[here]), int(departs[here]), int(flags[here])))
    if len(calls) < 2:  # noqa: PLR2004 - fewer take nobody anywhere
        return None
    stops, comes, goes, allowed = (np.array(column) for column in zip(*calls, strict=True))
    times = np.maximum.accumulate(np.stack([comes, goes], axis=1).ravel()).astype("i4")
    allowed[0] &= CAN_BOARD
    allowed[-1] &= CAN_ALIGHT
    headsign = timetable.text("run_headsign", run)[:HEADSIGN_MAX]
    trip_id, route = timetable.text("run_trip_id", run), int(timetable.run_route[run])
    return AddedRun(trip_id, route, headsign, stops.astype("i4"), times[0::2], times[1::2], allowed.astype("u1"))
