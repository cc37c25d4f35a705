"""Whether each business can plan with its feed: looked at every quarter of an hour, told when it changes.

Rules
- What is told, to whoever hears of troubles: that the timetable ends (14 and 3 days before), that it cannot be used,
  that it can again. Once per change; the same state again says nothing. A business without a feed is told nothing.
- The business knows it, too (`Business.feed_lost`): its texts promise a time to leave only where there can be one.
- A feed that failed or has ended is fetched again every hour: a newer zip under the same URL is picked up by itself.

    feedwatch#{business_id}: {stage, feed, at, version}
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from chalicelib.foundation.commands import CompileFeed, send_commands
from chalicelib.foundation.instants import optional_instant
from chalicelib.foundation.invalid import each_readable
from chalicelib.foundation.keys import FEEDS_WATCH_KEY, feed_watch_key
from chalicelib.foundation.ports import Conflict, Write
from chalicelib.foundation.retry import Turn, claim_turn
from chalicelib.notices.documents import notice_write
from chalicelib.notices.news import News, notice_of_news
from chalicelib.transit.data.feed import all_feeds
from chalicelib.transit.data.feed_health import LOST, state_of

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.business import Business
    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Document, Documents, Queues
    from chalicelib.notices.notice import Notice
    from chalicelib.transit.data.feed import Feed
    from chalicelib.transit.data.feed_health import FeedState

LOOK_EVERY = timedelta(minutes=15)
FETCH_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class FeedWatch:
    """Looks at every business's feed. `public_url` is where the operator's pages are."""

    documents: Documents
    queues: Queues
    config: Config
    public_url: str

    def look(self, now: datetime) -> list[str]:
        """Tells what changed; the ids of businesses whose state did. Called every minute. Raises `Unavailable`."""
        if not claim_turn(self.documents, Turn(FEEDS_WATCH_KEY, "at", LOOK_EVERY), now):
            return []
        feeds = {str(feed.feed_id): feed for feed in all_feeds(self.documents)}
        each_readable(feeds.values(), lambda feed: self._fetch_again(feed, now), lambda feed: str(feed.feed_id))
        looked_at = each_readable(
            self.config.businesses(),
            lambda one: (one.business_id, self._look_at(one, feeds.get(str(one.feed)), now)),
            lambda one: str(one.business_id),
        )
        return [business_id for business_id, has_changed in looked_at if has_changed]

    def _fetch_again(self, feed: Feed, now: datetime) -> None:
        is_over = feed.calendar is not None and feed.calendar[1] < now.date().isoformat()
        checked = optional_instant(feed.checked_at)
        if (feed.state == "failed" or is_over) and checked is not None and now - checked >= FETCH_AGAIN:
            send_commands(self.queues, CompileFeed(feed.feed_id, "daily"))

    def _look_at(self, business: Business, feed: Feed | None, now: datetime) -> bool:
        key = feed_watch_key(business.business_id)
        stored = self.documents.get("config", key)
        state = state_of(feed, business.feed, (business.lat, business.lon), now)
        self.config.note_feed(business.business_id, state.kind if state.kind in LOST else "")
        before = stored["stage"] if stored and stored["feed"] == business.feed else ""
        if before == state.stage:
            return False
        kind = news_of(before, state)
        if kind is not None:
            with contextlib.suppress(Conflict):  # it is told already
                notice = feed_notice(kind, business, state, now, self.public_url)
                self.documents.write(notice_write(notice, None))
        self._remember(key, stored, state.stage, business.feed, now)
        return True

    def _remember(self, key: str, stored: Document | None, stage: str, feed_id: str, now: datetime) -> None:
        version = stored["version"] if stored else 0
        later = {"config_id": key, "stage": stage, "feed": feed_id, "at": now.isoformat(), "version": version + 1}
        with contextlib.suppress(Conflict):  # in a quarter of an hour again
            self.documents.write(Write("config", later, version or None))


def news_of(before: str, state: FeedState) -> str | None:
    """What is to be told of a change: "feed_ending", "feed_lost", "feed_back"; None: nothing."""
    if state.kind in LOST:
        return None if before in LOST else "feed_lost"
    if state.kind == "ending":
        return "feed_ending"
    return "feed_back" if before in LOST and state.can_plan else None


def feed_notice(kind: str, business: Business, state: FeedState, now: datetime, public_url: str) -> Notice:
    """The notice of one change, to whoever hears of the business's troubles."""
    words = {
        "business": business.name,
        "day": state.ends.isoformat() if state.ends else "",
        "why": state.message or state.kind,
        "link": f"{public_url}/setup/{business.business_id}/timetable",
    }
    key = f"{business.business_id}-{state.stage}-{now.astimezone(UTC):%Y%m%dT%H%MZ}"
    because = f"the feed of the business is {state.stage} now"
    return notice_of_news(News(kind, key, words, because), business, now)
