"""What an operator says about times outranks what the hub infers: a time that was said is shown as it was said."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest

from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import expected, message, posix, timetable

TABLE = timetable("""
    stand: A 11:50, B 12:00, C 12:05 12:10, D 12:13, E 12:15
    fast:  A 8:00, B 8:10, C 8:20 8:22, D 8:30
""")


def read(lines: str) -> dict[str, str]:
    return expected(TABLE, conditions_of([message(lines)], TABLE)[0])


@pytest.mark.parametrize(
    ("lines", "times"),
    [
        # it stood at C for less than planned: it cannot leave C after it is at D
        ("stand | 3 arr=12:13:00; 4 arr=12:16:00; 5 arr=12:18:00", "C 12:13:00, D 12:16:00, E 12:18:00"),
        ("fast | 1 dep+600; 4 arr=8:12:00", "A 8:00:00 8:10:00, C 8:10:00, D 8:12:00"),
        ("fast | 1 dep+600; 4 arr-1080", "A 8:00:00 8:10:00, C 8:10:00, D 8:12:00"),
        ("fast | 1 dep+600; 4 arr=8:30:00", "A 8:00:00 8:10:00, B 8:20:00, C 8:30:00"),
        ("fast | 1 dep+60; 4 arr+600", "A 8:00:00 8:01:00, B 8:11:00, C 8:21:00 8:23:00, D 8:40:00"),
        ("fast | 2 arr+300 dep+300; 3 dep+0", "B 8:15:00, C 8:20:00 8:22:00"),
    ],
)
def test_a_said_time_is_shown_as_it_was_said(lines: str, times: str) -> None:
    assert read(lines) == {lines.split(maxsplit=1)[0]: times.replace(", C 8:20:00 8:22:00", "")}


def test_said_times_survive_any_neighbours_and_nothing_runs_backwards() -> None:
    """Any ascending believable times of any of the calls are in the result to the second."""
    chance = random.Random(6)
    for _ in range(300):
        count = 4 + chance.randrange(2)
        trip, stops = ("fast", "ABCD") if count == 4 else ("stand", "ABCDE")
        named = sorted(chance.sample(range(2 * count), chance.randrange(1, 2 * count)))
        base = {"fast": 8 * 3600, "stand": 12 * 3600}[trip]
        said = sorted(base + chance.randrange(200, 6000) for _ in named)
        made = message(f"{trip} | {'; '.join(f'{1 + at} SKIPPED' for at in sorted({n // 2 for n in named}))}")
        for call in made.entity[0].trip_update.stop_time_update:
            call.ClearField("schedule_relationship")
        for at, second in zip(named, said, strict=True):
            calls = {call.stop_sequence: call for call in made.entity[0].trip_update.stop_time_update}
            event = calls[at // 2 + 1].departure if at % 2 else calls[at // 2 + 1].arrival
            event.time = posix("0:00") + second
        times = times_of(conditions_of([made], TABLE)[0], trip)
        assert (np.diff(times) >= 0).all()
        assert [int(times[at]) for at in named] == said, (stops, named)


def times_of(conditions: Any, trip: str) -> Any:
    arrives, departs = TABLE.st_arrives.copy(), TABLE.st_departs.copy()
    arrives[conditions.at], departs[conditions.at] = conditions.arrives, conditions.departs
    run = ["stand", "fast"].index(trip)
    calls = slice(TABLE.run_first[run], TABLE.run_first[run + 1])
    return np.stack([arrives[calls], departs[calls]], axis=1).ravel()
