"""A sample of the questions of `plans_long_run`, about two real cities."""

from __future__ import annotations

from functools import cache

import pytest

from tests.fakes.asked_city import CITIES, GTFS, AskedCity

SAMPLE = 12  # questions of each city


@cache
def city(name: str) -> AskedCity:
    return AskedCity.read(GTFS / f"{name}.zip", CITIES[name])


@pytest.mark.recordings
@pytest.mark.parametrize("name", CITIES)
def test_a_plan_is_no_worse_from_a_stop_never_hours_early_and_of_one_truth(name: str) -> None:
    if not (GTFS / f"{name}.zip").exists():
        pytest.skip(f"../shared/data/gtfs/{name}.zip is missing: no plans in a real city were asked for")
    planned = sum(bool(city(name).check(number).itineraries) for number in range(SAMPLE))
    assert planned > SAMPLE // 3
