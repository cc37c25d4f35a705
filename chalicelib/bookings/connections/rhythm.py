"""How a connection's calls are spread over the week, and when its silence is no longer like it. Pure.

Rules
- Remembered is in which hours something came, for six weeks: one bit an hour. A burst counts once.
- A week says how likely each of its hours is to hear something, in the business's own time: who is closed on Mondays
  hears nothing on Mondays, and that is no silence.
- A silence is against the rhythm when the hours that passed would all stay empty less than once in a thousand times.
- One day alone proves nothing: it may be a holiday. What a single day adds is capped so that it takes two.
- Less than two weeks, or fewer than `HOURS_MIN` hours with calls, are no rhythm yet.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from zoneinfo import ZoneInfo

DAYS_KEPT = 42
DAYS_MIN = 14
HOURS_MIN = 10
SHORTEST_SILENCE = timedelta(hours=24)  # shorter silences are nobody's business
SURPRISE_MIN = math.log(1000)
DAY_SURPRISE_MAX = 0.66 * SURPRISE_MIN  # what one silent day can add
SILENCE_MAX_H = 24 * 60  # of a silence; longer ones are no surer

Hours = dict[str, int]
"""Day in UTC (YYYY-MM-DD) → the hours in which something came, hour h as bit 2**h."""


def with_call(hours: Mapping[str, int], at: datetime) -> Hours:
    """The hours with one more call; days that are too long ago are dropped."""
    utc = at.astimezone(UTC)
    day = utc.date().isoformat()
    known = dict(hours) | {day: hours.get(day, 0) | 1 << utc.hour}
    oldest = (max(datetime.fromisoformat(one) for one in known) - timedelta(days=DAYS_KEPT)).date().isoformat()
    return {one: bits for one, bits in sorted(known.items()) if one > oldest}


def is_against_rhythm(hours: Mapping[str, int], last: datetime, now: datetime, zone: ZoneInfo) -> bool:
    """Whether silence from `last` (the last call) to `now` is unlike what this connection does."""
    if now - last < SHORTEST_SILENCE:
        return False
    heard = list(_hours_with_calls(hours))
    if len(heard) < HOURS_MIN or heard[-1] - heard[0] < timedelta(days=DAYS_MIN):
        return False
    return _surprise(_chances(heard, zone), last, now, zone) >= SURPRISE_MIN


def _hours_with_calls(hours: Mapping[str, int]) -> Iterator[datetime]:
    """The hours with calls, in order."""
    for day, bits in sorted(hours.items()):
        midnight = datetime.fromisoformat(day).replace(tzinfo=UTC)
        yield from (midnight + timedelta(hours=hour) for hour in range(24) if bits >> hour & 1)


def _hour_of_week(at: datetime, zone: ZoneInfo) -> int:
    local = at.astimezone(zone)
    return local.weekday() * 24 + local.hour


def _chances(heard: list[datetime], zone: ZoneInfo) -> dict[int, float]:
    """Hour of the week → how likely something comes in it; never certain, however often it did."""
    whole = int((heard[-1] - heard[0]).total_seconds()) // 3600 + 1
    there = Counter(_hour_of_week(heard[0] + timedelta(hours=number), zone) for number in range(whole))
    came = Counter(_hour_of_week(at, zone) for at in heard)
    return {hour: came[hour] / (weeks + 1) for hour, weeks in there.items()}


def _surprise(chances: Mapping[int, float], last: datetime, now: datetime, zone: ZoneInfo) -> float:
    """-ln of how likely it is that all whole hours between stay empty."""
    first = last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    passed = min(int((now - first).total_seconds()) // 3600, SILENCE_MAX_H)
    days: dict[str, float] = defaultdict(float)
    for number in range(passed):
        at = first + timedelta(hours=number)
        days[at.astimezone(zone).date().isoformat()] -= math.log(1 - chances.get(_hour_of_week(at, zone), 0.0))
    return sum(min(one, DAY_SURPRISE_MAX) for one in days.values())
