"""Detours (TripModifications): the stops that they leave out are not served.

What they put in instead (replacement stops, other shapes, later times) is not applied, and counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from feeds.realtime.matching.calls import Call
from feeds.realtime.matching.match import RejectedEntity, clean_text, day_of
from feeds.realtime.matching.placing import find_call

if TYPE_CHECKING:
    from collections import Counter

    from feeds.realtime.matching.index import TimetableIndex


def closed_calls(raw: Any, index: TimetableIndex, ignored: Counter[str]) -> dict[int, int]:
    """The stop_times that are left out, and the run of each. Raises `RejectedEntity`."""
    days = {day_of(clean_text(date), index) for date in raw.service_dates}
    trips = {clean_text(trip_id) for selected in raw.selected_trips for trip_id in selected.trip_ids}
    runs = [run for trip_id in sorted(trips) for run in index.runs_of_trip.get(trip_id, ())]
    if trips and not runs:
        raise RejectedEntity("modified_trips_unknown")
    closed: dict[int, int] = {}
    for change in raw.modifications:
        ignored["replacement_stop_not_applied"] += len(change.replacement_stops)
        ignored["modification_delay_not_applied"] += bool(change.propagated_modification_delay)
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
            closed |= dict.fromkeys(range(first, last + 1), run)
    for name in ("replacement_stop_not_applied", "modification_delay_not_applied"):
        if not ignored[name]:
            del ignored[name]
    return closed
