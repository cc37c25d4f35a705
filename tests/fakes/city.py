"""A city of seeded venues and customers on a compiled feed, and TripUpdates that make it late."""

from __future__ import annotations

import datetime as dt
import random
from typing import TYPE_CHECKING

import numpy as np
from google.transit import gtfs_realtime_pb2

from chalicelib.transit.data.walking import metres
from chalicelib.transit.itinerary import Place, Request
from feeds.compile.network import read_network

if TYPE_CHECKING:
    from pathlib import Path

    from chalicelib.transit.data.timetable import Timetable
    from chalicelib.transit.search.network import Network

JITTER = 0.002  # degrees: people and shops are near stops, not at them
FIRST_S, LAST_S, STEP_S = 8 * 3600, 19 * 3600, 900  # appointments begin on the quarter


def compiled(feed: Path, date: str, folder: Path) -> Timetable:
    """The day as it comes from the disk."""
    from chalicelib.transit.data.service_days import open_day  # noqa: PLC0415 - read after it was written
    from feeds.compile.output import publish, write_day  # noqa: PLC0415 - the same

    network = read_network([feed])
    day = dt.date.fromisoformat(date)
    publish(folder, network, {date: write_day(folder, network, day)})
    return open_day(folder, date)


class City:
    """Venues and customers; a customer lives `spread_km` (a normal distance) from the venue, 0: anywhere."""

    def __init__(self, network: Network, seed: int, spread_km: float) -> None:
        self._random = random.Random(seed)
        self._spread_m = spread_km * 1000
        self._served = network.served
        self._origin = int(network.timetable.meta["origin_epoch"])

    def requests(self, tickets: int, venues: int) -> list[Request]:
        """So many appointments."""
        places = [self._near(self._random.randrange(len(self._served.stops))) for _ in range(venues)]
        return [self._request(self._random.choice(places)) for _ in range(tickets)]

    def _near(self, at: int) -> Place:
        jitter = (self._random.gauss(0, JITTER) for _ in range(2))
        lat, lon = (
            float(value[at]) + by for value, by in zip((self._served.lat, self._served.lon), jitter, strict=True)
        )
        return Place(f"near {at}", lat, lon)

    def _request(self, venue: Place) -> Request:
        start = self._random.randrange(FIRST_S, LAST_S, STEP_S)
        arrive_by = dt.datetime.fromtimestamp(self._origin + start, dt.UTC)
        return Request(self._near(self._home(venue)), venue, arrive_by=arrive_by)

    def _home(self, venue: Place) -> int:
        if not self._spread_m:
            return self._random.randrange(len(self._served.stops))
        far = abs(self._random.gauss(0, self._spread_m))
        away = metres(venue.lat, venue.lon, self._served.lat, self._served.lon)
        ring = np.flatnonzero(np.abs(away - far) < 500)
        return int(self._random.choice(ring.tolist())) if len(ring) else int(np.abs(away - far).argmin())


def late(timetable: Timetable, seed: int, share: float = 0.2, most_s: int = 840) -> bytes:
    """TripUpdates for this share of the day's trips, each 0 … `most_s` late from its first stop on."""
    dice = random.Random(seed)
    message = gtfs_realtime_pb2.FeedMessage()
    message.header.gtfs_realtime_version = "2.0"
    message.header.timestamp = int(timetable.meta["origin_epoch"]) + 12 * 3600
    today = np.flatnonzero(timetable.run_day == 0).tolist()
    for run in dice.sample(today, int(len(today) * share)):
        entity = message.entity.add(id=str(run))
        entity.trip_update.trip.trip_id = timetable.text("run_trip_id", run)
        entity.trip_update.trip.start_date = str(timetable.meta["service_date"]).replace("-", "")
        stop = entity.trip_update.stop_time_update.add()
        stop.stop_sequence = int(timetable.st_sequence[timetable.run_first[run]])
        stop.departure.delay = dice.randrange(most_s + 1)
    return bytes(message.SerializeToString())
