"""The range that people are told: what is expected, in whole five minutes. Pure.

Rounded outward, so it holds at least the share that was expected (`learned.SHARE_IN_RANGE`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.outages.learned import Range

ROUND_MIN = 5  # the range is rounded outward to whole steps of this
NARROWEST_RANGE_MIN = 10  # a narrower range would promise what nobody knows
FARTHEST = timedelta(days=365)  # beyond it, a range says nothing


def told_range(expected: Range, now: datetime) -> tuple[datetime, datetime]:
    """(back_from, back_until) as people are told of an outage that goes on at `now`: UTC, after `now`."""
    step, last = timedelta(minutes=ROUND_MIN), (now + FARTHEST).timestamp()
    back_from = _round_down(min(expected.back_from, last))
    back_until = _round_down(min(expected.back_until, last) + step.total_seconds() - 1)
    if back_from <= now:
        back_from = _round_down(now.timestamp()) + step
    return back_from, max(back_until, back_from + timedelta(minutes=NARROWEST_RANGE_MIN))


def _round_down(instant_s: float) -> datetime:
    step_s = 60 * ROUND_MIN
    return datetime.fromtimestamp(int(instant_s) // step_s * step_s, UTC)
