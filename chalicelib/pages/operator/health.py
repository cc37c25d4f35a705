"""How the hub does, part by part: what GET /health answers, and the operator's page shows.

A part that cannot be read is not well. Nothing here names a business, a customer or a feed's address: anybody may ask.

| part | well while |
|---|---|
| store | it can be read |
| minute, booking_tools | the work began within `MINUTE_MAX` (a hub without businesses may never have begun) |
| inbox | no webhook waits for longer than `WAIT_MAX` to be understood |
| queues | no message waits for longer than `WAIT_MAX`; how many failed for good is said |
| feeds | every feed that a business plans with has a timetable for today |
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from chalicelib.bookings.inbox.events import OPEN_SHARDS
from chalicelib.foundation.instants import find_zone, microseconds_text
from chalicelib.foundation.ports import Unavailable
from chalicelib.transit.data.feed import all_feeds
from chalicelib.workflows.checking.heartbeat import last_minutes

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Documents, QueueCare
    from chalicelib.transit.data.feed import Feed

MINUTE_MAX = timedelta(minutes=3)
WAIT_MAX = timedelta(minutes=5)
ASKED_AGAIN = timedelta(seconds=5)  # so old may an answer be: whoever asks often does not cost often


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the hub. `age_s`: how long ago it last did something, or how long the oldest waits."""

    is_well: bool
    why: str = ""
    age_s: int | None = None

    def to_json(self) -> dict[str, Any]:
        """{"ok", "age_s"?, "why"?}."""
        said = {"age_s": self.age_s} if self.age_s is not None else {}
        return {"ok": self.is_well} | said | ({"why": self.why} if self.why else {})


@dataclass
class Health:
    """Asks the parts. `queues` is None where nobody can look into them from here."""

    documents: Documents
    config: Config
    queues: QueueCare | None = None
    _known: tuple[datetime, dict[str, Part]] | None = field(default=None, init=False, repr=False)

    def parts(self, now: datetime) -> dict[str, Part]:
        """Each part by its name, as it was a few seconds ago at most. Raises nothing."""
        if self._known is None or not timedelta() <= now - self._known[0] < ASKED_AGAIN:
            asked: dict[str, Callable[[datetime], Part]] = {
                "store": lambda _: Part(is_well=self.documents.get("config", "health") is None)
            }
            asked |= {"inbox": self._inbox, "queues": self._queues, "feeds": self._feeds}
            parts = {name: _ask(part, now) for name, part in asked.items()}
            self._known = now, parts | self._minutes(now)
        return self._known[1]

    def to_json(self, now: datetime) -> tuple[bool, dict[str, Any]]:
        """Whether all is well, and {"ok", "parts": {name: {"ok", "age_s"?, "why"?}}}."""
        parts = self.parts(now)
        is_well = all(one.is_well for one in parts.values())
        return is_well, {"ok": is_well, "parts": {name: one.to_json() for name, one in parts.items()}}

    def _minutes(self, now: datetime) -> dict[str, Part]:
        try:
            has_work, minutes = bool(self.config.businesses()), last_minutes(self.documents)
        except Unavailable as failure:
            return {"minute": Part(is_well=False, why=f"it cannot be read: {failure}")}
        return {work: _minute(at, now, has_work=has_work) for work, at in minutes.items()}

    def _inbox(self, now: datetime) -> Part:
        last = microseconds_text(now - WAIT_MAX)
        waiting = [
            datetime.fromisoformat(event["received_at"])
            for shard in range(OPEN_SHARDS)
            for event in self.documents.query("inbox", "open_keys", str(shard), last=last)
            if not event.get("waits") and event.get("look_after", "") <= microseconds_text(now)
        ]
        if not waiting:
            return Part(is_well=True)
        age_s = round((now - min(waiting)).total_seconds())
        return Part(is_well=False, why=f"{len(waiting)} webhooks wait to be understood; nothing is lost", age_s=age_s)

    def _queues(self, _: datetime) -> Part:
        if self.queues is None:
            return Part(is_well=True, why="their ages and dead letters are watched by the alarms of the deployment")
        lengths = self.queues.lengths()
        oldest_s = round(max((one.oldest_s for one in lengths.values()), default=0))
        dead = sum(one.dead for one in lengths.values())
        slow = [name for name, one in lengths.items() if one.oldest_s > WAIT_MAX.total_seconds() and name != "feeds"]
        said = [f"messages wait in {', '.join(sorted(slow))}"] if slow else []
        said += [f"{dead} failed for good and wait for an operator"] if dead else []
        return Part(is_well=not slow, why="; ".join(said), age_s=oldest_s)

    def _feeds(self, now: datetime) -> Part:
        used = {business.feed for business in self.config.businesses() if business.feed}
        feeds = {feed.feed_id: feed for feed in all_feeds(self.documents)}
        lacking = [feed_id for feed_id in used if feed_id not in feeds or not has_today(feeds[feed_id], now)]
        if lacking:
            return Part(is_well=False, why=f"{len(lacking)} of {len(used)} feeds in use have no timetable for today")
        return Part(is_well=True)


def has_today(feed: Feed, now: datetime) -> bool:
    """Whether there is a timetable for the present day of the feed's zone."""
    zone = feed.timezone if feed.timezone and find_zone(feed.timezone) else "UTC"
    return now.astimezone(ZoneInfo(zone)).date().isoformat() in feed.days


def _minute(at: datetime | None, now: datetime, *, has_work: bool) -> Part:
    if at is None:
        return Part(is_well=not has_work, why="it has never run: is the schedule there?" if has_work else "")
    age = now - at
    is_well = age <= MINUTE_MAX
    return Part(is_well=is_well, why="" if is_well else "it does not run any more", age_s=round(age.total_seconds()))


def _ask(part: Callable[[datetime], Part], now: datetime) -> Part:
    try:
        return part(now)
    except Unavailable as failure:
        return Part(is_well=False, why=f"it cannot be read: {failure}")
