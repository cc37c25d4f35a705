"""Detours: what is left out is not served, what is served instead is, and the rest is as much later as they say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import clock, expected, message, timetable

if TYPE_CHECKING:
    from chalicelib.transit.data.conditions import Conditions
    from feeds.realtime.report import MatchReport

TABLE = timetable("one: A 8:00, B 8:10, C 8:20, D 8:30\nother: X 9:00, Y 9:10")


def detoured(
    updates: str,
    begin: int,
    end: str,
    instead: tuple[tuple[str, int], ...] = (),
    later_s: int = 0,
    table: Any = TABLE,
) -> tuple[Conditions, MatchReport]:
    made = message(updates)
    detour = made.entity.add(id="detour").trip_modifications
    detour.selected_trips.add().trip_ids.append("one")
    detour.service_dates.append("20240610")
    change = detour.modifications.add(propagated_modification_delay=later_s)
    change.start_stop_selector.stop_sequence, change.end_stop_selector.stop_id = begin, end
    for stop, after_s in instead:
        change.replacement_stops.add(stop_id=stop, travel_time_to_stop=after_s)
    return conditions_of([made], table)


def runs(conditions: Conditions) -> list[str]:
    """Added runs: "one: A 8:00:00, X …"; a call that is not served stands in brackets."""
    return [
        f"{run.trip_id}: "
        + ", ".join(
            f"{TABLE.text('stop_id', int(stop))} {clock(int(comes))}"
            if flags
            else f"({TABLE.text('stop_id', int(stop))})"
            for stop, comes, flags in zip(run.stop, run.arrives, run.flags, strict=True)
        )
        for run in conditions.added
    ]


def test_closed_stops_are_not_served() -> None:
    conditions, report = detoured("one | 1 dep+60", 2, "C")
    assert expected(TABLE, conditions) == {"one": "A 8:00:00 8:01:00, B -, C -, D 8:31:00"}
    assert (len(conditions.cancelled), conditions.added, report.ignored) == (0, (), {})


def test_replacement_stops_are_served_at_their_times_after_the_stop_before() -> None:
    conditions, report = detoured("", 2, "C", (("X", 240), ("Y", 600)))
    assert conditions.cancelled.tolist() == [0]
    assert runs(conditions) == ["one: A 8:00:00, X 8:04:00, Y 8:10:00, D 8:30:00"]
    assert report.ignored == {}
    conditions, _ = detoured("one | 1 arr+60 dep+60; 4 arr+120", 2, "C", (("X", 240),), 60)
    assert runs(conditions) == ["one: A 8:01:00, X 8:05:00, D 8:32:00"], "what the trip itself says is as it says"


@pytest.mark.parametrize(
    ("begin", "end", "instead", "found"),
    [
        (1, "B", (("X", 30),), "one: X 8:00:30, C 8:20:00, D 8:30:00"),  # nothing before it: after the first stop
        (3, "D", (("X", 60), ("Y", 90)), "one: A 8:00:00, B 8:10:00, X 8:11:00, Y 8:11:30"),
        (2, "B", (("X", 1500),), "one: A 8:00:00, X 8:25:00, C 8:25:00, D 8:30:00"),  # no run goes back in time
    ],
)
def test_detours_at_the_ends_and_long_ones(
    begin: int, end: str, instead: tuple[tuple[str, int], ...], found: str
) -> None:
    conditions, _ = detoured("", begin, end, instead)
    assert runs(conditions) == [found]
    assert conditions.added[0].flags.tolist()[0] == 1
    assert conditions.added[0].flags.tolist()[-1] == 2


def test_what_a_detour_costs_is_added_behind_it_unless_the_trip_says_times_there() -> None:
    conditions, _ = detoured("", 2, "B", (), 180)
    assert expected(TABLE, conditions) == {"one": "B -, C 8:23:00, D 8:33:00"}
    conditions, _ = detoured("one | 1 dep+60", 2, "B", (), 180)
    assert expected(TABLE, conditions)["one"].endswith("C 8:24:00, D 8:34:00")
    conditions, _ = detoured("one | 1 dep+60; 4 arr+300", 2, "B", (), 180)
    assert expected(TABLE, conditions)["one"].endswith("C 8:21:00, D 8:35:00")
    conditions, _ = detoured("", 2, "B", (("X", 300),), 180)
    assert runs(conditions) == ["one: A 8:00:00, X 8:05:00, C 8:23:00, D 8:33:00"]


@pytest.mark.parametrize("instead", [(("nowhere", 60),), (("X", 60), ("Y", 30)), (("X", 2**31 - 1),)])
def test_what_cannot_be_served_instead_is_counted(instead: tuple[tuple[str, int], ...]) -> None:
    conditions, report = detoured("", 2, "C", instead)
    assert expected(TABLE, conditions) == {"one": "B -, C -"}
    assert report.ignored == {"replacement_stop_not_applied": len(instead)}


def test_a_delay_of_days_and_a_cancelled_trip() -> None:
    _, report = detoured("", 2, "B", (), 86_400)
    assert report.ignored == {"modification_delay_not_applied": 1}
    conditions, _ = detoured("one relation=CANCELED", 2, "B", (("X", 60),))
    assert (conditions.cancelled.tolist(), conditions.added) == ([0], ())
