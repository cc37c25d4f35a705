"""Detours: the stops that are left out are not served; what is not applied is counted."""

from __future__ import annotations

from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import expected, message, timetable

TABLE = timetable("one: A 8:00, B 8:10, C 8:20, D 8:30")


def test_closed_stops_are_not_served_and_replacements_are_counted() -> None:
    made = message("one | 1 dep+60")
    detour = made.entity.add(id="detour").trip_modifications
    detour.selected_trips.add().trip_ids.append("one")
    detour.service_dates.append("20240610")
    change = detour.modifications.add()
    change.start_stop_selector.stop_sequence, change.end_stop_selector.stop_id = 2, "C"
    change.replacement_stops.add(stop_id="D", travel_time_to_stop=60)
    conditions, report = conditions_of([made], TABLE)
    assert expected(TABLE, conditions) == {"one": "A 8:00:00 8:01:00, B -, C -, D 8:31:00"}
    assert report.ignored == {"replacement_stop_not_applied": 1}
