"""A publisher's server and the hub's doors in memory: where the feeds function is tried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.transit.data.feed import Feed, load_feed, save_feed
from chalicelib.transit.data.service_days import ServiceDays
from feeds.compile.archive.download import Download
from feeds.handler import CompileDoors, on_feeds_message
from tests.fakes.gtfs_text import feed_zip
from tests.fakes.memory import ManualClock, MemoryBucket, MemoryDocuments, MemoryQueues

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

URL = "https://feeds.example.org/city.zip"
RIDE = "t: A 08:00, B 08:10"
CONFIGURED = {"feed_id": "city", "why": "configured"}


class Server:
    """A publisher's server: what it has, and how often it was asked."""

    def __init__(self, path: Path) -> None:
        self.path, self.tag, self.asked = path, '"1"', 0
        self.trouble: Exception | None = None

    def __call__(self, url: str, path: Path, tag: str = "") -> Download:
        assert url == URL
        self.asked += 1
        if self.trouble:
            raise self.trouble
        if tag and tag == self.tag:
            return Download(changed=False, tag=tag)
        path.write_bytes(self.path.read_bytes())
        return Download(changed=True, tag=self.tag)


class House:
    """The hub's doors in memory, and a publisher."""

    def __init__(self, folder: Path, now: datetime) -> None:
        self.folder = folder
        self.clock = ManualClock(now)
        self.documents, self.bucket, self.queues = MemoryDocuments(self.clock), MemoryBucket(), MemoryQueues()
        self.server = Server(feed_zip(folder / "city.zip", rides=RIDE))
        self.doors = CompileDoors(self.documents, self.bucket, self.queues, self.clock, fetch=self.server)
        self.service_days = ServiceDays(self.documents, self.bucket, folder / "cache", self.clock)
        save_feed(self.documents, Feed("city", (URL,)))

    def feed(self) -> Feed:
        feed = load_feed(self.documents, "city")
        assert feed is not None
        return feed

    def tell(self, **message: Any) -> None:
        on_feeds_message(CONFIGURED | message, self.doors)

    def told(self) -> list[str]:
        """The dates of which the tickets heard."""
        messages = self.queues.take("tickets")
        assert all(message["feed_id"] == "city" for message in messages)
        return [date for message in messages for date in message["dates"]]
