"""How a connection's calls are spread over the week, and when its silence is against that rhythm. Pure.

Rules
- The hours in which calls came are kept for `DAYS_KEPT`: one bit an hour, so that a burst counts once.
- Each hour of the week has a probability of a call, in the business's own time: a business that is closed on Mondays
  has no calls on Mondays, and that is no silence.
- A silence is against the rhythm when so many hours would stay empty less than once in `ONCE_IN` times.
- One day alone proves nothing: it may be a holiday. What a single day adds is capped so that it takes two.
- Less than `DAYS_MIN`, or fewer than `HOURS_MIN` hours with calls, are no rhythm yet.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from zoneinfo import ZoneInfo

DAYS_KEPT = 42  # six of each weekday
DAYS_MIN = 14  # two of each weekday
HOURS_MIN = 10  # hours with calls
SHORTEST_SILENCE = timedelta(hours=24)  # judgement: a shorter one is not worth a mail
ONCE_IN = 1000  # judgement: what is rarer is worth a mail
SURPRISE_MIN = math.log(ONCE_IN)
DAY_SURPRISE_MAX = 0.66 * SURPRISE_MIN  # what one silent day can add
SILENCE_MAX_H = 24 * 60  # hours of a silence that are counted; more prove nothing more

Hours = dict[str, int]
"""Day in UTC (YYYY-MM-DD) → the hours in which something came, hour h as bit 2**h."""


def with_call(hours: Mapping[str, int], at: datetime) -> Hours:
    """The hours with one more call; days before the last `DAYS_KEPT` are dropped."""
    utc = at.astimezone(UTC)
    day = utc.date().isoformat()
    known = dict(hours) | {day: hours.get(day, 0) | 1 << utc.hour}
    oldest = (max(datetime.fromisoformat(one) for one in known) - timedelta(days=DAYS_KEPT)).date().isoformat()
    return {one: bits for one, bits in sorted(known.items()) if one > oldest}


def is_against_rhythm(hours: Mapping[str, int], last: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether silence from `last` (the last call) to `now` is against the rhythm; `zone` is the business's."""
    if now - last < SHORTEST_SILENCE:
        return False
    called = list(_hours_with_calls(hours))
    if len(called) < HOURS_MIN or called[-1] - called[0] < timedelta(days=DAYS_MIN):
        return False
    return _surprise(_probabilities(called, zone), last, now, zone) >= SURPRISE_MIN


def _hours_with_calls(hours: Mapping[str, int]) -> Iterator[datetime]:
    """The hours with calls, in order."""
    for day, bits in sorted(hours.items()):
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
        yield from (midnight + timedelta(hours=hour) for hour in range(24) if bits >> hour & 1)


def _hour_of_week(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour


def _probabilities(called: list[datetime], zone: ZoneInfo) -> dict[int, float]:
    """Hour of the week (0: Monday, 0:00) → probability of a call in it; below 1, however often there was one."""
    whole = int((called[-1] - called[0]).total_seconds()) // 3600 + 1
    hours_passed = Counter(_hour_of_week(called[0] + timedelta(hours=number), zone) for number in range(whole))
    came = Counter(_hour_of_week(at, zone) for at in called)
    return {hour: came[hour] / (weeks + 1) for hour, weeks in hours_passed.items()}


def _surprise(probabilities: Mapping[int, float], last: datetime, now: datetime, zone: ZoneInfo) -> float:
    """-ln of the probability that all whole hours between stay empty, each day's part capped."""
    first = last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    passed = min(int((now - first).total_seconds()) // 3600, SILENCE_MAX_H)
    days: dict[str, float] = defaultdict(float)
    for number in range(passed):
        at = first + timedelta(hours=number)
        days[at.astimezone(zone).date().isoformat()] -= math.log(1 - probabilities.get(_hour_of_week(at, zone), 0.0))
    return sum(min(one, DAY_SURPRISE_MAX) for one in days.values())
