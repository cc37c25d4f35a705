"""Whatever order, repetition and loss there is between a tool and us: in the end we know what the tool knows.

`BOOKINGS_HISTORIES=5000` makes each test try that many; `python -m tests.property.bookings_long_run 100000` tries that
many in all, without the time that shrinking needs.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.asked_tools import ASKED, PUSHING
from tests.fakes.fetched_tools import FETCHED
from tests.fakes.histories import actions, by_feed, in_any_order, with_losses

if TYPE_CHECKING:
    from tests.fakes.booking_tools import Tool
    from tests.fakes.fetched_tools import Feed

HISTORIES = int(os.environ.get("BOOKINGS_HISTORIES", "150"))
quick = settings(
    max_examples=HISTORIES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@pytest.mark.parametrize("kind", PUSHING, ids=lambda kind: kind.provider)
@given(history=actions, chance=st.randoms(use_true_random=False))
@quick
def test_any_order_and_any_repetition_end_in_the_tools_truth(
    kind: type[Tool], history: list[tuple[str, int, int]], chance: Any
) -> None:
    in_any_order(kind(), history, chance)


@pytest.mark.parametrize("kind", ASKED, ids=lambda kind: kind.provider)
@given(history=actions, chance=st.randoms(use_true_random=False))
@quick
def test_losses_are_repaired_by_reading_back(
    kind: type[Tool], history: list[tuple[str, int, int]], chance: Any
) -> None:
    with_losses(kind(), history, chance)


@pytest.mark.parametrize("kind", FETCHED, ids=lambda kind: kind.__name__)
@given(history=actions, chance=st.randoms(use_true_random=False))
@quick
def test_a_feed_ends_in_what_it_shows(kind: type[Feed], history: list[tuple[str, int, int]], chance: Any) -> None:
    by_feed(kind(), history, chance)
