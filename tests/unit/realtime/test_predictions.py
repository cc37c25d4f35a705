"""Operators that predict are believed about what lies ahead; those that only report what passed are learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from chalicelib.transit.data.conditions_file import dump_conditions, parse_conditions
from chalicelib.transit.data.lines import Lines
from chalicelib.transit.reliability.delays import POINTS, Delays
from chalicelib.transit.reliability.feed_forecasts import predictions_of
from chalicelib.transit.reliability.forecast import Forecast, Observations, Passage
from feeds.realtime.reading import conditions_of
from tests.fakes.realtime_text import message, seconds, timetable

if TYPE_CHECKING:
    from chalicelib.transit.data.conditions import Conditions

TABLE = timetable("""
    one route=R: A 8:00, B 8:10, C 8:20
    two route=R: A 8:30, B 8:40, C 8:50
""")
LINES = Lines(TABLE)


def conditions(text: str, at: str) -> Conditions:
    return conditions_of([message(text, at=at)], TABLE)[0]


@pytest.mark.parametrize(
    ("update", "at", "predicted"),
    [
        ("two | 1 dep+1200", "8:05:00", [1]),
        ("two | 2 arr+1200", "8:05:00", [1]),
        ("one | 1 dep+60", "8:05:00", []),  # it left three minutes ago: a passage
        ("one | 1 dep+60; 3 arr+300", "8:05:00", [0]),
        ("one | 2 SKIPPED", "8:05:00", []),
        ("two relation=CANCELED", "8:05:00", []),
    ],
)
def test_a_run_is_foretold_when_a_named_time_lies_ahead(update: str, at: str, predicted: list[int]) -> None:
    found = conditions(update, at)
    assert found.predicted.tolist() == predicted
    again, _ = parse_conditions(dump_conditions(found, {}))
    assert again.predicted.tolist() == predicted


def forecast(update: str, passed: dict[int, Passage] | None = None) -> Forecast:
    found = conditions(update, "8:05:00")
    said = predictions_of(TABLE, found)
    return Forecast(LINES, Delays(), seconds("8:05"), Observations(passed or {}, predictions=said))


def test_a_predicted_delay_is_expected_at_this_and_all_later_stops() -> None:
    late = forecast("two | 1 dep+1200")
    for call, planned in ((3, "8:30"), (4, "8:40")):
        middle = float(np.median(late.times(1, call, departing=True)))
        assert middle - seconds(planned) == pytest.approx(1200, abs=120)
    arrives = late.onward(1, 3, 5, late.times(1, 3, departing=True), np.arange(POINTS))
    assert float(np.median(arrives)) - seconds("8:50") == pytest.approx(1200, abs=240)


def test_a_run_that_was_seen_speaks_for_itself() -> None:
    seen = {1: Passage(3, departing=True, delay_s=0)}
    assert float(np.median(forecast("two | 2 arr+1200", seen).times(1, 4, departing=False))) < seconds("8:45")


def test_nothing_predicted_is_as_before() -> None:
    plain = Forecast(LINES, Delays(), seconds("8:05"))
    other = forecast("one | 1 dep+60")
    assert np.array_equal(plain.times(1, 3, departing=True), other.times(1, 3, departing=True))
