"""The range that people are told of an outage: whole five minutes, ahead, never a point."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.outages.forecast import told_range
from chalicelib.outages.learned import Learned, Range

T0 = datetime(2026, 9, 3, 9, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize("elapsed_min", [0, 3, 45, 600, 10_000, 10_000_000])
@pytest.mark.parametrize("kind", ["site", "provider"])
def test_a_range_lies_ahead_in_whole_five_minutes_and_is_never_a_point(elapsed_min: int, kind: str) -> None:
    now = T0 + timedelta(minutes=elapsed_min)
    expected = Learned(kind).expect("a", T0.timestamp(), now.timestamp())
    back_from, back_until = told_range(expected, now)
    assert now < back_from < back_until <= now + timedelta(days=366)
    assert back_until - back_from >= timedelta(minutes=10)
    assert all(one.minute % 5 == one.second == one.microsecond == 0 for one in (back_from, back_until))


def test_rounded_outward() -> None:
    start = T0.timestamp()
    assert told_range(Range(start + 1000, start + 3000), T0) == (
        T0.replace(minute=15, second=0),
        T0.replace(minute=55, second=0),
    )
