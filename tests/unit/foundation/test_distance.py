"""One Earth: what is measured by one pair of points and what is measured by arrays agree."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.foundation.distance import DEGREE_M, distance_m, distance_outside_m
from chalicelib.transit.data.walking import metres as flat_metres
from feeds.compile.walking.distance import metres as great_circle_metres


def test_a_degree_of_latitude_and_of_longitude_at_the_equator_and_across_the_date_line() -> None:
    assert distance_m(50.0, 10.0, 51.0, 10.0) == pytest.approx(DEGREE_M)
    assert pytest.approx(111_195.08, abs=0.01) == DEGREE_M
    assert distance_m(0.0, 179.5, 0.0, -179.5) == pytest.approx(DEGREE_M)


@given(st.floats(-70, 70), st.floats(-180, 180), st.floats(-0.4, 0.4), st.floats(-0.4, 0.4))
def test_all_three_ways_to_measure_agree_within_a_thousandth(lat: float, lon: float, up: float, right: float) -> None:
    there = (lat + up, lon + right)
    one = distance_m(lat, lon, *there)
    assert one == pytest.approx(float(flat_metres(lat, lon, *there)), rel=1e-9, abs=1e-6)
    assert one == pytest.approx(float(great_circle_metres(lat, lon, *there)), rel=1e-3, abs=0.01)


def test_the_distance_to_a_box_is_nought_inside_and_grows_outside() -> None:
    box = (50.0, 10.0, 51.0, 11.0)
    assert distance_outside_m(50.5, 10.5, box) == 0
    assert distance_outside_m(49.9, 10.5, box) == pytest.approx(DEGREE_M / 10)
    assert distance_outside_m(51.0, 11.1, box) == pytest.approx(DEGREE_M / 10 * math.cos(math.radians(51.0)))
