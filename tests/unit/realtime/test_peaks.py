"""Busy hours: what is expected of them before they were ever seen, and what they teach."""

from __future__ import annotations

import random

import pytest

from chalicelib.transit.data.sightings import Sighting
from chalicelib.transit.reliability.delays import Delays
from chalicelib.transit.reliability.profile import PRIOR_MEAN_S, Profile

NOON, PEAK = 12, 17


def city(hour: int, mean_s: float, spread_s: float, count: int = 40_000) -> Profile:
    """A profile that saw so many passages of many lines at this hour, and as many quiet ones at noon."""
    profile, dice = Profile(), random.Random(7)
    for number in range(count):
        line, stop = f"line {number % 200}", f"stop {number % 40}"
        profile.take(line, stop, NOON, dice.gauss(PRIOR_MEAN_S, 100))
        profile.take(line, stop, hour, dice.gauss(mean_s, spread_s))
    return profile


def test_where_nothing_was_seen_the_evening_is_expected_to_be_later_and_less_certain_than_noon() -> None:
    delays = Delays()
    assert delays.mean_s("any", "stop", hour=NOON) == PRIOR_MEAN_S
    assert delays.mean_s("any", "stop", hour=PEAK) > PRIOR_MEAN_S + 60
    assert delays.scale_s("any", "stop", hour=PEAK) > 1.2 * delays.scale_s("any", "stop", hour=NOON)


def test_a_city_without_a_peak_is_soon_believed() -> None:
    calm = city(PEAK, mean_s=PRIOR_MEAN_S, spread_s=100)
    assert calm.mean_s("another", "stop", PEAK) == pytest.approx(PRIOR_MEAN_S, abs=40)
    assert calm.scale_s("another", "stop", PEAK) == pytest.approx(calm.scale_s("another", "stop", NOON), rel=0.1)


def test_how_much_more_scatters_in_a_busy_hour_is_learned_of_the_hour_not_of_the_line() -> None:
    busy = city(9, mean_s=PRIOR_MEAN_S, spread_s=300)
    assert busy.scale_s("another", "stop", 9) > 2 * busy.scale_s("another", "stop", NOON)
    assert busy.scale_s("line 1", "stop 1", 9) > 2 * busy.scale_s("line 1", "stop 1", NOON)


def test_what_busy_hours_taught_survives_its_blob() -> None:
    delays = Delays()
    delays.learn(Sighting(f"{n}|1", "R", "A", True, 60 + 500 * (n % 2), 1000 * n, PEAK) for n in range(2000))
    again = Delays.parse(delays.dump())
    assert again.scale_s("R", "A", hour=PEAK) == pytest.approx(delays.scale_s("R", "A", hour=PEAK), rel=1e-5)
    assert again.scale_s("S", "B", hour=PEAK) > again.scale_s("S", "B", hour=NOON)
