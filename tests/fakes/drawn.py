"""Networks and conditions that hypothesis draws: small, crowded, and as awkward as feeds get."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from hypothesis import strategies as st

from chalicelib.transit.data.conditions import AddedRun, Conditions
from chalicelib.transit.itinerary import Place, Request
from tests.fakes.networks import DATE, ORIGIN, timetable

if TYPE_CHECKING:
    from chalicelib.transit.data.timetable import Timetable

MIDNIGHT = 24 * 3600


@st.composite
def run_calls(draw: Any, stops: int) -> list[tuple[int, int, int, int]]:
    """A run's calls around midnight; hops and dwells may take no time, a stop may come twice."""
    now = MIDNIGHT + 60 * draw(st.integers(-10, 20))
    calls = []
    for _ in range(draw(st.integers(2, 4))):
        arrives = now + 60 * draw(st.sampled_from((0, 1, 2, 5)))
        now = arrives + 60 * draw(st.sampled_from((0, 0, 1)))
        calls.append((draw(st.integers(0, stops - 1)), arrives, now, draw(st.sampled_from((3, 3, 3, 3, 1, 2, 0)))))
    return calls


@st.composite
def timetables(draw: Any) -> Timetable:
    """A timetable; every run is a route of its own, so a rule for a route is one for a run."""
    stops, runs = draw(st.integers(2, 5)), draw(st.integers(1, 7))
    calls = [draw(run_calls(stops)) for _ in range(runs)]
    a_stop, a_run = st.integers(0, stops - 1), st.integers(0, runs - 1)
    seconds = st.sampled_from((0, 0, 60, 120, 300))
    pairs = draw(
        st.dictionaries(st.tuples(a_stop, a_stop).filter(lambda pair: pair[0] != pair[1]), seconds, max_size=4)
    )
    least = [draw(st.sampled_from((-1, -1, -1, -2, 0, 180))) for _ in range(stops)]
    rule = st.tuples(a_stop, a_stop, st.sampled_from((-2, 0, 60, 300)), st.just(-1) | a_run, st.just(-1) | a_run)
    return timetable(
        [f"s{i}" for i in range(stops)],
        [f"t{i}" for i in range(runs)],
        calls,
        paths=[(a, b, s) for (a, b), s in pairs.items()],
        least=np.array(least),
        following=np.array([draw(st.just(-1) | st.just(-1) | a_run) for _ in range(runs)]),
        exceptions=draw(st.lists(rule, max_size=3)),
    )


def _added(trip_id: str, route: int, calls: list[tuple[int, int, int, int]]) -> AddedRun:
    stop, arrives, departs, flags = np.array(calls, np.int32).T.copy()
    return AddedRun(trip_id, route, "", stop, arrives, departs, flags.astype(np.uint8))


@st.composite
def conditions(draw: Any, table: Timetable) -> Conditions | None:
    """None, or delays (some impossible), skipped stops, cancellations and an added run."""
    if draw(st.booleans()):
        return None
    late = draw(st.dictionaries(st.integers(0, len(table.st_stop) - 1), st.sampled_from((-1, 1, 3, 8)), max_size=6))
    at = np.array(sorted(late), np.int32)
    by = 60 * np.array([late[i] for i in at.tolist()], np.int32)
    skipped = np.array([draw(st.integers(0, 4)) == 0 for _ in late], bool)
    runs = st.integers(0, table.n_runs - 1)
    live = np.unique(np.searchsorted(table.run_first, at, "right") - 1)
    added = tuple(
        _added(f"added{i}", draw(st.just(-1) | runs), calls)
        for i, calls in enumerate(draw(st.lists(run_calls(table.n_stops), max_size=2)))
    )
    return Conditions(
        "test", DATE, 1, at, table.st_arrives[at] + by, table.st_departs[at] + by, skipped,
        np.array(sorted(draw(st.sets(runs, max_size=1))), np.int32), live.astype(np.int32), added,
    )  # a table, read by rows # fmt: skip


@st.composite
def many(draw: Any) -> tuple[Timetable, Conditions | None, list[tuple[int, int, int, bool]]]:
    """A timetable, conditions, and questions (origin, destination, time, arrive by?) of which some share lanes."""
    table = draw(timetables())
    a_stop = st.integers(0, table.n_stops - 1)
    asked = st.tuples(a_stop, a_stop, st.integers(-12, 40).map(lambda m: MIDNIGHT + 60 * m), st.booleans())
    return table, draw(conditions(table)), draw(st.lists(asked, min_size=1, max_size=40))


@st.composite
def questions(draw: Any) -> tuple[Timetable, Conditions | None, int, int, int]:
    """A timetable, conditions, two different stops and a time."""
    table = draw(timetables())
    origin, destination = draw(st.permutations(range(table.n_stops)))[:2]
    return table, draw(conditions(table)), origin, destination, MIDNIGHT + 60 * draw(st.integers(-12, 40))


Question = tuple[Any, Any, int, int, int]  # timetable, conditions, origin, destination, time


def request(table: Timetable, origin: int, destination: int, time: int, *, arrive_by: bool) -> Request:
    a, b = (Place(f"s{i}", float(table.stop_lat[i]), float(table.stop_lon[i]), f"s{i}") for i in (origin, destination))
    instant = datetime.fromtimestamp(ORIGIN + time, UTC)
    return Request(a, b, instant) if arrive_by else Request(a, b, None, instant)
