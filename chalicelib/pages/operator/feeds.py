"""An operator's feeds: configured, and how they do. JSON in, JSON out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.foundation.commands import CompileFeed, send_commands
from chalicelib.foundation.keys import bikes_key, feed_key, live_key, round_key
from chalicelib.foundation.public_hosts.check import PUBLIC_ONLY
from chalicelib.pages.operator.checks import IGNORED_MAX
from chalicelib.pages.page import NotFound, StillUsed
from chalicelib.transit.data.feed import configure_feed, load_feed, parse_feed

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.bookings.config import Config
    from chalicelib.foundation.ports import Clock, Documents, Queues
    from chalicelib.foundation.public_hosts.check import AllowedHosts
    from chalicelib.transit.data.feed import Feed


@dataclass(frozen=True, slots=True)
class FeedEndpoints:
    """/admin/feeds/{feed_id}. `allow_paths`: feeds may be files, on one machine only."""

    documents: Documents
    queues: Queues
    clock: Clock
    config: Config
    allow_paths: bool = False
    allowed_hosts: AllowedHosts = PUBLIC_ONLY

    def put(self, feed_id: str, body: dict[str, Any]) -> dict[str, Any]:
        """Configures a feed and has it compiled. Raises `BadFeed`, `Unavailable`."""
        wanted = parse_feed(feed_id, body, allow_paths=self.allow_paths, allowed_hosts=self.allowed_hosts)
        feed = configure_feed(self.documents, wanted)
        send_commands(self.queues, CompileFeed(feed_id, "configured"))
        return feed_json(feed)

    def delete(self, feed_id: str, *, only_say: bool) -> dict[str, Any]:
        """Removes a feed that no business plans with, or (`only_say`) says what that would do.

        Raises `NotFound`, `StillUsed`, `Unavailable`.
        """
        if load_feed(self.documents, feed_id) is None:
            raise NotFound(f"There is no feed {feed_id}: PUT it first.")
        users = [one.business_id for one in self.config.businesses() if one.feed == feed_id]
        if users:
            raise StillUsed(
                f"Feed {feed_id} is what {', '.join(users[:IGNORED_MAX])} plans with: their tickets would be left "
                "without a timetable. PUT those businesses with another feed first. Nothing was deleted."
            )
        if not only_say:
            for key in (feed_key, live_key, bikes_key, round_key):
                self.documents.delete("config", key(feed_id))
        says = "No business plans with it: no ticket changes. It is not fetched any more, nor are its live data."
        return {"id": feed_id, "deleted": not only_say, "coming_bookings": 0, "says": says}

    def compile_now(self, feed_id: str) -> None:
        """Has a feed fetched and compiled now. Raises `NotFound`, `Unavailable`."""
        if load_feed(self.documents, feed_id) is None:
            raise NotFound(f"There is no feed {feed_id}: PUT it first.")
        send_commands(self.queues, CompileFeed(feed_id, "configured"))

    def get(self, feed_id: str) -> dict[str, Any]:
        """A feed, its state and findings, how its live URLs and shared bikes do. Raises `NotFound`, `Unavailable`."""
        feed = load_feed(self.documents, feed_id)
        if feed is None:
            raise NotFound(f"There is no feed {feed_id}: PUT it first.")
        polled, now = self.documents.get("config", live_key(feed_id)) or {}, self.clock.now()
        bikes = (self.documents.get("config", bikes_key(feed_id)) or {}) if feed.gbfs else {}
        return feed_json(feed) | {
            "live": [source_json(one, now) for one in polled.get("sources", ())],
            "bikes": [bikes_json(one, now) for one in bikes.get("systems", ()) if one["url"] in feed.gbfs],
        }


def feed_json(feed: Feed) -> dict[str, Any]:
    """A feed; `days` are the service dates that are compiled."""
    fields = asdict(feed)
    return {name: fields[name] for name in fields if name not in {"days", "etag"}} | {"days": sorted(feed.days)}


def source_json(source: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A live URL: how old what it says is, what was wrong last, how its message fits the timetable."""
    numbers = {name: source[name] for name in ("url", "trouble", "failures", "went_back", "report")}
    return numbers | {"age_s": _age_s(source, now)}


def bikes_json(system: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A GBFS system: how old its numbers are, what was wrong last, how much there is to take."""
    numbers = {name: system[name] for name in system if name not in {"changed_at", "polled_at"}}
    return numbers | {"age_s": _age_s(system, now)}


def _age_s(polled: dict[str, Any], now: datetime) -> int | None:
    """Seconds since it last changed; None if nothing of it could be used yet."""
    return round(now.timestamp()) - polled["changed_at"] if polled["changed_at"] else None
