"""What the customer last heard is consistent with what stands, over any history; `told_long_run` lives through more."""

from __future__ import annotations

import pytest

from tests.fakes.told_histories import history


@pytest.mark.parametrize("number", range(40))
def test_nobody_is_left_with_a_time_that_does_not_stand(number: int) -> None:
    history(number)
