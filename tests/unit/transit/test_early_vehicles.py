"""What comes early has gone early: nobody is sent to a stop that the vehicle has passed."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from chalicelib.transit.itinerary import Request
from chalicelib.transit.search.network import Network
from chalicelib.transit.search.planner import plan
from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import expected, message, posix, timetable

TABLE = timetable("one: A 8:00, B 8:10, C 8:20, D 8:30\nnext: A 8:30, B 8:40, C 8:50, D 9:00")


def rides(update: str, leave: str, origin: str = "B") -> list[tuple[str, str]]:
    """Trips and departures that somebody finds who sets out then for D."""
    found, _ = conditions_of([message(update, at="8:05:00")], TABLE)
    network = Network(TABLE).under(found)
    when = datetime.fromtimestamp(posix(leave), UTC)
    options = plan(Request(network.place(origin), network.place("D"), None, when), network, itineraries_max=1)
    return [(leg.ride.trip_id, f"{leg.departs:%H:%M}") for one in options for leg in one.legs if leg.ride]


@pytest.mark.parametrize(
    ("update", "leave", "found"),
    [
        ("one | 3 arr-420 dep-420", "8:05", ("next", "08:40")),  # it passed B at 8:03
        ("one | 3 arr-420 dep-420", "8:02", ("one", "08:03")),
        ("one | 3 dep-420", "8:05", ("next", "08:40")),
        ("one | 2 arr-420 dep-420", "8:05", ("next", "08:40")),
        ("one | 3 arr-60 dep-60", "8:05", ("one", "08:10")),  # so little it may have made up since
        ("one | 3 arr+420 dep+420", "8:05", ("one", "08:10")),
        ("one | 2 SKIPPED; 4 arr-420", "8:05", ("next", "08:40")),
    ],
)
def test_nobody_boards_behind_a_vehicle_that_is_early(update: str, leave: str, found: tuple[str, str]) -> None:
    assert rides(update, leave) == [found]


@pytest.mark.parametrize(("early_s", "told"), [(420, True), (1500, True), (1800, False), (3000, False), (7199, False)])
def test_nothing_leaves_half_an_hour_early(early_s: int, told: bool) -> None:  # noqa: FBT001 - a column of the table
    for update in (f"one | 3 arr-{early_s} dep-{early_s}", f"one delay=-{early_s}"):
        found, report = conditions_of([message(update)], TABLE)
        assert bool(len(found.at)) is told
    assert sum(report.ignored.values()) <= 1


def test_what_a_trip_was_stamped_with_an_hour_ago_is_not_live() -> None:
    for stamp, live in (("7:00:00", 0), ("7:29:00", 0), ("7:45:00", 1), ("8:00:00", 1)):
        found, report = conditions_of([message(f"one stamp={stamp} | 3 arr+300; 4 SKIPPED")], TABLE)
        assert len(found.live) == 1
        assert expected(TABLE, found) == {"one": "C 8:25:00, D -" if live else "D -"}
        assert report.ignored["stale_update"] == (not live)
    old, _ = conditions_of([message("one stamp=7:00:00 relation=CANCELED")], TABLE)
    assert old.cancelled.tolist() == [0], "what does not run does not run, whenever that was said"


def test_an_early_vehicle_keeps_the_order_of_its_calls() -> None:
    rng = np.random.default_rng(7)
    for _ in range(300):
        calls = sorted(rng.choice([1, 2, 3, 4], size=rng.integers(1, 4), replace=False).tolist())
        said = "; ".join(
            f"{call} arr{rng.integers(-1700, 1700):+d} dep{rng.integers(-1700, 1700):+d}" for call in calls
        )
        found, _ = conditions_of([message(f"one | {said}")], TABLE)
        running = Network(TABLE).under(found).running
        times = np.stack([running.arrives, running.departs], axis=1)[:4].ravel()
        assert (np.diff(times) >= 0).all(), said
