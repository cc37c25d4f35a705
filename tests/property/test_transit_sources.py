"""A small sample of the inputs of `transit_sources_long_run`."""

from __future__ import annotations

import pytest

from tests.fakes.transit_inputs import source


@pytest.mark.parametrize("hundred", range(4))
def test_damaged_and_extreme_inputs_do_no_harm(hundred: int) -> None:
    for seed in range(100 * hundred, 100 * hundred + 100):
        assert source(seed)


def test_a_number_beyond_floats_is_a_ttl_as_good_as_any() -> None:
    assert source(1713)
