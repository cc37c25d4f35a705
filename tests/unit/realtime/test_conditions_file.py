"""Conditions survive the way through the bucket; what is no such file is refused."""

from __future__ import annotations

import numpy as np
import pytest

from chalicelib.transit.data.conditions_file import BadConditions, dump_conditions, parse_conditions
from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import message, timetable

TABLE = timetable("one: A 8:00, B 8:10\nother: A 9:00, B 9:10")
LINES = """
    one | 1 SKIPPED; 2 arr+60
    other relation=CANCELED
    x relation=ADDED | A dep=9:00:00; B arr=9:05:00
    y relation=NEW | B dep=9:00:00; A arr=9:05:00 dep=9:06:00; B arr=9:10:00
"""


def test_what_is_dumped_is_parsed() -> None:
    made, _ = conditions_of([message(LINES)], TABLE)
    read, meta = parse_conditions(dump_conditions(made, {"sequence": 3}))
    assert meta == {"sequence": 3}
    assert (read.feed_version, read.service_date, read.observed_at) == ("v1", "2024-06-10", made.observed_at)
    for name in ("at", "arrives", "departs", "skipped", "cancelled", "live"):
        assert getattr(read, name).tolist() == getattr(made, name).tolist(), name
    assert [(run.trip_id, run.stop.tolist(), run.departs.tolist()) for run in read.added] == [
        (run.trip_id, run.stop.tolist(), run.departs.tolist()) for run in made.added
    ]
    assert read.arrives.dtype == np.int32


@pytest.mark.parametrize("cut", [0, 5, 11, 40, -1])
def test_what_is_cut_short_is_refused(cut: int) -> None:
    made, _ = conditions_of([message(LINES)], TABLE)
    with pytest.raises(BadConditions):
        parse_conditions(dump_conditions(made, {})[:cut])
