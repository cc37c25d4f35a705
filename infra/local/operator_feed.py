"""The transport operator of the demo: a live feed (GTFS-Realtime TripUpdates) over real HTTP, said by the play.

Specification: gtfs.org/documentation/realtime/reference, version 2.0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from google.transit import gtfs_realtime_pb2 as rt

from infra.local.feed_server import FeedServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass
class OperatorFeed:
    """What the operator says now. `now` is the play's clock; `day` the service date as YYYYMMDD."""

    now: Callable[[], datetime]
    day: str
    cancelled: set[str] = field(default_factory=set)
    late: dict[str, tuple[int, int]] = field(default_factory=dict)  # trip_id → from which stop on, seconds behind
    _server: FeedServer | None = None

    def message(self) -> bytes:
        """The feed's message at this moment."""
        feed = rt.FeedMessage()
        feed.header.gtfs_realtime_version = "2.0"
        feed.header.timestamp = int(self.now().timestamp())
        for trip_id in sorted(self.cancelled | self.late.keys()):
            update = feed.entity.add(id=trip_id).trip_update
            update.trip.trip_id, update.trip.start_date = trip_id, self.day
            if trip_id in self.cancelled:
                update.trip.schedule_relationship = rt.TripDescriptor.CANCELED
            else:
                sequence, seconds = self.late[trip_id]
                update.stop_time_update.add(stop_sequence=sequence).departure.delay = seconds
        return bytes(feed.SerializeToString())

    def start(self) -> str:
        """Serves on a free loopback port; the feed's URL."""
        self._server = FeedServer(self.message)
        return self._server.start()

    def stop(self) -> None:
        """Ends the server."""
        if self._server:
            self._server.stop()
