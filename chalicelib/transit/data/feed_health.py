"""Whether a business can plan with its feed, today and in the days to come. Pure.

| kind | what | a leave-by can be promised |
|---|---|---|
| none | the business has no feed | no |
| missing | there is no such feed | no |
| waiting | it is being compiled for the first time | not yet |
| failed | nothing of it can be used | no |
| foreign | the venue is far from all its stops | no |
| ended | its calendar is over | no |
| ending | its calendar ends within two weeks | until then |
| stale | it could not be compiled anew; what was compiled before is in use | yes |
| well | | yes |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from chalicelib.foundation.distance import distance_outside_m
from chalicelib.foundation.instants import find_zone

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.transit.data.feed import Feed

VENUE_TO_FEED_MAX_M = 5_000  # a venue farther from every stop than this cannot be reached by this feed
TELL_BEFORE_DAYS = (14, 3)  # before the last day: time to find a newer feed, then the last call
LOST = frozenset({"failed", "ended", "missing", "foreign"})
CAN_PLAN = frozenset({"well", "ending", "stale"})


@dataclass(frozen=True, slots=True)
class FeedState:
    """`days_left` until the last service day, None where it is not known; `message` is the feed's own."""

    kind: str
    days_left: int | None = None
    ends: date | None = None
    message: str = ""

    @property
    def can_plan(self) -> bool:
        """Whether a time to leave can be promised with it."""
        return self.kind in CAN_PLAN

    @property
    def stage(self) -> str:
        """What is told once: the kind, and of one that ends which of the two calls it is."""
        if self.kind != "ending" or self.days_left is None:
            return self.kind
        return f"ending-{min(days for days in TELL_BEFORE_DAYS if self.days_left <= days)}"


def state_of(feed: Feed | None, feed_id: str, point: tuple[float, float], now: datetime) -> FeedState:
    """How a business at `point` (lat, lon) stands with its feed."""
    if not feed_id:
        return FeedState("none")
    if feed is None:
        return FeedState("missing")
    ends = date.fromisoformat(feed.calendar[1]) if feed.calendar else None
    zone = feed.timezone if feed.timezone and find_zone(feed.timezone) else "UTC"
    today = now.astimezone(ZoneInfo(zone)).date()
    left = (ends - today).days if ends else None
    kind = _kind(feed, point, today, left)
    return FeedState(kind, left, ends, feed.message)


def _kind(feed: Feed, point: tuple[float, float], today: date, left: int | None) -> str:
    if left is not None and left < 0:
        return "ended"
    if not any(day >= (today - timedelta(days=1)).isoformat() for day in feed.days):
        return "failed" if feed.state == "failed" else "waiting"
    if feed.bounds is not None and distance_outside_m(*point, feed.bounds) > VENUE_TO_FEED_MAX_M:
        return "foreign"
    if left is not None and left <= max(TELL_BEFORE_DAYS):
        return "ending"
    return "stale" if feed.state == "failed" else "well"
