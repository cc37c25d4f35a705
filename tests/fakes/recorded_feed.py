"""A transport operator's live feed as it was recorded, played over HTTP at a virtual clock's time."""

from __future__ import annotations

import bisect
import tarfile
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from infra.local.feed_server import FeedServer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from chalicelib.foundation.instants import VirtualClock


@dataclass
class RecordedFeed:
    """Serves the newest snapshot that was published by now. `asked` says what was handed out, and when."""

    snapshots: list[tuple[datetime, bytes]]
    clock: VirtualClock
    asked: list[tuple[float, int]] = field(default_factory=list)  # (real time, number of the snapshot)
    _server: FeedServer | None = None

    def newest(self) -> int:
        """The number of the snapshot that is published now."""
        return max(bisect.bisect_right(self.snapshots, self.clock.now(), key=lambda one: one[0]) - 1, 0)

    def published_at(self, number: int) -> float:
        """The real time at which this snapshot was first on offer, POSIX s."""
        return self.clock.epoch_s + (self.snapshots[number][0] - self.clock.start).total_seconds() / self.clock.rate

    def start(self) -> str:
        """Serves on a free loopback port; the feed's URL."""
        self._server = FeedServer(self._handed_out)
        return self._server.start()

    def stop(self) -> None:
        """Ends the server."""
        if self._server:
            self._server.stop()

    def _handed_out(self) -> bytes:
        number = self.newest()
        self.asked.append((time.time(), number))
        return self.snapshots[number][1]


def recorded(tar: Path, zone: ZoneInfo, first: datetime, minutes: float) -> list[tuple[datetime, bytes]]:
    """The snapshots of these minutes and the sixteen before them: (when published, message); names are local times."""
    since, until = first - timedelta(minutes=16), first + timedelta(minutes=minutes + 1)
    with tarfile.open(tar) as packed:
        return sorted(_within(_named(packed, zone), since, until))


def _named(packed: tarfile.TarFile, zone: ZoneInfo) -> Iterable[tuple[datetime, Any]]:
    for member in packed:
        name = member.name.rsplit("/", 1)[-1].removesuffix(".pb")
        if member.isfile() and name.isdigit():
            yield datetime.strptime(name, "%Y%m%d%H%M%S").replace(tzinfo=zone), packed.extractfile(member)


def _within(
    files: Iterable[tuple[datetime, Any]], since: datetime, until: datetime
) -> Iterable[tuple[datetime, bytes]]:
    for at, file in files:
        if at > until:
            return
        if at >= since:
            yield at, file.read()
